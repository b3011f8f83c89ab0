/**
 * Prepares the database before web and workers start: creates it, applies migrations, checks that commits are durable. Run by the launchers as a
 * process of its own; the last line it prints is its answer, after the marker it was given.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { z } from "zod";
import { ensureFirstAdministrator } from "@/lib/access/first-administrator";
import { ensureFirstKey } from "@/lib/access/first-key";
import { config } from "@/lib/config";
import { noteUpgrade } from "@/lib/rules/note-upgrade";
import { closeStore } from "@/lib/store/db";
import { bells } from "@/lib/queue/bells";
import { assertDurable, migrate } from "@/lib/store/migrate";
import packageJson from "@/package.json";

const { ownerUrl, appPassword } = z
  .object({ ownerUrl: z.string(), appPassword: z.string().nullable() })
  .parse(JSON.parse(process.env.PREPARE ?? "{}"));
const directory = fileURLToPath(new URL("../prisma/migrations", import.meta.url));

try {
  await createDatabase(ownerUrl);
  const { DATABASE_URL, DATABASE_ROLE, QUEUE_PREFIX } = config();
  const { applied } = await migrate({
    ownerUrl,
    directory: path.resolve(directory),
    queueSchema: QUEUE_PREFIX,
    queues: Object.keys(bells),
    ...(appPassword ? { appPassword } : {}),
  });
  await assertDurable(DATABASE_URL, DATABASE_ROLE);
  const administrator = await ensureFirstAdministrator(new Date());
  const key = await ensureFirstKey(new Date());
  await noteUpgrade({ product: packageJson.version, now: new Date() });
  console.log(`${process.argv[2] ?? ""}${JSON.stringify({ applied, administrator, key })}`);
} catch (error) {
  console.error(`Error: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await closeStore();
}

/** Creates the database that the URL names, when the server does not have it. Two machines may try at once. */
async function createDatabase(url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const client = new pg.Client({ connectionString: url });
  const failure = await client.connect().then(
    () => null,
    (error: { code?: string }) => error,
  );
  await client.end().catch(() => undefined);
  if (!failure) return;
  if (failure.code !== "3D000") throw failure; // 3D000: the database does not exist
  const server = new URL(url);
  server.pathname = "/postgres";
  const maintenance = new pg.Client({ connectionString: server.href });
  await maintenance.connect();
  try {
    await maintenance.query(`create database ${maintenance.escapeIdentifier(name)}`).catch((error: { code?: string }) => {
      if (error.code !== "42P04" && error.code !== "23505") throw error; // it exists: another machine was faster
    });
  } finally {
    await maintenance.end();
  }
}
