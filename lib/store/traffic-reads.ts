/** Reading traffic: counts by minute from `traffic_minute`, who moved most, and who last spoke. Feeds the overview and the traffic pages. */
import { z } from "zod";
import { Level } from "@/lib/model/alert";
import type { Direction } from "@/lib/model/event";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { db, type Executor, query, queryOne, sql, type Sql } from "./db";
import type { SeriesCell } from "@/lib/charts/top-series";
import { type FacetField, facetValue } from "./event-figures";
import { eventsWhere } from "./event-reads";

/** From (inclusive) and to (exclusive), ms since the epoch, by minute of event time. */
export interface TrafficFilter {
  from: number;
  to: number;
  service?: string;
  direction?: Direction;
}

export interface TrafficSums {
  events: number;
  failures: number;
  signIns: number;
  failedSignIns: number;
  requestBytes: number;
  responseBytes: number;
}

/** One column of a chart. No row in the rollup is zero traffic. */
export interface TrafficPoint {
  at: number;
  success: number;
  failure: number;
  unknown: number;
  signIns: number;
  failedSignIns: number;
  /** Bytes of requests and answers together, and the time that all answers took, ms. */
  bytes: number;
  durationMs: number;
}

/** Every event of a column. */
export const eventsOf = ({ success, failure, unknown }: Pick<TrafficPoint, "success" | "failure" | "unknown">): number =>
  success + failure + unknown;

const WEEK_MS = 7 * 86_400_000;
const at = (ms: number) => new Date(ms);

function trafficWhere({ from, to, service, direction }: TrafficFilter): Sql {
  const ofService = service === undefined ? sql`` : sql`and service = ${service}`;
  const ofDirection = direction === undefined ? sql`` : sql`and direction = ${direction}`;
  return sql`minute >= ${at(from)} and minute < ${at(to)} ${ofService} ${ofDirection}`;
}

const sums = sql`coalesce(sum(events), 0)::int8 as "events",
  coalesce(sum(events) filter (where outcome = 'failure'), 0)::int8 as "failures",
  coalesce(sum(sign_ins), 0)::int8 as "signIns",
  coalesce(sum(sign_ins) filter (where outcome = 'failure'), 0)::int8 as "failedSignIns",
  coalesce(sum(request_bytes), 0)::float8 as "requestBytes",
  coalesce(sum(response_bytes), 0)::float8 as "responseBytes"`;

const SumsRow = z.object({
  events: z.number(),
  failures: z.number(),
  signIns: z.number(),
  failedSignIns: z.number(),
  requestBytes: z.number(),
  responseBytes: z.number(),
});

/** The sums of a span. */
export async function sumTraffic(filter: TrafficFilter, on: Executor = db): Promise<TrafficSums> {
  const row = await queryOne(on, sql`select ${sums} from traffic_minute where ${trafficWhere(filter)}`, SumsRow);
  return row ?? { events: 0, failures: 0, signIns: 0, failedSignIns: 0, requestBytes: 0, responseBytes: 0 };
}

/** The span of the same length that a change is told against: the same weekday of the week before, or just before for spans longer than a week. */
export function spanBefore({ from, to }: { from: number; to: number }): { from: number; to: number } {
  const back = to - from > WEEK_MS ? to - from : WEEK_MS;
  return { from: from - back, to: to - back };
}

const PointRow = z.object({
  bar: z.number(),
  success: z.number(),
  failure: z.number(),
  unknown: z.number(),
  signIns: z.number(),
  failedSignIns: z.number(),
  bytes: z.number(),
  durationMs: z.number(),
});

/** Counts by column of `widthMs` (a multiple of a minute), from `from` on; every column is there. */
export async function listTraffic(
  filter: TrafficFilter,
  { widthMs, on = db }: { widthMs: number; on?: Executor },
): Promise<TrafficPoint[]> {
  const count = (what: Sql, outcome: Sql) => sql`coalesce(sum(${what}) filter (where ${outcome}), 0)::int8`;
  const rows = await query(
    on,
    sql`select floor((extract(epoch from minute) * 1000 - ${filter.from}::float8) / ${widthMs}::float8)::int as bar,
        ${count(sql`events`, sql`outcome = 'success'`)} as "success", ${count(sql`events`, sql`outcome = 'failure'`)} as "failure",
        ${count(sql`events`, sql`outcome = 'unknown'`)} as "unknown", ${count(sql`sign_ins`, sql`true`)} as "signIns",
        ${count(sql`sign_ins`, sql`outcome = 'failure'`)} as "failedSignIns", sum(request_bytes + response_bytes)::float8 as bytes,
        sum(duration_ms)::float8 as "durationMs"
      from traffic_minute where ${trafficWhere(filter)} group by 1`,
    PointRow,
  );
  const known = new Map(rows.map(({ bar, ...point }) => [bar, point]));
  const none = { success: 0, failure: 0, unknown: 0, signIns: 0, failedSignIns: 0, bytes: 0, durationMs: 0 };
  const length = Math.max(1, Math.ceil((filter.to - filter.from) / widthMs));
  return Array.from({ length }, (_, bar) => ({ at: filter.from + bar * widthMs, ...(known.get(bar) ?? none) }));
}

