/**
 * The door to PostgreSQL. Everything that speaks SQL lives in this folder: Prisma for rows by key outside a transaction, `sql` for the rest.
 * A row that comes from SQL is parsed; a value that goes into SQL is bound.
 */
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { z } from "zod";
import { config } from "@/lib/config";
import { log } from "@/lib/log";
import { PrismaClient } from "./generated/client";

/** A statement with its bound values. Made only by `sql`, so that text from outside cannot become SQL. */
export interface Sql {
  readonly parts: readonly string[];
  readonly values: readonly unknown[];
}

/** Builds a statement: ``sql`select 1 where id = ${id}` ``. Values are bound; a nested statement is put in place. */
export function sql(strings: TemplateStringsArray, ...inserts: unknown[]): Sql {
  const parts: string[] = [strings[0] ?? ""];
  const values: unknown[] = [];
  inserts.forEach((insert, i) => {
    const after = strings[i + 1] ?? "";
    if (!isSql(insert)) {
      values.push(insert);
      parts.push(after);
      return;
    }
    parts[parts.length - 1] += insert.parts[0] ?? "";
    parts.push(...insert.parts.slice(1));
    values.push(...insert.values);
    parts[parts.length - 1] += after;
  });
  return { parts, values };
}

/** SQL text that is known when the code is written: a column from a table of ours, a direction. Never text from outside. */
export const raw = (text: string): Sql => ({ parts: [text], values: [] });

/** Statements put one after the other, with `separator` between them. */
export function join(statements: readonly Sql[], separator: string): Sql {
  return statements.reduce((all, next, i) => (i === 0 ? next : sql`${all}${raw(separator)}${next}`), raw(""));
}

const isSql = (value: unknown): value is Sql => typeof value === "object" && value !== null && "parts" in value && "values" in value;

const textOf = (statement: Sql): string => statement.parts.reduce((text, part, i) => (i === 0 ? part : `${text}$${i}${part}`), "");

/** A text as PostgreSQL can hold it: it knows no NUL, which anybody may write into a form or an address. */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
  return Array.isArray(value) ? value.map(storable) : value;
}

/** A value as JSON that PostgreSQL can read: it refuses NUL and half surrogate pairs, which events may carry. */
export const asJson = (value: unknown): string => readable(JSON.stringify(value));

/** Values as JSON, a line each: PostgreSQL takes lines apart far more quickly than it reads one large JSON. */
export const asJsonLines = (values: readonly unknown[]): string => readable(values.map((value) => JSON.stringify(value)).join("\n"));

function readable(json: string): string {
  if (!REFUSED.test(json)) return json;
  // both are written as escapes, in names and in texts; an escaped backslash is taken whole, so that what follows it is no escape
  return json.replace(ESCAPES, (escape) => (escape.length > 2 ? "\ufffd" : escape));
}

/** What may be an escape to replace: nearly no JSON has any, and a look at every quote of a megabyte takes its time. */
const REFUSED = /\\u(?:0000|d[89a-f])/;
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|[^])/g;

/** Something that runs statements: the pool, or the client of a transaction. */
export interface Executor {
  query(text: string, values: unknown[]): Promise<pg.QueryResult>;
}

/** A transaction in progress: all of it becomes durable, or nothing. `client` is for COPY only. */
export interface Tx extends Executor {
  readonly client: pg.PoolClient;
}

// counts and ids stay far below 2^53: a number is easier to pass on than a string
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") => (oid === 20 ? Number : pg.types.getTypeParser(oid, format as "text")),
} as pg.CustomTypesConfig;

/** How to connect: `options` makes the session take on a role that owns nothing when the login may do more. */
export function connectionSettings(url: string, role?: string): pg.ClientConfig {
  return { connectionString: url, types, application_name: "vedette", keepAlive: true, ...(role ? { options: `-c role=${role}` } : {}) };
}

let pool: pg.Pool | undefined;
let prismaClient: PrismaClient | undefined;

function thePool(): pg.Pool {
  if (!pool) {
    const { DATABASE_URL, DATABASE_ROLE, DATABASE_CONNECTIONS } = config();
    pool = new pg.Pool({
      ...connectionSettings(DATABASE_URL, DATABASE_ROLE),
      max: DATABASE_CONNECTIONS,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
    });
    // a connection that breaks under a statement fails the statement; without a listener its event would end the process as well
    pool.on("connect", (client) => client.on("error", () => undefined));
    pool.on("error", (error) => log.warn({ error: error.message }, "an idle database connection was lost"));
  }
  return pool;
}

/** Runs statements outside a transaction, each on any connection. */
export const db: Executor = { query: (text, values) => thePool().query(text, values) };

/** Prisma's client, for rows by key. */
export function prisma(): PrismaClient {
  if (!prismaClient) {
    const { DATABASE_URL, DATABASE_ROLE } = config();
    prismaClient = new PrismaClient({
      adapter: new PrismaPg({ ...connectionSettings(DATABASE_URL, DATABASE_ROLE), types: undefined, max: 4 }),
    });
  }
  return prismaClient;
}

/** The rows of a statement, each parsed by `row`. */
export async function query<T>(on: Executor, statement: Sql, row: z.ZodType<T>): Promise<T[]> {
  const result = await on.query(textOf(statement), statement.values.map(storable));
  return result.rows.map((found) => row.parse(found));
}

/** The only row of a statement, or null. */
export async function queryOne<T>(on: Executor, statement: Sql, row: z.ZodType<T>): Promise<T | null> {
  return (await query(on, statement, row))[0] ?? null;
}

/** Runs a statement for its effect; how many rows it touched. */
export async function execute(on: Executor, statement: Sql): Promise<number> {
  return (await on.query(textOf(statement), statement.values.map(storable))).rowCount ?? 0;
}

/** Runs `work` in one transaction; an error rolls it back and goes on to the caller. */
export async function inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await thePool().connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work({ client, query: (text, values) => client.query(text, values) });
    await client.query("commit");
    return result;
  } catch (error) {
    // a connection that cannot even roll back is thrown away, not returned to the pool
    await client.query("rollback").catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Lets go of every connection, so that the process can end. */
export async function closeStore(): Promise<void> {
  const [oldPool, oldPrisma] = [pool, prismaClient];
  pool = undefined;
  prismaClient = undefined;
  await Promise.all([oldPool?.end(), oldPrisma?.$disconnect()]);
}
