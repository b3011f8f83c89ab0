/** How fast events come in: batches and single events, against what the same machine does at most in the same run. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { finished } from "node:stream/promises";
import { createApiKey } from "@/lib/access/api-keys";
import { eventColumns } from "@/lib/store/event-rows";
import { closeStore } from "@/lib/store/db";
import { type BenchDatabase, openBenchDatabase } from "./ingest/database";
import type { LoadOrder, LoadReport } from "./ingest/load";
import { sampleDatabase, type Shares } from "./ingest/steps";
import { eventOf, seeded } from "./ingest/traffic";

const progress = (text: string) => process.stderr.write(`${text}\n`);
const figure = (name: string, value: number, unit: string, more: object = {}) =>
  process.stdout.write(`${JSON.stringify({ suite: "ingest", name, value: Math.round(value * 1000) / 1000, unit, ...more })}\n`);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

interface Server {
  port: number;
  usage(): Promise<{ rss: number; heapUsed: number; cpuMs: number; peakRss: number }>;
  /** Starts sampling; the function ends it. */
  sample(): Promise<() => Promise<Shares>>;
  stop(): Promise<void>;
}

const children: ChildProcess[] = [];

function child(file: string, environment: Record<string, string | undefined>): ChildProcess {
  const script = fileURLToPath(new URL(`./ingest/${file}`, import.meta.url));
  const started = fork(script, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.push(started);
  return started;
}

async function startServer(environment: Record<string, string>): Promise<Server> {
  const server = child("server.ts", environment);
  const [{ port }] = (await once(server, "message")) as [{ port: number }];
  const ask = async (question: string) => {
    server.send(question);
    return (await once(server, "message"))[0];
  };
  return {
    port,
    usage: () => ask("usage"),
    async sample() {
      await ask("sample");
      return () => ask("shares");
    },
    async stop() {
      server.send("stop");
      await once(server, "exit");
    },
  };
}

let generator: ChildProcess | undefined;
async function load(order: LoadOrder): Promise<LoadReport> {
  generator ??= child("load.ts", {});
  generator.send(order);
  const dead = once(generator, "exit").then(() => Promise.reject(new Error("the load generator died")));
  const [report] = (await Promise.race([once(generator, "message"), dead])) as [LoadReport];
  if (Object.keys(report.statuses).some((status) => !["200", "201", "503"].includes(status)))
    throw new Error(`not taken in: ${JSON.stringify(report.statuses)}`);
  return report;
}

const BATCH = 1000;
const MIB = 1024 ** 2;

function batchBodies(count: number, withId: boolean): string[] {
  const random = seeded(1);
  return Array.from(
    { length: count },
    () => `${Array.from({ length: BATCH }, () => JSON.stringify(eventOf(random, { at: Date.now(), withId }))).join("\n")}\n`,
  );
}

/** What a bare COPY of the rows that are stored does: one connection, one statement, the same table with the same indexes, emptied. Events a second. */
async function bareCopy(database: BenchDatabase): Promise<number> {
  const { owner } = database;
  const { rows } = await owner.query(
    "select count(*)::int as events, string_agg(distinct to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD'), ',') as days from event",
  );
  const chunks: Buffer[] = [];
  for await (const chunk of owner.query(copyTo("copy (select * from event) to stdout"))) chunks.push(chunk as Buffer); // COPY gives buffers
  const all = Buffer.concat(chunks);
  await owner.query("truncate event");
  await owner.query("checkpoint");
  const started = performance.now();
  const stream = owner.query(copyFrom("copy event from stdin"));
  for (let at = 0; at < all.length; at += 1 << 18) if (!stream.write(all.subarray(at, at + (1 << 18)))) await once(stream, "drain");
  stream.end();
  await finished(stream);
  const rate = rows[0].events / ((performance.now() - started) / 1000);
  await owner.query("truncate event");
  return rate;
}

async function benchBatches(database: BenchDatabase, { withId, key }: { withId: boolean; key: string }): Promise<void> {
  const name = withId ? "batch_ingest_with_ids" : "batch_ingest";
  const bodies = batchBodies(20, withId);
  const server = await startServer(database.environment);
  const order = { port: server.port, key, connections: 8, bodies, contentType: "application/x-ndjson" };
  await load({ ...order, requests: 24, ...(withId ? { ids: "w" } : {}) }); // warms the compiler up
  const rounds: { rate: number; ceiling: number; report: LoadReport; cpu: number; databaseCpu: number }[] = [];
  for (let round = 0; round < 3; round++) {
    await database.owner.query("truncate event, event_id, batch, traffic_minute, outcome_minute");
    await database.owner.query("checkpoint");
    const before = await server.usage();
    const databaseBefore = database.cpuMs();
    const report = await load({ ...order, requests: 100, ...(withId ? { ids: `r${round}` } : {}) });
    const after = await server.usage();
    const databaseCpu = ((database.cpuMs() - databaseBefore) / (report.requests * BATCH)) * 1000;
    const rate = (report.requests * BATCH) / report.seconds;
    const ceiling = await bareCopy(database);
    rounds.push({ rate, ceiling, report, cpu: (after.cpuMs - before.cpuMs) / 1000 / report.seconds, databaseCpu });
    progress(
      `${name} round ${round + 1}: ${Math.round(rate)} events/s, bare COPY ${Math.round(ceiling)}, ratio ${(rate / ceiling).toFixed(2)}, statuses ${JSON.stringify(report.statuses)}, p99 ${report.p99.toFixed(0)} ms, server CPU ${(rounds.at(-1)?.cpu ?? 0).toFixed(2)}`,
    );
  }
  const { peakRss } = await server.usage();
  await reportSteps(database, server, { name, load: () => load({ ...order, requests: 150, ...(withId ? { ids: "steps" } : {}) }) });
  await server.stop();
  const rate = median(rounds.map((round) => round.rate));
  const ceiling = median(rounds.map((round) => round.ceiling));
  const note =
    "batches of 1,000 events of about 1 KiB over 8 connections; limit: bare COPY of the same rows into the same table, one connection";
  figure(name, rate, "events/s", {
    limit: Math.round(ceiling),
    ratio: Math.round(median(rounds.map((round) => round.rate / round.ceiling)) * 1000) / 1000,
    note,
  });
  figure(`${name}_cpu`, median(rounds.map((round) => (round.cpu / round.rate) * 1e6)), "µs/event", {
    note: "CPU time of the ingest process",
  });
  figure(`${name}_database_cpu`, median(rounds.map((round) => round.databaseCpu)), "µs/event", {
    note: "CPU time of PostgreSQL, all its processes",
  });
  figure(`${name}_p50`, median(rounds.map((round) => round.report.p50)), "ms");
  figure(`${name}_p99`, median(rounds.map((round) => round.report.p99)), "ms");
  figure(`${name}_rss`, peakRss / MIB, "MiB", { limit: 512 });
}

/** One more round under the sampler, apart from the measured ones: looking costs a little. */
async function reportSteps(
  database: BenchDatabase,
  server: Server,
  { name, load: run }: { name: string; load: () => Promise<LoadReport> },
): Promise<void> {
  await run(); // new tables want their first pages
  const endProcess = await server.sample();
  const endDatabase = sampleDatabase(database.ownerUrl);
  await run();
  const percent = (shares: Shares) => Object.fromEntries(shares.map(([step, share]) => [step, Math.round(share * 1000) / 10]));
  const [steps, statements] = [await endProcess(), await endDatabase()];
  figure(`${name}_steps`, steps.length, "steps", { share: percent(steps), note: "% of the CPU time of the ingest process, by sampling" });
  figure(`${name}_statements`, statements.length, "statements", {
    share: percent(statements),
    note: "% of the time of its sessions in PostgreSQL",
  });
}

/** Rows that are stored already must not slow down the next: the same load at ten thousand stored events and at `most`. */
async function benchFlatness(database: BenchDatabase, key: string, most: number): Promise<void> {
  const server = await startServer(database.environment);
  const order = { port: server.port, key, connections: 8, bodies: batchBodies(20, false), contentType: "application/x-ndjson" };
  await load({ ...order, requests: 24 });
  await database.owner.query("truncate event, event_id, batch, traffic_minute, outcome_minute");
  await load({ ...order, requests: 10 });
  const cost = async (): Promise<{ rate: number; cpu: number }> => {
    const before = (await server.usage()).cpuMs + database.cpuMs();
    const report = await load({ ...order, requests: 60 });
    const after = (await server.usage()).cpuMs + database.cpuMs();
    return { rate: (report.requests * BATCH) / report.seconds, cpu: ((after - before) / (report.requests * BATCH)) * 1000 };
  };
  const few = await cost();
  const columns = eventColumns.map((column) => (column === "id" ? "id || '-' || n" : column)).join(", ");
  await database.owner.query("create temporary table seed as select * from event limit 50000");
  for (let stored = 50_000; stored < most; stored += 50_000) {
    await database.owner.query(`insert into event (${eventColumns.join(", ")}) select ${columns} from seed, (select $1::text as n) n`, [
      String(stored),
    ]);
    if (stored % 1_000_000 === 0) progress(`flat: ${stored} events stored`);
  }
  await database.owner.query("checkpoint");
  await cost(); // the first pages of the indexes come back into memory
  const many = await cost();
  await server.stop();
  progress(`flat: ${Math.round(few.rate)} events/s at 10 thousand stored, ${Math.round(many.rate)} at ${most}`);
  figure("batch_ingest_flat", many.cpu, "µs/event", {
    limit: Math.round(few.cpu * 1000) / 1000,
    ratio: Math.round((many.cpu / few.cpu) * 1000) / 1000,
    note: `CPU of the ingest process and PostgreSQL with ${most} events stored; limit: with ten thousand. FLAT_EVENTS sets how many`,
  });
}

const OVERLOAD_SECONDS = Number(process.env.OVERLOAD_SECONDS ?? 15);

/** Ten times the rate that it sustains: what is admitted stays quick, the rest is refused, memory stays bounded, and soon after all is as before. */
async function benchOverload(database: BenchDatabase, key: string): Promise<void> {
  const server = await startServer(database.environment);
  const order = { port: server.port, key, bodies: batchBodies(20, false), contentType: "application/x-ndjson" };
  await load({ ...order, connections: 8, requests: 24 });
  const calm = await load({ ...order, connections: 8, requests: 80 });
  const sustained = calm.requests / calm.seconds;
  const flood = await load({ ...order, connections: 256, patient: false, rate: sustained * 10, seconds: OVERLOAD_SECONDS });
  const over = performance.now();
  let well = await load({ ...order, connections: 8, requests: 16 });
  while (well.p50 > calm.p50 * 1.5 && performance.now() - over < 60_000) well = await load({ ...order, connections: 8, requests: 16 });
  const recovery = performance.now() - over;
  const { peakRss } = await server.usage();
  await server.stop();
  const offered = Object.values(flood.statuses).reduce((sum, count) => sum + count, 0);
  progress(`overload: sustained ${sustained.toFixed(1)} requests/s, statuses ${JSON.stringify(flood.statuses)}`);
  const note = `${(offered / flood.seconds / sustained).toFixed(1)} times the sustained rate offered over 256 connections for ${OVERLOAD_SECONDS} s`;
  figure("overload_admitted_p99", flood.p99, "ms", { limit: 1000, note });
  figure("overload_rate", (flood.requests * BATCH) / flood.seconds, "events/s", {
    limit: Math.round(sustained * BATCH),
    note: "taken in; limit: sustained",
  });
  figure("overload_rss", peakRss / MIB, "MiB", { limit: 512 });
  figure("overload_recovery", recovery / 1000, "s", {
    limit: 10,
    note: "until 8 connections are answered as quickly as before, by the median",
  });
}

async function benchSingles(database: BenchDatabase, key: string): Promise<void> {
  const random = seeded(2);
  const bodies = Array.from({ length: 2000 }, () => JSON.stringify(eventOf(random, { at: Date.now(), withId: false })));
  const storing = await startServer(database.environment);
  const answering = await startServer({ ...database.environment, STORE: "off" });
  const order = { key, connections: 64, bodies, contentType: "application/json" };
  for (const { port } of [storing, answering]) await load({ ...order, port, seconds: 2 });
  const rounds: { rate: number; ceiling: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const stored = await load({ ...order, port: storing.port, seconds: 4 });
    const answered = await load({ ...order, port: answering.port, seconds: 4 });
    const [rate, ceiling] = [stored.requests / stored.seconds, answered.requests / answered.seconds];
    rounds.push({ rate, ceiling });
    progress(
      `single_ingest round ${round + 1}: ${Math.round(rate)} requests/s, answering only ${Math.round(ceiling)}, ratio ${(rate / ceiling).toFixed(2)}, p99 ${stored.p99.toFixed(1)} ms, statuses ${JSON.stringify(stored.statuses)}`,
    );
  }
  const rate = median(rounds.map((round) => round.rate));
  const half = await load({ ...order, port: storing.port, seconds: 5, rate: rate / 2 });
  await storing.stop();
  await answering.stop();
  const note = "single events over 64 connections; limit: the same server answering without storing";
  figure("single_ingest", rate, "requests/s", {
    limit: Math.round(median(rounds.map((round) => round.ceiling))),
    ratio: Math.round(median(rounds.map((round) => round.rate / round.ceiling)) * 1000) / 1000,
    note,
  });
  figure("single_ingest_p99_at_half", half.p99, "ms", { limit: 50, note: "at half of the maximum rate" });
}

/** Measures everything; figures go to standard output as JSON lines. */
export async function run(): Promise<void> {
  const database = await openBenchDatabase();
  try {
    Object.assign(process.env, database.environment);
    const { secret: key } = await createApiKey(
      { actor: { type: "system", name: "bench" }, now: new Date() },
      { name: "bench", scopes: ["ingest"] },
    );
    await closeStore();
    const only = process.argv[2];
    if (!only || only === "batch") await benchBatches(database, { withId: false, key });
    if (!only || only === "ids") await benchBatches(database, { withId: true, key });
    if (!only || only === "flat") await benchFlatness(database, key, Number(process.env.FLAT_EVENTS ?? 1_000_000));
    if (!only || only === "overload") await benchOverload(database, key);
    if (!only || only === "single") await benchSingles(database, key);
  } finally {
    for (const started of children) started.kill();
    await database.stop();
  }
}

await run();
