/** Reading what the overview asks: which incidents need a person, and how many alerts there were. */
import { z } from "zod";
import { EntityType, Family, Level } from "@/lib/model/alert";
import { IncidentState } from "@/lib/model/incident";
import { db, type Executor, query, queryOne, type Sql, sql } from "./db";

const NeedRow = z.object({
  id: z.number(),
  number: z.number(),
  state: IncidentState,
  level: Level,
  title: z.string(),
  sample: z.boolean(),
  historical: z.boolean(),
  firstAt: z.date(),
  lastAt: z.date(),
  eventCount: z.number(),
  /** A rule says that somebody got in. */
  entered: z.boolean(),
  assignee: z.string().nullable(),
  entities: z.array(z.object({ type: EntityType, value: z.string(), role: z.string() })),
});

/** An incident that waits for somebody, with its foremost entities, at most six. */
export type Need = z.infer<typeof NeedRow>;

/** Open and nobody's, or open and this person's; snoozed and merged ones wait elsewhere. */
const needing = (userId: string | null): Sql => sql`i.merged_into_id is null
  and (i.state = 'open' or (i.state = 'acknowledged' and i.assignee_id = ${userId}))
  and (i.assignee_id is null or i.assignee_id = ${userId})
  and (i.level in ('critical', 'high', 'medium') or i.assignee_id = ${userId})`;

/**
 * The incidents that need this person, worst and newest first, made-up ones last, how many there are in all, and how many `others` are open without
 * needing them. `lib/incidents/needs.ts` puts them in order of risk.
 */
export async function listNeeding(
  userId: string | null,
  limit: number,
  on: Executor = db,
): Promise<{ needs: Need[]; total: number; others: number }> {
  const [needs, counted] = await Promise.all([
    query(
      on,
      sql`select i.id, i.number, i.state, i.level, i.title, i.sample, i.historical, i.first_at as "firstAt", i.last_at as "lastAt",
                 i.event_count as "eventCount", u.name as assignee,
                 exists (select 1 from json_array_elements(i.summary -> 'rules') as r where r ->> 'entry' = 'true') as entered,
                 coalesce((select json_agg(e) from (
                   select entity_type as type, entity_value as value, role from incident_entity
                   where incident_id = i.id and entity_type not in ('network', 'country', 'asn')
                   order by array_position(array['attacker', 'victim', 'context'], role), subject desc, events desc limit 6) e), '[]') as entities
          from incident i left join "user" u on u.id = i.assignee_id
          where ${needing(userId)}
          order by i.sample, array_position(array['critical', 'high', 'medium', 'low', 'informational'], i.level), i.last_at desc
          limit ${limit}`,
      NeedRow,
    ),
    queryOne(
      on,
      sql`select count(*) filter (where ${needing(userId)}) as total,
            count(*) filter (where i.state = 'open' and i.merged_into_id is null and (${needing(userId)}) is not true) as others
          from incident i
          where i.state in ('open', 'acknowledged')`,
      z.object({ total: z.number(), others: z.number() }),
    ),
  ]);
  return { needs, total: counted?.total ?? 0, others: counted?.others ?? 0 };
}

/** Events taken in before that moment that detection has not looked at and will: imported and made-up ones too. */
export async function countUndetected(before: Date, on: Executor = db): Promise<number> {
  const found = await queryOne(
    on,
    sql`select coalesce(sum(event_count), 0)::bigint as events from batch where detected_at is null and attempts < 3 and received_at < ${before}`,
    z.object({ events: z.number() }),
  );
  return found?.events ?? 0;
}

/** How many incidents are open, for the side bar. */
export async function countOpenIncidents(on: Executor = db): Promise<number> {
  const found = await queryOne(
    on,
    sql`select count(*) as open from incident where state = 'open' and merged_into_id is null`,
    z.object({ open: z.number() }),
  );
  return found?.open ?? 0;
}

/** Services heard in the last seven days, by name, at most 100: what a page can be narrowed to. */
export async function listServiceNames(now: Date, on: Executor = db): Promise<string[]> {
  const rows = await query(
    on,
    sql`select distinct service from traffic_minute where minute >= ${new Date(now.getTime() - 7 * 86_400_000)} and service <> '' order by service limit 100`,
    z.object({ service: z.string() }),
  );
  return rows.map((row) => row.service);
}

const columnOf = { ip: sql`event.source_ip = `, actor: sql`event.actor_id = `, session: sql`event.session_id = ` };

/** Events of an entity in equal columns over a span; null for entities that have no index to be counted by. */
export async function countCourse(
  entity: { type: EntityType; value: string },
  { from, to, columns }: { from: number; to: number; columns: number },
  on: Executor = db,
): Promise<number[] | null> {
  if (entity.type !== "ip" && entity.type !== "actor" && entity.type !== "session") return null;
  const value = entity.type === "ip" ? sql`${entity.value}::inet` : sql`${entity.value}`;
  const width = (to - from) / columns;
  const rows = await query(
    on,
    sql`select floor((extract(epoch from event.occurred_at) * 1000 - ${from}::float8) / ${width}::float8)::int as bar, count(*) as events from event
        where ${columnOf[entity.type]} ${value} and event.occurred_at >= ${new Date(from)} and event.occurred_at < ${new Date(to)} group by 1`,
    z.object({ bar: z.number(), events: z.number() }),
  );
  const counts = Array.from({ length: columns }, () => 0);
  for (const { bar, events } of rows) if (bar >= 0 && bar < columns) counts[bar] = events;
  return counts;
}

const FamilyRow = z.object({ family: Family, bar: z.number(), alerts: z.number() });

/** Alerts by family in equal columns over a span, by when they last grew. */
export const countAlerts = ({ from, to, columns }: { from: number; to: number; columns: number }, on: Executor = db) =>
  query(
    on,
    sql`select family, least(${columns - 1}, floor((extract(epoch from last_at) * 1000 - ${from}::float8) / ${(to - from) / columns}::float8))::int as bar,
               count(*) as alerts
        from alert where last_at >= ${new Date(from)} and last_at < ${new Date(to)} group by 1, 2`,
    FamilyRow,
  );
