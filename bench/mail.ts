/**
 * From the commit of an attack's events to the mail server's 250, through a real worker, while ordinary events go on coming at half of what this machine
 * detects, measured first: `npm run --silent bench -- mail [--load EVENTS_A_SECOND] [--attacks N]`.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { LIVE } from "@/lib/store/batches";
import { newEvent } from "@/lib/store/event-rows";
import { makeTraffic } from "./detection/traffic";
import { openBenchDatabase } from "./ingest/database";
import { startListener } from "./mail/listener";

const { load, attacks } = parseArgs({
  options: { load: { type: "string" }, attacks: { type: "string", default: "8" } },
}).values;
const ATTACKS = Number(attacks);
const READERS = 20;
const LIMIT_MS = 5000;
const STEP_MS = 100; // events arrive in groups, as the ingest path commits them
const BETWEEN_MS = 3000; // one attack after another: half as many mails as a reader gets in an hour
const GUESSES = 30;
const BACKLOG = 20_000;

const tell = (text: string) => process.stderr.write(`${text}\n`);
const figure = (name: string, value: number, unit: string, more: object = {}) =>
  process.stdout.write(`${JSON.stringify({ suite: "mail", name, value: Math.round(value), unit, ...more })}\n`);
const quantile = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;

tell("starting PostgreSQL, a mail server and a worker");
const database = await openBenchDatabase();
const listener = await startListener();
Object.assign(process.env, database.environment);
const { appendEvents } = await import("@/lib/store/events");
const { closeStore } = await import("@/lib/store/db");
const { ring, closeQueue } = await import("@/lib/queue/bells");

/** Twenty administrators, who hear of guessed passwords and of nothing else that the ordinary traffic may hold. */
async function addReaders(): Promise<void> {
  await database.owner.query(
    `insert into "user" (id, email, name, role, time_zone, created_at)
     select gen_random_uuid(), 'reader' || n || '@example.com', 'Reader ' || n, 'admin', 'Europe/Berlin', now() from generate_series(1, $1::int) as n`,
    [READERS],
  );
  await database.owner.query(
    `update notification_route set condition = '{"level":"medium","families":["brute_force"]}', recipients = '[{"type":"role","role":"admin"}]'`,
  );
}

function startWorker(): ChildProcess {
  return fork(path.resolve("workers/main.ts"), [], {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, SMTP_URL: listener.url, LOG_LEVEL: "warn" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

let made = 0;
const stored = (document: Omit<EventDocument, "id" | "occurred_at">, at: number) => {
  const id = `00000000-0000-7000-8000-${(made++).toString(16).padStart(12, "0")}`;
  const record: EventRecord = {
    id,
    occurredAt: at,
    receivedAt: at,
    document: { ...document, id, occurred_at: new Date(at).toISOString() },
  };
  return newEvent(record, { keyId: null, lane: LIVE });
};

const ordinary = makeTraffic(50_000)
  .filter(({ document }) => !/%27|%2f|%3C/.test(document.http?.query ?? ""))
  .map(({ document }): EventDocument => ({ ...document, direction: "inbound" }));

/** Ordinary events at the given rate until told to stop; resolves with how many came later than a second because the machine could not keep up. */
async function keepComing(perSecond: number, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  let sent = 0;
  let late = 0;
  while (!signal.aborted) {
    const now = Date.now();
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000) - sent;
    late += Math.max(0, due - perSecond);
    const group = Array.from({ length: due }, (_, n) => ordinary[(sent + n) % ordinary.length]).flatMap((event) => event ?? []);
    if (group.length > 0)
      await appendEvents(
        group.map((document) => stored(document, now)),
        [],
      );
    sent += due;
    await ring("detect");
    await wait(STEP_MS - ((performance.now() - began) % STEP_MS));
  }
  return late;
}

/** How many ordinary events a second are detected while more wait. */
async function sustainedRate(): Promise<number> {
  const waiting = async () => Number((await database.owner.query("select count(*) from batch where detected_at is null")).rows[0].count);
  while ((await waiting()) > 0) await wait(50);
  const began = performance.now();
  for (let at = 0; at < BACKLOG; at += 500) {
    const spread = Date.now() - 4000 + Math.floor((at / BACKLOG) * 4000); // seconds of events, not one instant
    await appendEvents(
      ordinary.slice(at, at + 500).map((document) => stored(document, spread)),
      [],
    );
  }
  await ring("detect");
  while ((await waiting()) > 0) await wait(20);
  return BACKLOG / ((performance.now() - began) / 1000);
}

/** Somebody guesses the passwords of two accounts. When the last of it was committed. */
async function attack(ip: string): Promise<number> {
  const now = Date.now();
  const guesses = Array.from({ length: GUESSES }, (_, n) =>
    stored(
      {
        action: "user.login",
        outcome: "failure",
        reason: "bad_password",
        direction: "inbound",
        service: "orders-api",
        actor: { id: `ana${n % 2} of ${ip}` },
        source: { ip },
      },
      now,
    ),
  );
  await appendEvents(guesses, []);
  const committed = performance.now();
  void ring("detect");
  return committed;
}

/** How long each reader's mail about that address took; throws when one is missing after a minute. */
async function delays(ip: string, committed: number): Promise<number[]> {
  const ours = () => listener.taken.filter(({ subject }) => subject.includes(ip));
  for (const end = performance.now() + 120_000; new Set(ours().map(({ to }) => to)).size < READERS; await wait(5))
    if (performance.now() > end) throw new Error(`${ours().length} of ${READERS} mails about ${ip} came`);
  return ours().map(({ at }) => at - committed);
}

await addReaders();
const worker = startWorker();
try {
  await delays("5.9.7.7", await attack("5.9.7.7")); // the worker compiles its rules
  const rate = load ? Number(load) : Math.round((await sustainedRate()) / 2);
  tell(`${rate} events/s`);
  const ending = new AbortController();
  const coming = keepComing(rate, ending.signal);
  coming.catch(() => undefined); // awaited below
  await wait(BETWEEN_MS);
  const took: number[] = [];
  for (let n = 0; n < ATTACKS; n++) {
    const ip = `5.${n + 10}.7.7`; // a network and accounts of its own: an incident of its own
    const committed = await attack(ip);
    const mails = await delays(ip, committed);
    tell(`${ip}: first ${Math.round(Math.min(...mails))} ms, last ${Math.round(Math.max(...mails))} ms`);
    took.push(...mails);
    await wait(BETWEEN_MS);
  }
  ending.abort();
  const late = await coming;
  took.sort((a, b) => a - b);
  const note = `${took.length} mails to ${READERS} readers, ${rate} events/s meanwhile${late > 0 ? `, ${Math.round(late)} of them late` : ""}`;
  figure("commit_to_smtp_median", quantile(took, 0.5), "ms", { note });
  figure("commit_to_smtp_p95", quantile(took, 0.95), "ms", {
    limit: LIMIT_MS,
    ratio: Math.round((quantile(took, 0.95) / LIMIT_MS) * 1000) / 1000,
    note,
  });
} finally {
  worker.kill("SIGTERM");
  await once(worker, "exit");
  await listener.close();
  await closeQueue();
  await closeStore();
  await database.stop();
}
