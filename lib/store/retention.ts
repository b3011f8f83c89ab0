/** What leaves with time, so that the disk stays bounded. */
import { z } from "zod";
import { db, execute, query, sql } from "./db";
import { pinEvidenceOf } from "./pins";
import { forgetQuietTries } from "./sign-in-throttle";

const DAY_MS = 24 * 3_600_000;
const IDS_DAYS = 7; // the promise is 72 h; a week forgives a client that was down over a weekend

/**
 * Drops the day-partitions of events that ended more than `retentionDays` ago, and that nothing was added to since: an imported log of last year stays
 * as long as it would, had it happened today. Evidence of incidents that are open or were real attacks is pinned before its day goes. Returns the days that went, as YYYYMMDD.
 */
export async function dropOldEvents(now: Date, retentionDays: number): Promise<string[]> {
  const cutoff = new Date(now.getTime() - retentionDays * DAY_MS);
  const old = await query(
    db,
    sql`with day as (
          select substring(c.relname from 7) as name, to_date(substring(c.relname from 7), 'YYYYMMDD')::timestamp at time zone 'UTC' as start
          from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'event'::regclass and c.relname ~ '^event_[0-9]{8}$')
        select name from day
        where start + interval '1 day' <= ${cutoff}
          and not exists (select 1 from batch b where b.received_at > ${cutoff} and b.min_occurred_at < day.start + interval '1 day' and b.max_occurred_at >= day.start)
        order by 1`,
    z.object({ name: z.string() }),
  );
  for (const { name } of old) {
    const from = new Date(`${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6, 8)}T00:00:00Z`);
    await pinEvidenceOf({ from, to: new Date(from.getTime() + DAY_MS) }, now);
    await execute(db, sql`select drop_event_partition(to_date(${name}, 'YYYYMMDD'))`);
  }
  return old.map(({ name }) => name);
}

/** Forgets client ids that are older than a week, in bites that hold no lock for long. */
export async function forgetOldIds(now: Date): Promise<void> {
  const before = new Date(now.getTime() - IDS_DAYS * DAY_MS);
  const bite = sql`delete from event_id where ctid = any(array(select ctid from event_id where seen_at < ${before} limit 20000))`;
  while ((await execute(db, bite)) > 0);
}

/** Keeps the lists short that only show the latest: refusals, signs of life, minutes of accounting. */
export async function trimLists(now: Date): Promise<void> {
  await execute(db, sql`delete from rejection where id <= (select max(id) - 2000 from rejection)`);
  await execute(db, sql`delete from heartbeat where seen_at < ${new Date(now.getTime() - DAY_MS)}`);
  await execute(db, sql`delete from outcome_minute where minute < ${new Date(now.getTime() - 35 * DAY_MS)}`); // five weeks: four Mondays to compare with
  await execute(db, sql`delete from suppression_hour where hour < ${new Date(now.getTime() - 35 * DAY_MS)}`);
  await execute(db, sql`delete from test_alert where updated_at < ${new Date(now.getTime() - 35 * DAY_MS)}`);
  await execute(db, sql`delete from rule_cost where day < ${new Date(now.getTime() - 35 * DAY_MS)}`);
  await forgetQuietTries(now);
  await execute(db, sql`delete from task where kind = 'backtest' and started_at < ${new Date(now.getTime() - 30 * DAY_MS)}`);
}
