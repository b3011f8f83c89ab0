import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { describe, expect, inject, it } from "vitest";
import { useDatabase } from "@/test/support/database";
import { bells } from "@/lib/queue/bells";
import { assertDurable, migrate } from "@/lib/store/migrate";

const run = promisify(execFile);
const database = useDatabase();

async function withEmptyDatabase(work: (ownerUrl: string) => Promise<void>): Promise<void> {
  const name = `empty_${Math.round(performance.now() * 1000)}`;
  await database.owner(`create database ${name}`);
  const url = new URL(inject("ownerUrl"));
  url.pathname = `/${name}`;
  await work(url.href).finally(() => database.owner(`drop database ${name} with (force)`));
}

describe("migrations", () => {
  it("leave nothing that differs from schema.prisma", async () => {
    const { stdout } = await run(
      "npx",
      ["prisma", "migrate", "diff", "--from-config-datasource", "--to-schema", "prisma/schema.prisma", "--script"],
      {
        env: { ...process.env, DATABASE_URL: database.ownerUrl },
      },
    );
    expect(stdout.replace(/^--.*$/gm, "").trim()).toBe("");
  });

  it("applied by eight machines at once happen exactly once", async () => {
    await withEmptyDatabase(async (ownerUrl) => {
      const options = { ownerUrl, directory: path.resolve("prisma/migrations"), queueSchema: "bullmq", queues: Object.keys(bells) };
      const results = await Promise.all(Array.from({ length: 8 }, () => migrate(options)));
      expect(results.filter((result) => result.applied.length > 0)).toHaveLength(1);
      expect((await migrate(options)).applied).toEqual([]);
    });
  });

  it("refuse a migration that was edited after it was applied", async () => {
    await withEmptyDatabase(async (ownerUrl) => {
      const options = { ownerUrl, directory: path.resolve("prisma/migrations"), queueSchema: "bullmq", queues: Object.keys(bells) };
      await migrate(options);
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      await client.query("update _prisma_migrations set checksum = 'other'");
      await client.end();
      await expect(migrate(options)).rejects.toThrow(/was changed after it was applied/);
    });
  });
});

describe("the product's role", () => {
  it("owns nothing, is no superuser and cannot rewrite the audit log", async () => {
    await assertDurable(database.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await expect(client.query("delete from audit_entry")).rejects.toThrow(/permission denied/);
    await expect(client.query("create table x (y int)")).rejects.toThrow(/permission denied/);
    expect((await client.query("select ensure_event_partition('2026-11-23') as made")).rows[0].made).toBe(true);
    expect((await client.query("select ensure_event_partition('2026-11-23') as made")).rows[0].made).toBe(false);
    await client.end();
  });

  it("is refused when it is the owner", async () => {
    await expect(assertDurable(database.ownerUrl)).rejects.toThrow(/must not connect as a superuser/);
  });

  it("is refused when its commits would not wait for the disk", async () => {
    await database.owner("alter role vedette_app set synchronous_commit = off");
    await expect(assertDurable(database.url))
      .rejects.toThrow(/synchronous_commit = off/)
      .finally(() => database.owner("alter role vedette_app reset synchronous_commit"));
  });
});
