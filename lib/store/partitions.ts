/** Day partitions of `event`: made when the first event of a day comes. */
import { db, execute, sql } from "./db";

const DAY = 86_400_000;
const known = new Set<number>();

/** Makes sure that the UTC days of these event times have a partition. Costs nothing for days that this process has seen. Not in a transaction: the day stays, whatever becomes of the batch. */
export async function ensurePartitions(times: Iterable<number>): Promise<void> {
  const missing = new Set<number>();
  for (const time of times) {
    const day = Math.floor(time / DAY);
    if (!known.has(day)) missing.add(day);
  }
  for (const day of missing) {
    await execute(db, sql`select ensure_event_partition(${new Date(day * DAY).toISOString().slice(0, 10)}::date)`);
    known.add(day);
  }
}

/** Forgets which days exist; after retention has dropped some, or another process has. */
export function forgetPartitions(): void {
  known.clear();
}
