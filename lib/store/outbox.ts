/**
 * The outbox: every message that must leave, written in the transaction of what it tells. A row waits until it is sent, folded into another message,
 * skipped because it no longer says anything, or dead. Whoever sends holds the row's lock until the result is committed: a worker that dies leaves it
 * waiting.
 */
import { z } from "zod";
import { Level } from "@/lib/model/alert";
import { asJson, type Executor, execute, query, queryOne, raw, sql, type Tx } from "./db";

export const OutboxKind = z.enum(["incident", "storm", "digest", "trouble", "note", "person"]);
export const OutboxState = z.enum(["waiting", "sent", "folded", "skipped", "dead"]);
export type OutboxState = z.infer<typeof OutboxState>;

/** A message to write. `recipient` is `user:<id>`, `address:<mail>` or `webhook:<id>`; `dedupeKey` makes it leave once however often it is written. */
export interface OutboxMessage {
  dedupeKey: string;
  kind: z.infer<typeof OutboxKind>;
  channel: "mail" | "webhook";
  recipient: string;
  incidentId?: number;
  reason: string;
  level?: Level;
  payload?: Record<string, unknown>;
  dueAt: Date;
}

export const OutboxRow = z.object({
  id: z.number(),
  dedupeKey: z.string(),
  kind: OutboxKind,
  channel: z.enum(["mail", "webhook"]),
  recipient: z.string(),
  incidentId: z.number().nullable(),
  reason: z.string(),
  level: Level.nullable(),
  payload: z.record(z.string(), z.unknown()),
  state: OutboxState,
  attempts: z.number(),
  dueAt: z.date(),
  createdAt: z.date(),
  sentAt: z.date().nullable(),
  messageId: z.string().nullable(),
  lastError: z.string().nullable(),
  held: z.enum(["storm", "pace", "quiet"]).nullable(),
});
export type OutboxRow = z.infer<typeof OutboxRow>;

const columns =
  raw(`o.id, o.dedupe_key as "dedupeKey", o.kind, o.channel, o.recipient, o.incident_id as "incidentId", o.reason, o.level, o.payload, o.state, o.attempts,
  o.due_at as "dueAt", o.created_at as "createdAt", o.sent_at as "sentAt", o.message_id as "messageId", o.last_error as "lastError", o.held`);

/** Writes messages; one that was written before changes nothing. How many are new. */
export async function appendOutbox(on: Executor, list: readonly OutboxMessage[], now: Date): Promise<number> {
  if (list.length === 0) return 0;
  const rows = list.map((each) => ({ ...each, payload: each.payload ?? {} }));
  return execute(
    on,
    sql`insert into outbox (dedupe_key, kind, channel, recipient, incident_id, reason, level, payload, due_at, created_at)
        select "dedupeKey", kind, channel, recipient, "incidentId", reason, level, payload, "dueAt", ${now}
        from json_to_recordset(${asJson(rows)}) as g("dedupeKey" text, kind text, channel text, recipient text, "incidentId" bigint, reason text, level text, payload json, "dueAt" timestamptz)
        on conflict (dedupe_key) do nothing -- no-op if it was written before`,
  );
}

/** The id of a message by its key, or null. */
export async function findMessageId(on: Executor, dedupeKey: string): Promise<number | null> {
  return (await queryOne(on, sql`select id from outbox where dedupe_key = ${dedupeKey}`, z.object({ id: z.number() })))?.id ?? null;
}

/** The most urgent message of a channel that is due and that nobody else is sending, locked; skips these recipients. Null when there is none. */
export function claimMessage(
  tx: Tx,
  now: Date,
  { channel, without }: { channel: OutboxRow["channel"]; without: readonly string[] },
): Promise<OutboxRow | null> {
  return queryOne(
    tx,
    sql`select ${columns} from outbox o
        where o.state = 'waiting' and o.due_at <= ${now} and o.channel = ${channel} and not (o.recipient = any(${without}))
        order by (o.level is distinct from 'critical'), o.due_at, o.id
        limit 1 for update skip locked`,
    OutboxRow,
  );
}

const Held = z.object({ held: z.boolean() });

