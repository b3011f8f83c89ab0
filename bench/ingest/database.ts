/** A cluster of its own for a benchmark: the packaged PostgreSQL with our settings, migrated, in a directory that is removed afterwards. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { startPostgres } from "@/bin/launch/postgres.mjs";
import { bells } from "@/lib/queue/bells";
import { migrate } from "@/lib/store/migrate";

/** The cluster, and the environment for processes that work on it. */
export interface BenchDatabase {
  environment: Record<string, string>;
  owner: pg.Client;
  ownerUrl: string;
  /** CPU time of all its processes so far, ms; 0 where there is no /proc. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Starts and migrates it. `overrides` are PostgreSQL settings on top of ours. */
export async function openBenchDatabase(overrides: Record<string, string> = {}): Promise<BenchDatabase> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-bench-"));
  fs.chmodSync(directory, 0o711); // PostgreSQL runs as another user when the benchmark runs as root
  const server = await startPostgres({ directory, password: "owner", overrides });
  const ownerUrl = server.ownerUrl("vedette");
  const maintenance = await connectPatiently(server.ownerUrl());
  await maintenance.query("create database vedette");
  await maintenance.end();
  await migrate({
    ownerUrl,
    directory: path.resolve("prisma/migrations"),
    queueSchema: "bullmq",
    queues: Object.keys(bells),
    appPassword: "app",
  });
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const url = new URL(ownerUrl);
  url.username = "vedette_app";
  url.password = "app";
  const secret = randomBytes(32).toString("hex");
  return {
    environment: {
      NODE_ENV: "production",
      BASE_URL: "http://localhost:4600",
      DATABASE_URL: url.href,
      AUTH_SECRET: secret,
      HASH_KEY: secret,
      LINK_KEY: secret,
      LOG_LEVEL: "warn",
      VEDETTE_HOME: directory,
    },
    owner,
    ownerUrl,
    cpuMs: () => cpuOf(server.pid),
    async stop() {
      await owner.end();
      await server.stop();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

const TICK_MS = 10; // of /proc, on every Linux

/** CPU time of a process, its living children and those that it has waited for. */
function cpuOf(pid: number): number {
  if (!fs.existsSync("/proc/self/stat")) return 0;
  let ticks = 0;
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    const [parent, user = 0, system = 0, childUser = 0, childSystem = 0] = [1, 11, 12, 13, 14].map((field) => Number(stat[field]));
    if (Number(name) === pid) ticks += user + system + childUser + childSystem;
    else if (parent === pid) ticks += user + system;
  }
  return ticks * TICK_MS;
}

/** The fields after the name, which may hold anything. */
function readStat(pid: string): string[] {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return []; // it has just ended
  }
}

/** A loaded machine may answer "starting up" for a moment after the port is open. */
async function connectPatiently(connectionString: string): Promise<pg.Client> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ connectionString });
    const failure = await client.connect().then(
      () => null,
      (error: { code?: string }) => error,
    );
    if (!failure) return client;
    if (failure.code !== "57P03" || attempt === 100) throw failure;
    await wait(100);
  }
}
