/** From a query of people to a condition in our SQL: what each kind of record offers, and how it is put into a statement. */
import type { Query } from "@/lib/query/ast";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { compileSql, type Column, type SqlTable } from "@/lib/query/sql";
import { ALERT_FIELDS, INCIDENT_FIELDS } from "@/lib/query/work-fields";
import type { Sql } from "./db";

const text = (sql: string): Column => ({ sql, type: "text" });
const number = (sql: string): Column => ({ sql, type: "number" });
const integer = (sql: string): Column => ({ sql, type: "integer" });

/** By the names that detection has noted of accounts (those that say more than the id), and where there are none: without an id, and before detection. */
const byAccountName = (pattern: string): string => `event.actor_id is null or lower(event.actor_id collate "C") like ${pattern}
  or event.actor_id in (select actor_id from account_name where name like ${pattern})
  or event.batch_id in (select id from batch where detected_at is null)`;

/** Events: typed columns for what is filtered often, the document for everything else. */
export const EVENT_TABLE: SqlTable = {
  fields: EVENT_FIELDS,
  document: "event.document",
  verbatim: true,
  columns: {
    id: text("event.id"),
    occurred_at: { sql: "event.occurred_at", type: "time" },
    action: text("event.action"),
    outcome: text("event.outcome"),
    direction: text("event.direction"),
    service: text("event.service"),
    environment: text("event.environment"),
    "actor.id": text("event.actor_id"),
    "session.id": text("event.session_id"),
    "credential.id": text("event.credential_id"),
    "source.ip": { sql: "event.source_ip", type: "address" },
    "source.geo.country": text("event.country"),
    "source.geo.asn": integer("event.asn"),
    "http.method": text("event.http_method"),
    "http.status": integer("event.http_status"),
    "http.route": text("event.http_route"),
    "http.path": text("event.http_path"),
    "http.request_bytes": integer("event.request_bytes"),
    "http.response_bytes": integer("event.response_bytes"),
    // real keeps 6 digits; through its text it is the number that was sent, not its nearest binary neighbour
    "http.duration_ms": number("event.duration_ms::text::float8"),
  },
  narrow: { "actor.email": byAccountName, "actor.name": byAccountName },
};

/** Alerts: `facts` is the whole alert. */
export const ALERT_TABLE: SqlTable = {
  fields: ALERT_FIELDS,
  document: "alert.facts",
  columns: {
    family: text("alert.family"),
    level: text("alert.level"),
    title: text("alert.title"),
    rule_id: text("alert.rule_id"),
    "entity.type": text("alert.entity_type"),
    "entity.value": text("alert.entity_value"),
    event_count: integer("alert.event_count"),
    incident: number("(select number from incident where incident.id = alert.incident_id)"),
    sample: { sql: "alert.sample", type: "boolean" },
    historical: { sql: "alert.historical", type: "boolean" },
    first_at: { sql: "alert.first_at", type: "time" },
    last_at: { sql: "alert.last_at", type: "time" },
  },
};

/** Incidents: entities and people are looked up as lists. */
export const INCIDENT_TABLE: SqlTable = {
  fields: INCIDENT_FIELDS,
  document: `json_build_object(
    'entities', (select json_agg(json_build_object('type', entity_type, 'value', entity_value)) from incident_entity where incident_id = incident.id),
    'assignee', (select json_build_object('id', id, 'name', name) from "user" where "user".id = incident.assignee_id))`,
  columns: {
    state: text("incident.state"),
    number: integer("incident.number"),
    level: text("incident.level"),
    title: text("incident.title"),
    verdict: text("incident.verdict"),
    regressed: { sql: "incident.regressed", type: "boolean" },
    event_count: integer("incident.event_count"),
    sample: { sql: "incident.sample", type: "boolean" },
    historical: { sql: "incident.historical", type: "boolean" },
    opened_at: { sql: "incident.opened_at", type: "time" },
    first_at: { sql: "incident.first_at", type: "time" },
    last_at: { sql: "incident.last_at", type: "time" },
  },
};

/** The query as a condition to put into a statement. */
export function conditionOf(query: Query, table: SqlTable): Sql {
  const { text: written, values } = compileSql(query, table);
  const parts: string[] = [];
  const bound: unknown[] = [];
  let end = 0;
  for (const parameter of written.matchAll(/\$(\d+)(?=::)/g)) {
    parts.push(written.slice(end, parameter.index));
    bound.push(values[Number(parameter[1]) - 1]); // a parameter that is used twice is bound twice
    end = parameter.index + parameter[0].length;
  }
  return { parts: [...parts, written.slice(end)], values: bound };
}
