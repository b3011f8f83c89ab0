/** Reading accounts and keys as lists: who was active in a span, how it went, from where, and since when they are known. */
import { z } from "zod";
import { courseSql } from "./course";
import { db, type Executor, query, queryOne, sql, type Sql } from "./db";

/** Whose lines: accounts of people, accounts of machines, or keys. */
export const PEOPLE_KINDS = ["people", "machines", "keys"] as const;
export type PeopleKind = (typeof PEOPLE_KINDS)[number];

const Row = z.object({
  value: z.string(),
  name: z.string().nullable(),
  role: z.string().nullable(),
  events: z.number(),
  failures: z.number(),
  bytes: z.number(),
  addresses: z.number(),
  /** Where most of it came from, and from how many countries in all. */
  country: z.string().nullable(),
  countries: z.number(),
  first: z.date(),
  last: z.date(),
  course: z.array(z.number()),
});
/** An account or a key: its id, the name people know it by, what it did in the span, and when it was first seen in everything that is kept. */
export type Line = z.infer<typeof Row>;

export interface PeopleFilter {
  from: number;
  to: number;
  service?: string;
  kind: PeopleKind;
}

// as isPerson of lib/detection/detectors/subject.ts; SQL has its own words for it
const person = sql`coalesce(document #>> '{actor,type}', 'user') = 'user' and coalesce(document #>> '{credential,type}', '') not in ('api_key', 'mtls')`;
const WHO: Record<PeopleKind, { value: Sql; is: Sql }> = {
  people: { value: sql`actor_id`, is: sql`actor_id is not null and ${person}` },
  machines: { value: sql`actor_id`, is: sql`actor_id is not null and not (${person})` },
  keys: { value: sql`credential_id`, is: sql`credential_id is not null and document #>> '{credential,type}' = 'api_key'` },
};

const where = ({ from, to, service, kind }: PeopleFilter): Sql =>
  sql`occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} and ${WHO[kind].is} ${service === undefined ? sql`` : sql`and service = ${service}`}`;

/** Whoever only failed to sign in is no account of ours but a guess: the page of failed attempts has them. */
const acted = sql`count(*) filter (where outcome <> 'failure') > 0`;

/** The busiest of a kind, most events first. */
export async function listPeople(filter: PeopleFilter, { limit = 100, on = db }: { limit?: number; on?: Executor } = {}): Promise<Line[]> {
  const { value } = WHO[filter.kind];
  return await query(
    on,
    sql`select seen.*, (select min(event.occurred_at) from event where event.${value} = seen.value) as first from (
        select ${value} as value, max(coalesce(document #>> '{actor,email}', document #>> '{actor,name}')) as name, max(document #>> '{actor,role}') as role,
          count(*)::int8 as events, count(*) filter (where outcome = 'failure')::int8 as failures, coalesce(sum(response_bytes), 0)::float8 as bytes,
          count(distinct source_ip)::int8 as addresses, mode() within group (order by country) as country, count(distinct country)::int8 as countries,
          max(occurred_at) as last, ${courseSql(filter)} as course
        from event where ${where(filter)} group by 1 having ${acted} order by events desc, value limit ${limit}
      ) seen order by events desc, value`,
    Row,
  );
}

/** How many of a kind were active in the span. */
export async function countPeople(filter: PeopleFilter, on: Executor = db): Promise<number> {
  const row = await queryOne(
    on,
    sql`select count(*) as count from (select 1 from event where ${where(filter)} group by ${WHO[filter.kind].value} having ${acted}) found`,
    z.object({ count: z.number() }),
  );
  return row?.count ?? 0;
}
