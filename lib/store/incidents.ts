/** Incidents and their alerts, entities and log in the database. */
import { z } from "zod";
import { type Alert, EntityType, Level } from "@/lib/model/alert";
import { type ActivityKind, Incident, IncidentEntity } from "@/lib/model/incident";
import { notFound } from "@/lib/errors";
import { asJson, type Executor, execute, query, queryOne, raw, type Sql, sql, type Tx } from "./db";

const columns = raw(`i.id, i.number, i.state, i.level, i.title, i.grouped_by as "groupedBy", i.assignee_id as "assigneeId", i.verdict,
  i.verdict_reason as "verdictReason", i.merged_into_id as "mergedIntoId", i.snoozed_until as "snoozedUntil", i.snooze, i.regressed, i.historical, i.sample,
  i.first_at as "firstAt", i.last_at as "lastAt", i.event_count as "eventCount", i.opened_at as "openedAt", i.acknowledged_at as "acknowledgedAt",
  i.resolved_at as "resolvedAt", i.updated_at as "updatedAt", i.version, i.summary, i.lead_rule_id as "leadRuleId", i.wave, i.apart`);

/** The columns of an incident under the names of the model; the table is `i`. */
export const incidentColumns: Sql = columns;

/** Waits until nobody else groups alerts: one writer at a time decides which belong together, until the end of its transaction. */
export async function lockGrouping(tx: Tx): Promise<void> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette.grouping'))`);
}

const KnownAlertRow = z.object({ key: z.string(), incidentId: z.number(), eventCount: z.number(), level: Level });

/** Alerts that were said before, by key, with the incident they are in now. */
export function findKnownAlerts(tx: Executor, keys: readonly string[]) {
  return query(
    tx,
    sql`select key, incident_id as "incidentId", event_count as "eventCount", level from alert where key = any(${keys})`,
    KnownAlertRow,
  );
}

const EventTime = z.date().transform((at) => at.getTime());
const SharedRow = z.object({
  incidentId: z.number(),
  type: z.string(),
  value: z.string(),
  role: z.string(),
  subject: z.boolean(),
  firstAt: EventTime,
  lastAt: EventTime,
});

/** Where to look for incidents that share something. `subjectOnly`: the entity counts only where an alert is about it. */
export interface Lookup {
  type: string;
  value: string;
  subjectOnly: boolean;
}

/** Shared entities of incidents of the same kind (historical or not, sample or not) in a span of event time; the latest 5,000. */
export function findSharedEntities(
  tx: Executor,
  lookups: readonly Lookup[],
  span: { from: Date; to: Date; historical: boolean; sample: boolean },
) {
  return query(
    tx,
    sql`select e.incident_id as "incidentId", e.entity_type as type, e.entity_value as value, e.role, e.subject,
          e.first_at as "firstAt", e.last_at as "lastAt"
        from unnest(${lookups.map(({ type }) => type)}::text[], ${lookups.map(({ value }) => value)}::text[], ${lookups.map(({ subjectOnly }) => subjectOnly)}::bool[]) as l(type, value, subject_only)
        join incident_entity e on e.entity_type = l.type and e.entity_value = l.value and (e.subject or not l.subject_only)
        join incident i on i.id = e.incident_id
        where e.last_at >= ${span.from} and i.last_at >= ${span.from} and i.first_at <= ${span.to} and i.merged_into_id is null
          and i.historical = ${span.historical} and i.sample = ${span.sample}
        order by i.last_at desc limit 5000`,
    SharedRow,
  );
}

const Span = z.object({ from: z.date(), to: z.date() });
const NEIGHBOUR_ROUNDS = 5; // each finds those that the ones found before reach; more is a chain over days
const GROUPING = sql`('ip', 'session', 'key', 'device', 'actor')`;

/**
 * What these incidents share with others that are not settled, on both sides, as far as it may make them one (the same as `linkBy` of lib/incidents), and what
 * those share in turn. `near`: how far apart in event time they may be, ms.
 */
