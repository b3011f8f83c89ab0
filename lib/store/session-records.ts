/** Session records: written by detection's transaction from what events add, read by the pages about sessions, ended by people. */
import { z } from "zod";
import { invalid } from "@/lib/errors";
import type { EndedSession, SessionDelta } from "@/lib/detection/session-records";
import { SESSION_IDLE_MS, SESSION_LIST_LIMIT, SessionRecord } from "@/lib/model/session-record";
import { asJson, db, type Executor, execute, query, queryOne, raw, sql, type Sql, type Tx } from "./db";
import { Document } from "./event-documents";

/** Two lists of a record joined: what came first stays first, and no list grows without end. */
const merged = (column: string): Sql =>
  raw(`${column} = case when excluded.${column} <@ r.${column} then r.${column} else array(
        select v from unnest(r.${column} || excluded.${column}) with ordinality as u(v, n) group by v order by min(n) limit ${SESSION_LIST_LIMIT}) end`);
const later = (column: string): Sql => raw(`${column} = greatest(r.${column}, excluded.${column})`);

const EndedRow = z.object({ id: z.string(), closedAt: z.date() });

/** Adds what events say to the records of their sessions, all in one statement; names those that a person had ended. */
export async function addToSessions(tx: Tx, deltas: readonly SessionDelta[], { sample }: { sample: boolean }): Promise<EndedSession[]> {
  if (deltas.length === 0) return [];
  const rows = deltas.map(({ startedAt, lastAt, signedInAt, signedOutAt, expiredAt, ...delta }) => ({
    ...delta,
    startedAt: new Date(startedAt),
    lastAt: new Date(lastAt),
    signedInAt: signedInAt && new Date(signedInAt),
    signedOutAt: signedOutAt && new Date(signedOutAt),
    expiredAt: expiredAt && new Date(expiredAt),
  }));
  const ended = await query(
    tx,
    sql`with saved as (
      insert into session_record as r (id, actors, actor_name, roles, credential_type, credential_id, started_at, last_at, requests, failures,
        privilege_changes, addresses, countries, networks, devices, services, signed_in_at, signed_out_at, expired_at, sample)
      select id, actors, "actorName", roles, "credentialType", "credentialId", "startedAt", "lastAt", requests, failures,
        "privilegeChanges", addresses, countries, networks, devices, services, "signedInAt", "signedOutAt", "expiredAt", ${sample}
      from json_to_recordset(${asJson(rows)}::json) as d(id text, actors text[], "actorName" text, roles text[], "credentialType" text,
        "credentialId" text, "startedAt" timestamptz, "lastAt" timestamptz, requests bigint, failures bigint, "privilegeChanges" bigint,
        addresses text[], countries text[], networks text[], devices text[], services text[], "signedInAt" timestamptz,
        "signedOutAt" timestamptz, "expiredAt" timestamptz)
      on conflict (id) do update set
        ${merged("actors")}, ${merged("roles")}, ${merged("addresses")}, ${merged("countries")}, ${merged("networks")}, ${merged("devices")},
        ${merged("services")},
        actor_name = coalesce(r.actor_name, excluded.actor_name),
        credential_type = case when excluded.signed_in_at is not null then excluded.credential_type else coalesce(r.credential_type, excluded.credential_type) end,
        credential_id = coalesce(r.credential_id, excluded.credential_id),
        started_at = least(r.started_at, excluded.started_at),
        ${later("last_at")}, ${later("signed_in_at")}, ${later("signed_out_at")}, ${later("expired_at")},
        requests = r.requests + excluded.requests,
        failures = r.failures + excluded.failures,
        privilege_changes = r.privilege_changes + excluded.privilege_changes
      returning r.id, r.closed_at
    ) select id, closed_at as "closedAt" from saved where closed_at is not null`,
    EndedRow,
  );
  return ended.map(({ id, closedAt }) => ({ id, closedAt: closedAt.getTime() }));
}

const UsesRow = z.object({ count: z.number(), firstAt: z.date() });

/** Counts uses of a session after its end; how many there were in all, and when the first was (ms). */
export async function countUsesAfterEnd(
  tx: Tx,
  id: string,
  uses: { count: number; firstAt: number },
): Promise<{ count: number; firstAt: number }> {
  const row = await queryOne(
    tx,
    sql`update session_record
        set used_after_end = used_after_end + ${uses.count}, used_after_end_at = least(used_after_end_at, ${new Date(uses.firstAt)})
        where id = ${id}
        returning used_after_end as count, used_after_end_at as "firstAt"`,
    UsesRow,
  );
  return row ? { count: row.count, firstAt: row.firstAt.getTime() } : uses;
}

