/** Reading how the product itself is doing. */
import { statfs } from "node:fs/promises";
import { z } from "zod";
import { config } from "@/lib/config";
import type { HealthFacts } from "@/lib/model/health";
import { db, query, queryOne, sql } from "./db";
import { listHeartbeats } from "./heartbeats";
import { readOutboxTotals } from "./outbox";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The facts on which health is judged, as of `now`. */
export async function readHealthFacts(now: Date): Promise<HealthFacts> {
  const [beats, backlog, lag, outbox, recent, disk] = await Promise.all([
    listHeartbeats(new Date(now.getTime() - HOUR)),
    readBacklog(),
    readLag(now),
    readOutboxTotals(db, now),
    readRecent(now),
    readDisk(),
  ]);
  return {
    now: now.getTime(),
    processes: beats.map((beat) => ({
      name: beat.process,
      role: beat.role,
      host: beat.host,
      startedAt: beat.startedAt.getTime(),
      seenAt: beat.seenAt.getTime(),
      rss: beat.rss,
      stopped: beat.stopped,
    })),
    backlog,
    lag,
    outbox: {
      waiting: outbox.waiting,
      failing: outbox.failing,
      dead: outbox.dead,
      oldestAt: outbox.oldest?.getTime() ?? null,
      lastError: outbox.lastError,
    },
    recent,
    disk,
  };
}

async function readBacklog(): Promise<HealthFacts["backlog"]> {
  const found = await queryOne(
    db,
    sql`select count(*) filter (where attempts < 3) as batches, coalesce(sum(event_count) filter (where attempts < 3), 0)::bigint as events,
               min(received_at) filter (where attempts < 3 and not historical) as oldest, count(*) filter (where attempts >= 3) as dead,
               (array_agg(failure order by id desc) filter (where attempts >= 3))[1] as failure
        from batch where detected_at is null`,
    z.object({ batches: z.number(), events: z.number(), oldest: z.date().nullable(), dead: z.number(), failure: z.string().nullable() }),
  );
  if (!found) return { batches: 0, events: 0, oldestAt: null, dead: 0, failure: null };
  const { oldest, ...rest } = found;
  return { ...rest, oldestAt: oldest?.getTime() ?? null };
}

async function readLag(now: Date): Promise<HealthFacts["lag"]> {
  const found = await queryOne(
    db,
    sql`select count(*) as batches,
               percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from detected_at - received_at) * 1000) as at
        from batch where received_at >= ${new Date(now.getTime() - HOUR)} and detected_at is not null and not historical`,
    z.object({ batches: z.number(), at: z.array(z.number().nullable()).nullable() }),
  );
  const [p50, p95] = found?.at ?? [];
  return found && found.batches > 0 ? { p50: Math.max(0, p50 ?? 0), p95: Math.max(0, p95 ?? 0), batches: found.batches } : null;
}

async function readRecent(now: Date): Promise<HealthFacts["recent"]> {
  const found = await queryOne(
    db,
    sql`select coalesce(sum(items) filter (where outcome = 'accepted'), 0)::bigint as accepted,
               coalesce(sum(items) filter (where outcome = 'duplicate'), 0)::bigint as duplicate,
               coalesce(sum(items) filter (where outcome not in ('accepted', 'duplicate')), 0)::bigint as rejected
        from outcome_minute where minute > ${new Date(now.getTime() - 10 * MINUTE)}`,
    z.object({ accepted: z.number(), duplicate: z.number(), rejected: z.number() }),
  );
  return found ?? { accepted: 0, duplicate: 0, rejected: 0 };
}

/** The file system of the data directory; null where the operating system does not say. */
async function readDisk(): Promise<HealthFacts["disk"]> {
  const found = await statfs(config().VEDETTE_HOME).catch(() => null);
  return found && { free: found.bavail * found.bsize, total: found.blocks * found.bsize };
}

/** Whose items: of one key and one service; left out: everybody's. An empty `keyId` stands for callers that no key was known of. */
export interface SenderFilter {
  keyId: string;
  service: string;
}

const ofSender = (sender: SenderFilter | undefined) => (sender ? sql`and key_id = ${sender.keyId} and service = ${sender.service}` : sql``);

const SenderRow = z.object({
  keyId: z.string(),
  name: z.string().nullable(),
  service: z.string(),
  accepted: z.number(),
  duplicate: z.number(),
  refused: z.number(),
  reason: z.string().nullable(),
});
/** What became of the items of one key for one service; `reason` is the most frequent one of those that were refused. */
export type SenderIntake = z.infer<typeof SenderRow>;

