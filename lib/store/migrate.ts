/**
 * Brings a database to the shape of prisma/migrations, with nothing but pg: no download, safe on many machines at once. Keeps the same ledger table
 * and the same lock as Prisma's own command, so that `prisma migrate status` agrees with it.
 */
import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { runMigrations } from "bullmq";
import pg from "pg";

const LOCK = 72_707_369; // the advisory lock id that Prisma's migration command takes
const ROLE = "vedette_app";

const ledger = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`;

/** What a migration did: the names it applied, in order. */
export interface Migrated {
  applied: string[];
  role: string;
}

/**
 * Applies what is missing, one transaction a migration, while holding one lock; then gives the product's role its rights. `ownerUrl` must be allowed
 * to create tables and roles. `queueSchema` is where BullMQ keeps its tables when it works on PostgreSQL, `queues` are the names of ours. Throws a plain Error that says what to do.
 */
export async function migrate(options: {
  ownerUrl: string;
  directory: string;
  queueSchema: string;
  queues: readonly string[];
  appPassword?: string;
}): Promise<Migrated> {
  const client = new pg.Client({ connectionString: options.ownerUrl });
  await client.connect();
  try {
    await assertServer(client);
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    const applied = await applyMissing(client, options.directory);
    await runMigrations(client as never, options.queueSchema); // its own type asks for a pool's client; a plain client serves
    await makeJobCounters(client, options);
    await grantRole(client, options.queueSchema, options.appPassword);
    return { applied, role: ROLE };
  } finally {
    await client.end(); // ends the session, and with it the lock
  }
}

/** BullMQ makes a sequence for each queue when its first job comes; the product's role may create nothing, so that the owner makes them now. */
async function makeJobCounters(
  client: pg.Client,
  { queueSchema, queues }: { queueSchema: string; queues: readonly string[] },
): Promise<void> {
  for (const queue of queues) await client.query(`select ${client.escapeIdentifier(queueSchema)}.next_job_id($1)`, [queue]);
}

async function applyMissing(client: pg.Client, directory: string): Promise<string[]> {
  await client.query(ledger);
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    "select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null",
  );
  const known = new Map(rows.map((row) => [row.migration_name, row]));
  const applied: string[] = [];
  for (const name of await listMigrations(directory)) {
    const text = await fs.readFile(path.join(directory, name, "migration.sql"), "utf8");
    const checksum = createHash("sha256").update(text).digest("hex");
    const before = known.get(name);
    if (before && !before.finished_at)
      throw new Error(`The migration ${name} failed earlier. Repair the database, then mark it with "prisma migrate resolve".`);
    if (before && before.checksum !== checksum)
      throw new Error(`The migration ${name} was changed after it was applied. Restore the file as it was, and write a new migration.`);
    if (before) continue;
    await applyOne(client, { name, text, checksum });
    applied.push(name);
  }
  return applied;
}

async function applyOne(client: pg.Client, { name, text, checksum }: { name: string; text: string; checksum: string }): Promise<void> {
  await client.query("begin");
  try {
    await client.query(text);
    await client.query(
      "insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, clock_timestamp(), 1)",
      [randomUUID(), checksum, name],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new Error(`The migration ${name} failed and was rolled back: ${(error as Error).message}`, { cause: error });
  }
}

/** The names of all migrations, in the order in which they are applied. */
export async function listMigrations(directory: string): Promise<string[]> {
  const entries = await fs.readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function assertServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_version') as name",
  );
  if ((rows[0]?.version ?? 0) < 150_000) throw new Error(`Vedette needs PostgreSQL 15 or newer; this server is ${rows[0]?.name}.`);
}

/** The role of web and workers: it owns nothing, is no superuser, and may only add to the audit log. */
async function grantRole(client: pg.Client, queueSchema: string, password: string | undefined): Promise<void> {
  const { rowCount } = await client.query("select 1 from pg_roles where rolname = $1", [ROLE]);
  if (!rowCount) await client.query(`create role ${ROLE} nosuperuser nocreatedb nocreaterole noinherit`);
  if (password) await client.query(`alter role ${ROLE} login password ${client.escapeLiteral(password)}`);
  await client.query(`grant ${ROLE} to current_user`); // so that a login that may do more can take this role on
  for (const schema of ["public", client.escapeIdentifier(queueSchema)]) {
    await client.query(`grant usage on schema ${schema} to ${ROLE}`);
    await client.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${ROLE}`);
    await client.query(`grant usage, select, update on all sequences in schema ${schema} to ${ROLE}`);
    await client.query(`grant execute on all functions in schema ${schema} to ${ROLE}`);
  }
  await client.query(`revoke update, delete on audit_entry from ${ROLE}`);
  await client.query(`revoke insert, update, delete on _prisma_migrations from ${ROLE}`);
}

/** The settings that "acknowledged means committed" rests on. */
const durable = { fsync: "on", full_page_writes: "on", synchronous_commit: ["on", "remote_apply", "remote_write", "local"] };

/** Refuses a server that would lose acknowledged events in a crash. `url` is what web and workers connect with, because a role may carry its own settings. */
export async function assertDurable(url: string, role?: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, ...(role ? { options: `-c role=${role}` } : {}) });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>("select name, setting from pg_settings where name = any($1)", [
      Object.keys(durable),
    ]);
    const wrong = rows.filter(({ name, setting }) => ![durable[name as keyof typeof durable]].flat().includes(setting));
    if (wrong.length > 0) {
      throw new Error(
        `PostgreSQL would lose acknowledged events in a crash: ${wrong.map((w) => `${w.name} = ${w.setting}`).join(", ")}. Set them to "on".`,
      );
    }
    const { rows: me } = await client.query<{ superuser: boolean; owned: number }>(
      "select (select rolsuper from pg_roles where rolname = current_user) as superuser, (select count(*)::int from pg_class where relowner = current_user::regrole) as owned",
    );
    if (me[0]?.superuser || me[0]?.owned)
      throw new Error("Web and workers must not connect as a superuser or as the owner of the tables. Set DATABASE_ROLE to vedette_app.");
  } finally {
    await client.end();
  }
}
