/** Reading sessions: one line per session of the monitored APIs, gathered from its events. */
import { z } from "zod";
import { db, type Executor, query, sql } from "./db";

const SessionRow = z.object({
  session: z.string(),
  actor: z.string().nullable(),
  first: z.date(),
  last: z.date(),
  events: z.number(),
  failures: z.number(),
  addresses: z.number(),
  countries: z.array(z.string()),
  agents: z.number(),
  ended: z.boolean(),
  alerts: z.number(),
});
/** A session: whose, since when, how busy, from how many places and programs, whether it was signed out, and alerts about it. */
export type SessionLine = z.infer<typeof SessionRow>;

/** Sessions with activity in the span: those with alerts first, then the latest. `actor` narrows to one account. */
export async function listSessions(
  filter: { from: number; to: number; service?: string; actor?: string },
  { limit = 100, on = db }: { limit?: number; on?: Executor } = {},
): Promise<SessionLine[]> {
  const ofService = filter.service ? sql`and service = ${filter.service}` : sql``;
  const ofActor = filter.actor ? sql`and actor_id = ${filter.actor}` : sql``;
  return await query(
    on,
    sql`with seen as (
        select session_id as session, max(actor_id) as actor, min(occurred_at) as first, max(occurred_at) as last, count(*)::int8 as events,
          count(*) filter (where outcome = 'failure')::int8 as failures, count(distinct source_ip)::int8 as addresses,
          coalesce(array_agg(distinct country) filter (where country is not null), '{}') as countries,
          count(distinct document #>> '{source,user_agent}')::int8 as agents,
          bool_or(action ~* '(^|[._-])(log_?out|sign_?out)$') as ended
        from event where occurred_at >= ${new Date(filter.from)} and occurred_at < ${new Date(filter.to)} and session_id is not null ${ofService} ${ofActor}
        group by session_id
      ), told as (select entity_value, count(*)::int8 as alerts from alert where entity_type = 'session' group by 1)
      select seen.*, coalesce(told.alerts, 0)::int8 as alerts from seen left join told on told.entity_value = seen.session
      order by alerts desc, last desc limit ${limit}`,
    SessionRow,
  );
}

const TotalRow = z.object({ sessions: z.number(), people: z.number() });

/** How many sessions and people were active in the span. */
export async function countSessions(
  filter: { from: number; to: number; service?: string },
  on: Executor = db,
): Promise<z.infer<typeof TotalRow>> {
  const ofService = filter.service ? sql`and service = ${filter.service}` : sql``;
  const [row] = await query(
    on,
    sql`select count(distinct session_id) as sessions, count(distinct actor_id) as people from event
      where occurred_at >= ${new Date(filter.from)} and occurred_at < ${new Date(filter.to)} and session_id is not null ${ofService}`,
    TotalRow,
  );
  return row ?? { sessions: 0, people: 0 };
}
