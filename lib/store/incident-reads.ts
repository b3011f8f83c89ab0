/** What an incident page and a mail look at: entities, alerts, the log, and counts of events for its answers and charts. */
import { z } from "zod";
import { Alert, EntityType } from "@/lib/model/alert";
import { ActivityKind, Incident, IncidentEntity } from "@/lib/model/incident";
import { type Executor, query, queryOne, raw, type Sql, sql } from "./db";
import { incidentColumns, settledBy } from "./incidents";

const EntityRow = z
  .object({
    type: EntityType,
    value: z.string(),
    role: IncidentEntity.shape.role,
    subject: z.boolean(),
    level: IncidentEntity.shape.level,
    events: z.number(),
    firstAt: z.date(),
    lastAt: z.date(),
  })
  .transform((row): IncidentEntity => ({ ...row, firstAt: row.firstAt.getTime(), lastAt: row.lastAt.getTime() }));

/** The entities of an incident: attackers, then victims, then the rest, most events first. */
export function listIncidentEntities(on: Executor, incidentId: number, limit = 200): Promise<IncidentEntity[]> {
  return query(
    on,
    sql`select entity_type as type, entity_value as value, role, subject, level, events, first_at as "firstAt", last_at as "lastAt" from incident_entity
        where incident_id = ${incidentId} order by array_position(array['attacker', 'victim', 'context'], role), subject desc, events desc, entity_value limit ${limit}`,
    EntityRow,
  );
}

const FactsRow = z.object({ facts: Alert });

/** The alerts of an incident in order of time. */
export async function listIncidentAlerts(on: Executor, incidentId: number, limit = 100): Promise<Alert[]> {
  const rows = await query(
    on,
    sql`select facts from alert where incident_id = ${incidentId} order by first_at, id limit ${limit}`,
    FactsRow,
  );
  return rows.map(({ facts }) => facts);
}

