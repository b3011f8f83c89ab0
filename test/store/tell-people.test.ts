import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { actOnLink, openLink } from "@/lib/incidents/act-on-link";
import { makeLink } from "@/lib/incidents/links";
import { tellPeople } from "@/lib/incidents/tell-people";
import { closeMail } from "@/lib/mail/smtp";
import type { Context, Role } from "@/lib/model/user";
import { decidePersonMail, sendPersonExample } from "@/lib/notify/person-setting";
import { createSender } from "@/lib/notify/sender";
import { config } from "@/lib/config";
import { inTransaction } from "@/lib/store/db";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { type MailServer, startMailServer } from "@/test/support/mail-server";
import { storeEvents } from "@/test/support/stored-events";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (ms: number) => new Date(NOON + ms);
let ada: string;
let server: MailServer;
const by = (role: Role = "admin", now = at(0)): Context => ({ actor: { type: "user", id: ada, name: "Ada", role }, now });
const decision = { enabled: true, services: ["shop"], domains: ["example.com"], everyDays: 7, hourlyMost: 3, contact: "it@example.com" };
let n = 0;
const LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/143.0.0.0 Safari/537.36";

/** An unfamiliar sign-in with its alert. */
async function unfamiliar(person: string, ms: number, city = "Lima") {
  const id = `v${n++}`;
  const document = {
    id,
    occurred_at: at(ms).toISOString(),
    action: "user.login",
    outcome: "success",
    direction: "inbound",
    service: "shop",
    actor: { id: person, email: `${person}@example.com` },
    source: { ip: "192.0.2.9", user_agent: LAPTOP, geo: { country: "PE", city } },
  };
  await storeEvents(database, [document]);
  return anAlert("192.0.2.9", {
    ruleId: "new-context",
    family: "new_context",
    entity: { type: "actor", value: person },
    firstAt: NOON + ms,
    lastAt: NOON + ms,
    evidence: [id],
    key: `new-context|actor|${person}|${NOON + ms}`,
  });
}
const tell = async (alerts: Awaited<ReturnType<typeof unfamiliar>>[], ms: number) => inTransaction((tx) => tellPeople(tx, alerts, at(ms)));
const waiting = () => rows("select recipient, payload ->> 'place' as place from outbox where kind = 'person' order by id");