export async function findNeighbours(
  tx: Executor,
  ids: readonly number[],
  about: { from: Date; to: Date; near: number; historical: boolean; sample: boolean },
) {
  let known = [...ids];
  for (let round = 0; known.length > 0 && round < NEIGHBOUR_ROUNDS; round++) {
    const span = await queryOne(
      tx,
      sql`select least(min(first_at), ${about.from}) as "from", greatest(max(last_at), ${about.to}) as "to" from incident where id = any(${known}) and not wave`,
      Span,
    );
    const [from, to] = [
      new Date((span?.from ?? about.from).getTime() - about.near),
      new Date((span?.to ?? about.to).getTime() + about.near),
    ];
    const rows = await query(
      tx,
      sql`with pair as (
            select mine.incident_id as a, theirs.incident_id as b, mine.entity_type as type, mine.entity_value as value
            from incident own join incident_entity mine on mine.incident_id = own.id
            join incident_entity theirs on theirs.entity_type = mine.entity_type and theirs.entity_value = mine.entity_value and theirs.incident_id <> mine.incident_id
            join incident i on i.id = theirs.incident_id
            where own.id = any(${known}) and own.state <> 'resolved' and not own.wave and not own.apart and i.state <> 'resolved' and not i.wave and not i.apart
              and theirs.last_at >= ${from} and i.last_at >= ${from} and i.first_at <= ${to} and i.historical = ${about.historical} and i.sample = ${about.sample}
              and ((mine.subject and theirs.subject) or mine.entity_type = 'network'
                or (mine.entity_type in ${GROUPING} and (mine.subject or theirs.subject or (mine.role = 'attacker' and theirs.role = 'attacker'))))
            limit 20000
          )
          select distinct e.incident_id as "incidentId", e.entity_type as type, e.entity_value as value, e.role, e.subject,
            e.first_at as "firstAt", e.last_at as "lastAt"
          from (select a as id, type, value from pair union select b, type, value from pair) p
          join incident_entity e on e.incident_id = p.id and e.entity_type = p.type and e.entity_value = p.value`,
      SharedRow,
    );
    const found = [...new Set([...known, ...rows.map(({ incidentId }) => incidentId)])];
    if (found.length === known.length || round === NEIGHBOUR_ROUNDS - 1) return rows;
    known = found;
  }
  return [];
}

/** Incidents by id, locked against others' changes in the order of their ids. */
export function lockIncidents(tx: Tx, ids: readonly number[]): Promise<Incident[]> {
  return query(tx, sql`select ${columns} from incident i where i.id = any(${ids}) order by i.id for update`, Incident);
}

/** Incidents that these rules opened or that hold their waves, in a span of event time; the latest 500. */
export function findIncidentsOfRules(
  tx: Tx,
  ruleIds: readonly string[],
  span: { from: Date; to: Date; historical: boolean; sample: boolean },
): Promise<Incident[]> {
  return query(
    tx,
    sql`select ${columns} from incident i where i.lead_rule_id = any(${ruleIds}) and i.last_at >= ${span.from} and i.first_at <= ${span.to}
        and i.historical = ${span.historical} and i.sample = ${span.sample} order by i.last_at desc limit 500`,
    Incident,
  );
}

/** One incident by the number people say, or null. */
export function findIncident(on: Executor, number: number): Promise<Incident | null> {
  return queryOne(on, sql`select ${columns} from incident i where i.number = ${number}`, Incident);
}

/** One incident by its row id, or null. */
export function findIncidentById(on: Executor, id: number): Promise<Incident | null> {
  return queryOne(on, sql`select ${columns} from incident i where i.id = ${id}`, Incident);
}

/** Incidents by row id, in no particular order. */
export function listIncidentsById(on: Executor, ids: readonly number[]): Promise<Incident[]> {
  return query(on, sql`select ${columns} from incident i where i.id = any(${ids})`, Incident);
}

/** One incident by number, locked for a change. Throws notFound. */
export async function getIncidentForChange(tx: Tx, number: number): Promise<Incident> {
  const found = await queryOne(tx, sql`select ${columns} from incident i where i.number = ${number} for update`, Incident);
  if (!found) throw notFound(`There is no incident INC-${number}.`);
  return found;
}

