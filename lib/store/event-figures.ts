/** Figures over events: histograms and the most frequent values of fields. */
import { z } from "zod";
import type { Query } from "@/lib/query/ast";
import { withoutField } from "@/lib/query/edit";
import { db, type Executor, join, query, raw, sql, type Sql } from "./db";
import { type EventFilter, eventsWhere } from "./event-reads";

const STEPS_MS = [
  100, 250, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
  10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 1_209_600_000, 2_592_000_000,
];

/** The width of a bar, so that the range has at most 120 of them (and 60 where the steps allow), ms. */
export function bucketWidth(from: number, to: number): number {
  return STEPS_MS.find((step) => (to - from) / step <= 120) ?? Math.ceil((to - from) / 120);
}

/** What bars may be split by. */
export type Split = "outcome" | "reason";

export interface Histogram {
  /** Start of the first bar, ms; bars may begin before `from`, so that they stand on round times. */
  start: number;
  widthMs: number;
  /** The kinds, most frequent first, at most 4 and then "other". */
  keys: string[];
  /** One per bar, a count for each of `keys`. No events: zeros. */
  bars: { at: number; counts: number[] }[];
  total: number;
}

const splits: Record<Split, Sql> = {
  outcome: sql`event.outcome`,
  reason: sql`coalesce(event.document #>> '{reason}', event.outcome)`,
};

/** Counts by time and kind. `offsetMs`: the viewer's distance from UTC, so that bars of an hour or more stand on local round times. */
export async function countByTime(
  filter: EventFilter,
  { split, offsetMs = 0, on = db }: { split: Split; offsetMs?: number; on?: Executor },
): Promise<Histogram> {
  const widthMs = bucketWidth(filter.from, filter.to);
  const start = Math.floor((filter.from + offsetMs) / widthMs) * widthMs - offsetMs;
  const rows = await query(
    on,
    sql`select floor((extract(epoch from event.occurred_at) * 1000 - ${start}::float8) / ${widthMs}::float8)::int as bar, ${splits[split]} as kind, count(*) as count
      from event where ${eventsWhere(filter)} group by 1, 2`,
    z.object({ bar: z.number(), kind: z.string(), count: z.number() }),
  );
  return assemble(rows, { start, widthMs, length: Math.max(1, Math.ceil((filter.to - start) / widthMs)) });
}

function assemble(
  rows: { bar: number; kind: string; count: number }[],
  { start, widthMs, length }: { start: number; widthMs: number; length: number },
): Histogram {
  const totals = new Map<string, number>();
  for (const { kind, count } of rows) totals.set(kind, (totals.get(kind) ?? 0) + count);
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
  const keys = ranked.length > 5 ? [...ranked.slice(0, 4), "other"] : ranked;
  const bars = Array.from({ length }, (_, i) => ({ at: start + i * widthMs, counts: keys.map(() => 0) }));
  for (const { bar, kind, count } of rows) {
    const key = keys.includes(kind) ? keys.indexOf(kind) : keys.length - 1;
    const counts = bars[bar]?.counts;
    if (counts) counts[key] = (counts[key] ?? 0) + count;
  }
  return { start, widthMs, keys, bars, total: rows.reduce((sum, { count }) => sum + count, 0) };
}

/** Fields with countable values, and where each is. The value is one that the field can be asked for. */
const VALUES = {
  actor: sql`coalesce(event.document #>> '{actor,email}', event.actor_id, event.document #>> '{actor,name}')`,
  exists: sql`case event.document #>> '{actor,exists}' when 'true' then 'yes' when 'false' then 'no' end`,
  ip: sql`host(event.source_ip)`,
  country: sql`event.country`,
  network: sql`event.document #>> '{source,geo,as_org}'`,
  asn: sql`event.asn::text`,
  action: sql`event.action`,
  outcome: sql`event.outcome`,
  reason: sql`event.document #>> '{reason}'`,
  status: sql`event.http_status::text`,
  agent: sql`event.document #>> '{source,agent,family}'`,
  user_agent: sql`event.document #>> '{source,user_agent}'`,
  service: sql`event.service`,
  environment: sql`event.environment`,
  direction: sql`event.direction`,
  method: sql`event.http_method`,
  host: sql`event.document #>> '{http,host}'`,
  route: sql`event.http_route`,
  path: sql`event.http_path`,
  key: sql`event.credential_id`,
  session: sql`event.session_id`,
  credential: sql`event.document #>> '{credential,type}'`,
  role: sql`event.document #>> '{actor,role}'`,
  destination: sql`coalesce(event.destination, event.document #>> '{destination,host}')`,
  city: sql`event.document #>> '{source,geo,city}'`,
  os: sql`event.document #>> '{source,agent,os}'`,
  "target.type": sql`event.target_type`,
} satisfies Record<string, Sql>;

