/** What is known about one thing that events name: an account, an address, a key, a session, a network, a service. */
import { z } from "zod";
import { Family, Level } from "@/lib/model/alert";
import { IncidentState } from "@/lib/model/incident";
import type { Query } from "@/lib/query/ast";
import { conditionOf, EVENT_TABLE } from "./condition";
import { db, type Executor, query, queryOne, sql } from "./db";

/** First and last event of a thing in everything that is kept, ms; null when there is none. */
export async function findSpanOf(asked: Query, on: Executor = db): Promise<{ firstAt: number; lastAt: number } | null> {
  const row = await queryOne(
    on,
    sql`select min(event.occurred_at) as first, max(event.occurred_at) as last from event where ${conditionOf(asked, EVENT_TABLE)}`,
    z.object({ first: z.date().nullable(), last: z.date().nullable() }),
  );
  return row?.first && row.last ? { firstAt: row.first.getTime(), lastAt: row.last.getTime() } : null;
}

const IncidentRow = z.object({
  number: z.number(),
  level: Level,
  state: IncidentState,
  title: z.string(),
  role: z.string(),
  events: z.number(),
  last: z.date(),
});

/** An incident that touches the thing. */
export type TouchingIncident = z.infer<typeof IncidentRow>;

/** Incidents that name any of the values as this kind of thing, newest first, at most 50. */
export async function listIncidentsOf(type: string, values: readonly string[], on: Executor = db): Promise<TouchingIncident[]> {
  return await query(
    on,
    sql`select incident.number, incident.level, incident.state, incident.title, max(entity.role) as role, max(entity.events) as events, incident.last_at as last
      from incident_entity as entity join incident on incident.id = entity.incident_id
      where entity.entity_type = ${type} and entity.entity_value = any(${values}) and incident.merged_into_id is null
      group by incident.id order by incident.last_at desc limit 50`,
    IncidentRow,
  );
}

/** The newest incident in which each of the values plays a part as this kind of thing, by value; those in none are absent. */
export async function listIncidentsNaming(type: string, values: readonly string[], on: Executor = db): Promise<Map<string, number>> {
  const rows = await query(
    on,
    sql`select entity.entity_value as value, max(incident.number) as incident
      from incident_entity as entity join incident on incident.id = entity.incident_id
      where entity.entity_type = ${type} and entity.entity_value = any(${values}) and incident.merged_into_id is null group by 1`,
    z.object({ value: z.string(), incident: z.number() }),
  );
  return new Map(rows.map(({ value, incident }) => [value, incident]));
}

const AlertRow = z.object({
  rule_id: z.string(),
  family: Family,
  level: Level,
  title: z.string(),
  sentence: z.string().nullable(),
  incident: z.number(),
  last: z.date(),
});

/** An alert about the thing. */
export type OwnAlert = z.infer<typeof AlertRow>;

/** Alerts about any of the values, newest first, at most 50. */
export async function listAlertsAbout(type: string, values: readonly string[], on: Executor = db): Promise<OwnAlert[]> {
  return await query(
    on,
    sql`select alert.rule_id, alert.family, alert.level, alert.title, alert.facts #>> '{explanation,sentence}' as sentence, incident.number as incident, alert.last_at as last
      from alert join incident on incident.id = alert.incident_id
      where alert.entity_type = ${type} and alert.entity_value = any(${values}) order by alert.last_at desc limit 50`,
    AlertRow,
  );
}

/** The API key of ours with this SHA-256, for “whose key is this”; null when we never made it. */
export async function findKeyByHash(hash: Buffer, on: Executor = db): Promise<{ id: string; name: string } | null> {
  return await queryOne(on, sql`select id, name from api_key where hash = ${hash}`, z.object({ id: z.string(), name: z.string() }));
}

const SeenRow = z.object({ seen: z.boolean() });

/** Whether any kept event matches, without counting them. */
export async function isKnown(asked: Query, on: Executor = db): Promise<boolean> {
  const row = await queryOne(on, sql`select exists (select 1 from event where ${conditionOf(asked, EVENT_TABLE)}) as seen`, SeenRow);
  return row?.seen ?? false;
}