const columns = sql`id, actors, actor_name as "actorName", roles, credential_type as "credentialType", credential_id as "credentialId",
  started_at as "startedAt", last_at as "lastAt", requests, failures, privilege_changes as "privilegeChanges", addresses, countries, networks, devices,
  services, signed_in_at as "signedInAt", signed_out_at as "signedOutAt", expired_at as "expiredAt", closed_at as "closedAt", closed_by as "closedBy",
  closed_reason as "closedReason", used_after_end as "usedAfterEnd", sample`;

/** The record of a session; null when none of its events was looked at yet. */
export const findSession = (id: string, on: Executor = db): Promise<SessionRecord | null> =>
  queryOne(on, sql`select ${columns} from session_record where id = ${id}`, SessionRecord);

/** Which sessions: active in the span (ms), of a service, of an account (by any of its names), of a state. */
export interface SessionFilter {
  from: number;
  to: number;
  service?: string;
  actors?: readonly string[];
  only?: SessionView;
}

/** Ways to look at sessions: still open at `to`, in more than one country or network, told about, with changed rights, ended by a person. */
export const SESSION_VIEWS = ["all", "open", "moving", "alerts", "rights", "ended"] as const;
export type SessionView = (typeof SESSION_VIEWS)[number];

const told = sql`(select count(*)::int8 from alert where alert.entity_type = 'session' and alert.entity_value = s.id)`;
const open = (to: number): Sql => sql`(s.closed_at is null and s.last_at > ${new Date(to - SESSION_IDLE_MS)}
  and (s.signed_out_at is null or s.signed_out_at < s.signed_in_at) and (s.expired_at is null or s.expired_at < s.signed_in_at))`;
const ways = (to: number): Record<SessionView, Sql> => ({
  all: sql`true`,
  open: open(to),
  moving: sql`(cardinality(s.countries) > 1 or cardinality(s.networks) > 1 or cardinality(s.actors) > 1)`,
  alerts: sql`${told} > 0`,
  rights: sql`(s.privilege_changes > 0 or cardinality(s.roles) > 1)`,
  ended: sql`s.closed_at is not null`,
});

function within({ from, to, service, actors }: SessionFilter): Sql {
  const ofService = service === undefined ? sql`` : sql`and s.services @> array[${service}]::text[]`;
  const ofActor = actors === undefined ? sql`` : sql`and s.actors && ${actors}::text[]`;
  return sql`s.last_at >= ${new Date(from)} and s.started_at < ${new Date(to)} ${ofService} ${ofActor}`;
}

const Line = SessionRecord.extend({ alerts: z.number(), beside: z.number() });
/** A session in a list. `alerts` are about it; `beside` are other sessions of the same account that were in use at the same time. */
export type SessionLine = z.infer<typeof Line>;

const Place = z.tuple([z.coerce.number().int().min(0), z.coerce.number().int(), z.string().min(1)]);

/** The place of a session in the list, as callers see it: opaque, safe in an address. */
const writePlace = ({ alerts, lastAt, id }: SessionLine): string =>
  Buffer.from(`${alerts}|${lastAt.getTime()}|${id}`).toString("base64url");

function readPlace(cursor: string): z.infer<typeof Place> {
  const [alerts, lastAt, ...id] = Buffer.from(cursor, "base64url").toString("utf8").replaceAll("\0", "").split("|");
  const place = Place.safeParse([alerts, lastAt, id.join("|")]);
  if (!place.success) throw invalid("This cursor is not one of ours.", [{ pointer: "cursor", detail: "Take it from the page before." }]);
  return place.data;
}

/** A page of sessions; `next` is the cursor of the one after it, null at the end. */
export interface SessionPage {
  sessions: SessionLine[];
  next: string | null;
}

/** Sessions of the span: those with alerts first, then the latest. Throws `invalid` for a cursor that is not ours. */
export async function listSessions(
  filter: SessionFilter,
  { limit = 100, cursor, on = db }: { limit?: number; cursor?: string | undefined; on?: Executor } = {},
): Promise<SessionPage> {
  const [alerts, lastAt, id] = cursor === undefined ? [] : readPlace(cursor);
  const after = alerts === undefined ? sql`` : sql`where (alerts, s.last_at, s.id) < (${alerts}::int8, ${new Date(lastAt ?? 0)}, ${id})`;
  const found = await query(
    on,
    sql`with s as materialized (
        select s.* from (select s.*, ${told} as alerts from session_record s where ${within(filter)} and ${ways(filter.to)[filter.only ?? "all"]}) s
        ${after} order by alerts desc, s.last_at desc, s.id desc limit ${limit + 1}
      ) select ${columns}, alerts, (
          select count(*)::int8 from session_record o
          where o.actors && s.actors and o.id <> s.id and o.started_at <= s.last_at and o.last_at >= s.started_at) as beside
      from s order by alerts desc, last_at desc, id desc`,
    Line,
  );
  const sessions = found.slice(0, limit);
  const last = sessions.at(-1);
  return { sessions, next: found.length > limit && last ? writePlace(last) : null };
}