/** A field whose values can be counted. */
export type FacetField = keyof typeof VALUES;

/** Whether the values of a field can be counted; names come from people. */
export const isFacetField = (name: string): name is FacetField => Object.hasOwn(VALUES, name);

/** SQL of a field's value, for reads of this folder. */
export const facetValue = (field: FacetField): Sql => VALUES[field];

/** Facets look at the newest matching events, at most so many; what was looked at is said. */
export const FACET_SAMPLE = 20_000;

export interface Facet {
  field: FacetField;
  values: { value: string; count: number }[];
  /** How many different values there were. */
  distinct: number;
  /** False when there were more than FACET_SAMPLE events and only the newest were counted. */
  complete: boolean;
  /** True when the query asks something of this field itself: then these are the values there would be without that, not those of the matching events. */
  wider: boolean;
}

const FacetRow = z.object({ field: z.string(), value: z.string(), count: z.number(), distinct: z.number(), scanned: z.number() });

/** The most frequent values of each field among the newest `sample` matching events, counted under the query without that field's own condition. */
export async function listFacets(
  filter: EventFilter,
  { fields, top = 10, sample = FACET_SAMPLE, on = db }: { fields: readonly FacetField[]; top?: number; sample?: number; on?: Executor },
): Promise<Facet[]> {
  const groups = new Map<Query, FacetField[]>([[filter.query, []]]);
  for (const field of fields) {
    const without = withoutField(filter.query, field);
    const same = [...groups.keys()].find((known) => JSON.stringify(known) === JSON.stringify(without));
    groups.set(same ?? without, [...(groups.get(same ?? without) ?? []), field]);
  }
  const found = new Map<string, Facet>();
  for (const [query, together] of groups) {
    if (together.length === 0) continue;
    const facets = await scan({ ...filter, query }, { fields: together, top, sample, on });
    for (const facet of facets) found.set(facet.field, { ...facet, wider: query !== filter.query });
  }
  return fields.flatMap((field) => found.get(field) ?? []);
}

/** The newest matching events. Documents are opened only above this: PostgreSQL would open each before it sorts. */
const newest = (filter: EventFilter, limit: number): Sql =>
  sql`select event.* from event where ${eventsWhere(filter)} order by event.occurred_at desc limit ${limit}`;

/** One pass over the newest matching events for all fields that share a condition. */
async function scan(
  filter: EventFilter,
  { fields, top, sample, on }: { fields: readonly FacetField[]; top: number; sample: number; on: Executor },
): Promise<Omit<Facet, "wider">[]> {
  const columns = join(
    fields.map((field, i) => sql`${VALUES[field]} as ${raw(`f${i}`)}`),
    ", ",
  );
  const tops = fields.map((field, i) => {
    const column = raw(`f${i}`);
    return sql`(select ${field}::text as field, ${column} as value, count(*) as count, count(*) over () as "distinct", (select count(*) from found) as scanned
      from found where ${column} is not null group by ${column} order by count(*) desc, ${column} limit ${top})`;
  });
  const rows = await query(
    on,
    sql`with found as materialized (
        select ${columns} from (${newest(filter, sample + 1)}) as event
      ) ${join(tops, " union all ")}`,
    FacetRow,
  );
  return fields.map((field) => {
    const own = rows.filter((row) => row.field === field);
    const values = own.map(({ value, count }) => ({ value, count }));
    return { field, values, distinct: own[0]?.distinct ?? 0, complete: (own[0]?.scanned ?? 0) <= sample };
  });
}

/** Values of one field that begin with what is typed, most frequent first: for completion. */
export async function listValues(
  filter: EventFilter,
  { field, prefix, limit = 10, on = db }: { field: FacetField; prefix: string; limit?: number; on?: Executor },
): Promise<{ value: string; count: number }[]> {
  const like = `${prefix.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
  return await query(
    on,
    sql`with found as materialized (
        select ${VALUES[field]} as value from (${newest(filter, FACET_SAMPLE)}) as event
      ) select value, count(*) as count from found where lower(value) like ${like} group by value order by count(*) desc, value limit ${limit}`,
    z.object({ value: z.string(), count: z.number() }),
  );
}
