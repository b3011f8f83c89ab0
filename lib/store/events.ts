/** Appending events: one transaction for a group of requests. Reading them is in other files of this folder. */
import { finished } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { z } from "zod";
import type { Lane } from "./batches";
import { execute, inTransaction, query, sql, type Tx } from "./db";
import { batchStamp, eventColumns, type NewEvent, TrafficSums } from "./event-rows";
import { ensurePartitions, forgetPartitions } from "./partitions";
import { type OutcomeCount, OutcomeSums, recordOutcomes } from "./outcomes";
import { piecesOf } from "./row-pages";

/** What became of one event: stored, already there with the same content, or refused because another content has its id. */
export type Fate = "accepted" | "duplicate" | "conflict";

/** Stores events with their batches and accounting in one transaction, durable when this resolves. Fates are in the order of the events. */
export async function appendEvents(events: readonly NewEvent[], counts: readonly OutcomeCount[]): Promise<Fate[]> {
  await ensurePartitions(timesOf(events));
  let withStored = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction((tx) => append(tx, events, { counts, withStored }));
    } catch (error) {
      const state = sqlStateOf(error);
      if (attempt === 4) throw error;
      if (state === MISSING_PARTITION) {
        forgetPartitions(); // retention dropped the day after we had seen it
        await ensurePartitions(timesOf(events));
      } else if (state === UNIQUE_VIOLATION && !withStored) withStored = true;
      else if (!RETRYABLE.has(state)) throw error;
    }
  }
}

const MISSING_PARTITION = "23514";
const UNIQUE_VIOLATION = "23505"; // the id was forgotten after its time, the event is still here
const RETRYABLE = new Set(["40001", "40P01"]);

const sqlStateOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

function* timesOf(events: readonly NewEvent[]): Iterable<number> {
  for (const { occurredAt } of events) yield occurredAt;
}

interface AppendOptions {
  counts: readonly OutcomeCount[];
  /** Look for the events themselves too, not only for their ids. */
  withStored: boolean;
}

async function append(tx: Tx, events: readonly NewEvent[], { counts, withStored }: AppendOptions): Promise<Fate[]> {
  if (events.length === 0) {
    await recordOutcomes(tx, sumOf(counts));
    return [];
  }
  const lanes = [...new Set(events.map((event) => event.lane))];
  const batchOf = await reserveBatches(tx, lanes);
  const fates = await claimIds(tx, events, batchOf);
  if (withStored) await markStored(tx, events, fates);
  const kept = fates === undefined ? events : events.filter((_, index) => fates[index] === "accepted");
  await copyEvents(tx, kept, batchOf);
  await recordBatches(tx, kept, batchOf);
  await recordTraffic(tx, kept);
  const sums = sumOf(counts);
  for (const [index, event] of events.entries()) sums.add(countOf(event, fates?.[index] ?? "accepted"));
  await recordOutcomes(tx, sums);
  return fates ?? events.map(() => "accepted");
}

function sumOf(counts: readonly OutcomeCount[]): OutcomeSums {
  const sums = new OutcomeSums();
  for (const count of counts) sums.add(count);
  return sums;
}

const countOf = ({ receivedAt, keyId, traffic }: NewEvent, fate: Fate): OutcomeCount => ({
  at: receivedAt,
  keyId: keyId ?? "",
  service: traffic.service,
  outcome: fate,
  reason: fate === "conflict" ? "id_taken" : "",
  items: 1,
});

type BatchIds = Map<Lane, number>;

async function reserveBatches(tx: Tx, lanes: readonly Lane[]): Promise<BatchIds> {
  const rows = await query(
    tx,
    sql`select nextval('batch_id_seq') as id from generate_series(1, ${lanes.length}::int)`,
    z.object({ id: z.number() }),
  );
  return new Map(lanes.map((lane, index) => [lane, rows[index]?.id ?? 0]));
}

/** Takes the ids that clients gave. Undefined when there are none to guard, and so all events are new. */
async function claimIds(tx: Tx, events: readonly NewEvent[], batchOf: BatchIds): Promise<Fate[] | undefined> {
  const first = new Map<string, NewEvent>();
  for (const event of events) if (event.digest && !first.has(event.id)) first.set(event.id, event);
  if (first.size === 0) return undefined;
  const fresh = await insertIds(tx, [...first.values()], batchOf);
  const earlier = await findDigests(
    tx,
    [...first.keys()].filter((id) => !fresh.has(id)),
  );
  const taken = new Set<string>();
  return events.map(({ id, digest }) => {
    if (!digest) return "accepted";
    if (fresh.has(id) && !taken.has(id)) {
      taken.add(id);
      return "accepted";
    }
    const known = earlier.get(id) ?? first.get(id)?.digest;
    return known !== undefined && digest.equals(known) ? "duplicate" : "conflict";
  });
}

