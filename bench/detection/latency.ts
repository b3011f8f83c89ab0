/**
 * From the commit of a batch to the row of its alert, through the worker process on a PostgreSQL of its own. First a backlog shows how many events a second the
 * whole turn sustains (events and state read, rules and detectors run, alerts and state written); then traffic of half that rate comes in live.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { acceptEvents, importPolicy } from "@/lib/ingest/accept-events";
import { closeIngest } from "@/lib/ingest/house";
import type { EventRecord } from "@/lib/model/event";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";
import { type BenchDatabase, openBenchDatabase } from "@/bench/ingest/database";
import { makeTraffic } from "./traffic";

/** Events that wait when the worker starts. */
export const BACKLOG = 30_000;
const BATCH = 1_000;
const BATCHES_A_SECOND = 4;
const WARM_UP_MS = 3_000;

/** What was measured: events a second, and milliseconds. */
export interface Latency {
  sustained: number;
  offered: number;
  p50: number;
  p95: number;
  /** Alerts that were looked for, and how many of them had not come when it was over. */
  alerts: number;
  missing: number;
}

/** Measures; `seconds` of live traffic after a short warm-up. */
export async function measureLatency(seconds: number): Promise<Latency> {
  const database = await openBenchDatabase();
  let worker: ChildProcess | undefined;
  try {
    Object.assign(process.env, database.environment);
    const events = makeTraffic(BACKLOG);
    for (let at = 0; at < BACKLOG; at += BATCH) await send(events.slice(at, at + BATCH));
    worker = startWorker(database);
    const sustained = await rateOfBacklog(database);
    return { sustained, ...(await liveTraffic(database, { events, perSecond: sustained / 2, seconds })) };
  } finally {
    if (worker && worker.exitCode === null) {
      worker.kill("SIGTERM");
      await once(worker, "exit");
    }
    await closeIngest();
    await closeQueue();
    await closeStore();
    await database.stop();
  }
}

function startWorker(database: BenchDatabase): ChildProcess {
  const file = path.resolve("workers/main.ts");
  const environment = { ...process.env, ...database.environment };
  return spawn(process.execPath, ["--max-semi-space-size=64", "--import", "tsx", file], {
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Takes events in as of now; resolves when they are committed. */
async function send(events: readonly EventRecord[]): Promise<void> {
  const now = new Date();
  const fresh = (document: EventRecord["document"]) => JSON.stringify({ ...document, id: undefined, occurred_at: now.toISOString() });
  const items = events.map(({ document }) => ({ value: JSON.parse(fresh(document)) as unknown })); // as a client would send it, without an id
  const results = await acceptEvents({ actor: { type: "system", name: "bench" }, now }, { items, policy: importPolicy });
  if (results.some(({ status }) => status !== "accepted")) throw new Error(`not taken in: ${JSON.stringify(results[0])}`);
}

/** Events a second between the end of the first turn, which also loads the rules, and that of the last. */
async function rateOfBacklog({ owner }: BenchDatabase): Promise<number> {
  const left = async () => Number((await owner.query("select sum(event_count) as n from batch where detected_at is null")).rows[0]?.n ?? 0);
  const until = performance.now() + 180_000;
  let first: { at: number; left: number } | undefined;
  while (performance.now() < until) {
    const now = await left();
    if (now < BACKLOG) first ??= { at: performance.now(), left: now };
    if (first && now === 0) return (first.left / (performance.now() - first.at)) * 1_000;
    await wait(10);
  }
  throw new Error("The worker did not get through the backlog in three minutes.");
}

/** Sends at a steady rate, an attack from an address of its own in each batch, and watches for the alert about each. */
async function liveTraffic(
  database: BenchDatabase,
  { events, perSecond, seconds }: { events: readonly EventRecord[]; perSecond: number; seconds: number },
): Promise<Omit<Latency, "sustained">> {
  const size = Math.max(1, Math.round(perSecond / BATCHES_A_SECOND));
  const watch = watchAlerts(database);
  const started = performance.now();
  const under: Promise<void>[] = [];
  let sent = 0;
  for (let n = 0; n < (seconds + WARM_UP_MS / 1_000) * BATCHES_A_SECOND; n++) {
    await wait(Math.max(0, started + (n * 1_000) / BATCHES_A_SECOND - performance.now()));
    const ip = `198.18.${n >> 8}.${n & 255}`;
    const from = (n * size) % (events.length - size);
    const batch = [...events.slice(from + 1, from + size), attackFrom(events[0] as EventRecord, ip)]; // there are events
    under.push(send(batch).then(() => watch.expect(ip, performance.now() - started < WARM_UP_MS)));
    sent += batch.length;
  }
  await Promise.all(under);
  const offered = sent / ((performance.now() - started) / 1_000);
  return { offered, ...(await watch.end()) };
}

function attackFrom({ document, ...record }: EventRecord, ip: string): EventRecord {
  const http = { ...document.http, method: "GET", path: "/v1/search", query: "q=1%27%20union%20select%20password%20from%20users--" };
  return { ...record, document: { ...document, source: { ...document.source, ip }, http } };
}

/** Looks for the alerts about addresses every few milliseconds. */
function watchAlerts({ owner }: BenchDatabase): {
  expect(ip: string, isWarmUp: boolean): void;
  end(): Promise<Pick<Latency, "p50" | "p95" | "alerts" | "missing">>;
} {
  const waiting = new Map<string, { since: number; isWarmUp: boolean }>();
  const times: number[] = [];
  let over = false;
  const look = async () => {
    while (!over) {
      await wait(15);
      if (waiting.size === 0) continue;
      const { rows } = await owner.query("select entity_value from alert where entity_type = 'ip' and entity_value = any($1)", [
        [...waiting.keys()],
      ]);
      for (const { entity_value: ip } of rows as { entity_value: string }[]) {
        const one = waiting.get(ip);
        if (one && !one.isWarmUp) times.push(performance.now() - one.since);
        waiting.delete(ip);
      }
    }
  };
  const looking = look();
  return {
    expect: (ip, isWarmUp) => void waiting.set(ip, { since: performance.now(), isWarmUp }),
    async end() {
      for (const until = performance.now() + 20_000; waiting.size > 0 && performance.now() < until; ) await wait(20);
      over = true;
      await looking;
      for (const { since, isWarmUp } of waiting.values()) if (!isWarmUp) times.push(performance.now() - since);
      times.sort((a, b) => a - b);
      const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
      return { p50: at(0.5), p95: at(0.95), alerts: times.length, missing: waiting.size };
    },
  };
}
