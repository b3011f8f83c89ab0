/** Reading alerts of some families: for the pages that show one kind of behaviour. */
import { z } from "zod";
import { Alert, type Family } from "@/lib/model/alert";
import { db, type Executor, query, sql } from "./db";

const AlertRow = z.object({ incident: z.number(), state: z.string(), facts: Alert });
/** An alert with the incident that it is in. */
export type PlacedAlert = z.infer<typeof AlertRow>;

/** Alerts of the families that were active in the span, at one service if it is named, newest first, at most `limit`. */
export async function listAlertsOfFamilies(
  families: readonly Family[],
  { from, to, service, limit = 30 }: { from: number; to: number; service?: string | undefined; limit?: number },
  on: Executor = db,
): Promise<PlacedAlert[]> {
  return await query(
    on,
    sql`select incident.number as incident, incident.state, alert.facts from alert join incident on incident.id = alert.incident_id
      where alert.family = any(${families}) and alert.last_at >= ${new Date(from)} and alert.first_at < ${new Date(to)}
        ${service === undefined ? sql`` : sql`and (alert.facts::jsonb -> 'services') @> to_jsonb(${service}::text)`}
      order by alert.last_at desc limit ${limit}`,
    AlertRow,
  );
}

/** Alerts about one session, newest first, with all that explains them. */
export async function listAlertsOfSession(id: string, on: Executor = db): Promise<PlacedAlert[]> {
  return await query(
    on,
    sql`select incident.number as incident, incident.state, alert.facts from alert join incident on incident.id = alert.incident_id
      where alert.entity_type = 'session' and alert.entity_value = ${id} order by alert.last_at desc limit 20`,
    AlertRow,
  );
}
