/** What detection found in the past that was imported. */
import { z } from "zod";
import { db, query, queryOne, sql } from "./db";

/** What detection has not seen yet of one world: events, and batches it gave up. */
export async function countUndetected(world: string): Promise<{ events: number; failed: number }> {
  const row = await queryOne(
    db,
    sql`
    select coalesce(sum(event_count) filter (where attempts < 3), 0)::bigint as events, count(*) filter (where attempts >= 3)::int as failed
    from batch
    where world = ${world} and detected_at is null`,
    z.object({ events: z.number(), failed: z.number() }),
  );
  return row ?? { events: 0, failed: 0 };
}

const FindingRow = z.object({
  number: z.number(),
  level: z.string(),
  title: z.string(),
  firstAt: z.date(),
  eventCount: z.number(),
  attackers: z.array(z.string()),
});
/** An incident as an import tells it: at most five attackers, the busiest first. */
export type Finding = z.infer<typeof FindingRow>;

/** Incidents about the past that were opened or grew since then, the worst first; at most `limit`. */
export function listFindings(since: Date, limit: number): Promise<Finding[]> {
  return query(
    db,
    sql`
    select i.number, i.level, i.title, i.first_at as "firstAt", i.event_count as "eventCount",
      array(select e.entity_value from incident_entity e where e.incident_id = i.id and e.role = 'attacker' order by e.events desc, 1 limit 5) as attackers
    from incident i
    where i.historical and not i.sample and i.merged_into_id is null and i.updated_at >= ${since}
    order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], i.level), i.event_count desc
    limit ${limit}`,
    FindingRow,
  );
}
