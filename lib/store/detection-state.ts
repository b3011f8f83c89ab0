/** What detection remembers between turns: state by (world, detector, group), and how far event time has come in each world. */
import { z } from "zod";
import type { FindState, StateChange, StateName, StoredState } from "@/lib/detection/evaluate";
import { stateKey } from "@/lib/detection/detector";
import { asJson, asJsonLines, type Executor, execute, query, queryOne, sql, type Tx } from "./db";

const StateRow = z.object({
  detector: z.string(),
  groupKey: z.string(),
  version: z.number(),
  state: z.unknown(),
  wakeAt: z.date().nullable(),
  expiresAt: z.date().nullable(),
});

/** Loads the state of the named groups. */
export async function loadStates(tx: Executor, world: string, names: readonly StateName[]): Promise<FindState> {
  if (names.length === 0) return () => undefined;
  const rows = await query(
    tx,
    sql`select s.detector, s.group_key as "groupKey", s.version, s.state, s.wake_at as "wakeAt", s.expires_at as "expiresAt"
        from unnest(${names.map(({ detector }) => detector)}::text[], ${names.map(({ group }) => clean(group))}::text[]) as n(detector, group_key)
        -- each by its key: a plain join of so many names is planned as a walk over all that the world remembers
        cross join lateral (
          select * from detection_state where world = ${world} and detector = n.detector and group_key = n.group_key limit 1
        ) s`,
    StateRow,
  );
  const byKey = new Map(
    rows.map((row): [string, StoredState] => [
      stateKey(row.detector, row.groupKey),
      {
        version: row.version,
        state: row.state,
        ...(row.wakeAt ? { wakeAt: row.wakeAt.getTime() } : {}),
        ...(row.expiresAt ? { expiresAt: row.expiresAt.getTime() } : {}),
      },
    ]),
  );
  return ({ detector, group }) => byKey.get(stateKey(detector, clean(group)));
}

/** PostgreSQL's text holds neither NUL nor half surrogate pairs, which events may carry. */
const clean = (text: string): string => text.replace(/\u0000|\p{Cs}/gu, "\ufffd");

/** Stores and deletes state, many rows to a statement. */
export async function saveStates(tx: Tx, world: string, changes: Iterable<StateChange>, now: Date): Promise<void> {
  const kept: Kept[] = [];
  const gone: StateName[] = [];
  for (const { detector, group, stored } of changes) {
    if (stored) kept.push({ detector, group, stored });
    else gone.push({ detector, group });
  }
  if (gone.length > 0) {
    await execute(
      tx,
      sql`delete from detection_state s
          using unnest(${gone.map(({ detector }) => detector)}::text[], ${gone.map(({ group }) => clean(group))}::text[]) as n(detector, group_key)
          where s.world = ${world} and s.detector = n.detector and s.group_key = n.group_key`,
    );
  }
  let written: Promise<number> | undefined;
  for (let at = 0; at < kept.length; at += ROWS_PER_STATEMENT) {
    const some = kept.slice(at, at + ROWS_PER_STATEMENT);
    const rows = { names: asJson(some.map(nameOf)), states: asJsonLines(some.map(({ stored }) => stored.state)) }; // made while the statement before is under way
    await written;
    written = upsertStates(tx, world, { ...rows, now });
  }
  await written;
}

const ROWS_PER_STATEMENT = 1_000; // about a megabyte: what is on its way is held several times

const timeOf = (ms: number | undefined): Date | null => (ms === undefined || !Number.isFinite(ms) ? null : new Date(ms));
const EXPIRY_GRAIN_MS = 600_000; // an expiry that moves with every event would cost a new index entry each time
const expiryOf = (ms: number | undefined): Date | null => timeOf(ms && Math.ceil(ms / EXPIRY_GRAIN_MS) * EXPIRY_GRAIN_MS);

type Kept = StateName & { stored: StoredState };

const nameOf = ({ detector, group, stored: { version, wakeAt, expiresAt } }: Kept) => ({
  detector,
  group,
  version,
  wake: timeOf(wakeAt),
  expiry: expiryOf(expiresAt),
});

/** `names`: JSON of what `nameOf` makes; `states`: as many lines of JSON. */
function upsertStates(tx: Tx, world: string, { names, states, now }: { names: string; states: string; now: Date }): Promise<number> {
  return execute(
    tx,
    sql`insert into detection_state (world, detector, group_key, version, wake_at, expires_at, state, updated_at)
        select ${world}, r.detector, r.group_key, r.version, r.wake, r.expiry, r.state::json, ${now}
        from rows from (
          json_to_recordset(${names}::json) as (detector text, "group" text, version int, wake timestamptz, expiry timestamptz),
          string_to_table(${states}, chr(10))
        ) as r(detector, group_key, version, wake, expiry, state)
        on conflict (world, detector, group_key) do update
        set version = excluded.version, state = excluded.state, wake_at = excluded.wake_at, expires_at = excluded.expires_at, updated_at = excluded.updated_at`,
  );
}

const NameRow = z.object({ detector: z.string(), groupKey: z.string() });

/** Groups that want to be woken at or before an event time; the earliest first. */
export async function listDueStates(tx: Executor, world: string, until: Date, limit: number): Promise<StateName[]> {
  const rows = await query(
    tx,
    sql`select detector, group_key as "groupKey"
        from detection_state
        where world = ${world} and wake_at <= ${until}
        order by wake_at
        limit ${limit}`,
    NameRow,
  );
  return rows.map(({ detector, groupKey }) => ({ detector, group: groupKey }));
}

/** Deletes state that event time has passed by; how much it was. What still waits to be woken stays. */
export function deleteExpiredStates(tx: Executor, world: string, until: Date): Promise<number> {
  return execute(tx, sql`delete from detection_state where world = ${world} and expires_at < ${until} and wake_at is null`);
}

/** Forgets a world with all its state: an import that is over. */
export async function forgetWorld(tx: Tx, world: string): Promise<void> {
  await execute(tx, sql`delete from detection_state where world = ${world}`);
  await execute(tx, sql`delete from detection_world where world = ${world}`);
}

const WorldRow = z.object({ world: z.string(), watermark: z.date(), updatedAt: z.date() });
/** How far event time has come in a world, and when that was last looked at. */
export type DetectionWorld = z.infer<typeof WorldRow>;

/** Worlds in which something is remembered. */
export function listWorlds(on: Executor): Promise<DetectionWorld[]> {
  return query(
    on,
    sql`select world, watermark, updated_at as "updatedAt"
        from detection_world w
        where exists (select from detection_state s where s.world = w.world)
        order by updated_at desc
        limit 200`,
    WorldRow,
  );
}

const WatermarkRow = z.object({ watermark: z.date() });

/** How far event time has come in a world; undefined when it is new. */
export async function findWatermark(tx: Executor, world: string): Promise<number | undefined> {
  const row = await queryOne(tx, sql`select watermark from detection_world where world = ${world}`, WatermarkRow);
  return row?.watermark.getTime();
}

export async function saveWatermark(tx: Tx, world: string, watermark: number, now: Date): Promise<void> {
  await execute(
    tx,
    sql`insert into detection_world (world, watermark, updated_at) values (${world}, ${new Date(watermark)}, ${now})
        on conflict (world) do update set watermark = excluded.watermark, updated_at = excluded.updated_at`,
  );
}
