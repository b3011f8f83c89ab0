/** Reading third parties: whom our services call, and who calls us by key. */
import { z } from "zod";
import { courseSql } from "./course";
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
/** Hosts called in the span, the most called first; `first` is the first call in everything that is kept. */
export async function listThirdParties(filter: PartyFilter, on: Executor = db): Promise<ThirdParty[]> {
  return await query(
    on,
    sql`select seen.*, (select min(occurred_at) from event where event.destination = seen.host and event.direction = 'outbound') as first from (
        select destination as host, coalesce(array_agg(distinct service) filter (where service is not null), '{}') as services,
          coalesce(array_agg(distinct credential_id) filter (where credential_id is not null), '{}') as keys, count(*)::int8 as calls,
          count(*) filter (where outcome = 'failure')::int8 as failures, coalesce(sum(request_bytes), 0)::float8 as sent,
          coalesce(sum(response_bytes), 0)::float8 as received, max(occurred_at) as last, ${courseSql(filter)} as course
        from event where ${span(filter)} and direction = 'outbound' and destination is not null group by destination order by calls desc limit 100
      ) seen order by calls desc`,
    PartyRow,
  );
}

/** Keys used in the span, the busiest first; `first` is the first use in everything that is kept. */
export async function listCallers(filter: PartyFilter, on: Executor = db): Promise<Caller[]> {
  return await query(
    on,
    sql`select seen.*, (select min(occurred_at) from event where event.credential_id = seen.key) as first from (
        select credential_id as key, max(actor_id) as actor, count(*)::int8 as requests, count(*) filter (where outcome = 'failure')::int8 as failures,
        coalesce(sum(response_bytes), 0)::float8 as received, count(distinct source_ip)::int8 as addresses,
        coalesce(array_agg(distinct coalesce(document #>> '{source,geo,as_org}', 'AS' || asn)) filter (where asn is not null), '{}') as networks,
        max(occurred_at) as last, ${courseSql(filter)} as course
      from event where ${span(filter)} and direction = 'inbound' and credential_id is not null and document #>> '{credential,type}' = 'api_key'
      group by credential_id order by requests desc limit 100) seen order by requests desc`,
    CallerRow,
  );
}
