/** Figures about rules: how often they alerted, what people found it to be, and what kind of events arrives for them. */
import { z } from "zod";
import { Entity } from "@/lib/model/alert";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { asJson, type Executor, query, queryOne, sql } from "./db";
import { Document, RecordRow, recordColumns } from "./event-documents";

const FigureRow = z.object({ ruleId: z.string(), alerts: z.number(), lastAt: z.date() });
export type RuleFigure = z.infer<typeof FigureRow>;

/** Alerts of each rule since a moment of event time; imports are left out, and samples unless nothing else is there. */
export const countRuleAlerts = (on: Executor, since: Date): Promise<RuleFigure[]> =>
  query(
    on,
    sql`select rule_id as "ruleId", count(*) as alerts, max(last_at) as "lastAt"
        from alert where last_at >= ${since} and (sample or not historical) and sample = (not exists (select from alert where not sample))
        group by rule_id`,
    FigureRow,
  );

/** The same of rules that are only being tested. */
export const countTestAlerts = (on: Executor, since: Date): Promise<RuleFigure[]> =>
  query(
    on,
    sql`select rule_id as "ruleId", count(*) as alerts, max(last_at) as "lastAt"
        from test_alert where last_at >= ${since} and (sample or not historical) group by rule_id`,
    FigureRow,
  );

const VerdictRow = z.object({ ruleId: z.string(), verdict: z.string(), alerts: z.number() });

/** Alerts of each rule by the verdict of their incident, since a moment. Alerts that nobody judged are left out. */
export const countRuleVerdicts = (on: Executor, since: Date): Promise<z.infer<typeof VerdictRow>[]> =>
  query(
    on,
    sql`select a.rule_id as "ruleId", i.verdict, count(*) as alerts
        from alert a join incident i on i.id = a.incident_id
        where a.last_at >= ${since} and i.verdict is not null
        group by a.rule_id, i.verdict`,
    VerdictRow,
  );

const WeekRow = z.object({ week: z.number(), verdict: z.string(), alerts: z.number() });

/** Judged alerts of a rule by week since a moment (0: the first) and verdict of their incident. */
export const countVerdictWeeks = (on: Executor, ruleId: string, since: Date): Promise<z.infer<typeof WeekRow>[]> =>
  query(
    on,
    sql`select floor(extract(epoch from a.last_at - ${since}::timestamptz) / 604800)::int as week, i.verdict, count(*) as alerts
        from alert a join incident i on i.id = a.incident_id
        where a.rule_id = ${ruleId} and a.last_at >= ${since} and i.verdict is not null
        group by 1, 2 order by 1, 2`,
    WeekRow,
  );

const FalseRow = z.object({ entity: Entity, alerts: z.number(), key: z.string() });

/** Whom the alerts of a rule that were judged false name most often, with the newest of them; null without any. */
export const findOftenFalse = (on: Executor, ruleId: string, since: Date): Promise<z.infer<typeof FalseRow> | null> =>
  queryOne(
    on,
    sql`select json_build_object('type', a.entity_type, 'value', a.entity_value) as entity, count(*) as alerts,
               (array_agg(a.key order by a.last_at desc))[1] as key
        from alert a join incident i on i.id = a.incident_id
        where a.rule_id = ${ruleId} and a.last_at >= ${since} and i.verdict = 'false'
        group by a.entity_type, a.entity_value order by count(*) desc, a.entity_value limit 1`,
    FalseRow,
  );

const AlertRow = z.object({
  key: z.string(),
  ruleId: z.string(),
  title: z.string(),
  level: z.string(),
  entityType: z.string(),
  entityValue: z.string(),
  firstAt: z.date(),
  eventCount: z.number(),
  sentence: z.string().nullable(),
  /** null: the rule was only being tested, and nobody was told. */
  incident: z.number().nullable(),
  verdict: z.string().nullable(),
});
export type RuleAlert = z.infer<typeof AlertRow>;

const alertColumns = sql`a.key, a.rule_id as "ruleId", a.title, a.level, a.entity_type as "entityType", a.entity_value as "entityValue", a.first_at as "firstAt",
  a.event_count as "eventCount", a.facts->'explanation'->>'sentence' as sentence`;

/** The newest alerts of a rule, those of its testing among them. */
export const listRuleAlerts = (on: Executor, ruleId: string, limit = 10): Promise<RuleAlert[]> =>
  query(
    on,
    sql`(select ${alertColumns}, i.number as incident, i.verdict, a.last_at from alert a join incident i on i.id = a.incident_id
         where a.rule_id = ${ruleId} order by a.last_at desc limit ${limit})
        union all
        (select ${alertColumns}, null, null, a.last_at from test_alert a where a.rule_id = ${ruleId} order by a.last_at desc limit ${limit})
        order by last_at desc limit ${limit}`,
    AlertRow,
  );

const RaisedRow = z.object({
  entity: Entity,
  firstAt: z.date().transform(Number),
  lastAt: z.date().transform(Number),
  incident: z.number(),
  verdict: z.string().nullable(),
});

