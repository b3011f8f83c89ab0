/** What belongs to the sample data, all over the database. */
import { z } from "zod";
import { db, execute, queryOne, raw, sql, type Tx } from "./db";

/** How many sample events there are. */
export async function countSampleEvents(): Promise<number> {
  const row = await queryOne(
    db,
    sql`select coalesce(sum(event_count), 0)::bigint as events from batch where sample`,
    z.object({ events: z.number() }),
  );
  return row?.events ?? 0;
}

/** In the order in which rows depend on each other. */
const removals = [
  "delete from event_id where batch_id in (select id from batch where sample)",
  "delete from event where sample",
  "delete from alert where sample",
  "delete from test_alert where sample",
  "delete from outbox where incident_id in (select id from incident where sample)",
  "delete from pinned_event where incident_id in (select id from incident where sample)",
  "delete from incident where sample",
  "delete from traffic_minute where sample",
  "delete from session_record where sample",
  "delete from account_name where sample",
  "delete from batch where sample",
];

/** Removes everything that came with the sample data, and what detection remembers of its world. */
export async function deleteSampleData(tx: Tx, world: string): Promise<void> {
  for (const removal of removals) await execute(tx, raw(removal));
  await execute(tx, sql`delete from detection_state where world = ${world}`);
  await execute(tx, sql`delete from detection_world where world = ${world}`);
}
