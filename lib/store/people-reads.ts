/** Reading accounts and keys as lists: who was active in a span, how it went, from where, and since when they are known. */
import { z } from "zod";
import { courseSql } from "./course";
import { db, type Executor, query, queryOne, sql, type Sql } from "./db";
import { type LinePage, pageOf, readPlace } from "./place";

/** Whose lines: accounts of people, accounts of machines, or keys. */
export const PEOPLE_KINDS = ["people", "machines", "keys"] as const;
export type PeopleKind = (typeof PEOPLE_KINDS)[number];

const Row = z.object({
  value: z.string(),
  name: z.string().nullable(),
  role: z.string().nullable(),
  /** An incident of the last days names it. */
  told: z.boolean(),
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
const person = sql`coalesce(type, 'user') = 'user' and coalesce(credential, '') not in ('api_key', 'mtls')`;
const WHO: Record<PeopleKind, { value: Sql; is: Sql; type: string }> = {
  people: { value: sql`actor_id`, is: person, type: "actor" },
  machines: { value: sql`actor_id`, is: sql`not (${person})`, type: "actor" },
  keys: { value: sql`credential_id`, is: sql`credential = 'api_key'`, type: "key" },
};

const where = ({ from, to, service }: Omit<PeopleFilter, "kind">): Sql =>
  sql`occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} ${service === undefined ? sql`` : sql`and service = ${service}`}`;

/**
 * Who was active, and of what kind by the latest thing they did: one document for each is opened, not one for each event. Whoever only failed to sign in
 * is no account of ours but a guess: the page of failed attempts has them.
 */
const active = (filter: Omit<PeopleFilter, "kind">, value: Sql): Sql => sql`select active.*, said.* from (
    select ${value} as value, count(*)::int8 as events, max(occurred_at) filter (where outcome <> 'failure') as acted_at
    from event where ${where(filter)} and ${value} is not null group by 1 having count(*) filter (where outcome <> 'failure') > 0
  ) active cross join lateral (
    select document #>> '{actor,type}' as type, document #>> '{credential,type}' as credential, document #>> '{actor,role}' as role,
      coalesce(document #>> '{actor,email}', document #>> '{actor,name}') as name
    from event where event.${value} = active.value and event.occurred_at = active.acted_at and outcome <> 'failure' order by id desc limit 1
  ) said`;

/** One page of a kind: those that incidents since `toldSince` name first, then the most events. Throws `invalid` for a cursor that is not ours. */
export async function listPeople(
  filter: PeopleFilter & { toldSince: number },
  { limit = 100, cursor, on = db }: { limit?: number; cursor?: string | undefined; on?: Executor } = {},
): Promise<LinePage<Line>> {
  const { value, is, type } = WHO[filter.kind];
  const [told, events, last] = cursor === undefined ? [] : readPlace(cursor);
  const after = told === undefined ? sql`` : sql`where (told::int, events, ${last}::text) < (${told}::int, ${events}::int8, value)`;
  const found = await query(
    on,
    sql`with named as materialized (
        select distinct e.entity_value as value from incident_entity e join incident i on i.id = e.incident_id
        where e.entity_type = ${type} and e.last_at > ${new Date(filter.toldSince)} and i.merged_into_id is null
      ), top as materialized (
        select * from (select value, name, role, events, value in (select value from named) as told from (${active(filter, value)}) known where ${is}) line
        ${after} order by told desc, events desc, value limit ${limit + 1}
      ), figures as materialized (
        select ${value} as value, count(*) filter (where outcome = 'failure')::int8 as failures, coalesce(sum(response_bytes), 0)::float8 as bytes,
          count(distinct source_ip)::int8 as addresses, mode() within group (order by country) as country, count(distinct country)::int8 as countries,
          max(occurred_at) as last, ${courseSql(filter)} as course
        from event where ${where(filter)} and ${value} = any(array(select value from top)) group by 1
      ) select *, (select min(event.occurred_at) from event where event.${value} = top.value) as first
      from top join figures using (value) order by told desc, events desc, value`,
    Row,
  );
  return pageOf(found, limit, (line) => [Number(line.told), line.events, line.value]);
}

const CountRow = z.object({ people: z.number(), machines: z.number(), keys: z.number() });

/** How many of each kind were active in the span. */
export async function countPeople(filter: Omit<PeopleFilter, "kind">, on: Executor = db): Promise<Record<PeopleKind, number>> {
  const row = await queryOne(
    on,
    sql`select count(*) filter (where ${WHO.people.is}) as people, count(*) filter (where ${WHO.machines.is}) as machines,
        (select count(*) from (${active(filter, WHO.keys.value)}) known where ${WHO.keys.is}) as keys
      from (${active(filter, WHO.people.value)}) known`,
    CountRow,
  );
  return row ?? { people: 0, machines: 0, keys: 0 };
}
