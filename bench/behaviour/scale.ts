/**
 * What many sources and sessions cost: real turns of a worker process on a PostgreSQL of its own, rules and detectors together.
 *   npm run --silent bench -- behaviour scale [--sources 1000000] [--sessions 100000] [--hours 24]
 * Each source comes once and a tenth of them are refused or ask for what is not there; each session makes three requests; two sessions to a person.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { openBenchDatabase } from "@/bench/ingest/database";
import { seeded } from "@/bench/ingest/traffic";
import { LIVE } from "@/lib/store/batches";

const PER_TURN = 3_000;
const GIB = 2 ** 30;
const MIB = 2 ** 20;
const ROUTES = ["/v1/orders", "/v1/orders/{id}", "/v1/customers/{id}", "/v1/search", "/v1/payments"];

interface Size {
  sources: number;
  sessions: number;
  hours: number;
}
interface Spent {
  cpuMs: number;
  peakRss: number;
  rss: number;
}

const COUNTRIES = ["DE", "FR", "US", "PL", "ES", "GB"];
const agentOf = (n: number): string =>
  `Mozilla/5.0 (${n % 3 === 0 ? "Windows NT 10.0; Win64; x64" : "Macintosh; Intel Mac OS X 10_15_7"}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${130 + (n % 12)}.0.0.0 Safari/537.36`;

function requestOf(random: () => number, n: number): EventDocument {
  const route = ROUTES[Math.floor(random() * ROUTES.length)] ?? "";
  const failed = random() < 0.1;
  const id = Math.floor(random() * 1e6);
  return {
    action: "http.request",
    outcome: failed ? "failure" : "success",
    direction: "inbound",
    service: n % 3 === 0 ? "billing-api" : "orders-api",
    environment: "production",
    targets: [{ type: "order", id: `o_${id}` }],
    http: {
      method: "GET",
      host: "api.example.com",
      path: route.replace("{id}", String(id)),
      route,
      status: failed ? [401, 403, 404][n % 3] : 200,
      request_bytes: 300,
      response_bytes: id % 40_000,
      duration_ms: id % 300,
    },
  } as EventDocument; // status is one of the list
}

/** Where the n-th source or person is; the address is its own. */
const placeOf = (n: number) => ({
  ip: `${1 + ((n >> 16) % 220)}.${(n >> 8) & 255}.${n & 255}.${1 + ((n * 7) % 250)}`,
  user_agent: agentOf(n),
  geo: { country: COUNTRIES[n % COUNTRIES.length], asn: 64_500 + (n % 400), lat: 40 + (n % 15), lon: n % 20 },
});

/** The n-th event: every few of them belong to a session, the others to a source that never comes back. */
function eventAt(
  n: number,
  { random, total, size, start }: { random: () => number; total: number; size: Size; start: number },
): EventRecord {
  const occurredAt = start + Math.floor((n / total) * size.hours * 3_600_000);
  const document = requestOf(random, n);
  const ofSessions = 3 * size.sessions;
  const [before, after] = [Math.floor((n * ofSessions) / total), Math.floor(((n + 1) * ofSessions) / total)];
  if (after > before) {
    const session = Math.floor(before / 3);
    const person = session % Math.max(1, size.sessions >> 1);
    Object.assign(document, {
      actor: { type: "user", id: `u_${person}`, role: "customer" },
      session: { id: `s_${session.toString(36).padStart(16, "0")}` },
      credential: { type: "session" },
      source: placeOf(10_000_000 + person),
    });
  } else Object.assign(document, { source: placeOf(n) });
  return { id: `scale-${n}`, occurredAt, receivedAt: occurredAt, document };
}