/** Who sent in a span, those with the most refusals first, 50 at most. */
export const listSenders = ({ from, to }: { from: number; to: number }): Promise<SenderIntake[]> =>
  query(
    db,
    sql`with sums as (
          select key_id, service, outcome, reason, sum(items) as items from outcome_minute
          where minute >= ${new Date(from)} and minute < ${new Date(to)} group by 1, 2, 3, 4
        )
        select s.key_id as "keyId", k.name, s.service,
               coalesce(sum(items) filter (where outcome = 'accepted'), 0)::bigint as accepted,
               coalesce(sum(items) filter (where outcome = 'duplicate'), 0)::bigint as duplicate,
               coalesce(sum(items) filter (where outcome not in ('accepted', 'duplicate')), 0)::bigint as refused,
               (array_agg(reason order by items desc) filter (where outcome not in ('accepted', 'duplicate') and reason <> ''))[1] as reason
        from sums s left join api_key k on k.id::text = s.key_id
        group by s.key_id, k.name, s.service order by 6 desc, 4 desc, 3 limit 50`,
    SenderRow,
  );

const MinuteRow = z.object({ minute: z.date(), accepted: z.number(), duplicate: z.number(), refused: z.number() });

/** What became of received items, by column of `widthMs` of receipt time; columns without items are missing. */
export async function listIntake({
  from,
  to,
  widthMs,
  sender,
}: {
  from: number;
  to: number;
  widthMs: number;
  sender?: SenderFilter | undefined;
}) {
  const rows = await query(
    db,
    sql`select to_timestamp(floor((extract(epoch from minute) * 1000 - ${from}::float8) / ${widthMs}::float8) * ${widthMs}::float8 / 1000 + ${from}::float8 / 1000) as minute,
               coalesce(sum(items) filter (where outcome = 'accepted'), 0)::bigint as accepted,
               coalesce(sum(items) filter (where outcome = 'duplicate'), 0)::bigint as duplicate,
               coalesce(sum(items) filter (where outcome not in ('accepted', 'duplicate')), 0)::bigint as refused
        from outcome_minute where minute >= ${new Date(from)} and minute < ${new Date(to)} ${ofSender(sender)}
        group by 1 order by 1`,
    MinuteRow,
  );
  return rows.map(({ minute, ...counts }) => ({ at: minute.getTime(), ...counts }));
}

const ReasonRow = z.object({ outcome: z.string(), reason: z.string(), items: z.number(), last: z.date() });

/** What was not accepted in a span, by outcome and reason, the most frequent first. */
export const listRefusalReasons = ({ from, to, sender }: { from: number; to: number; sender?: SenderFilter | undefined }) =>
  query(
    db,
    sql`select outcome, reason, sum(items)::bigint as items, max(minute) as last from outcome_minute
        where minute >= ${new Date(from)} and minute < ${new Date(to)} and outcome <> 'accepted' ${ofSender(sender)}
        group by outcome, reason order by 3 desc limit 20`,
    ReasonRow,
  );

const StorageRow = z.object({ database: z.number(), events: z.number(), days: z.number(), oldest: z.string().nullable() });

/** How much the database holds: bytes in all, bytes of events, how many day-partitions, and the oldest of them (YYYYMMDD). */
export async function readStorage() {
  const found = await queryOne(
    db,
    sql`select pg_database_size(current_database()) as database, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as events, count(c.oid) as days,
               min(substring(c.relname from 'event_([0-9]{8})$')) as oldest
        from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'event'::regclass`,
    StorageRow,
  );
  return found ?? { database: 0, events: 0, days: 0, oldest: null };
}

/** Which migrations the database has: how many, and the newest. */
export async function readSchemaVersion(): Promise<{ migrations: number; newest: string }> {
  const found = await queryOne(
    db,
    sql`select count(*) as migrations, max(migration_name) as newest from _prisma_migrations where finished_at is not null`,
    z.object({ migrations: z.number(), newest: z.string().nullable() }),
  );
  return { migrations: found?.migrations ?? 0, newest: found?.newest ?? "none" };
}

const KeyUseRow = z.object({ keyId: z.string(), accepted: z.number(), refused: z.number() });

/** What became of each key's items since `from`; keys that sent nothing are missing. */
export async function listKeyUse(from: Date): Promise<Map<string, z.infer<typeof KeyUseRow>>> {
  const rows = await query(
    db,
    sql`select key_id as "keyId", coalesce(sum(items) filter (where outcome in ('accepted', 'duplicate')), 0)::bigint as accepted,
               coalesce(sum(items) filter (where outcome not in ('accepted', 'duplicate')), 0)::bigint as refused
        from outcome_minute where minute >= ${from} and key_id <> '' group by key_id`,
    KeyUseRow,
  );
  return new Map(rows.map((row) => [row.keyId, row]));
}
