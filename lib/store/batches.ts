/** Batches: the events of one ingest transaction. */
import { z } from "zod";
import { db, query, sql } from "./db";

/** Which stream of event time a batch belongs to, and what may come of it. */
export interface Lane {
  /** `live`, or one world for each import: whose event time it shares. */
  world: string;
  /** About the past: may raise alerts, never mails. */
  historical: boolean;
  /** Belongs to the sample data. */
  sample: boolean;
}

/** The lane of everything that happens now. */
export const LIVE: Lane = { world: "live", historical: false, sample: false };

const BacklogRow = z.object({ world: z.string(), batches: z.number(), events: z.number(), oldest: z.date().nullable() });
/** What detection has not seen yet, of one world. */
export type Backlog = z.infer<typeof BacklogRow>;

/** What detection has not seen yet, by world; for Health. */
export async function listBacklog(): Promise<Backlog[]> {
  return query(
    db,
    sql`
    select world, count(*) as batches, coalesce(sum(event_count), 0)::bigint as events, min(received_at) as oldest
    from batch
    where detected_at is null
    group by world
    order by world
    limit 1000`,
    BacklogRow,
  );
}
