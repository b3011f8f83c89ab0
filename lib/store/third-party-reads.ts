/** Reading third parties: whom our services call, and who calls us by key. */
import { z } from "zod";
import { courseSql } from "./course";
import { db, query, sql } from "./db";
import { isBeyond, type LinePage, type Paged, pageOf } from "./place";

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
  course: z.array(z.number()),
});
/** A host that our services call. `course` are its calls over the span, oldest first. */
export type ThirdParty = z.infer<typeof PartyRow>;

const CallerRow = z.object({
  key: z.string(),
  actor: z.string().nullable(),
  requests: z.number(),
  failures: z.number(),
  received: z.number(),
  addresses: z.number(),
  networks: z.array(z.string()),
  first: z.date(),
  last: z.date(),
  course: z.array(z.number()),
});
/** A key by which somebody calls us. */
export type Caller = z.infer<typeof CallerRow>;

export interface PartyFilter {
  from: number;
  to: number;
  service?: string;
}
const span = ({ from, to, service }: PartyFilter) =>
  sql`occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} ${service ? sql`and service = ${service}` : sql``}`;

/** One page of the hosts called in the span, the most called first; `first` is the first call in everything that is kept. Throws `invalid` for a cursor that is not ours. */
export async function listThirdParties(filter: PartyFilter, { limit = 100, cursor, on = db }: Paged = {}): Promise<LinePage<ThirdParty>> {
  const found = await query(
    on,
    sql`select seen.*, (select min(occurred_at) from event where event.destination = seen.host and event.direction = 'outbound') as first from (
        select destination as host, coalesce(array_agg(distinct service) filter (where service is not null), '{}') as services,
          coalesce(array_agg(distinct credential_id) filter (where credential_id is not null), '{}') as keys, count(*)::int8 as calls,
          count(*) filter (where outcome = 'failure')::int8 as failures, coalesce(sum(request_bytes), 0)::float8 as sent,
          coalesce(sum(response_bytes), 0)::float8 as received, max(occurred_at) as last, ${courseSql(filter)} as course
        from event where ${span(filter)} and direction = 'outbound' and destination is not null group by destination
        having ${isBeyond(cursor, sql`count(*)`, sql`destination`)} order by calls desc, host limit ${limit + 1}
      ) seen order by calls desc, host`,
    PartyRow,
  );
  return pageOf(found, limit, ({ calls, host }) => [0, calls, host]);
}

/**
 * One page of the keys used in the span, the busiest first; `first` is the first use in everything that is kept. What a key is and how networks are called is
 * read from one document each, not from every event. Throws `invalid` for a cursor that is not ours.
 */
export async function listCallers(filter: PartyFilter, { limit = 100, cursor, on = db }: Paged = {}): Promise<LinePage<Caller>> {
  const used = sql`${span(filter)} and direction = 'inbound' and credential_id is not null`;
  const found = await query(
    on,
    sql`with used as materialized (
        select credential_id as key, count(*)::int8 as requests, max(occurred_at) as last from event where ${used} group by 1
        having ${isBeyond(cursor, sql`count(*)`, sql`credential_id`)}
      ), top as materialized (
        select * from used where (select document #>> '{credential,type}' from event
          where event.credential_id = key and event.occurred_at = last and event.direction = 'inbound' order by id limit 1) = 'api_key'
        order by requests desc, key limit ${limit + 1}
      ), figures as materialized (
        select credential_id as key, max(actor_id) as actor, count(*) filter (where outcome = 'failure')::int8 as failures,
          coalesce(sum(response_bytes), 0)::float8 as received, count(distinct source_ip)::int8 as addresses, ${courseSql(filter)} as course
        from event where ${used} and credential_id = any(array(select key from top)) group by 1
      ), nets as materialized (
        select credential_id as key, asn, count(*) as n, max(occurred_at) as seen from event
        where ${used} and credential_id = any(array(select key from top)) and asn is not null group by 1, 2
      ), named as (
        select key, array_agg(name order by n desc, name) as networks from (
          select key, n, coalesce((select document #>> '{source,geo,as_org}' from event
            where event.credential_id = nets.key and event.occurred_at = seen and event.asn = nets.asn limit 1), 'AS' || asn) as name from nets) called group by 1
      ) select top.*, actor, failures, received, addresses, course, coalesce(networks, '{}') as networks,
          (select min(occurred_at) from event where event.credential_id = top.key) as first
      from top join figures using (key) left join named using (key) order by requests desc, key`,
    CallerRow,
  );
  return pageOf(found, limit, ({ requests, key }) => [0, requests, key]);
}