const SILENCE = sql`interval '7 days'`; // longer than any holiday of a whole company's machines

/**
 * The first minute of what is heard now, ms; null when nothing ever came. What came before a week of silence (a log that was imported, an installation that
 * rested) says nothing of what is usual, and the silence is no zero.
 */
export async function findFirstMinute(on: Executor = db): Promise<number | null> {
  const row = await queryOne(
    on,
    sql`with recursive heard(day) as (
          select date_trunc('day', max(minute), 'UTC') from traffic_minute
          union all -- from day to day, each found through the index
          select date_trunc('day', before.minute, 'UTC')
          from heard cross join lateral (select max(minute) as minute from traffic_minute where minute < heard.day) as before
          where before.minute >= heard.day - ${SILENCE}
        )
        select min(minute) as first from traffic_minute where minute >= (select min(day) from heard)`,
    z.object({ first: z.date().nullable() }),
  );
  return row?.first?.getTime() ?? null;
}

/** What traffic can be told apart by. */
export const TRAFFIC_GROUPS = ["service", "route", "key", "country", "status"] as const;
export type TrafficGroup = (typeof TRAFFIC_GROUPS)[number];

const CellRow = z.object({
  value: z.string().nullable(),
  bar: z.number(),
  requests: z.number(),
  failures: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  durationMs: z.number(),
  timed: z.number(),
});

const GROUP_VALUES: Record<TrafficGroup, Sql> = {
  service: sql`coalesce(service, '')`,
  route: sql`http_route`,
  key: sql`credential_id`,
  country: sql`country`,
  status: sql`case when status_class = 0 then 'none' else status_class || '..' end`,
};
const ROLLED: readonly TrafficGroup[] = ["service", "status"]; // what the rollup by minute tells apart; the rest is counted from the events

/** The busiest `limit` values of a group by column, and the rest under a null value. */
export async function listTrafficBy(
  filter: TrafficFilter,
  { by, widthMs, limit = 8, on = db }: { by: TrafficGroup; widthMs: number; limit?: number; on?: Executor },
): Promise<SeriesCell[]> {
  const { from, to, service, direction } = filter;
  const bar = (time: Sql) => sql`floor((extract(epoch from ${time}) * 1000 - ${from}::float8) / ${widthMs}::float8)::int`;
  const rolled = sql`select ${GROUP_VALUES[by]} as value, ${bar(sql`minute`)} as bar, sum(events)::int8 as requests,
      coalesce(sum(events) filter (where outcome = 'failure'), 0)::int8 as failures, sum(request_bytes)::float8 as "bytesIn",
      sum(response_bytes)::float8 as "bytesOut", sum(duration_ms)::float8 as "durationMs",
      coalesce(sum(events) filter (where duration_ms > 0), 0)::int8 as timed
    from traffic_minute where ${trafficWhere(filter)} group by 1, 2`;
  const counted = sql`select ${GROUP_VALUES[by]} as value, ${bar(sql`occurred_at`)} as bar, count(*)::int8 as requests,
      count(*) filter (where outcome = 'failure')::int8 as failures, coalesce(sum(request_bytes), 0)::float8 as "bytesIn",
      coalesce(sum(response_bytes), 0)::float8 as "bytesOut", coalesce(sum(duration_ms), 0)::float8 as "durationMs", count(duration_ms)::int8 as timed
    from event where occurred_at >= ${at(from)} and occurred_at < ${at(to)} and ${GROUP_VALUES[by]} is not null
      ${service === undefined ? sql`` : sql`and service = ${service}`} ${direction === undefined ? sql`` : sql`and direction = ${direction}`} group by 1, 2`;
  return await query(
    on,
    sql`with cell as materialized (${ROLLED.includes(by) ? rolled : counted}),
      top as (select value from cell group by value order by sum(requests) desc, value limit ${limit})
      select top.value, bar, sum(requests)::int8 as requests, sum(failures)::int8 as failures, sum("bytesIn") as "bytesIn", sum("bytesOut") as "bytesOut",
        sum("durationMs") as "durationMs", sum(timed)::int8 as timed
      from cell left join top on top.value = cell.value group by 1, 2`,
    CellRow,
  );
}

/** A value of a field, how often it came, and how often in the span before. */
export interface Mover {
  value: string;
  count: number;
  before: number;
}