/** What changes in an incident when alerts come in. */
export type IncidentFacts = Pick<
  Incident,
  "level" | "title" | "groupedBy" | "summary" | "leadRuleId" | "wave" | "firstAt" | "lastAt" | "eventCount" | "historical" | "sample"
>;

const Inserted = z.object({ id: z.number(), number: z.number() });

/** Opens incidents; ids and numbers come back in the same order. */
export async function insertIncidents(tx: Tx, list: readonly IncidentFacts[], now: Date): Promise<{ id: number; number: number }[]> {
  if (list.length === 0) return [];
  const rows = list.map((each, place) => ({ ...each, place, leadRule: each.leadRuleId }));
  return query(
    tx,
    sql`with given as (
          select * from json_to_recordset(${asJson(rows)}) as g(place int, level text, title text, "groupedBy" text, summary json, "leadRule" text, wave bool,
            "firstAt" timestamptz, "lastAt" timestamptz, "eventCount" bigint, historical bool, sample bool)
        )
        insert into incident (level, title, grouped_by, summary, lead_rule_id, wave, first_at, last_at, event_count, historical, sample, opened_at, updated_at)
        select level, title, "groupedBy", summary, "leadRule", wave, "firstAt", "lastAt", "eventCount", historical, sample, ${now}, ${now} from given order by place
        returning id, number`,
    Inserted,
  ).then((made) => made.sort((a, b) => a.id - b.id));
}

/** What changes in a stored incident when alerts come in: its facts, and its state when it wakes or comes back. */
export type IncidentGrowth = Omit<IncidentFacts, "historical" | "sample"> &
  Pick<Incident, "id" | "state" | "assigneeId" | "acknowledgedAt" | "regressed" | "resolvedAt" | "snoozedUntil">;

/** Writes what alerts changed. */
export async function updateIncidents(tx: Tx, list: readonly IncidentGrowth[], now: Date): Promise<void> {
  if (list.length === 0) return;
  await execute(
    tx,
    sql`update incident i set level = g.level, title = g.title, grouped_by = g."groupedBy", summary = g.summary, first_at = g."firstAt", last_at = g."lastAt",
          event_count = g."eventCount", state = g.state, assignee_id = g."assigneeId", acknowledged_at = g."acknowledgedAt", regressed = g.regressed,
          resolved_at = g."resolvedAt", snoozed_until = g."snoozedUntil", snooze = case when g.state = 'snoozed' then i.snooze end, updated_at = ${now}, version = i.version + 1
        from json_to_recordset(${asJson(list)}) as g(id bigint, level text, title text, "groupedBy" text, summary json, "firstAt" timestamptz, "lastAt" timestamptz,
          "eventCount" bigint, state text, "assigneeId" uuid, "acknowledgedAt" timestamptz, regressed bool, "resolvedAt" timestamptz, "snoozedUntil" timestamptz)
        where i.id = g.id`,
  );
}

/** Whose events an alert counts. Alerts of several rules about one source speak of the same events. */
const sourceOf = ({ sourceIps, entity }: Alert): string =>
  sourceIps.length === 1 ? `ip|${sourceIps[0]}` : `${entity.type}|${entity.value}`;

const Recount = z.object({ incidentId: z.number(), events: z.number() });

/**
 * How many events the alerts of incidents speak of, each event once as far as that can be told: of one source the rule that counted most, and an
 * alert over several addresses not on top of what these did.
 */
export async function countIncidentEvents(tx: Executor, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await query(
    tx,
    sql`with by_rule as (
          select incident_id, source, rule_id, sum(event_count)::float8 as n from alert where incident_id = any(${ids}) group by 1, 2, 3
        ), by_source as (
          select incident_id, source, max(n) as n from by_rule group by 1, 2
        )
        select incident_id as "incidentId", greatest(coalesce(sum(n) filter (where source like 'ip|%'), 0), coalesce(sum(n) filter (where source not like 'ip|%'), 0)) as events
        from by_source group by 1`,
    Recount,
  );
  return new Map(rows.map(({ incidentId, events }) => [incidentId, events]));
}

/** An alert and the incident it is in. */
export interface PlacedAlert {
  alert: Alert;
  incidentId: number;
}

