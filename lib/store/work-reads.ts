/** Alerts and incidents as lists in the query language: what the read API returns, newest first. */
import { z } from "zod";
import { Alert, Level } from "@/lib/model/alert";
import { IncidentState, Verdict } from "@/lib/model/incident";
import type { Query } from "@/lib/query/ast";
import { ALERT_TABLE, conditionOf, INCIDENT_TABLE } from "./condition";
import { db, type Executor, query, raw, sql, type Sql } from "./db";
import { readCursor, writeCursor } from "./event-reads";

/** Which ones: a query over the table's fields, and when the last event of each happened, from (inclusive) to (exclusive), ms. */
export interface WorkFilter {
  query: Query;
  from: number;
  to: number;
}

export interface WorkPage<Row> {
  rows: Row[];
  next: string | null;
}

interface Paging {
  limit: number;
  cursor?: string;
  on?: Executor;
}

const AlertRow = z.object({
  id: z.number(),
  incident: z.number(),
  level: Level,
  facts: Alert,
  event_count: z.number(),
  first_at: z.date(),
  last_at: z.date(),
  historical: z.boolean(),
  sample: z.boolean(),
});
export type AlertRow = z.infer<typeof AlertRow>;

/** One page of alerts. */
export function listAlertRows(filter: WorkFilter, paging: Paging): Promise<WorkPage<AlertRow>> {
  const columns = sql`alert.id, (select number from incident where incident.id = alert.incident_id) as incident, alert.level, alert.facts, alert.event_count,
    alert.first_at, alert.last_at, alert.historical, alert.sample`;
  return page({ columns, table: "alert", row: AlertRow, condition: conditionOf(filter.query, ALERT_TABLE) }, filter, paging);
}

const EntityRow = z.object({ type: z.string(), value: z.string(), role: z.string(), events: z.number() });

const IncidentRow = z.object({
  id: z.number(),
  number: z.number(),
  state: IncidentState,
  level: Level,
  title: z.string(),
  grouped_by: z.string(),
  verdict: Verdict.nullable(),
  assignee: z.object({ id: z.string(), name: z.string() }).nullable(),
  regressed: z.boolean(),
  event_count: z.number(),
  first_at: z.date(),
  last_at: z.date(),
  opened_at: z.date(),
  acknowledged_at: z.date().nullable(),
  resolved_at: z.date().nullable(),
  historical: z.boolean(),
  sample: z.boolean(),
  entities: z.array(EntityRow).nullable(),
});
export type IncidentRow = z.infer<typeof IncidentRow>;

const ENTITIES = 20; // the most touched ones; the incident's page has all

/** One page of incidents with the entities that they touch most; merged ones are left out. */
export function listIncidentRows(filter: WorkFilter, paging: Paging): Promise<WorkPage<IncidentRow>> {
  const columns = sql`incident.id, number, state, level, title, grouped_by, verdict, regressed, event_count, first_at, last_at, opened_at, acknowledged_at,
    resolved_at, historical, sample,
    (select json_build_object('id', id, 'name', name) from "user" where "user".id = incident.assignee_id) as assignee,
    (select json_agg(one) from (select entity_type as type, entity_value as value, role, events from incident_entity
      where incident_id = incident.id order by events desc limit ${ENTITIES}) as one) as entities`;
  const condition = sql`incident.merged_into_id is null and ${conditionOf(filter.query, INCIDENT_TABLE)}`;
  return page({ columns, table: "incident", row: IncidentRow, condition }, filter, paging);
}

interface Source<Row> {
  columns: Sql;
  table: "alert" | "incident";
  row: z.ZodType<Row>;
  condition: Sql;
}

async function page<Row extends { id: number; last_at: Date }>(
  source: Source<Row>,
  { from, to }: WorkFilter,
  { limit, cursor, on = db }: Paging,
): Promise<WorkPage<Row>> {
  const table = raw(source.table);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const older = after ? sql`and (${table}.last_at, ${table}.id) < (${new Date(after.occurredAt)}, ${Number(after.id) || 0})` : sql``;
  const found = await query(
    on,
    sql`select ${source.columns} from ${table}
      where ${table}.last_at >= ${new Date(from)} and ${table}.last_at < ${new Date(to)} and ${source.condition} ${older}
      order by ${table}.last_at desc, ${table}.id desc limit ${limit + 1}`,
    source.row,
  );
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last ? writeCursor({ occurredAt: last.last_at.getTime(), id: String(last.id) }) : null };
}
