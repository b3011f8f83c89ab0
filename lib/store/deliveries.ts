/** The delivery log: every attempt, and for mails what left, or what would have left while there is no mail server. */
import { z } from "zod";
import { asJson, type Executor, execute, query, queryOne, raw, sql, type Tx } from "./db";

/** `sent`: accepted by the mail server or the webhook. `local`: kept here, because no mail server is configured. */
export const DeliveryResult = z.enum(["sent", "local", "failed"]);

export const Delivery = z.object({
  id: z.number(),
  outboxId: z.number(),
  at: z.date(),
  channel: z.string(),
  recipient: z.string(),
  result: DeliveryResult,
  response: z.string().nullable(),
  subject: z.string().nullable(),
  text: z.string().nullable(),
  html: z.string().nullable(),
  headers: z.record(z.string(), z.string()).nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

const columns = raw(
  `d.id, d.outbox_id as "outboxId", d.at, d.channel, d.recipient, d.result, d.response, d.subject, d.text, d.html, d.headers`,
);

/** Logs one attempt. `recipient` is the address or the webhook's name, as a person knows it. */
export async function recordDelivery(on: Executor | Tx, each: Omit<Delivery, "id">): Promise<void> {
  await execute(
    on,
    sql`insert into delivery (outbox_id, at, channel, recipient, result, response, subject, text, html, headers)
        values (${each.outboxId}, ${each.at}, ${each.channel}, ${each.recipient}, ${each.result}, ${each.response?.slice(0, 500) ?? null}, ${each.subject}, ${each.text}, ${each.html},
          ${each.headers === null ? null : asJson(each.headers)})`,
  );
}

const Listed = Delivery.omit({ text: true, html: true, headers: true }).extend({
  kind: z.string(),
  reason: z.string(),
  state: z.string(),
  attempts: z.number(),
  incident: z.number().nullable(),
  routeName: z.string().nullable(),
});

/** The latest deliveries, newest first; `before` is the id of the last one of the page before. */
export function listDeliveries(on: Executor, { limit, before }: { limit: number; before?: number }) {
  return query(
    on,
    sql`select d.id, d.outbox_id as "outboxId", d.at, d.channel, d.recipient, d.result, d.response, d.subject, o.kind, o.reason, o.state, o.attempts, i.number as incident,
          o.payload ->> 'routeName' as "routeName"
        from delivery d join outbox o on o.id = d.outbox_id left join incident i on i.id = o.incident_id
        where ${before === undefined ? sql`true` : sql`d.id < ${before}`} order by d.id desc limit ${limit}`,
    Listed,
  );
}
export type ListedDelivery = z.infer<typeof Listed>;

/** One delivery with both parts of the mail. */
export function findDelivery(on: Executor, id: number): Promise<Delivery | null> {
  return queryOne(on, sql`select ${columns} from delivery d where d.id = ${id}`, Delivery);
}

/** The bodies of old mails go; the log of who got what stays. How many were emptied. */
export function emptyOldDeliveries(on: Executor, before: Date): Promise<number> {
  return execute(on, sql`update delivery set text = null, html = null, headers = null where at < ${before} and html is not null`);
}

const OfIncident = z.object({
  id: z.number(),
  at: z.date(),
  channel: z.string(),
  recipient: z.string(),
  result: DeliveryResult,
  subject: z.string().nullable(),
  reason: z.string(),
});

/** The deliveries about one incident, oldest first; the latest `limit`. */
export async function listIncidentDeliveries(on: Executor, incidentId: number, limit: number) {
  const rows = await query(
    on,
    sql`select d.id, d.at, d.channel, d.recipient, d.result, d.subject, o.reason from delivery d join outbox o on o.id = d.outbox_id
        where o.incident_id = ${incidentId} or o.incident_id in (select id from incident where merged_into_id = ${incidentId})
        order by d.id desc limit ${limit}`,
    OfIncident,
  );
  return rows.reverse();
}

const HourRow = z.object({ at: z.date(), delivered: z.number(), failed: z.number() });

/** Mails by hour since `from`: taken by the mail server (or kept here without one), and attempts that failed with a new reason. Hours without any are missing. */
export function listMailHours(on: Executor, from: Date) {
  return query(
    on,
    sql`select date_trunc('hour', at, 'UTC') as at, count(*) filter (where result <> 'failed') as delivered, count(*) filter (where result = 'failed') as failed
        from delivery where channel = 'mail' and at >= ${from} group by 1 order by 1`,
    HourRow,
  );
}

const RefusalRow = z.object({ reason: z.string(), messages: z.number(), last: z.date() });

/** Why mails did not leave since `from`, by what was answered; the commonest first, ten at most. */
export function listMailRefusals(on: Executor, from: Date) {
  return query(
    on,
    sql`select left(coalesce(response, 'no answer'), 300) as reason, count(distinct outbox_id) as messages, max(at) as last
        from delivery where channel = 'mail' and result = 'failed' and at >= ${from} group by 1 order by 2 desc, 3 desc limit 10`,
    RefusalRow,
  );
}

/** When a mail left last; null when none ever did. */
export async function findLastMail(on: Executor): Promise<Date | null> {
  const found = await queryOne(
    on,
    sql`select at from delivery where channel = 'mail' and result <> 'failed' order by id desc limit 1`,
    z.object({ at: z.date() }),
  );
  return found?.at ?? null;
}
