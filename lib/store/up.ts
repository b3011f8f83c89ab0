/** Whether the database can be asked anything. */
import { z } from "zod";
import { db, execute, queryOne, sql } from "./db";

/** True when the database answers. */
export const isDatabaseUp = (): Promise<boolean> =>
  execute(db, sql`select 1`).then(
    () => true,
    () => false,
  );

/** How many migrations have been applied; null when the database does not answer, or has no schema of ours. */
export const countMigrations = (): Promise<number | null> =>
  queryOne(db, sql`select count(*) as migrations from _prisma_migrations`, z.object({ migrations: z.number() })).then(
    (found) => found?.migrations ?? null,
    () => null,
  );

const AWAY = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|P1001|P1002|P1017|P2024|08...|57P0[1-5]|53300)$/;
const LOST = /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/; // node-postgres gives these no code

const text = z.string().catch("");
const Failure = z.object({
  code: text,
  message: text,
  meta: z
    .object({ driverAdapterError: z.object({ cause: z.object({ code: text, originalCode: text }) }) })
    .optional()
    .catch(undefined), // Prisma's
});

/**
 * True for an error that says that the database is away (starting, stopping, out of reach or out of connections), and nothing of the request:
 * SQLSTATE classes 08 and 57P0x (PostgreSQL, appendix A), errors of the socket, and what Prisma and node-postgres make of them.
 */
export function saysDatabaseAway(error: unknown): boolean {
  const failure = Failure.safeParse(error);
  if (!failure.success) return false;
  const { code, message, meta } = failure.data;
  const cause = meta?.driverAdapterError.cause;
  return [code, cause?.code, cause?.originalCode].some((each) => each !== undefined && AWAY.test(each)) || LOST.test(message);
}