/** Makes this transaction the only one that sends to a recipient; false when another one is. */
export async function holdRecipient(tx: Tx, recipient: string): Promise<boolean> {
  const found = await queryOne(tx, sql`select pg_try_advisory_xact_lock(hashtext('vedette.outbox'), hashtext(${recipient})) as held`, Held);
  return found?.held ?? false;
}

const Got = z.object({
  sent: z.number(),
  lastStorm: z.date().nullable(),
  lastOfRoute: z.date().nullable(),
  criticals: z.number(),
  due: z.number(),
});

const DAY_MS = 86_400_000;

/**
 * What a recipient got since `since`: mails about incidents, when the last storm mail left, and critical ones about this incident ever; the last mail of the
 * route within a day, folded ones included; and how much is due now.
 */
export async function readPace(tx: Tx, row: OutboxRow, { since, now }: { since: Date; now: Date }): Promise<z.infer<typeof Got>> {
  const { recipient, incidentId } = row;
  const routeId = typeof row.payload.routeId === "string" ? row.payload.routeId : "";
  const found = await queryOne(
    tx,
    sql`select count(*) filter (where kind = 'incident' and sent_at > ${since}) as sent,
          max(sent_at) filter (where kind = 'storm' and payload ->> 'cause' = 'storm') as "lastStorm",
          max(sent_at) filter (where kind = 'storm' or (kind = 'incident' and payload ->> 'routeId' = ${routeId})) as "lastOfRoute",
          count(*) filter (where incident_id = ${incidentId} and level = 'critical') as criticals,
          (select count(*) from outbox w where w.recipient = ${recipient} and w.state = 'waiting' and w.kind = 'incident' and w.channel = 'mail' and w.due_at <= ${now}) as due
        from outbox where recipient = ${recipient} and state = 'sent' and (sent_at > ${new Date(now.getTime() - DAY_MS)} or incident_id = ${incidentId})`,
    Got,
  );
  return found ?? { sent: 0, lastStorm: null, lastOfRoute: null, criticals: 0, due: 0 };
}

/** How many mails about incidents a recipient got since then. */
export async function countSentIncidents(on: Executor, recipient: string, since: Date): Promise<number> {
  const found = await queryOne(
    on,
    sql`select count(*) as n from outbox where recipient = ${recipient} and kind = 'incident' and state = 'sent' and sent_at > ${since}`,
    z.object({ n: z.number() }),
  );
  return found?.n ?? 0;
}

/** All incident messages of one recipient that wait and are due, locked: those that one mail will stand for. */
export function claimHeld(tx: Tx, recipient: string, now: Date): Promise<OutboxRow[]> {
  return query(
    tx,
    sql`select ${columns} from outbox o where o.recipient = ${recipient} and o.state = 'waiting' and o.kind = 'incident' and o.channel = 'mail' and o.due_at <= ${now}
        order by o.id limit 20000 for update -- waits: whoever else holds one of them finds the recipient taken and lets go`,
    OutboxRow,
  );
}

/** Ends messages: folded into another, or skipped with a reason. */
export async function endMessages(tx: Tx, ids: readonly number[], state: "folded" | "skipped", reason: string): Promise<void> {
  if (ids.length > 0)
    await execute(tx, sql`update outbox set state = ${state}, last_error = ${reason} where id = any(${ids}) and state = 'waiting'`);
}

/** Ends the messages of an incident that still wait; how many. */
export function endWaitingOf(tx: Tx, incidentId: number, reason: string): Promise<number> {
  return execute(
    tx,
    sql`update outbox set state = 'skipped', last_error = ${reason} where incident_id = ${incidentId} and kind = 'incident' and state = 'waiting'`,
  );
}

/** Puts off a message that may not leave yet, with why. */
export async function putOff(tx: Tx, id: number, { until, why }: { until: Date; why: NonNullable<OutboxRow["held"]> }): Promise<void> {
  await execute(tx, sql`update outbox set due_at = ${until}, held = ${why} where id = ${id} and state = 'waiting'`);
}

/** Puts off everything that waits for a recipient: who is out of reach is not asked again for every message. */
export async function putOffRecipient(tx: Tx, recipient: string, until: Date): Promise<void> {
  await execute(tx, sql`update outbox set due_at = ${until} where recipient = ${recipient} and state = 'waiting' and due_at < ${until}`);
}

