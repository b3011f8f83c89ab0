/** Reading failed sign-ins: who failed how often from where, and who got in after many failures. */
import { z } from "zod";
import { db, type Executor, query, raw, sql, type Sql } from "./db";

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
});
export type Attempt = z.infer<typeof AttemptRow>;

export interface AttemptFilter {
  from: number;
  to: number;
  service?: string;
}
const where = ({ from, to, service }: AttemptFilter): Sql =>
  sql`occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} and direction = 'inbound' and ${signIn} ${service ? sql`and service = ${service}` : sql``}`;

/** The values of a group with the most failed sign-ins, most first. */
export async function listAttempts(filter: AttemptFilter, by: AttemptGroup, on: Executor = db): Promise<Attempt[]> {
  const value = VALUE[by];
  return await query(
    on,
    sql`select ${value} as value, count(*) filter (where outcome = 'failure')::int8 as failures,
        count(distinct actor_id) filter (where outcome = 'failure')::int8 as accounts,
        count(distinct actor_id) filter (where outcome = 'failure' and document #>> '{actor,exists}' is distinct from 'false')::int8 as existing,
        count(distinct source_ip) filter (where outcome = 'failure')::int8 as sources,
        count(distinct actor_id) filter (where outcome = 'success')::int8 as entered,
        min(country) as country, min(document #>> '{source,geo,as_org}') as network,
        min(occurred_at) filter (where outcome = 'failure') as first, max(occurred_at) filter (where outcome = 'failure') as last
      from event where ${where(filter)} and ${value} is not null group by 1 having count(*) filter (where outcome = 'failure') > 0
      order by failures desc, value limit 100`,
    AttemptRow,
  );
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
  failures: z.number(),
  sources: z.number(),
  first: z.date(),
  entered: z.date(),
  ip: z.string().nullable(),
  requests: z.number(),
});
/** Somebody who got in after failing: how often before, when in, from where, and how many events the account made since. */
export type Entry = z.infer<typeof EntryRow>;

const ENTRY_FAILURES = 5; // fewer are a person's memory
const ENTRY_HOUR = "1 hour"; // failures before the entry that belong to it

/** Accounts that got in within an hour of five or more failures, the most failures first. */
export async function listEntriesAfterFailures(filter: AttemptFilter, on: Executor = db): Promise<Entry[]> {
  return await query(
    on,
    sql`with tries as materialized (select actor_id, occurred_at, outcome, source_ip from event where ${where(filter)} and actor_id is not null),
      entered as (
        select ok.actor_id, ok.occurred_at, ok.source_ip, f.failures, f.sources, f.first from tries ok
        cross join lateral (select count(*)::int8 as failures, count(distinct source_ip)::int8 as sources, min(occurred_at) as first from tries no
          where no.actor_id = ok.actor_id and no.outcome = 'failure' and no.occurred_at < ok.occurred_at and no.occurred_at >= ok.occurred_at - ${ENTRY_HOUR}::interval) f
        where ok.outcome = 'success' and f.failures >= ${ENTRY_FAILURES}
      ), firsts as (select distinct on (actor_id) * from entered order by actor_id, occurred_at)
      select firsts.actor_id as actor, failures, sources, first, firsts.occurred_at as entered, host(source_ip) as ip,
        (select count(*)::int8 from event where event.actor_id = firsts.actor_id and event.occurred_at > firsts.occurred_at and event.occurred_at < ${new Date(filter.to)}) as requests
      from firsts order by failures desc limit 20`,
    EntryRow,
  );
}
