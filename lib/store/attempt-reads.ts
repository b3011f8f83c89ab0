/** Reading failed sign-ins: who failed how often from where, and who got in after many failures. */
import { z } from "zod";
import { courseSql } from "./course";
import { db, type Executor, query, queryOne, raw, sql, type Sql } from "./db";
import { isBeyond, type LinePage, type Paged, pageOf } from "./place";

/** What failed attempts are grouped by. */
export const ATTEMPT_GROUPS = ["actor", "ip", "asn", "country", "agent", "key"] as const;
export type AttemptGroup = (typeof ATTEMPT_GROUPS)[number];

const VALUE: Record<AttemptGroup, Sql> = {
  actor: raw("actor_id"),
  ip: raw("host(source_ip)"),
  asn: raw("asn::text"),
  country: raw("country"),
  agent: raw("document #>> '{source,user_agent}'"),
  key: raw("credential_id"),
};
// as in event-rows.ts; SQL has its own words for it
const signIn = raw(`action ~* '(^|[._-])(log-?_?in|sign-?_?in|authenticate)($|[._-])'`);

const AttemptRow = z.object({
  value: z.string(),
  failures: z.number(),
  accounts: z.number(),
  existing: z.number(),
  sources: z.number(),
  entered: z.number(),
  country: z.string().nullable(),
  network: z.string().nullable(),
  first: z.date(),
  last: z.date(),
  course: z.array(z.number()),
});
/** One line: counts of a value's failed sign-ins. `course` are failures over the span in equal parts. */
export type Attempt = z.infer<typeof AttemptRow>;

export interface AttemptFilter {
  from: number;
  to: number;
  service?: string;
}
const where = ({ from, to, service }: AttemptFilter): Sql =>
  sql`occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} and direction = 'inbound' and ${signIn} ${service ? sql`and service = ${service}` : sql``}`;

/** One page of the values of a group that failed to sign in, most failures first. Throws `invalid` for a cursor that is not ours. */
export async function listAttempts(
  filter: AttemptFilter,
  by: AttemptGroup,
  { limit = 100, cursor, on = db }: Paged = {},
): Promise<LinePage<Attempt>> {
  const value = VALUE[by];
  const failures = sql`count(*) filter (where outcome = 'failure')`;
  const found = await query(
    on,
    sql`select ${value} as value, ${failures}::int8 as failures,
        count(distinct actor_id) filter (where outcome = 'failure')::int8 as accounts,
        count(distinct actor_id) filter (where outcome = 'failure' and document #>> '{actor,exists}' is distinct from 'false')::int8 as existing,
        count(distinct source_ip) filter (where outcome = 'failure')::int8 as sources,
        count(distinct actor_id) filter (where outcome = 'success')::int8 as entered,
        min(country) as country, min(document #>> '{source,geo,as_org}') as network,
        min(occurred_at) filter (where outcome = 'failure') as first, max(occurred_at) filter (where outcome = 'failure') as last,
        ${courseSql(filter, sql`outcome = 'failure'`)} as course
      from event where ${where(filter)} and ${value} is not null group by 1 having ${failures} > 0 and ${isBeyond(cursor, failures, value)}
      order by failures desc, value limit ${limit + 1}`,
    AttemptRow,
  );
  return pageOf(found, limit, (line) => [0, line.failures, line.value]);
}

const ScatteredRow = z.object({
  addresses: z.number(),
  failures: z.number(),
  accounts: z.number(),
  existing: z.number(),
  countries: z.number(),
});
/** Addresses that each failed once or twice and never got in, together: one by one they look like slips. */
export type Scattered = z.infer<typeof ScatteredRow>;

const SCATTERED_MOST = 2; // tries of one address: what stays below every limit per address

/** What came scattered over many addresses. Small numbers are ordinary: people away from home mistype too. */
export async function countScattered(filter: AttemptFilter, on: Executor = db): Promise<Scattered> {
  const row = await queryOne(
    on,
    sql`with lone as (
        select source_ip from event where ${where(filter)} and source_ip is not null group by 1
        having count(*) filter (where outcome = 'failure') between 1 and ${SCATTERED_MOST} and count(*) filter (where outcome = 'success') = 0
      ) select count(distinct source_ip) as addresses, count(*) as failures, count(distinct actor_id) as accounts,
          count(distinct actor_id) filter (where document #>> '{actor,exists}' is distinct from 'false') as existing, count(distinct country) as countries
        from event where ${where(filter)} and outcome = 'failure' and source_ip in (select source_ip from lone)`,
    ScatteredRow,
  );
  return row ?? { addresses: 0, failures: 0, accounts: 0, existing: 0, countries: 0 };
}

const CountRow = z.object({
  actor: z.number(),
  ip: z.number(),
  asn: z.number(),
  country: z.number(),
  agent: z.number(),
  key: z.number(),
  failures: z.number(),
});