/** Marks a message as sent, with what a later mail of the thread needs to know. */
export async function markSent(
  tx: Tx,
  id: number,
  sent: { messageId: string; payload: Record<string, unknown>; now: Date },
): Promise<void> {
  await execute(
    tx,
    sql`update outbox set state = 'sent', sent_at = ${sent.now}, message_id = ${sent.messageId}, payload = ${asJson(sent.payload)}, attempts = attempts + 1, last_error = null, held = null
        where id = ${id}`,
  );
}

/** Notes a failed attempt: when to try again, or that it is dead. */
export async function markFailed(tx: Tx, id: number, failure: { error: string; retryAt: Date | null }): Promise<void> {
  await execute(
    tx,
    sql`update outbox set attempts = attempts + 1, last_error = ${failure.error.slice(0, 500)}, due_at = coalesce(${failure.retryAt}, due_at),
          state = case when ${failure.retryAt === null} then 'dead' else 'waiting' end
        where id = ${id}`,
  );
}

const Thread = z.object({ messageId: z.string().nullable(), payload: z.record(z.string(), z.unknown()), sentAt: z.date().nullable() });

/** The first and the last mail about an incident, or one that became part of it, that this recipient got: the thread goes on. */
export async function findThread(on: Executor, recipient: string, incidentId: number) {
  const found = await query(
    on,
    sql`select message_id as "messageId", payload, sent_at as "sentAt" from outbox
        where recipient = ${recipient} and state = 'sent' and kind = 'incident'
          and (incident_id = ${incidentId} or incident_id in (select id from incident where merged_into_id = ${incidentId})) order by sent_at, id`,
    Thread,
  );
  return { first: found[0] ?? null, last: found.at(-1) ?? null };
}

/** Whom messages about an incident went or will go to. */
export function listInformed(on: Executor, incidentId: number) {
  return query(
    on,
    sql`select distinct recipient, channel, (array_agg(payload ->> 'routeId') filter (where payload ->> 'routeId' is not null))[1] as "routeId"
        from outbox where incident_id = ${incidentId} and kind = 'incident' and state in ('sent', 'waiting', 'folded') group by recipient, channel`,
    z.object({ recipient: z.string(), channel: z.enum(["mail", "webhook"]), routeId: z.string().nullable() }),
  );
}

/** A dead or skipped message waits again. */
export async function retryMessage(tx: Tx, id: number, now: Date): Promise<boolean> {
  return (
    (await execute(
      tx,
      sql`update outbox set state = 'waiting', due_at = ${now}, attempts = 0 where id = ${id} and state in ('dead', 'waiting')`,
    )) > 0
  );
}

/** One message by id. */
export function findMessage(on: Executor, id: number): Promise<OutboxRow | null> {
  return queryOne(on, sql`select ${columns} from outbox o where o.id = ${id}`, OutboxRow);
}

const Totals = z.object({
  waiting: z.number(),
  failing: z.number(),
  dead: z.number(),
  oldest: z.date().nullable(),
  lastSent: z.date().nullable(),
  lastError: z.string().nullable(),
});

/**
 * How the outbox stands, for System health and the banner. `waiting`: those that should have left by now, `failing` of them tried in vain; what is held back
 * on purpose does not count.
 */
export async function readOutboxTotals(on: Executor, now: Date) {
  const tried = sql`(state = 'waiting' and attempts > 0 and held is null)`;
  const late = sql`(state = 'waiting' and due_at <= ${now} or ${tried})`;
  const found = await queryOne(
    on,
    sql`select count(*) filter (where ${late}) as waiting, count(*) filter (where ${tried}) as failing, count(*) filter (where state = 'dead') as dead,
          min(case when attempts > 0 then created_at else due_at end) filter (where ${late}) as oldest, max(sent_at) as "lastSent",
          (array_agg(last_error order by id desc) filter (where state in ('dead', 'waiting') and last_error is not null))[1] as "lastError"
        from outbox`,
    Totals,
  );
  return found ?? { waiting: 0, failing: 0, dead: 0, oldest: null, lastSent: null, lastError: null };
}
