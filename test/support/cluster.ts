/** One real PostgreSQL for a run of tests: migrated once into a template, which each test file clones. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { type EmbeddedServer, startPostgres } from "@/bin/launch/postgres.mjs";
import { bells } from "@/lib/queue/bells";
import { migrate } from "@/lib/store/migrate";

declare module "vitest" {
  interface ProvidedContext {
    ownerUrl: string;
    appPassword: string;
  }
}

const APP_PASSWORD = "only-for-this-run";

/** Vitest's global set-up: starts the cluster before the first file, stops and removes it after the last one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-test-"));
  fs.chmodSync(directory, 0o711); // PostgreSQL runs as another user when the tests run as root
  const server = await startPostgres({ directory, password: "owner", overrides: { max_connections: "200", shared_buffers: "64MB" } });
  const stop = async () => {
    await server.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  };
  await makeTemplate(server).catch((error) => stop().then(() => Promise.reject(error)));
  project.provide("ownerUrl", server.ownerUrl());
  project.provide("appPassword", APP_PASSWORD);
  return stop;
}

async function makeTemplate(server: EmbeddedServer): Promise<void> {
  const template = server.ownerUrl("template_vedette");
  await asOwner(server.ownerUrl(), "create database template_vedette");
  await migrate({
    ownerUrl: template,
    directory: path.resolve("prisma/migrations"),
    queueSchema: "bullmq",
    queues: Object.keys(bells),
    appPassword: APP_PASSWORD,
  });
  await asOwner(server.ownerUrl(), "alter database template_vedette is_template true");
}

async function connectSoon(url: string): Promise<pg.Client> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return client;
    } catch (error) {
      // on a busy machine the server may still be starting up (57P03) when it first listens
      if ((error as { code?: string }).code !== "57P03" || tries >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function asOwner(url: string, statement: string): Promise<void> {
  const client = await connectSoon(url);
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
