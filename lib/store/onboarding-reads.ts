/** Reading how far a new installation has come: first events, refusals since the key was made, the test attack and what came of it. */
import { z } from "zod";
import { db, query, queryOne, sql } from "./db";
import { Document } from "./event-documents";

const ArrivedRow = z
  .object({ receivedAt: z.date(), document: Document })
  .transform((row) => ({ ...row, receivedAt: row.receivedAt.getTime() }));

/** An event with the time of its receipt. */
export type Arrived = z.infer<typeof ArrivedRow>;

const real = sql`not b.sample and not b.historical`;
// a test attack is no sign that a service sends
const genuine = sql`(e.document->'marks') is null or not (e.document->'marks')::jsonb ? 'test'`;

/** The first event that a service sent itself: not sample data, not imported, not a test. */
export const findFirstArrival = (): Promise<Arrived | null> =>
  queryOne(
    db,
    sql`select e.received_at as "receivedAt", e.document from (select id from batch b where ${real} order by id limit 50) b
        join event e on e.batch_id = b.id where ${genuine} order by b.id, e.occurred_at limit 1`,
    ArrivedRow,
  );

/** The latest such events, newest first: what data quality is judged on. Looks at the last 200 batches. */
export const listLatestArrivals = (limit: number): Promise<Arrived[]> =>
  query(
    db,
    sql`select e.received_at as "receivedAt", e.document from (select id from batch b where ${real} order by id desc limit 200) b
        join event e on e.batch_id = b.id where ${genuine} order by b.id desc, e.occurred_at desc limit ${limit}`,
    ArrivedRow,
  );

/** How many such events there are, tests included, and when the last came. */
export async function countArrivals(): Promise<{ events: number; lastAt: number | null }> {
  const found = await queryOne(
    db,
    sql`select coalesce(sum(event_count), 0)::bigint as events, max(received_at) as last from batch b where ${real}`,
    z.object({ events: z.number(), last: z.date().nullable() }),
  );
  return { events: found?.events ?? 0, lastAt: found?.last?.getTime() ?? null };
}

const AttackRow = z.object({ sentAt: z.date(), ip: z.string() });

/** The last test attack, as its audit entry has it. */
export const findLastTestAttack = () =>
  queryOne(
    db,
    sql`select at as "sentAt", after->>'ip' as ip from audit_entry where action = 'test_attack.send' order by id desc limit 1`,
    AttackRow,
  );

const EffectRow = z.object({ number: z.number().nullable(), messages: z.number(), sent: z.number() });

/** What came of a test attack: the incident that names its address, and the messages about it. */
export async function readTestEffect({ ip, sentAt }: z.infer<typeof AttackRow>) {
  const found = await queryOne(
    db,
    sql`with found as (
          select i.id, i.number from incident_entity n join incident i on i.id = n.incident_id
          where n.entity_type = 'ip' and n.entity_value = ${ip} and n.last_at >= ${new Date(sentAt.getTime() - 300_000)} and i.merged_into_id is null
          order by i.id desc limit 1)
        select (select number from found) as number, count(o.id) as messages, count(o.id) filter (where o.state = 'sent') as sent
        from outbox o where o.incident_id = (select id from found)`,
    EffectRow,
  );
  return found ?? { number: null, messages: 0, sent: 0 };
}