/** Ids are guarded for a limited time, events stay longer: an event that is sent again after that is a duplicate all the same. */
async function markStored(tx: Tx, events: readonly NewEvent[], fates: Fate[] | undefined): Promise<void> {
  if (!fates) return;
  const stored = await query(
    tx,
    sql`
    select e.id from event e
    join unnest(${events.map((event) => event.id)}::text[], ${events.map((event) => event.occurredAt)}::bigint[]) as r(id, occurred)
      on e.id = r.id and e.occurred_at = to_timestamp(r.occurred / 1000.0)`,
    z.object({ id: z.string() }),
  );
  const ids = new Set(stored.map((row) => row.id));
  for (const [index, event] of events.entries()) if (event.digest && ids.has(event.id)) fates[index] = "duplicate";
}

/** The ids of these that nobody had taken. Sorted, so that two writers never wait for each other in a circle. */
async function insertIds(tx: Tx, events: NewEvent[], batchOf: BatchIds): Promise<Set<string>> {
  events.sort((a, b) => (a.id < b.id ? -1 : 1));
  const rows = await query(
    tx,
    sql`
    insert into event_id (id, digest, occurred_at, batch_id, seen_at)
    select r.id, r.digest, to_timestamp(r.occurred / 1000.0), r.batch, to_timestamp(r.received / 1000.0)
    from unnest(
      ${events.map((event) => event.id)}::text[],
      ${events.map((event) => event.digest)}::bytea[],
      ${events.map((event) => event.occurredAt)}::bigint[],
      ${events.map((event) => batchOf.get(event.lane))}::bigint[],
      ${events.map((event) => event.receivedAt)}::bigint[]
    ) as r(id, digest, occurred, batch, received)
    on conflict (id) do nothing
    returning id`,
    z.object({ id: z.string() }),
  );
  return new Set(rows.map((row) => row.id));
}

const DigestRow = z.object({ id: z.string(), digest: z.instanceof(Buffer) });

async function findDigests(tx: Tx, ids: string[]): Promise<Map<string, Buffer>> {
  if (ids.length === 0) return new Map();
  const rows = await query(tx, sql`select id, digest from event_id where id = any(${ids}::text[])`, DigestRow);
  return new Map(rows.map((row) => [row.id, row.digest]));
}

async function copyEvents(tx: Tx, events: readonly NewEvent[], batchOf: BatchIds): Promise<void> {
  if (events.length === 0) return;
  const stamps = new Map([...batchOf].map(([lane, id]) => [lane, batchStamp(id)]));
  for (const { lane, row } of events) stamps.get(lane)?.(row);
  const stream = tx.client.query(copyFrom(`copy event (${eventColumns.join(", ")}) from stdin`));
  const done = finished(stream);
  for (const piece of piecesOf(events)) stream.write(piece);
  stream.end();
  await done;
}

async function recordBatches(tx: Tx, kept: readonly NewEvent[], batchOf: BatchIds): Promise<void> {
  const byLane = new Map<Lane, NewEvent[]>();
  for (const event of kept) {
    const members = byLane.get(event.lane);
    if (members) members.push(event);
    else byLane.set(event.lane, [event]);
  }
  const rows = [...byLane].map(([lane, members]) => ({ ...lane, id: batchOf.get(lane), ...spanOf(members) }));
  if (rows.length === 0) return;
  await execute(
    tx,
    sql`
    insert into batch (id, world, historical, sample, received_at, event_count, min_occurred_at, max_occurred_at)
    select r.id, r.world, r.historical, r.sample, to_timestamp(r.received / 1000.0), r.events, to_timestamp(r.first / 1000.0), to_timestamp(r.last / 1000.0)
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as r(id bigint, world text, historical boolean, sample boolean, received bigint, events int, first bigint, last bigint)`,
  );
}

function spanOf(events: readonly NewEvent[]): { events: number; received: number; first: number; last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let received = 0;
  for (const { occurredAt, receivedAt } of events) {
    first = Math.min(first, occurredAt);
    last = Math.max(last, occurredAt);
    received = Math.max(received, receivedAt);
  }
  return { events: events.length, received, first, last };
}

async function recordTraffic(tx: Tx, kept: readonly NewEvent[]): Promise<void> {
  const sums = new TrafficSums();
  for (const event of kept) sums.add(event);
  const rows = sums.rows();
  if (rows.length === 0) return;
  await execute(
    tx,
    sql`
    insert into traffic_minute as t
      (minute, service, direction, outcome, status_class, sample, events, sign_ins, request_bytes, response_bytes, duration_ms)
    select to_timestamp(r.minute / 1000.0), r.service, r.direction, r.outcome, r."statusClass", r.sample,
      r.events, r."signIns", r."requestBytes", r."responseBytes", r."durationMs"
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(minute bigint, service text, direction text, outcome text, "statusClass" smallint,
      sample boolean, events bigint, "signIns" bigint, "requestBytes" bigint, "responseBytes" bigint, "durationMs" double precision)
    on conflict (minute, service, direction, outcome, status_class, sample) do update set
      events = t.events + excluded.events,
      sign_ins = t.sign_ins + excluded.sign_ins,
      request_bytes = t.request_bytes + excluded.request_bytes,
      response_bytes = t.response_bytes + excluded.response_bytes,
      duration_ms = t.duration_ms + excluded.duration_ms`,
  );
}