const ActivityRow = z.object({
  id: z.number(),
  at: z.date(),
  kind: ActivityKind,
  actorId: z.string().nullable(),
  actorName: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type ActivityLine = z.infer<typeof ActivityRow>;

/** The log of an incident and of those that became part of it, oldest first; the latest `limit` lines. */
export async function listActivity(on: Executor, incidentId: number, limit = 300): Promise<ActivityLine[]> {
  const rows = await query(
    on,
    sql`select id, at, kind, actor_id as "actorId", actor_name as "actorName", details from incident_activity
        where incident_id = ${incidentId} or incident_id in (select id from incident where merged_into_id = ${incidentId}) order by id desc limit ${limit}`,
    ActivityRow,
  );
  return rows.reverse();
}

/** Whose events are meant: all that is given must hold, each list meaning any of its values. Empty lists do not count. */
export interface Whose {
  ips: readonly string[];
  actors: readonly string[];
  sessions: readonly string[];
  keys: readonly string[];
  services: readonly string[];
  hosts: readonly string[];
  sample: boolean;
}

/** A span of event time. */
export interface Span {
  from: Date;
  to: Date;
}

function whereOf(whose: Whose, span: Span): Sql {
  const any = (column: string, values: readonly string[], cast = "text") =>
    values.length > 0 ? sql` and ${raw(column)} = any(${values}::${raw(cast)}[])` : sql``;
  return sql`occurred_at >= ${span.from} and occurred_at <= ${span.to} and sample = ${whose.sample}${any("source_ip", whose.ips, "inet")}${any("actor_id", whose.actors)}${any("session_id", whose.sessions)}${any("credential_id", whose.keys)}${any("service", whose.services)}${any("destination", whose.hosts)}`;
}

const signIn = raw(`action ~* '(^|[._-])(log-?_?in|sign-?_?in|authenticate)($|[._-])'`);
const privileged = raw(
  `action ~* '(role|permission|privilege|grant|api_?key|token\\.create|mfa|two_factor|sso|saml|audit_log|admin)' and action !~* '(log-?_?in|sign-?_?in)'`,
);

const FiguresRow = z.object({
  events: z.number(),
  failures: z.number(),
  successes: z.number(),
  signInFailures: z.number(),
  signInSuccesses: z.number(),
  ok: z.number(),
  privileged: z.number(),
  ips: z.number(),
  actors: z.number(),
  ghosts: z.number(),
  known: z.number(),
  targets: z.number(),
  routes: z.number(),
  countries: z.number(),
  asns: z.number(),
  bytesOut: z.number(),
  /** Events that say how large their answer was. */
  sized: z.number(),
  first: z.date().nullable(),
  last: z.date().nullable(),
  lastSuccess: z.date().nullable(),
  entered: z.array(z.string()),
  firstFailure: z.date().nullable(),
  /** The first sign-in that worked after a failure, and how many failures came before it. */
  entry: z.date().nullable(),
  failuresBeforeEntry: z.number(),
});
export type Figures = z.infer<typeof FiguresRow>;

/** Everything that answers and facts count, in one pass over at most 200,000 events. */
export async function readFigures(on: Executor, whose: Whose, span: Span): Promise<Figures> {
  const found = await queryOne(
    on,
    sql`with e as (
          select occurred_at, outcome, action, actor_id, source_ip, country, asn, http_status, http_path, target_id, response_bytes, session_id, document #>> '{actor,exists}' as exists
          from event where ${whereOf(whose, span)} limit 200000
        ), failed as (select min(occurred_at) as at from e where outcome = 'failure'),
        entry as (select min(occurred_at) as at from e where outcome = 'success' and ${signIn} and occurred_at >= (select at from failed))
        select count(*) as events, count(*) filter (where outcome = 'failure') as failures, count(*) filter (where outcome = 'success') as successes,
          count(*) filter (where outcome = 'failure' and ${signIn}) as "signInFailures", count(*) filter (where outcome = 'success' and ${signIn}) as "signInSuccesses",
          count(*) filter (where http_status between 200 and 299 or (http_status is null and outcome = 'success')) as ok,
          count(*) filter (where outcome <> 'failure' and ${privileged}) as privileged,
          count(distinct source_ip) as ips, count(distinct actor_id) as actors, count(distinct actor_id) filter (where exists = 'false') as ghosts,
          count(distinct actor_id) filter (where exists = 'true') as known, count(distinct coalesce(target_id, http_path)) as targets, count(distinct http_path) as routes,
          count(distinct country) as countries, count(distinct asn) as asns, coalesce(sum(response_bytes), 0)::float8 as "bytesOut", count(response_bytes) as sized,
          (select at from failed) as "firstFailure", (select at from entry) as entry,
          count(*) filter (where outcome = 'failure' and occurred_at <= (select at from entry)) as "failuresBeforeEntry",
          min(occurred_at) as first, max(occurred_at) as last, max(occurred_at) filter (where outcome = 'success' and session_id is not null) as "lastSuccess",
          coalesce((array_agg(distinct actor_id) filter (where outcome = 'success' and ${signIn} and actor_id is not null))[1:10], '{}') as entered
        from e`,
    FiguresRow,
  );
  return found ?? FiguresRow.parse({});
}

const ColumnRow = z.object({ bucket: z.number(), events: z.number(), failures: z.number() });

/** Events by equal steps of time, from `span.from` on; one entry per step that had any. */
export async function readColumns(
  on: Executor,
  whose: Whose,
  span: Span & { stepMs: number; except?: boolean },
): Promise<Map<number, { events: number; failures: number }>> {
  const rows = await query(
    on,
    sql`select floor(extract(epoch from occurred_at - ${span.from}::timestamptz) * 1000 / ${span.stepMs}::float8)::int as bucket, count(*) as events,
          count(*) filter (where outcome = 'failure') as failures
        from event where ${whereOf(whose, span)} group by 1 order by 1`,
    ColumnRow,
  );
  return new Map(rows.map(({ bucket, ...counts }) => [bucket, counts]));
}

const SeenRow = z.object({ value: z.string(), first: z.date() });

/** When each address was seen first within a span. */
export function readFirstSeen(on: Executor, ips: readonly string[], span: Span & { sample: boolean }) {
  return query(
    on,
    sql`select ip as value, (select e.occurred_at from event e where e.source_ip = ip::inet and e.occurred_at >= ${span.from} and e.occurred_at < ${span.to} and e.sample = ${span.sample}
          order by e.occurred_at limit 1) as first
        from unnest(${ips}::text[]) as ip where exists (select 1 from event e where e.source_ip = ip::inet and e.occurred_at >= ${span.from} and e.occurred_at < ${span.to} and e.sample = ${span.sample})`,
    SeenRow,
  );
}

const HabitRow = z.object({
  now: z.boolean(),
  network: z.string().nullable(),
  agent: z.string().nullable(),
  hour: z.number(),
  events: z.number(),
});

/** Networks, agents and hours of the same people or keys, in a span (`now`) and before it; the commonest 400 combinations. */
export function readHabits(on: Executor, whose: Pick<Whose, "actors" | "keys" | "sample">, span: Span & { since: Date }) {
  const who = whose.actors.length > 0 ? sql`actor_id = any(${whose.actors})` : sql`credential_id = any(${whose.keys})`;
  return query(
    on,
    sql`select (occurred_at >= ${span.from}) as now, coalesce(document #>> '{source,geo,as_org}', 'AS' || asn::text, country) as network,
          coalesce(document #>> '{source,agent,family}', split_part(document #>> '{source,user_agent}', '/', 1)) as agent,
          extract(hour from occurred_at)::int as hour, count(*) as events
        from event where ${who} and occurred_at >= ${span.since} and occurred_at <= ${span.to} and outcome <> 'failure' and sample = ${whose.sample}
        group by 1, 2, 3, 4 order by 5 desc limit 400`,
    HabitRow,
  );
}

const NeighbourRow = z.object({ alerts: z.number(), judgedTrue: z.number() });

/** Other alerts about the same entities within a day, and incidents with them that were found true. */
export async function readNeighbours(on: Executor, incidentId: number, span: Span) {
  const found = await queryOne(
    on,
    sql`select count(distinct a.id) filter (where a.last_at >= ${span.from} and a.first_at <= ${span.to}) as alerts,
          count(distinct i.id) filter (where i.verdict = 'true') as "judgedTrue"
        from incident_entity mine
        join incident_entity theirs on theirs.entity_type = mine.entity_type and theirs.entity_value = mine.entity_value and theirs.incident_id <> mine.incident_id
        join incident i on i.id = theirs.incident_id
        left join alert a on a.incident_id = i.id
        where mine.incident_id = ${incidentId} and mine.role = 'attacker' and mine.entity_type in ('ip', 'session', 'key', 'device')`,
    NeighbourRow,
  );
  return found ?? { alerts: 0, judgedTrue: 0 };
}

const SimilarRow = z.object({
  number: z.number(),
  title: z.string(),
  state: z.string(),
  verdict: z.string().nullable(),
  openedAt: z.date(),
  lastAt: z.date(),
  resolvedAt: z.date().nullable(),
  shared: z.number(),
  sameRule: z.boolean(),
});
export type SimilarIncident = z.infer<typeof SimilarRow>;

/** Incidents that share entities, or at least the leading rule; most in common first. */
export function listSimilar(
  on: Executor,
  incident: { id: number; leadRuleId: string | null; sample: boolean },
  limit = 5,
): Promise<SimilarIncident[]> {
  return query(
    on,
    sql`select i.number, i.title, i.state, i.verdict, i.opened_at as "openedAt", i.last_at as "lastAt", i.resolved_at as "resolvedAt", count(theirs.entity_value) as shared,
          (i.lead_rule_id is not null and i.lead_rule_id = ${incident.leadRuleId}) as "sameRule"
        from incident i
        left join (incident_entity theirs join incident_entity mine on mine.incident_id = ${incident.id} and mine.entity_type = theirs.entity_type
          and mine.entity_value = theirs.entity_value and mine.entity_type in ('ip', 'network', 'actor', 'session', 'key', 'device')) on theirs.incident_id = i.id
        where i.id <> ${incident.id} and i.sample = ${incident.sample} and i.merged_into_id is null and (theirs.entity_value is not null or i.lead_rule_id = ${incident.leadRuleId})
        group by i.id order by count(theirs.entity_value) desc, i.last_at desc limit ${limit}`,
    SimilarRow,
  );
}

/** Distinct attackers and victims by kind. */
export function countByKind(on: Executor, incidentId: number) {
  return query(
    on,
    sql`select role, entity_type as type, count(*) as n from incident_entity where incident_id = ${incidentId} group by 1, 2`,
    z.object({ role: z.string(), type: z.string(), n: z.number() }),
  );
}

const WithEntities = Incident.extend({ entities: z.array(z.object({ type: EntityType, value: z.string() })) });

const subjectOf = (row: z.infer<typeof WithEntities>) => ({
  id: row.id,
  number: row.number,
  state: row.state,
  level: row.level,
  title: row.title,
  families: [...new Set(row.summary.rules.map(({ family }) => family))],
  rules: row.summary.rules.map(({ id }) => id),
  services: row.summary.services,
  environments: row.summary.environments,
  entities: row.entities,
  eventCount: row.eventCount,
  regressed: row.regressed,
  sample: row.sample,
  historical: row.historical,
  firstAt: row.firstAt,
  lastAt: row.lastAt,
  openedAt: row.openedAt,
});

const SubjectRow = WithEntities.transform(subjectOf);

const entitiesJson = raw(`coalesce((select json_agg(json_build_object('type', e.entity_type, 'value', e.entity_value)) from (
            select entity_type, entity_value from incident_entity where incident_id = i.id limit 100) e), '[]') as entities`);

/** Incidents opened since, as routes look at them, the latest first; at most 2,000. */
export function listRouteSubjects(on: Executor, since: Date) {
  return query(
    on,
    sql`select ${incidentColumns}, ${entitiesJson}
        from incident i where i.opened_at >= ${since} and i.merged_into_id is null and not i.historical and not i.sample order by i.opened_at desc limit 2000`,
    SubjectRow,
  );
}

const DigestRow = WithEntities.extend({ assignee: z.string().nullable() }).transform((row) => ({ ...row, ...subjectOf(row) }));
export type DigestSubject = z.infer<typeof DigestRow>;

/** Incidents that a digest of the span may tell of: unresolved, or resolved in it (with whoever settled it as `assignee`); the worst and oldest first. */
export function listDigestSubjects(on: Executor, span: { from: Date; to: Date }): Promise<DigestSubject[]> {
  return query(
    on,
    sql`select ${incidentColumns}, ${entitiesJson}, case when i.state = 'resolved' then ${settledBy} else (select name from "user" where id = i.assignee_id) end as assignee
        from incident i where i.merged_into_id is null and not i.historical and not i.sample
          and (i.state <> 'resolved' or (i.resolved_at >= ${span.from} and i.resolved_at < ${span.to}))
        order by i.state = 'acknowledged', array_position(array['critical', 'high', 'medium', 'low', 'informational'], i.level), i.opened_at limit 5000`,
    DigestRow,
  );
}

/** How many events an incident's scope holds. */
export async function countScopeEvents(on: Executor, whose: Whose, span: Span): Promise<number> {
  const found = await queryOne(on, sql`select count(*) as n from event where ${whereOf(whose, span)}`, z.object({ n: z.number() }));
  return found?.n ?? 0;
}

const ScopeEvent = z.object({ id: z.string(), at: z.date(), batch: z.number(), text: z.string() });
const SCOPE_PAGE = 1000; // about a megabyte

/** The events that an incident's scope holds in order of time, with their exact text, a page at a time. */
export async function* streamScopeEvents(on: Executor, whose: Whose, span: Span): AsyncGenerator<z.infer<typeof ScopeEvent>[]> {
  let after: { at: Date; id: string } | null = null;
  for (;;) {
    const later: Sql = after ? sql`and (occurred_at, id) > (${after.at}, ${after.id})` : sql``;
    const page: z.infer<typeof ScopeEvent>[] = await query(
      on,
      sql`select id, occurred_at as at, batch_id as batch, document::text as text from event
          where ${whereOf(whose, { from: after?.at ?? span.from, to: span.to })} ${later} order by occurred_at, id limit ${SCOPE_PAGE}`,
      ScopeEvent,
    );
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < SCOPE_PAGE) return;
    after = last;
  }
}

/** Names of the factors that weighed in an incident's alerts of one rule, each once. */
export async function listFactorNames(tx: Executor, of: { incidentId: number; ruleId: string }): Promise<string[]> {
  const rows = await query(
    tx,
    sql`select distinct factor ->> 'name' as name
        from alert, lateral json_array_elements(alert.facts #> '{explanation,factors}') as factor
        where alert.incident_id = ${of.incidentId} and alert.rule_id = ${of.ruleId} and (factor ->> 'weight')::float8 > 0
        order by 1 limit 50`,
    z.object({ name: z.string() }),
  );
  return rows.map(({ name }) => name);
}