/** Stores alerts, or their later saying; an alert never shrinks. How many rows changed. */
export async function saveAlerts(
  tx: Tx,
  list: readonly PlacedAlert[],
  about: { historical: boolean; sample: boolean; now: Date },
): Promise<number> {
  if (list.length === 0) return 0;
  const rows = list.map(({ alert, incidentId }) => ({
    key: alert.key,
    incident: incidentId,
    rule: alert.ruleId,
    version: alert.ruleVersion,
    family: alert.family,
    level: alert.level,
    title: alert.title,
    type: alert.entity.type,
    value: alert.entity.value,
    source: sourceOf(alert),
    first: new Date(alert.firstAt),
    last: new Date(alert.lastAt),
    events: alert.eventCount,
    facts: alert,
  }));
  return execute(
    tx,
    sql`insert into alert as a (key, incident_id, rule_id, rule_version, family, level, title, entity_type, entity_value, source, first_at, last_at, event_count, facts,
          historical, sample, created_at, updated_at)
        select key, incident, rule, version, family, level, title, type, value, source, first, last, events, facts, ${about.historical}, ${about.sample}, ${about.now}, ${about.now}
        from json_to_recordset(${asJson(rows)}) as g(key text, incident bigint, rule text, version int, family text, level text, title text, type text, value text, source text,
          first timestamptz, last timestamptz, events bigint, facts json)
        on conflict (key) do update set level = excluded.level, title = excluded.title, first_at = least(a.first_at, excluded.first_at),
          last_at = greatest(a.last_at, excluded.last_at), event_count = excluded.event_count, facts = excluded.facts, rule_version = excluded.rule_version,
          updated_at = excluded.updated_at
        where excluded.event_count >= a.event_count -- no-op if the stored saying is larger`,
  );
}

const LEVELS = sql`${Level.options}::text[]`;

/** Adds entities to incidents; known ones grow. */
export async function saveIncidentEntities(tx: Tx, list: readonly (IncidentEntity & { incidentId: number })[]): Promise<void> {
  if (list.length === 0) return;
  const rows = list.map((each) => ({ ...each, first: new Date(each.firstAt), last: new Date(each.lastAt) }));
  await execute(
    tx,
    sql`insert into incident_entity as e (incident_id, entity_type, entity_value, role, subject, level, events, first_at, last_at)
        select "incidentId", type, value, role, subject, level, events, first, last
        from json_to_recordset(${asJson(rows)}) as g("incidentId" bigint, type text, value text, role text, subject bool, level text, events bigint, first timestamptz,
          last timestamptz)
        on conflict (incident_id, entity_type, entity_value) do update set
          role = case when 'attacker' in (e.role, excluded.role) then 'attacker' when 'victim' in (e.role, excluded.role) then 'victim' else 'context' end,
          subject = e.subject or excluded.subject,
          level = case when array_position(${LEVELS}, excluded.level) > array_position(${LEVELS}, e.level) then excluded.level else e.level end,
          events = greatest(e.events, excluded.events),
          first_at = least(e.first_at, excluded.first_at), last_at = greatest(e.last_at, excluded.last_at)`,
  );
}

const Tally = z.object({ incidentId: z.number(), attackers: z.number(), victims: z.number() });

/** How many addresses attack and how many accounts are touched, by incident. */
export function countEntities(tx: Executor, ids: readonly number[]) {
  return query(
    tx,
    sql`select incident_id as "incidentId", count(*) filter (where entity_type = 'ip' and role = 'attacker') as attackers,
          count(*) filter (where entity_type = 'actor' and role = 'victim') as victims
        from incident_entity where incident_id = any(${ids}) group by incident_id`,
    Tally,
  );
}

/** One line of an incident's log. */
export interface Activity {
  incidentId: number;
  kind: ActivityKind;
  actorId?: string;
  actorName: string;
  details: Record<string, unknown>;
}

/** Appends to the logs of incidents. */
export async function appendActivity(tx: Executor, list: readonly Activity[], now: Date): Promise<void> {
  if (list.length === 0) return;
  await execute(
    tx,
    sql`insert into incident_activity (incident_id, at, kind, actor_id, actor_name, details)
        select "incidentId", ${now}, kind, "actorId", "actorName", details
        from json_to_recordset(${asJson(list)}) as g("incidentId" bigint, kind text, "actorId" text, "actorName" text, details json)`,
  );
}

