/** The list of incidents: views, search, and what each row shows. */
import { z } from "zod";
import { EntityType, Level } from "@/lib/model/alert";
import { Incident } from "@/lib/model/incident";
import { type Executor, query, queryOne, raw, type Sql, sql } from "./db";
import { incidentColumns } from "./incidents";

/** The questions people ask of the list. */
export const IncidentView = z.enum(["open", "mine", "unassigned", "new", "escalating", "snoozed", "resolved", "all"]);
export type IncidentView = z.infer<typeof IncidentView>;

/** What is listed. `text` is a number (INC-42), an exact entity, or words of the title. */
export interface IncidentFilter {
  view: IncidentView;
  userId: string | null;
  level?: Level;
  text?: string;
  now: Date;
}

const DAY_MS = 86_400_000;
// what happens now stands before what an import or the sample tells of the past, however bad it was
const RANK = raw(
  `(array_position(array['informational', 'low', 'medium', 'high', 'critical'], i.level) + case when i.historical or i.sample then 0 else 5 end)`,
);

function viewWhere({ view, userId, now }: Pick<IncidentFilter, "view" | "userId" | "now">): Sql {
  const day = new Date(now.getTime() - DAY_MS);
  switch (view) {
    case "open":
      return sql`i.state in ('open', 'acknowledged')`;
    case "mine":
      return sql`i.state in ('open', 'acknowledged', 'snoozed') and i.assignee_id = ${userId}`;
    case "unassigned":
      return sql`i.state = 'open' and i.assignee_id is null`;
    case "new":
      return sql`i.opened_at >= ${day} and i.state <> 'resolved'`;
    case "escalating":
      return sql`i.state <> 'resolved' and (i.regressed or exists (select 1 from incident_activity a where a.incident_id = i.id and a.kind in ('worse', 'regressed') and a.at >= ${day}))`;
    case "snoozed":
      return sql`i.state = 'snoozed'`;
    case "resolved":
      return sql`i.state = 'resolved'`;
    case "all":
      return sql`true`;
  }
}

function textWhere(text: string | undefined): Sql {
  const wanted = text?.trim() ?? "";
  if (wanted === "") return sql`true`;
  const number = /^(?:inc-?)?(\d{1,9})$/i.exec(wanted)?.[1];
  const like = `%${wanted.replace(/[\\%_]/g, "\\$&")}%`;
  return sql`(i.number = ${number ? Number(number) : -1} or i.title ilike ${like} or exists (select 1 from incident_entity e where e.incident_id = i.id and e.entity_value = ${wanted}))`;
}

const where = (filter: IncidentFilter): Sql =>
  sql`i.merged_into_id is null and ${viewWhere(filter)} and ${filter.level ? sql`i.level = ${filter.level}` : sql`true`} and ${textWhere(filter.text)}`;

const Row = Incident.extend({
  assignee: z.string().nullable(),
  rank: z.number(),
  entities: z.array(z.object({ type: EntityType, value: z.string(), role: z.string() })),
});
export type IncidentRow = z.infer<typeof Row>;

/** A page of incidents, those of now before those of the past, worst and newest first, with the two foremost entities of each. `cursor` is the last row of the page before. */
export async function listIncidents(
  on: Executor,
  filter: IncidentFilter,
  page: { limit: number; cursor?: { rank: number; lastAt: Date; id: number } },
): Promise<IncidentRow[]> {
  const after = page.cursor ? sql`(${RANK}, i.last_at, i.id) < (${page.cursor.rank}, ${page.cursor.lastAt}, ${page.cursor.id})` : sql`true`;
  return query(
    on,
    sql`select ${incidentColumns}, u.name as assignee, ${RANK} as rank,
          coalesce((select json_agg(x) from (select entity_type as type, entity_value as value, role from incident_entity e
            where e.incident_id = i.id and e.entity_type not in ('network', 'service') order by e.role <> 'attacker', e.subject desc, e.events desc limit 2) x), '[]') as entities
        from incident i left join "user" u on u.id = i.assignee_id
        where ${where(filter)} and ${after} order by ${RANK} desc, i.last_at desc, i.id desc limit ${page.limit}`,
    Row,
  );
}

const Counts = z.record(z.string(), z.number());

/** How many incidents each view holds. */
export async function countViews(on: Executor, filter: Pick<IncidentFilter, "userId" | "now">): Promise<Record<IncidentView, number>> {
  const parts = IncidentView.options.map((view) => sql`count(*) filter (where ${viewWhere({ ...filter, view })}) as ${raw(`"${view}"`)}`);
  const list = parts.reduce((all, part) => sql`${all}, ${part}`);
  const found = await queryOne(on, sql`select ${list} from incident i where i.merged_into_id is null`, Counts);
  return Object.fromEntries(IncidentView.options.map((view) => [view, found?.[view] ?? 0])) as Record<IncidentView, number>;
}

/** The numbers of matching incidents after one, in order of their number; for decisions about all of them. */
export async function listIncidentNumbers(on: Executor, filter: IncidentFilter, page: { after: number; limit: number }) {
  const rows = await query(
    on,
    sql`select i.number from incident i where ${where(filter)} and i.number > ${page.after} order by i.number limit ${page.limit}`,
    z.object({ number: z.number() }),
  );
  return rows.map(({ number }) => number);
}

/** How many match. */
export async function countIncidents(on: Executor, filter: IncidentFilter): Promise<number> {
  return (await queryOne(on, sql`select count(*) as n from incident i where ${where(filter)}`, z.object({ n: z.number() })))?.n ?? 0;
}
