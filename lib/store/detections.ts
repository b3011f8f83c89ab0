/** A detection turn's hold on the database: which batches it claims, their events, and what is written when it is done. */
import { z } from "zod";
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { type Executor, execute, query, queryOne, sql, type Tx } from "./db";
import { Document } from "./event-documents";

/** After so many failed turns a batch is left out, with its reason, until a person asks for it again. */
export const ATTEMPTS_MOST = 3;

const WorldRow = z.object({ world: z.string() });

/** Worlds with batches that detection has not seen, the one that waits longest first. */
export async function listWaitingWorlds(on: Executor): Promise<string[]> {
  const rows = await query(
    on,
    sql`select world
        from batch
        where detected_at is null and attempts < ${ATTEMPTS_MOST}
        group by world
        order by min(id)
        limit 100`,
    WorldRow,
  );
  return rows.map(({ world }) => world);
}

/** Takes a world for this transaction; false when another worker has it. */
export async function lockWorld(tx: Tx, world: string): Promise<boolean> {
  const row = await queryOne(
    tx,
    sql`select pg_try_advisory_xact_lock(hashtext('vedette.detect'), hashtext(${world})) as taken`,
    z.object({ taken: z.boolean() }),
  );
  return row?.taken ?? false;
}

const BatchRow = z.object({
  id: z.number(),
  historical: z.boolean(),
  sample: z.boolean(),
  eventCount: z.number(),
  minOccurredAt: z.date(),
  maxOccurredAt: z.date(),
  attempts: z.number(),
});
/** A batch that waits for detection. */
export type WaitingBatch = z.infer<typeof BatchRow>;

/**
 * Claims the next batches of a world, about `events` events together, all of one kind (historical, sample). A batch that failed before comes alone, so
 * that it cannot take others down with it.
 */
export async function claimBatches(tx: Tx, world: string, events: number): Promise<WaitingBatch[]> {
  const rows = await query(
    tx,
    sql`select id, historical, sample, event_count as "eventCount", min_occurred_at as "minOccurredAt", max_occurred_at as "maxOccurredAt", attempts
        from batch
        where world = ${world} and detected_at is null and attempts < ${ATTEMPTS_MOST}
        order by id
        limit 500
        for update skip locked`,
    BatchRow,
  );
  const [first] = rows;
  if (!first) return [];
  if (first.attempts > 0) return [first];
  const claimed: WaitingBatch[] = [];
  let sum = 0;
  for (const batch of rows) {
    if (batch.historical !== first.historical || batch.sample !== first.sample || batch.attempts > 0) break;
    if (sum > 0 && sum + batch.eventCount > events) break;
    claimed.push(batch);
    sum += batch.eventCount;
  }
  return claimed;
}

const EventRow = z.object({
  id: z.string(),
  occurredAt: z.date(),
  receivedAt: z.date(),
  keyId: z.string().nullable(),
  keyName: z.string().nullable(),
  document: Document,
});

/** The events of claimed batches. The span of event time lets PostgreSQL leave out the other days. */
export async function listBatchEvents(tx: Executor, batches: readonly WaitingBatch[]): Promise<EventRecord[]> {
  if (batches.length === 0) return [];
  const from = new Date(Math.min(...batches.map(({ minOccurredAt }) => minOccurredAt.getTime())));
  const to = new Date(Math.max(...batches.map(({ maxOccurredAt }) => maxOccurredAt.getTime())));
  const rows = await query(
    tx,
    sql`select e.id, e.occurred_at as "occurredAt", e.received_at as "receivedAt", e.key_id as "keyId", k.name as "keyName", e.document
        from event e left join api_key k on k.id = e.key_id and k.revoked_at is null
        where e.batch_id = any(${batches.map(({ id }) => id)}::bigint[]) and e.occurred_at >= ${from} and e.occurred_at <= ${to}`,
    EventRow,
  );
  return rows.map(({ id, occurredAt, receivedAt, keyId, keyName, document }) => ({
    id,
    occurredAt: occurredAt.getTime(),
    receivedAt: receivedAt.getTime(),
    ...(keyId !== null && keyName !== null ? { sender: { id: keyId, name: keyName } } : {}),
    document,
  }));
}

/** Marks batches as seen by detection. */
export async function markDetected(tx: Tx, batches: readonly WaitingBatch[], now: Date): Promise<void> {
  await execute(tx, sql`update batch set detected_at = ${now} where id = any(${batches.map(({ id }) => id)}::bigint[])`);
}

/** Counts a failed turn on its batches. Outside the turn's transaction, which is gone. */
export async function markFailed(on: Executor, batches: readonly WaitingBatch[], reason: string): Promise<void> {
  await execute(
    on,
    sql`update batch set attempts = attempts + 1, failure = ${reason.slice(0, 500)}
        where id = any(${batches.map(({ id }) => id)}::bigint[]) and detected_at is null -- no-op if another worker has done it since`,
  );
}

/** Whether a world has batches that detection has not seen, failed ones left out. */
export async function hasWaitingBatches(tx: Executor, world: string): Promise<boolean> {
  const row = await queryOne(
    tx,
    sql`select exists(select from batch where world = ${world} and detected_at is null and attempts < ${ATTEMPTS_MOST}) as waiting`,
    z.object({ waiting: z.boolean() }),
  );
  return row?.waiting ?? false;
}

/**
 * Follows alerts whose episode late events have moved: the row gets the new key and is then updated by the saying that comes with it. When that alert is
 * already there (two episodes became one), or none comes (undone), the row goes; an incident that is left empty is resolved as a false alarm.
 */
export async function withdrawAlerts(tx: Tx, withdrawn: readonly string[], said: readonly Alert[], now: Date): Promise<void> {
  for (const key of withdrawn) {
    const heir = said.find((alert) => subjectOf(alert.key) === subjectOf(key));
    const moved = heir
      ? await execute(
          tx,
          sql`update alert set key = ${heir.key} where key = ${key} and not exists (select from alert where key = ${heir.key})`,
        )
      : 0;
    if (moved === 0) await deleteAlert(tx, key, now);
  }
}

/** A key without its episode: the same rule and entity. The entity's value may hold bars, the start never does. */
const subjectOf = (key: string): string => key.replace(/\|-?\d+(\|[0-9a-f]+)?$/, "$1");

const IncidentRow = z.object({ incidentId: z.number() });

async function deleteAlert(tx: Tx, key: string, now: Date): Promise<void> {
  const row = await queryOne(tx, sql`delete from alert where key = ${key} returning incident_id as "incidentId"`, IncidentRow);
  if (!row) return;
  await execute(
    tx,
    sql`update incident
        set state = 'resolved', verdict = 'false', verdict_reason = 'Late events showed that the condition did not hold.', resolved_at = ${now}, updated_at = ${now}
        where id = ${row.incidentId} and state <> 'resolved' and not exists (select from alert where incident_id = ${row.incidentId}) -- no-op if other alerts remain`,
  );
}