/** Where and when a rule really alerted in a span, with the verdict of the incident; the newest 5,000. */
export const listRaisedAlerts = (on: Executor, ruleId: string, span: { from: Date; until: Date }): Promise<z.infer<typeof RaisedRow>[]> =>
  query(
    on,
    sql`select json_build_object('type', a.entity_type, 'value', a.entity_value) as entity, a.first_at as "firstAt", a.last_at as "lastAt",
               i.number as incident, i.verdict
        from alert a join incident i on i.id = a.incident_id
        where a.rule_id = ${ruleId} and a.last_at >= ${span.from} and a.first_at < ${span.until}
        order by a.last_at desc
        limit 5000`,
    RaisedRow,
  );

/** Where a walk through events stands: behind this one. */
export interface EventPlace {
  at: Date;
  id: string;
}

/** Events in order of (time, id) from a place on, up to a moment: what a backtest walks through. Sample data, or everything but sample data. */
export async function walkEvents(
  on: Executor,
  after: EventPlace,
  { until, limit, samples }: { until: Date; limit: number; samples: boolean },
): Promise<EventRecord[]> {
  return query(
    on,
    sql`select ${recordColumns}
        from event
        where (occurred_at, id) > (${after.at}, ${after.id}) and occurred_at < ${until} and sample = ${samples}
        order by occurred_at, id
        limit ${limit}`,
    RecordRow,
  );
}

/** Events by id inside spans of event time, as alerts name their evidence. Those that are no longer kept are missing. */
export async function findEvidence(
  on: Executor,
  wanted: readonly { ids: readonly string[]; firstAt: number; lastAt: number }[],
): Promise<EventRecord[]> {
  if (wanted.length === 0) return [];
  return query(
    on,
    sql`select ${recordColumns}
        from json_to_recordset(${asJson(wanted.flatMap(({ ids, firstAt, lastAt }) => ids.map((id) => ({ id, first: new Date(firstAt), last: new Date(lastAt) }))))})
             as w (id text, first timestamptz, last timestamptz)
        join event on event.id = w.id and event.occurred_at between w.first and w.last
        order by event.occurred_at, event.id`,
    RecordRow,
  );
}

/** The latest documents, for looking at which fields arrive. */
export async function sampleDocuments(on: Executor, since: Date, limit: number): Promise<EventDocument[]> {
  const rows = await query(
    on,
    sql`select document from event where occurred_at >= ${since} order by occurred_at desc limit ${limit}`,
    z.object({ document: Document }),
  );
  return rows.map(({ document }) => document);
}

const EvidenceRow = z.object({
  title: z.string(),
  firstAt: z.date().transform(Number),
  lastAt: z.date().transform(Number),
  ids: z.array(z.string()),
  incident: z.number(),
  verdict: z.string().nullable(),
});

const evidenceColumns = sql`a.title, a.first_at as "firstAt", a.last_at as "lastAt",
  array(select json_array_elements_text(a.facts->'evidence') limit 20) as ids`;

/** The alerts of a rule (of all: null) since a moment with up to 20 of their event ids; the newest 1,000. */
export const listAlertsWithEvidence = (on: Executor, ruleId: string | null, since: Date): Promise<z.infer<typeof EvidenceRow>[]> =>
  query(
    on,
    sql`select ${evidenceColumns}, i.number as incident, i.verdict from alert a join incident i on i.id = a.incident_id
        where (${ruleId}::text is null or a.rule_id = ${ruleId}) and a.last_at >= ${since}
        order by a.last_at desc
        limit 1000`,
    EvidenceRow,
  );

/** One alert by key with up to 20 of its event ids, or null; of a rule that is only being tested, too. */
export const findAlertEvidence = (on: Executor, key: string) =>
  queryOne(
    on,
    sql`select ${evidenceColumns}, i.number as incident, i.verdict from alert a join incident i on i.id = a.incident_id where a.key = ${key}
        union all select ${evidenceColumns}, null, null from test_alert a where a.key = ${key} limit 1`,
    EvidenceRow.extend({ incident: z.number().nullable() }),
  );

/** Whether a span of event time holds anything but sample data. */
export async function hasRealEvents(on: Executor, { from, until }: { from: Date; until: Date }): Promise<boolean> {
  const row = await queryOne(
    on,
    sql`select exists(select from event where occurred_at >= ${from} and occurred_at < ${until} and not sample) as real`,
    z.object({ real: z.boolean() }),
  );
  return row?.real ?? false;
}

/** How many events lie in a span, from the rollup by minute: exact enough for a progress bar. */
export async function countEventsBetween(
  on: Executor,
  { from, until, samples }: { from: Date; until: Date; samples: boolean },
): Promise<number> {
  const row = await queryOne(
    on,
    sql`select coalesce(sum(events), 0)::bigint as events from traffic_minute where minute >= ${from} and minute < ${until} and sample = ${samples}`,
    z.object({ events: z.number() }),
  );
  return row?.events ?? 0;
}