const NamedRow = z.object({ incidentId: z.number(), type: EntityType, value: z.string(), role: IncidentEntity.shape.role });

/** As many entities of each incident as its headline may have to name: a whole network of attackers, and whether the victim is one. */
export function listNamedEntities(tx: Executor, ids: readonly number[]) {
  const most = (type: string, role: string, limit: number) =>
    sql`(select incident_id as "incidentId", entity_type as type, entity_value as value, role from incident_entity
         where incident_id = i.id and entity_type = ${type} and role = ${role} order by events desc, entity_value limit ${limit})`;
  return query(
    tx,
    sql`select named.* from unnest(${ids}::bigint[]) as i(id) cross join lateral (${most("ip", "attacker", 257)} union all ${most("actor", "victim", 2)}) as named`,
    NamedRow,
  );
}

/** Gives everything of one incident to another: alerts, entities, pinned events, and the incidents that had become part of it. Its log and mails stay with it. */
export async function moveIntoIncident(tx: Tx, { from, to }: { from: number; to: number }): Promise<void> {
  await moveAlerts(tx, { from, to });
  await saveIncidentEntities(
    tx,
    (
      await query(
        tx,
        sql`select entity_type as type, entity_value as value, role, subject, level, events, first_at as "firstAt", last_at as "lastAt" from incident_entity where incident_id = ${from}`,
        IncidentEntity.extend({ firstAt: z.date(), lastAt: z.date() }),
      )
    ).map((each) => ({ ...each, firstAt: each.firstAt.getTime(), lastAt: each.lastAt.getTime(), incidentId: to })),
  );
  await clearIncidentEntities(tx, from);
  await execute(
    tx,
    sql`insert into pinned_event (incident_id, event_id, occurred_at, document, pinned_by, pinned_at, note)
        select ${to}, event_id, occurred_at, document, pinned_by, pinned_at, note from pinned_event where incident_id = ${from}
        on conflict do nothing -- no-op if both had pinned it`,
  );
  await execute(tx, sql`delete from pinned_event where incident_id = ${from}`);
  await execute(tx, sql`update incident set merged_into_id = ${to} where merged_into_id = ${from}`);
}

/** Keeps an incident from being merged by itself. */
export async function keepApart(tx: Tx, id: number): Promise<void> {
  await execute(tx, sql`update incident set apart = true where id = ${id}`);
}

const WithAssignee = Incident.extend({ assignee: z.string().nullable(), total: z.number() });

/** Open incidents of medium level and worse that nobody has resolved: the worst and oldest, and how many there are. */
export async function listWaitingIncidents(on: Executor, limit: number) {
  const list = await query(
    on,
    sql`select ${columns}, u.name as assignee, count(*) over () as total, count(*) filter (where i.assignee_id is null) over () as untaken
        from incident i left join "user" u on u.id = i.assignee_id
        where i.state in ('open', 'acknowledged') and not i.sample and not i.historical and i.level in ('medium', 'high', 'critical') and i.merged_into_id is null
        order by i.state = 'acknowledged', array_position(array['critical', 'high', 'medium'], i.level), i.opened_at limit ${limit}`,
    WithAssignee.extend({ untaken: z.number() }),
  );
  return { list, total: list[0]?.total ?? 0, untaken: list[0]?.untaken ?? 0 };
}

/** Who settled the incident `i`, by name: whoever resolved it last, which need not be whose it was. */
export const settledBy: Sql = raw(
  `(select a.actor_name from incident_activity a where a.incident_id = i.id and a.kind = 'resolved' order by a.id desc limit 1)`,
);

