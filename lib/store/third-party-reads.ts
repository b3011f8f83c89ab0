/** Reading third parties: whom our services call, and who calls us by key. */
import { z } from "zod";
import { db, type Executor, query, sql } from "./db";

const PartyRow = z.object({
  host: z.string(),
  services: z.array(z.string()),
  keys: z.array(z.string()),
  calls: z.number(),
  failures: z.number(),
  sent: z.number(),
  received: z.number(),
  first: z.date(),
  last: z.date(),
  days: z.array(z.number()),
});
/** A host that our services call. `days` are calls a day, oldest first, over the span. */
export type ThirdParty = z.infer<typeof PartyRow>;

const CallerRow = z.object({
  key: z.string(),
  actor: z.string().nullable(),
  requests: z.number(),
  failures: z.number(),
  received: z.number(),
  addresses: z.number(),
  networks: z.array(z.string()),
  routes: z.number(),
  first: z.date(),
  last: z.date(),
  days: z.array(z.number()),
});
/** A key by which somebody calls us. */
export type Caller = z.infer<typeof CallerRow>;

export interface PartyFilter {
  from: number;
  to: number;
  service?: string;
}
const DAY_MS = 86_400_000;
const span = ({ from, to, service }: PartyFilter) =>
  sql`occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} ${service ? sql`and service = ${service}` : sql``}`;
/** Columns of the trend: days, or for a span of up to two days, hours. */
const widthOf = ({ from, to }: PartyFilter): number => (to - from <= 2 * DAY_MS ? DAY_MS / 24 : DAY_MS);

const trendOf = (filter: PartyFilter) => {
  const width = widthOf(filter);
  const columns = Math.min(366, Math.max(1, Math.ceil((filter.to - filter.from) / width)));
  const bar = sql`floor((extract(epoch from occurred_at) * 1000 - ${filter.from}::float8) / ${width}::float8)::int`;
  return sql`(select array_agg(coalesce(t.n, 0) order by c.bar) from generate_series(0, ${columns - 1}::int) as c(bar)
      left join (select b as bar, count(*)::int4 as n from unnest(array_agg(${bar})) as b group by 1) t on t.bar = c.bar)`;
};

/** Hosts called in the span, the most called first; `first` is the first call in everything that is kept. */
export async function listThirdParties(filter: PartyFilter, on: Executor = db): Promise<ThirdParty[]> {
  return await query(
    on,
    sql`select seen.*, (select min(occurred_at) from event where event.destination = seen.host and event.direction = 'outbound') as first from (
        select destination as host, coalesce(array_agg(distinct service) filter (where service is not null), '{}') as services,
          coalesce(array_agg(distinct credential_id) filter (where credential_id is not null), '{}') as keys, count(*)::int8 as calls,
          count(*) filter (where outcome = 'failure')::int8 as failures, coalesce(sum(request_bytes), 0)::float8 as sent,
          coalesce(sum(response_bytes), 0)::float8 as received, max(occurred_at) as last, ${trendOf(filter)} as days
        from event where ${span(filter)} and direction = 'outbound' and destination is not null group by destination order by calls desc limit 100
      ) seen order by calls desc`,
    PartyRow,
  );
}

/** Keys used in the span, the busiest first. */
export async function listCallers(filter: PartyFilter, on: Executor = db): Promise<Caller[]> {
  return await query(
    on,
    sql`select credential_id as key, max(actor_id) as actor, count(*)::int8 as requests, count(*) filter (where outcome = 'failure')::int8 as failures,
        coalesce(sum(response_bytes), 0)::float8 as received, count(distinct source_ip)::int8 as addresses,
        coalesce(array_agg(distinct coalesce(document #>> '{source,geo,as_org}', 'AS' || asn)) filter (where asn is not null), '{}') as networks,
        count(distinct http_route)::int8 as routes, min(occurred_at) as first, max(occurred_at) as last, ${trendOf(filter)} as days
      from event where ${span(filter)} and direction = 'inbound' and credential_id is not null and document #>> '{credential,type}' = 'api_key'
      group by credential_id order by requests desc limit 100`,
    CallerRow,
  );
}
