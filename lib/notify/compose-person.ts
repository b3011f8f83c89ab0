/** Composes the mail to a person concerned, if it may still leave, and holds the limit of the whole installation. */
import { makeLink } from "@/lib/incidents/links";
import { config } from "@/lib/config";
import { allowedAddress, PersonNotice } from "@/lib/model/person-mail";
import type { Tx } from "@/lib/store/db";
import type { OutboxRow } from "@/lib/store/outbox";
import { countPersonMails, holdPersonMails, readPersonMailSetting } from "@/lib/store/person-mails";
import { listStops } from "@/lib/store/routes";
import { tellAdministrators } from "@/lib/store/tell-administrators";
import type { Composed } from "./compose";
import { installationName, type Reader } from "./incident-notice";
import { personMail } from "./person-mail";
import { PERSON_STOP } from "@/lib/incidents/tell-people";

const HOUR_MS = 3_600_000;
/** After a day nobody remembers whether it was them. */
const WORTH_MS = 24 * HOUR_MS;

/** True when the limit of the hour is used up: then everything of this kind is held back, and the administrators are told once a day. */
export async function personMailsAreHeld(tx: Tx, row: Pick<OutboxRow, "reason">, now: Date): Promise<boolean> {
  if (row.reason === "sample") return false;
  const { hourlyMost } = await readPersonMailSetting();
  const { sent, oldest, waiting } = await countPersonMails(tx, new Date(now.getTime() - HOUR_MS));
  if (sent < hourlyMost || !oldest) return false;
  await holdPersonMails(tx, new Date(oldest.getTime() + HOUR_MS + 1));
  const note = {
    subjectKey: `person-storm:${now.toISOString().slice(0, 10)}`,
    title: "Unusually many people would be asked whether it was them",
    paragraphs: [
      `${sent} such mails have left within an hour, which is the limit, and ${waiting} wait. They leave as the limit allows; after a day they are dropped.`,
      "So many at once are seldom so many thieves: look for a change of addresses, of the data about places, or for one attack on many accounts.",
    ],
    action: { text: "Open incidents", path: "/incidents" },
  };
  await tellAdministrators(tx, note, now);
  return true;
}

/** The mail, or why it does not leave any more. */
export async function composePerson(tx: Tx, { row, reader, now }: { row: OutboxRow; reader: Reader; now: Date }): Promise<Composed> {
  const parsed = PersonNotice.safeParse(row.payload);
  if (!parsed.success) return { skip: "It says nothing that can be read." };
  const setting = await readPersonMailSetting();
  if (row.reason !== "sample") {
    if (!setting.enabled || !setting.services.includes(parsed.data.service))
      return { skip: "An administrator has switched these mails off." };
    if (allowedAddress(reader.address, setting.domains) === null) return { skip: "Its domain is not written to any more." };
    if ((await listStops(tx, now)).some(({ recipient, kind }) => recipient === row.recipient && kind === PERSON_STOP))
      return { skip: "They stopped these mails." };
    if (now.getTime() - row.createdAt.getTime() > WORTH_MS) return { skip: "It waited for a day; nobody remembers then." };
  }
  const { BASE_URL, LINK_KEY } = config();
  const stop = makeLink("stop", row.id, { now, key: LINK_KEY });
  return {
    mail: personMail({
      notice: parsed.data,
      baseUrl: BASE_URL,
      installation: installationName(),
      contact: setting.contact,
      everyDays: setting.everyDays,
      unsubscribe: `${BASE_URL}/api/act/${stop}`,
      stop: `${BASE_URL}/act/${stop}`,
    }),
    remember: {},
  };
}
