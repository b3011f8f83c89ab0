/** Which events are stored already, by time and id. The guard of ids forgets after a week; the events themselves do not. */
import { z } from "zod";
import { db, query, sql } from "./db";

/** The ids among these that the event table holds at these times. */
export async function listStoredIds(events: readonly { id: string; occurredAt: Date }[]): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const times = events.map(({ occurredAt }) => occurredAt.getTime());
  const [from, to] = [
    new Date(times.reduce((least, time) => Math.min(least, time))),
    new Date(times.reduce((most, time) => Math.max(most, time))),
  ];
  const rows = await query(
    db,
    sql`
    select e.id
    from event e
    join unnest(${events.map(({ id }) => id)}::text[], ${times}::bigint[]) as k(id, ms) on e.id = k.id and e.occurred_at = to_timestamp(k.ms / 1000.0)
    where e.occurred_at between ${from} and ${to}`,
    z.object({ id: z.string() }),
  );
  return new Set(rows.map(({ id }) => id));
}
