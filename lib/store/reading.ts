/** Reads that people wait for: bounded in time, so that a heavy question gives a partial page instead of a hanging one. */
import { execute, inTransaction, sql, type Tx } from "./db";

/** How long one panel of a page may take: 8 s. */
export const READ_LIMIT_MS = 8000;

const CANCELLED = "57014"; // query_canceled: our statement_timeout

/** Runs reads on one connection, read-only; null when they took longer than `limitMs`. */
export async function withinTime<T>(work: (tx: Tx) => Promise<T>, limitMs = READ_LIMIT_MS): Promise<T | null> {
  try {
    return await inTransaction(async (tx) => {
      await execute(
        tx,
        sql`select set_config('statement_timeout', ${String(limitMs)}, true), set_config('transaction_read_only', 'on', true)`,
      );
      return await work(tx);
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === CANCELLED) return null;
    throw error;
  }
}