/** The most frequent values of a field in a span, with the change against the span before. `q` narrows in the query language, for example `outcome:failure`. */
export async function listMovers(
  { from, to, service }: TrafficFilter,
  { field, q = "", limit = 5, on = db }: { field: FacetField; q?: string; limit?: number; on?: Executor },
): Promise<Mover[]> {
  const asked = parseQuery(q, EVENT_FIELDS);
  const mine = service === undefined ? sql`` : sql`and event.service = ${service}`;
  const now = sql`${eventsWhere({ query: asked, from, to })} ${mine}`;
  const then = sql`${eventsWhere({ query: asked, ...spanBefore({ from, to }) })} ${mine}`;
  const isAccount = field === "actor";
  const key = isAccount ? ACCOUNT : facetValue(field);
  const name = sql`select ${facetValue(field)} from event where event.actor_id = top.key and ${now} order by event.occurred_at desc limit 1`;
  const rows = await query(
    on,
    sql`with top as materialized (
        select ${key} as key, count(*) as count from event where ${now} and ${key} is not null group by 1 order by 2 desc, 1 limit ${limit}
      ), earlier as materialized (
        select ${key} as key, count(*) as count from event where ${then} and ${key} in (select key from top) group by 1
      ) select ${isAccount ? sql`coalesce((${name}), key)` : sql`key`} as value, top.count, coalesce(earlier.count, 0)::int8 as before
      from top left join earlier using (key) order by top.count desc, key`,
    z.object({ value: z.string(), count: z.number(), before: z.number() }),
  );
  const byValue = new Map<string, Mover>(); // two accounts may go by one name
  for (const { value, count, before } of rows) {
    const same = byValue.get(value);
    byValue.set(value, { value, count: count + (same?.count ?? 0), before: before + (same?.before ?? 0) });
  }
  return [...byValue.values()].sort((a, b) => b.count - a.count);
}

/** Accounts are counted by their ids, for which no document has to be opened; what they are called is looked up for the few that are shown. */
const ACCOUNT = sql`coalesce(event.actor_id, event.document #>> '{actor,email}', event.document #>> '{actor,name}')`;

/** A service, and when it last spoke (event time, to the minute, never after `now`). */
export interface ServiceActivity {
  service: string;
  lastAt: number;
  /** Events in the hour before `now`, and the usual number of an hour over the week before. */
  lastHour: number;
  usualHour: number;
  /** Only sample data speaks of it: that it is quiet says nothing. */
  sample: boolean;
}

/** Every service heard in the last 30 days, the most recent first. */
export async function listServiceActivity(now: number, on: Executor = db): Promise<ServiceActivity[]> {
  const [hour, week, month] = [at(now - 3_600_000), at(now - WEEK_MS), at(now - 30 * 86_400_000)];
  const rows = await query(
    on,
    sql`select service, max(minute) as last, coalesce(sum(events) filter (where minute >= ${hour}), 0)::int8 as "lastHour",
        coalesce(sum(events) filter (where minute >= ${week}), 0)::float8 / 168 as "usualHour",
        bool_and(sample) as sample
      from traffic_minute where minute >= ${month} and minute <= ${at(now)} group by service order by 2 desc, 1 limit 200`,
    z.object({ service: z.string(), last: z.date(), lastHour: z.number(), usualHour: z.number(), sample: z.boolean() }),
  );
  return rows.map(({ last, ...row }) => ({ ...row, lastAt: last.getTime() }));
}

/** When the newest event happened and how many came since `from`; null when there is none at all. */
export async function findLastEvent(on: Executor = db): Promise<{ occurredAt: number; receivedAt: number } | null> {
  const row = await queryOne(
    on,
    sql`select max_occurred_at as "occurredAt", received_at as "receivedAt" from batch order by id desc limit 1`,
    z.object({ occurredAt: z.date(), receivedAt: z.date() }),
  );
  return row && { occurredAt: row.occurredAt.getTime(), receivedAt: row.receivedAt.getTime() };
}

/** An incident as a mark on a chart. */
export interface IncidentMark {
  at: number;
  number: number;
  level: Level;
  title: string;
}

/** Incidents whose first event lies in the span, oldest first; merged ones are left out. */
export async function listIncidentMarks({ from, to }: { from: number; to: number }, on: Executor = db): Promise<IncidentMark[]> {
  const rows = await query(
    on,
    sql`select first_at as "at", number, level, title from incident
      where first_at >= ${at(from)} and first_at < ${at(to)} and merged_into_id is null order by first_at limit 50`,
    z.object({ at: z.date(), number: z.number(), level: Level, title: z.string() }),
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

/** A change of a rule as a mark on a chart. */
export interface RuleMark {
  at: number;
  action: string;
  rule: string;
}

/** Changes of rules in the span, oldest first: afterwards alerts may differ although traffic does not. */
export async function listRuleMarks({ from, to }: { from: number; to: number }, on: Executor = db): Promise<RuleMark[]> {
  const rows = await query(
    on,
    sql`select at, action, coalesce(target_id, '') as rule from audit_entry
      where at >= ${at(from)} and at < ${at(to)} and action like 'rule.%' and result = 'success' order by at limit 50`,
    z.object({ at: z.date(), action: z.string(), rule: z.string() }),
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}
