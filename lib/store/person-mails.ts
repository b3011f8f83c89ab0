/** What the outbox knows of mails to the people concerned: who was told what lately, and how many left. */
import { z } from "zod";
import type { EventRecord } from "@/lib/model/event";
import { NO_PERSON_MAIL, PersonMailSetting } from "@/lib/model/person-mail";
import { type Executor, execute, query, queryOne, sql, type Tx } from "./db";
import { RecordRow, recordColumns } from "./event-documents";
import { findSetting, lockSetting, saveSetting } from "./settings";

const NAME = "person-mail";

/** What the administrator decided; nothing is sent until somebody did. */
export const readPersonMailSetting = async (): Promise<PersonMailSetting> => (await findSetting(NAME, PersonMailSetting)) ?? NO_PERSON_MAIL;

/** The same for a change in this transaction. */
export const lockPersonMailSetting = async (tx: Tx): Promise<PersonMailSetting> =>
  (await lockSetting(tx, NAME, PersonMailSetting)) ?? NO_PERSON_MAIL;

export const savePersonMailSetting = (tx: Tx, value: PersonMailSetting, by: { name: string; now: Date }): Promise<void> =>
  saveSetting(tx, { name: NAME, value, by: by.name, at: by.now });

/** Events by id, found by the addresses that an alert named: inside a turn a walk over the day's ids would be too long. At most 200. */
export function listEvidence(
  on: Executor,
  { ids, ips, from, to }: { ids: readonly string[]; ips: readonly string[]; from: Date; to: Date },
): Promise<EventRecord[]> {
  return query(
    on,
    sql`select ${recordColumns} from event
        where source_ip = any(${ips}::inet[]) and occurred_at between ${from} and ${to} and id = any(${ids}) limit 200`,
    RecordRow,
  );
}

const Told = z.object({ recipient: z.string(), context: z.string() });

/** Who was told of which context since then, or will be. */
export function listToldSince(on: Executor, recipients: readonly string[], since: Date): Promise<z.infer<typeof Told>[]> {
  return query(
    on,
    sql`select distinct recipient, payload ->> 'context' as context from outbox
        where recipient = any(${recipients}) and created_at > ${since} and kind = 'person' and reason <> 'sample' and state <> 'skipped'`,
    Told,
  );
}

const Left = z.object({ sent: z.number(), oldest: z.date().nullable(), waiting: z.number() });

/** How many left since then and when the first of them did; how many wait. Only one transaction at a time may ask, so that together they keep the limit. */
export async function countPersonMails(tx: Tx, since: Date): Promise<z.infer<typeof Left>> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette.person_mail'))`);
  const found = await queryOne(
    tx,
    sql`select count(*) filter (where sent_at > ${since}) as sent, min(sent_at) filter (where sent_at > ${since}) as oldest,
          (select count(*) from outbox where kind = 'person' and state = 'waiting') as waiting
        from outbox where kind = 'person' and reason <> 'sample' and sent_at > ${since}`,
    Left,
  );
  return found ?? { sent: 0, oldest: null, waiting: 0 };
}

/** Holds back everything of this kind that is due until then, but for what another sender has in hand: it asks for itself. How many. */
export function holdPersonMails(tx: Tx, until: Date): Promise<number> {
  return execute(
    tx,
    sql`update outbox set due_at = ${until}, held = 'storm'
        where id in (
          select id from outbox where kind = 'person' and reason <> 'sample' and state = 'waiting' and due_at < ${until} for update skip locked)`,
  );
}