/** How many different values of each group failed, and how many failures there were. */
export async function countAttempts(filter: AttemptFilter, on: Executor = db): Promise<z.infer<typeof CountRow>> {
  const [row] = await query(
    on,
    sql`select count(distinct actor_id) as actor, count(distinct source_ip) as ip, count(distinct asn) as asn, count(distinct country) as country,
        count(distinct ${VALUE.agent}) as agent, count(distinct credential_id) as key, count(*) as failures
      from event where ${where(filter)} and outcome = 'failure'`,
    CountRow,
  );
  return row ?? { actor: 0, ip: 0, asn: 0, country: 0, agent: 0, key: 0, failures: 0 };
}

const EntryRow = z.object({
  actor: z.string(),
  name: z.string().nullable(),
  own: z.boolean(),
  failures: z.number(),
  accounts: z.number(),
  sources: z.number(),
  first: z.date(),
  last: z.date(),
  entered: z.date(),
  ip: z.string().nullable(),
  requests: z.number(),
  open: z.number(),
  /** Times of its failures and of what it did after, ms, at most `TIMES` of each; and the first kinds of work it did. */
  failedAt: z.array(z.number()),
  afterAt: z.array(z.number()),
  next: z.array(z.object({ what: z.string(), count: z.number(), refused: z.number() })),
});
/**
 * Somebody who got in after failures: of the account itself (`own`), or of many accounts from the same address. When in, from where, how many events the
 * account made since, and how many of its sessions are still open.
 */
export type Entry = z.infer<typeof EntryRow>;

const TIMES = 200;
const NEXT_MOST = 3;
const OWN_FAILURES = 5; // fewer are a person's memory
const THERE_FAILURES = 20; // from one address; an office that mistypes also gets in, and more often
const hour = sql`range between interval '1 hour' preceding and current row`; // failures before the entry that belong to it

/** Accounts that got in within an hour of many failures, their own or from the same address, the most failures first. */
export async function listEntriesAfterFailures(filter: AttemptFilter, on: Executor = db): Promise<Entry[]> {
  const to = new Date(filter.to);
  return await query(
    on,
    sql`with tries as materialized (
        select actor_id, occurred_at, outcome, source_ip, coalesce(document #>> '{actor,email}', document #>> '{actor,name}') as name,
          count(*) filter (where outcome = 'failure') over (partition by actor_id order by occurred_at ${hour}) as own,
          count(*) filter (where outcome = 'failure') over (partition by source_ip order by occurred_at ${hour}) as there,
          count(*) filter (where outcome = 'success') over (partition by source_ip order by occurred_at ${hour}) as let_in
        from event where ${where(filter)}
      ), entered as (
        select distinct on (actor_id) *, own >= ${OWN_FAILURES} as is_own from tries
        where outcome = 'success' and actor_id is not null
          and (own >= ${OWN_FAILURES} or (source_ip is not null and there >= ${THERE_FAILURES} and let_in * 4 < there))
        order by actor_id, occurred_at
      )
      select e.actor_id as actor, e.name, e.is_own as own, f.times[1:${TIMES}::int] as "failedAt", coalesce(a.times, '{}') as "afterAt",
        coalesce(a.next, '[]') as next, f.failures, f.accounts, f.sources, f.first, f.last, e.occurred_at as entered, host(e.source_ip) as ip,
        (select count(*)::int8 from event where event.actor_id = e.actor_id and event.occurred_at > e.occurred_at and event.occurred_at < ${to}) as requests,
        (select count(*)::int8 from session_record s where s.actors @> array[e.actor_id] and s.closed_at is null and s.last_at >= e.occurred_at
          and s.last_at > ${to}::timestamptz - interval '1 day' and (s.signed_out_at is null or s.signed_out_at < s.signed_in_at)) as open
      from entered e cross join lateral (
        select count(*)::int8 as failures, count(distinct no.actor_id)::int8 as accounts, count(distinct no.source_ip)::int8 as sources,
          min(no.occurred_at) as first, max(no.occurred_at) as last, array_agg(extract(epoch from no.occurred_at)::float8 * 1000 order by no.occurred_at desc) as times
        from tries no where no.outcome = 'failure' and no.occurred_at <= e.occurred_at and no.occurred_at >= e.occurred_at - interval '1 hour'
          and case when e.is_own then no.actor_id = e.actor_id else no.source_ip = e.source_ip end) f
      cross join lateral (
        select array_agg(at order by at) as times, (select json_agg(work) from (
            select what, count(*) as count, count(*) filter (where failed) as refused from unnest(array_agg(what), array_agg(failed), array_agg(at)) as w(what, failed, at)
            group by what order by min(at) limit ${NEXT_MOST}) work) as next
        from (
          select extract(epoch from occurred_at)::float8 * 1000 as at, outcome = 'failure' as failed,
            coalesce(nullif(concat_ws(' ', http_method, coalesce(http_route, http_path)), ''), action) as what
          from event where event.actor_id = e.actor_id and event.occurred_at > e.occurred_at and event.occurred_at < ${to}
          order by event.occurred_at limit ${TIMES}) after) a
      order by failures desc, actor limit 20`,
    EntryRow,
  );
}