/** Incidents resolved in a span, the worst first, and how many there are; as `assignee` whoever settled it. */
export async function listSettledIncidents(on: Executor, span: { from: Date; to: Date }, limit: number) {
  const list = await query(
    on,
    sql`select ${columns}, ${settledBy} as assignee, count(*) over () as total from incident i
        where i.state = 'resolved' and i.resolved_at >= ${span.from} and i.resolved_at < ${span.to} and not i.sample and i.merged_into_id is null
        order by i.verdict = 'true' desc, array_position(array['critical', 'high', 'medium', 'low', 'informational'], i.level), i.resolved_at desc limit ${limit}`,
    WithAssignee,
  );
  return { list, total: list[0]?.total ?? 0 };
}

/** Opens snoozed incidents whose time is over; their ids. */
export async function wakeDue(tx: Tx, now: Date): Promise<number[]> {
  const rows = await query(
    tx,
    sql`update incident set state = 'open', snoozed_until = null, snooze = null, updated_at = ${now}, version = version + 1
        where state = 'snoozed' and snoozed_until <= ${now} returning id`,
    z.object({ id: z.number() }),
  );
  return rows.map(({ id }) => id);
}

/** What people decide about an incident. Parts that are not named stay. */
export type Decision = Partial<
  Pick<
    Incident,
    | "state"
    | "assigneeId"
    | "verdict"
    | "verdictReason"
    | "mergedIntoId"
    | "snoozedUntil"
    | "snooze"
    | "acknowledgedAt"
    | "resolvedAt"
    | "regressed"
  >
>;

/** Writes a decision; the incident as it is then. */
export async function saveDecision(tx: Tx, before: Incident, decision: Decision, now: Date): Promise<Incident> {
  const after = { ...before, ...decision, updatedAt: now, version: before.version + 1 };
  await execute(
    tx,
    sql`update incident set state = ${after.state}, assignee_id = ${after.assigneeId}, verdict = ${after.verdict}, verdict_reason = ${after.verdictReason},
          merged_into_id = ${after.mergedIntoId}, snoozed_until = ${after.snoozedUntil}, snooze = ${after.snooze === null ? null : asJson(after.snooze)},
          acknowledged_at = ${after.acknowledgedAt}, resolved_at = ${after.resolvedAt}, regressed = ${after.regressed}, updated_at = ${now}, version = ${after.version}
        where id = ${before.id}`,
  );
  return after;
}

/** Moves alerts to another incident; how many. Without keys: all of them. */
export function moveAlerts(tx: Tx, move: { from: number; to: number; keys?: readonly string[] }): Promise<number> {
  return execute(
    tx,
    sql`update alert set incident_id = ${move.to} where incident_id = ${move.from} and (${move.keys === undefined} or key = any(${move.keys ?? []}))`,
  );
}

/** Forgets the entities of an incident, so that they can be gathered anew. */
export async function clearIncidentEntities(tx: Tx, incidentId: number): Promise<void> {
  await execute(tx, sql`delete from incident_entity where incident_id = ${incidentId}`);
}

/** Where to look for the events of an alert: its evidence by id, else what its address or account did meanwhile. */
export interface Whereabouts {
  key: string;
  evidence: readonly string[];
  ip: string | null;
  actor: string | null;
  from: Date;
  to: Date;
}

/** The environments of each alert's events, by its key; none when no event names one. Looks at a hundred events of each at most. */
export async function findEnvironments(on: Executor, alerts: readonly Whereabouts[]): Promise<Map<string, string[]>> {
  if (alerts.length === 0) return new Map();
  const found = await query(
    on,
    sql`select k.key, array_agg(distinct f.environment) as environments
        from json_to_recordset(${asJson(alerts)}) as k(key text, evidence json, ip text, actor text, "from" timestamptz, "to" timestamptz)
        cross join lateral (
          (select e.environment from json_array_elements_text(k.evidence) as x(id) join event_id i on i.id = x.id join event e on e.occurred_at = i.occurred_at and e.id = i.id)
          union all (select environment from event where source_ip = k.ip::inet and occurred_at between k."from" and k."to" limit 100)
          union all (select environment from event where k.ip is null and actor_id = k.actor and occurred_at between k."from" and k."to" limit 100)
        ) f where f.environment is not null group by k.key`,
    z.object({ key: z.string(), environments: z.array(z.string()) }),
  );
  return new Map(found.map(({ key, environments }) => [key, environments]));
}