const TotalRow = z.object({
  all: z.number(),
  people: z.number(),
  open: z.number(),
  moving: z.number(),
  alerts: z.number(),
  rights: z.number(),
  ended: z.number(),
});
/** How many sessions of the span there are in each view, and of how many accounts. */
export type SessionTotals = z.infer<typeof TotalRow>;

export async function countSessions(filter: SessionFilter, on: Executor = db): Promise<SessionTotals> {
  const way = ways(filter.to);
  const row = await queryOne(
    on,
    sql`select count(*) as all, count(distinct actors[1]) as people, count(*) filter (where ${way.open}) as open, count(*) filter (where ${way.moving}) as moving,
        count(*) filter (where alerts > 0) as alerts, count(*) filter (where ${way.rights}) as rights, count(*) filter (where ${way.ended}) as ended
      from (select s.*, coalesce(t.alerts, 0) as alerts from session_record s
        left join (select entity_value as id, count(*) as alerts from alert where entity_type = 'session' group by 1) t on t.id = s.id
        where ${within(filter)}) s`,
    TotalRow,
  );
  return row ?? { all: 0, people: 0, open: 0, moving: 0, alerts: 0, rights: 0, ended: 0 };
}

/** One session, or those of an account that are open at `now` (ms), locked until the transaction is over. */
export const lockSessions = (tx: Tx, which: { id: string } | { actor: string }, now: number): Promise<SessionRecord[]> =>
  query(
    tx,
    sql`select ${columns} from session_record s
        where ${"id" in which ? sql`s.id = ${which.id}` : sql`s.actors @> array[${which.actor}]::text[] and ${open(now)}`}
        order by s.id limit 1000 for update`,
    SessionRecord,
  );

/** Marks sessions as ended by a person. */
export async function markEnded(tx: Tx, ids: readonly string[], end: { at: Date; by: string; reason: string }): Promise<void> {
  await execute(
    tx,
    sql`update session_record set closed_at = ${end.at}, closed_by = ${end.by}, closed_reason = ${end.reason}
        where id = any(${ids}::text[]) and closed_at is null -- no-op if another person has ended it since`,
  );
}

/** Sessions that people ended since, the latest end first. */
export const listEndedSessions = (
  { since, limit, actor }: { since: Date; limit: number; actor?: string },
  on: Executor = db,
): Promise<SessionRecord[]> =>
  query(
    on,
    sql`select ${columns} from session_record s
        where s.closed_at >= ${since} ${actor === undefined ? sql`` : sql`and s.actors @> array[${actor}]::text[]`}
        order by s.closed_at desc, s.id limit ${limit}`,
    SessionRecord,
  );

/** Takes the mark away again; true when there was one. What was used since stays counted and told. */
export async function unmarkEnded(tx: Tx, id: string): Promise<boolean> {
  const taken = await execute(
    tx,
    sql`update session_record set closed_at = null, closed_by = null, closed_reason = null, used_after_end = 0, used_after_end_at = null
        where id = ${id} and closed_at is not null`,
  );
  return taken > 0;
}

/** Forgets sessions that were last used before `before` and of which no event is kept. */
export const forgetOldSessions = (before: Date): Promise<number> =>
  execute(
    db,
    sql`delete from session_record s where s.last_at < ${before} and not exists (select from event where event.session_id = s.id)`,
  );

const UseRow = z.object({
  id: z.string(),
  at: z.date(),
  ip: z.string().nullable(),
  document: Document,
});
/** One event of a session. */
export type SessionUse = z.infer<typeof UseRow>;

const USES_MOST = 5000;

/** The events of a session in order of time, the latest `USES_MOST` of them; `asked` is the record's own span, so that only its days are read. */
export async function listSessionUses(
  record: Pick<SessionRecord, "id" | "startedAt" | "lastAt">,
  on: Executor = db,
): Promise<SessionUse[]> {
  const rows = await query(
    on,
    sql`select id, occurred_at as at, host(source_ip) as ip, document from event
        where session_id = ${record.id} and occurred_at >= ${record.startedAt} and occurred_at <= ${record.lastAt}
        order by occurred_at desc, id desc limit ${USES_MOST}`,
    UseRow,
  );
  return rows.toReversed();
}