beforeAll(async () => {
  server = await startMailServer();
  process.env.SMTP_URL = server.url;
});
beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, delivery, event, batch, detection_state, detection_world, setting, mail_stop, audit_entry, "user" restart identity cascade`,
  );
  ada = await addPerson(database, { email: "ada@example.com", name: "Ada" });
  server.arrived.length = 0;
});
afterEach(() => closeMail());
afterAll(() => server.close());

describe("mails to the people concerned", () => {
  it("are decided by an administrator alone, on record, and off until then", async () => {
    expect(await tell([await unfamiliar("ana", 0)], 0)).toBe(0);
    for (const role of ["viewer", "responder", "auditor"] as const)
      await expect(decidePersonMail(by(role), decision)).rejects.toMatchObject({ code: "forbidden" });
    await expect(decidePersonMail(by(), { ...decision, domains: [] })).rejects.toMatchObject({
      details: { problems: [{ pointer: "/domains" }] },
    });
    await decidePersonMail(by(), decision);
    await decidePersonMail(by(), decision);
    expect(await rows("select action, after ->> 'enabled' as enabled from audit_entry")).toEqual([
      { action: "person_mail.update", enabled: "true" },
    ]);
    expect(await tell([await unfamiliar("ana", 0)], 0)).toBe(1);
  });

  it("come once for a person and context in the days decided, however often it is said", async () => {
    await decidePersonMail(by(), decision);
    const first = await unfamiliar("ana", 0);
    expect(await tell([first, first], 0)).toBe(1);
    expect(await tell([{ ...first, eventCount: 99 }], HOUR)).toBe(0);
    expect(await tell([await unfamiliar("ana", 3 * DAY)], 3 * DAY)).toBe(0);
    expect(await tell([await unfamiliar("ana", 3 * DAY, "Quito"), await unfamiliar("ben", 3 * DAY)], 3 * DAY)).toBe(2);
    expect(await tell([await unfamiliar("ana", 8 * DAY)], 8 * DAY)).toBe(1);
    expect(await waiting()).toHaveLength(4);
  });

  it("leave with their headers, stand in the delivery log, and are stopped by one click for that person alone", async () => {
    await decidePersonMail(by(), decision);
    await tell([await unfamiliar("ana", 0)], 0);
    expect(await createSender().turn(at(0))).toMatchObject({ sent: 1, failed: 0 });
    expect(server.arrived.map(({ to, subject }) => [to, subject])).toEqual([
      ["ana@example.com", "New sign-in from Lima, Peru: was this you?"],
    ]);
    expect(server.arrived[0]?.raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    expect(await rows("select recipient, result from delivery")).toEqual([{ recipient: "ana@example.com", result: "sent" }]);
    const [row] = await rows("select id::int from outbox where kind = 'person'");
    const facts = { now: at(HOUR), key: config().LINK_KEY };
    const link = makeLink("stop", row.id, facts);
    expect(await openLink(link, facts)).toMatchObject({ isPerson: true, refusal: null });
    await actOnLink(link, {}, facts);
    expect(await rows("select recipient, kind from mail_stop")).toEqual([{ recipient: "address:ana@example.com", kind: "sign-ins" }]);
    expect(await tell([await unfamiliar("ana", HOUR, "Quito"), await unfamiliar("ben", HOUR)], HOUR)).toBe(1);
  });

  it("of a storm leave only as fast as the limit of the hour allows, the administrators hear of it once, and old ones are dropped", async () => {
    await decidePersonMail(by(), decision);
    const many: Awaited<ReturnType<typeof unfamiliar>>[] = [];
    for (let i = 0; i < 8; i++) many.push(await unfamiliar(`p${i}`, 0));
    expect(await tell(many, 0)).toBe(8);
    const sender = createSender();
    const people = () => server.arrived.filter(({ subject }) => subject.startsWith("New sign-in")).length;
    await sender.turn(at(0));
    expect(people()).toBe(3);
    await sender.turn(at(HOUR / 2));
    expect(people()).toBe(3);
    await sender.turn(at(HOUR + 2));
    expect(people()).toBe(6);
    expect(server.arrived.filter(({ to }) => to === "ada@example.com")).toHaveLength(1);
    await sender.turn(at(25 * HOUR));
    expect(people()).toBe(6);
    expect(await rows("select state, count(*)::int as n from outbox where kind = 'person' group by 1 order by 1")).toEqual([
      { state: "sent", n: 6 },
      { state: "skipped", n: 2 },
    ]);
  });

  it("that wait do not leave once the decision is taken back or the domain is gone", async () => {
    await decidePersonMail(by(), decision);
    await tell([await unfamiliar("ana", 0)], 0);
    await decidePersonMail(by(), { ...decision, domains: ["example.org"] });
    await createSender().turn(at(0));
    await decidePersonMail(by(), decision);
    await tell([await unfamiliar("ana", HOUR)], HOUR);
    await decidePersonMail(by(), { ...decision, enabled: false });
    await createSender().turn(at(HOUR));
    expect(server.arrived).toEqual([]);
    expect(await rows("select state, last_error is not null as why from outbox")).toEqual([
      { state: "skipped", why: true },
      { state: "skipped", why: true },
    ]);
  });

  it("can be seen first by the administrator who decides", async () => {
    await decidePersonMail(by(), { ...decision, enabled: false });
    await sendPersonExample(by());
    await createSender().turn(at(1));
    expect(server.arrived.map(({ to, subject }) => [to, subject])).toEqual([
      ["ada@example.com", "New sign-in from Lima, Peru: was this you?"],
    ]);
  });

  it("come from a detection turn over live events, and never from an import or sample data", async () => {
    await decidePersonMail(by(), decision);
    const stay = (ms: number, geo: object, ip: string) => ({
      id: `w${n++}`,
      occurred_at: at(ms).toISOString(),
      action: "user.login",
      outcome: "success",
      direction: "inbound",
      service: "shop",
      actor: { id: "ana", email: "ana@example.com" },
      source: { ip, user_agent: LAPTOP, geo },
    });
    const journey = () => [
      stay(0, { country: "DE", city: "Berlin", lat: 52.5, lon: 13.4 }, "203.0.113.7"),
      stay(HOUR / 2, { country: "PE", city: "Lima", lat: -12, lon: -77 }, "192.0.2.9"),
    ];
    for (const world of ["historical = true, world = 'import:1'", "sample = true, world = 'sample'"]) {
      const batch = await storeEvents(database, journey());
      await database.owner(`update batch set ${world} where id = ${batch}`);
      await detectEvents(at(HOUR));
    }
    expect(await rows("select count(*)::int as n from alert where rule_id = 'impossible-travel'")).not.toEqual([{ n: 0 }]);
    expect(await waiting()).toEqual([]);
    await storeEvents(database, journey());
    await detectEvents(at(HOUR));
    expect(await waiting()).toEqual([{ recipient: "address:ana@example.com", place: "Lima, Peru" }]);
  });
});