function say(name: string, value: number, unit: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ suite: "behaviour", name, value: Number(value.toPrecision(4)), unit, ...more })}\n`);
}

/** What the worker says next; fails when it ends instead. */
async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, "exit", { signal }).then(([code]) => Promise.reject(new Error(`the worker ended with ${code}`)));
  try {
    const [answer] = (await Promise.race([once(child, "message", { signal }), ended])) as [Answer];
    return answer;
  } finally {
    ended.catch(() => undefined); // of the abort
    over.abort();
  }
}

/** Measures and prints. */
export async function run(args: readonly string[]): Promise<void> {
  const whole = (fallback: number) => ({ type: "string", default: String(fallback) }) as const;
  const { values } = parseArgs({ args: [...args], options: { sources: whole(1_000_000), sessions: whole(100_000), hours: whole(24) } });
  const size: Size = { sources: Number(values.sources), sessions: Number(values.sessions), hours: Number(values.hours) };
  const database = await openBenchDatabase();
  try {
    Object.assign(process.env, database.environment);
    const { appendEvents } = await import("@/lib/store/events");
    const { newEvent } = await import("@/lib/store/event-rows");
    const { closeStore } = await import("@/lib/store/db");
    const worker = fork(
      fileURLToPath(new URL("./worker.ts", import.meta.url)),
      [new URL("../../workers/detect-events.ts", import.meta.url).href],
      { execArgv: ["--import", "tsx"] },
    );
    await answerOf(worker);
    const random = seeded(11);
    const total = size.sources + 3 * size.sessions;
    const start = Math.floor(Date.now() / 60_000) * 60_000 - size.hours * 3_600_000;
    let [workerMs, serverMs, peakRss] = [0, 0, 0];
    const startedAt = performance.now();
    for (let n = 0; n < total; n += PER_TURN) {
      const events = Array.from({ length: Math.min(PER_TURN, total - n) }, (_, i) => eventAt(n + i, { random, total, size, start }));
      await appendEvents(
        events.map((event) => newEvent(event, { keyId: null, lane: LIVE })),
        [],
      );
      const serverBefore = database.cpuMs();
      worker.send({ until: events.at(-1)?.receivedAt ?? start });
      const spent = await answerOf<Spent>(worker);
      serverMs += database.cpuMs() - serverBefore;
      workerMs += spent.cpuMs;
      peakRss = Math.max(peakRss, spent.peakRss);
      if ((n / PER_TURN) % 20 === 0)
        process.stderr.write(
          `${n + events.length} events, ${Math.round(peakRss / MIB)} MiB, ${Math.round((performance.now() - startedAt) / 1000)} s\n`,
        );
    }
    await report(database.owner, { total, size, workerMs, serverMs, peakRss });
    worker.send("stop");
    await closeStore();
  } finally {
    await database.stop();
  }
}

type Measured = { total: number; size: Size; workerMs: number; serverMs: number; peakRss: number };

async function report(owner: { query(text: string): Promise<{ rows: Record<string, string>[] }> }, measured: Measured): Promise<void> {
  const { total, size, workerMs, serverMs, peakRss } = measured;
  const sizes = await owner.query(
    "select sum(pg_total_relation_size(name::regclass)) as bytes from unnest(array['detection_state', 'session_record']) as n(name)",
  );
  const groups = await owner.query(
    "select count(*) as groups, coalesce(sum(octet_length(state::text)), 0) as characters from detection_state",
  );
  const left = await owner.query("select count(*) as batches from batch where detected_at is null");
  if (left.rows[0]?.batches !== "0") throw new Error(`${left.rows[0]?.batches} batches were not looked at`);
  const note = `${size.sources} sources, ${size.sessions} sessions, ${total} events in ${size.hours} h of event time`;
  const state = Number(sizes.rows[0]?.bytes);
  say("state_in_database", state / GIB, "GiB", { limit: 1, ratio: Number((state / GIB).toFixed(3)), note });
  say("state_groups", Number(groups.rows[0]?.groups), "groups", { note: `${groups.rows[0]?.characters} bytes of state` });
  say("worker_rss", peakRss / MIB, "MiB", { limit: 512, ratio: Number((peakRss / MIB / 512).toFixed(3)), note });
  say("turn_events", (1000 * total) / (workerMs + serverMs), "events/s", {
    note: `of processor time, the worker's and PostgreSQL's together; turns of ${PER_TURN} events`,
  });
  say("turn_worker_us", (1000 * workerMs) / total, "us/event");
  say("turn_database_us", (1000 * serverMs) / total, "us/event");
}
