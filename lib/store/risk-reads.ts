/** What the risk score of an entity is made of: the incidents of the last days that name it. */
import { z } from "zod";
import { Level } from "@/lib/model/alert";
import { IncidentEntity, IncidentState, Verdict } from "@/lib/model/incident";
import { type Executor, query, sql } from "./db";

const Row = z
  .object({
    type: z.string(),
    value: z.string(),
    incident: z.number(),
    title: z.string(),
    level: Level,
    role: IncidentEntity.shape.role,
    subject: z.boolean(),
    state: IncidentState,
    verdict: Verdict.nullable(),
    sample: z.boolean(),
    at: z.date(),
  })
  .transform((row) => ({ ...row, at: row.at.getTime() }));
/** One incident that names an entity. */
export type RiskRow = z.infer<typeof Row>;

const columns = sql`e.entity_type as type, e.entity_value as value, i.number as incident, i.title, e.level, e.role, e.subject, i.state, i.verdict, i.sample,
  e.last_at as at`;

const PER_ENTITY = 50; // of one entity the latest: more hardly moves a score that is near 100

/** The incidents since `since` that name these entities, the latest 50 of each. */
export function listRiskRows(on: Executor, entities: readonly { type: string; value: string }[], since: Date): Promise<RiskRow[]> {
  return query(
    on,
    sql`select found.* from (select distinct * from unnest(${entities.map(({ type }) => type)}::text[], ${entities.map(({ value }) => value)}::text[]) as w(type, value)) w
        cross join lateral (
          select ${columns} from incident_entity e join incident i on i.id = e.incident_id
          where e.entity_type = w.type and e.entity_value = w.value and e.last_at > ${since} and i.merged_into_id is null
          order by e.last_at desc limit ${PER_ENTITY}) as found`,
    Row,
  );
}

/**
 * Entities of these types that incidents since `since` name and that may score highest: the incidents of each counted roughly, by level. Made-up ones come
 * last.
 */
export function listRiskCandidates(
  on: Executor,
  { types, since, limit }: { types: readonly string[]; since: Date; limit: number },
): Promise<{ type: string; value: string }[]> {
  return query(
    on,
    sql`select e.entity_type as type, e.entity_value as value from incident i join incident_entity e on e.incident_id = i.id
        where i.last_at > ${since} and e.last_at > ${since} and i.merged_into_id is null and e.entity_type = any(${types})
          and i.verdict is distinct from 'false' and i.verdict is distinct from 'duplicate'
        group by 1, 2
        order by bool_and(i.sample),
          sum(power(4, array_position(${Level.options}::text[], e.level)) * case when e.subject or e.role = 'attacker' then 1 when e.role = 'victim' then 0.5 else 0.2 end
            * case when i.verdict = 'true' then 1.3 when i.verdict = 'benign' then 0.1 else 1 end) desc, max(e.last_at) desc
        limit ${limit}`,
    z.object({ type: z.string(), value: z.string() }),
  );
}
