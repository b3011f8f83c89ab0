/** Mail about an attack through real processes. How fast it is on a quiet machine: `npm run bench -- mail`. */
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventRecord } from "@/lib/model/event";
import { LIVE } from "@/lib/store/batches";
import { newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { addPerson } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { type MailServer, startMailServer } from "@/test/support/mail-server";
import { until } from "@/test/support/until";

const database = useDatabase();
const ORDINARY = 200;
const READERS = 20;
const MINUTE = 60_000;

let server: MailServer;
let worker: ChildProcess;
const arrivedAt: { subject: string; to: string; at: number }[] = [];

beforeAll(async () => {
  server = await startMailServer();
  server.afterAccept = ({ subject, to }) => void arrivedAt.push({ subject, to, at: performance.now() });
  for (let n = 0; n < READERS; n++) await addPerson(database, { email: `reader${n}@example.com` });
  worker = fork("workers/main.ts", [], {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...database.environment, SMTP_URL: server.url, LOG_LEVEL: "error" },
    stdio: "inherit",
  });
});
afterAll(async () => {
  const gone = new Promise((resolve) => worker.once("exit", resolve));
  worker.kill("SIGTERM");
  await gone;
  await server.close();
});

let made = 0;
const events = (count: number, more: (n: number) => object) =>
  Array.from({ length: count }, () => {
    const now = Date.now();
    const id = `speed-${made++}`;
    const document = {
      id,
      occurred_at: new Date(now).toISOString(),
      action: "http.request",
      outcome: "success",
      direction: "inbound",
      service: "orders-api",
      ...more(made),
    };
    return newEvent({ id, occurredAt: now, receivedAt: now, document } as EventRecord, { keyId: null, lane: LIVE }); // cast: a document as the wire gives it
  });

/** Somebody guesses passwords; ordinary requests go on meanwhile. When the last of it was committed, ms. */
async function attack(ip: string): Promise<number> {
  const guesses = events(30, (n) => ({
    action: "user.login",
    outcome: "failure",
    reason: "bad_password",
    actor: { id: `ana${n % 2} of ${ip}` },
    source: { ip },
  }));
  const ordinary = events(ORDINARY, (n) => ({
    actor: { id: `u${n % 90}` },
    source: { ip: `198.51.100.${n % 200}` },
    http: { method: "GET", path: `/v1/orders/${n}`, status: 200 },
  }));
  await appendEvents([...ordinary, ...guesses], []);
  return performance.now();
}

/** Waits until every reader has heard of the attack, and says how long each mail took. */
async function delays(ip: string, committed: number, withinMs: number): Promise<number[]> {
  const ours = () => arrivedAt.filter(({ subject }) => subject.includes(ip));
  await until(() => new Set(ours().map(({ to }) => to)).size === READERS, withinMs);
  return ours().map(({ at }) => at - committed);
}

describe("a mail about an attack", () => {
  it("reaches the mail server, every reader's once", async () => {
    const took = await delays("5.9.7.7", await attack("5.9.7.7"), 2 * MINUTE); // the worker starts and compiles its rules
    expect(took).toHaveLength(READERS);
  });

  it("leaves within a minute although the whole queue is deleted, again and again", async () => {
    const { rows: tables } = await database.owner(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'bullmq'",
    );
    expect(tables.length).toBeGreaterThan(0);
    let deleting = true;
    const deletions = (async () => {
      while (deleting) await database.owner(`truncate ${tables.map(({ name }) => name).join(", ")} cascade`).then(() => wait(200));
    })();
    const ip = "5.200.7.7";
    const committed = await attack(ip); // nobody rings, and nothing that rings is kept
    const took = await delays(ip, committed, MINUTE).finally(() => {
      deleting = false;
    });
    await deletions;
    expect(Math.max(...took)).toBeLessThanOrEqual(MINUTE);
  });
});
