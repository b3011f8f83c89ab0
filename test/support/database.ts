/** A database of its own for one test file, cloned from the migrated template and dropped afterwards. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";

/** What a test may need to know of its database. `owner` runs SQL as the owner of the tables. */
export interface TestDatabase {
  name: string;
  url: string;
  ownerUrl: string;
  /** Environment for a child process that works on this database. */
  environment: Record<string, string>;
  owner(text: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/** Call at the top of a test file: the store then works on a fresh clone, as the product's own role. */
export function useDatabase(): TestDatabase {
  const database = {} as TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    const name = `test_${randomBytes(6).toString("hex")}`;
    const ownerUrl = new URL(inject("ownerUrl"));
    await once(ownerUrl.href, `create database ${name} template template_vedette`);
    ownerUrl.pathname = `/${name}`;
    const url = new URL(ownerUrl);
    url.username = "vedette_app";
    url.password = inject("appPassword");
    const secret = randomBytes(32).toString("hex");
    const environment = {
      NODE_ENV: "test",
      BASE_URL: "http://localhost:4600", // vitest puts its own "/" there
      DATABASE_URL: url.href,
      DATABASE_OWNER_URL: ownerUrl.href,
      AUTH_SECRET: secret,
      HASH_KEY: secret,
      LINK_KEY: secret,
      LOG_LEVEL: "warn",
      // the flow tests run on both backends; every file has a namespace of its own
      ...(process.env.TEST_QUEUE_URL ? { QUEUE_URL: process.env.TEST_QUEUE_URL, QUEUE_PREFIX: name } : {}),
    };
    Object.assign(process.env, environment);
    client = new pg.Client({ connectionString: ownerUrl.href });
    await client.connect();
    Object.assign(database, {
      name,
      url: url.href,
      ownerUrl: ownerUrl.href,
      environment,
      owner: (text: string, values?: unknown[]) => unlessDeadlocked(() => client.query(text, values)),
    });
  });
  afterAll(async () => {
    await closeQueue();
    await closeStore();
    await client.end();
    await once(inject("ownerUrl"), `drop database ${database.name} with (force)`);
  });
  return database;
}

/** A `truncate` takes its tables in another order than a page of the running product reads them: whoever PostgreSQL chose to fail asks again. */
async function unlessDeadlocked<T>(ask: () => Promise<T>, tries = 5): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (tries <= 1 || (error as { code?: string }).code !== "40P01") throw error;
    return unlessDeadlocked(ask, tries - 1);
  }
}

async function once(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
