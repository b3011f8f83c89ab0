/**
 * How fast rules run on one core, in memory: `npm run bench -- detection [--rules FILE|DIR] [--events N] [--no-ingest] [--no-worker]`. The traffic is that of the ingest
 * suite, with attacks in it (see detection/traffic.ts), and that suite's rate, measured first, is the limit that detection must stay ahead of. Public rules come
 * from `--rules` (a folder of Sigma YAML, or a JSON list of `{rule}`); without it, rules of the same shapes are made up.
 */
import fs from "node:fs";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset, enabledDocuments, isOnByDefault, type Ruleset } from "@/lib/detection/ruleset";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import type { EventRecord } from "@/lib/model/event";
import { behaviourDetectors } from "@/lib/detection/detectors/registry";
import { BACKLOG, type Latency, measureLatency } from "./detection/latency";
import { makeTraffic } from "./detection/traffic";
import { seeded } from "./ingest/traffic";
import { builtInFolder, readRuleFolders } from "@/lib/rules/rule-files";

const PER_TURN = 1_000;
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");

/** One figure of a suite. */
interface Figure {
  name: string;
  value: number;
  unit: string;
  limit?: number;
  ratio?: number;
  note?: string;
}

const say = (figure: Figure) => console.log(JSON.stringify({ suite: "detection", ...figure }));
const tell = (text: string) => process.stderr.write(`${text}\n`);

/** Rules in the shapes of the public collections: web requests, proxies, and audit logs of clouds and services. */
function makeRules(count: number): SigmaDocument[] {
  const random = seeded(7);
  const word = () =>
    Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, "x");
  const shapes = [
    () => ({
      logsource: { category: "webserver" },
      s: { "cs-uri-query|contains": [`/${word()}/${word()}.php?${word()}=`, `${word()}=../`] },
    }),
    () => ({
      logsource: { category: "webserver" },
      s: { "cs-method": "POST", "cs-uri-stem|endswith": [`/${word()}.aspx`, `/${word()}.jsp`], "sc-status": 200 },
    }),
    () => ({
      logsource: { category: "proxy" },
      s: { "c-useragent|contains": [word(), `${word()}/${word()}`], "c-uri|startswith": `http://${word()}` },
    }),
    () => ({
      logsource: { product: "aws", service: "cloudtrail" },
      s: { eventSource: `${word()}.amazonaws.com`, eventName: [`Create${word()}`, `Put${word()}`] },
    }),
    () => ({ logsource: { category: "api" }, s: { action: `${word()}.${word()}`, outcome: "failure" } }),
    () => ({ logsource: { category: "webserver" }, s: { "c-uri|re": `/${word()}/[0-9]{1,4}/${word()}\\.(php|asp)` } }),
  ];
  return Array.from({ length: count }, (_, n) => {
    const { logsource, s } = shapes[n % shapes.length]?.() ?? { logsource: {}, s: {} };
    return { title: `Made ${n}`, id: `made-${n}`, level: "medium", logsource, detection: { s, condition: "s" } };
  }).flatMap((rule) => parseRules(JSON.stringify(rule), "made").documents);
}

/** Public rules, repeated under other ids until there are as many as asked for. */
function publicRules(from: string | undefined, count: number): SigmaDocument[] {
  if (!from) return makeRules(count);
  const read = from.endsWith(".json")
    ? (JSON.parse(fs.readFileSync(from, "utf8")) as { rule: unknown }[]).flatMap(
        ({ rule }) => parseRules(JSON.stringify(rule), "public").documents,
      ) // the file that was named has this shape
    : readRuleFolders([from]).documents;
  return Array.from({ length: count }, (_, n) => ({ ...(read[n % read.length] as SigmaDocument), id: `public-${n}` })); // read is not empty: NaN would throw above
}

interface Measured {
  rate: number;
  alerts: number;
  stateBytes: number;
  groups: number;
}

/** Runs the events once to warm up and three times on the clock; the median counts. */
function measure(ruleset: Ruleset, events: readonly EventRecord[]): Measured {
  const runs: Measured[] = [];
  for (let run = 0; run < 4; run++) {
    const world = new MemoryWorld(ruleset);
    const seconds = processorTime(ruleset, events, world);
    if (run > 0)
      runs.push({ rate: events.length / seconds, alerts: world.standing().length, stateBytes: world.stateSize(), groups: world.groups });
  }
  return runs.sort((a, b) => a.rate - b.rate)[1] as Measured; // three runs were made
}

/** How many times the cost of one ruleset another has: both run in turn, round by round, and the median of the rounds counts, since a machine has moods. */
function timesTheCost(one: Ruleset, other: Ruleset, events: readonly EventRecord[]): { times: number; rates: [number, number] } {
  const rounds: { one: number; other: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const costs = { one: processorTime(one, events), other: processorTime(other, events) };
    if (round > 0) rounds.push(costs); // the first warms up
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return {
    times: median(rounds.map((round) => round.other / round.one)),
    rates: [median(rounds.map((round) => events.length / round.one)), median(rounds.map((round) => events.length / round.other))],
  };
}

const ROUNDS = 7;

/** Seconds of processor time for the events: the figure is for one core, whatever else the machine does. */
function processorTime(ruleset: Ruleset, events: readonly EventRecord[], world = new MemoryWorld(ruleset)): number {
  globalThis.gc?.(); // what others left behind is theirs
  const started = process.cpuUsage();
  for (let at = 0; at < events.length; at += PER_TURN) world.take(events.slice(at, at + PER_TURN));
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

/** Events a second that ingest takes in, as its own suite measures them now. */
function ingestRate(): number {
  const suite = path.join(root, "bench", "ingest.ts");
  const lines = execFileSync(process.execPath, ["--import", "tsx", suite, "batch"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const figures = lines.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Figure] : [])); // figures are JSON lines
  const found = figures.find(({ name }) => name === "batch_ingest");
  if (!found) throw new Error("The ingest suite gave no figure batch_ingest.");
  return found.value;
}

const compile = (documents: readonly SigmaDocument[]): Ruleset => compileRuleset(documents, { decoder: requestDecoder });

/** Measures and prints. */
export async function run(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rules: { type: "string" },
      events: { type: "string", default: "40000" },
      "no-ingest": { type: "boolean" },
      "no-worker": { type: "boolean" },
    },
  });
  const ingest = values["no-ingest"] ? undefined : ingestRate();
  const events = makeTraffic(Number(values.events));
  const builtIn = enabledDocuments(readRuleFolders([builtInFolder(root)]).documents, isOnByDefault);
  const origin = values.rules ? "public rules as given" : "made-up rules in the shapes of public ones";

  tell(`${events.length} events; ${builtIn.length} built-in documents`);
  const own = measure(compile(builtIn), events);
  say({ name: "builtin_events", value: Math.round(own.rate), unit: "events/s", note: `${builtIn.length} built-in rules alone, one core` });
  const withBehaviour = measure(compileRuleset(builtIn, { decoder: requestDecoder, detectors: behaviourDetectors }), events);
  say({
    name: "behaviour_events",
    value: Math.round(withBehaviour.rate),
    unit: "events/s",
    ...(ingest === undefined ? {} : { limit: ingest, ratio: Math.round((withBehaviour.rate / ingest) * 100) / 100 }),
    note: `the same with ${behaviourDetectors.length} behaviour detectors, one core, ${withBehaviour.groups} groups; limit: the rate at which events come in, which is to be passed by half`,
  });
  const both = measure(compile([...builtIn, ...publicRules(values.rules, 500)]), events);
  say({
    name: "rules_events",
    value: Math.round(both.rate),
    unit: "events/s",
    ...(ingest === undefined ? {} : { limit: ingest, ratio: Math.round((both.rate / ingest) * 100) / 100 }),
    note: `${builtIn.length} built-in rules and 500 ${origin}, one core; limit: the rate at which batches of events come in, which is to be passed twice`,
  });
  say({ name: "rules_ns_per_event", value: Math.round(1e9 / both.rate), unit: "ns" });
  say({
    name: "state_bytes",
    value: both.stateBytes,
    unit: "bytes",
    note: `${both.groups} groups after ${events.length} events; ${both.alerts} alerts`,
  });

  const { times, rates } = timesTheCost(compile(publicRules(values.rules, 100)), compile(publicRules(values.rules, 1_000)), events);
  say({ name: "hundred_rules_events", value: Math.round(rates[0]), unit: "events/s", note: origin });
  say({ name: "thousand_rules_events", value: Math.round(rates[1]), unit: "events/s", note: origin });
  say({
    name: "thousand_rules_cost",
    value: Math.round(times * 100) / 100,
    unit: "times the cost of 100",
    limit: 3,
    ratio: Math.round((times / 3) * 100) / 100,
    note: `median of ${ROUNDS} rounds, processor time`,
  });
  if (!values["no-worker"]) sayLatency(await measureLatency(LIVE_SECONDS));
}

const LIVE_SECONDS = 15;

function sayLatency({ sustained, offered, p50, p95, alerts, missing }: Latency): void {
  const note = `everything on, worker and PostgreSQL on the same machine; a backlog of ${BACKLOG} events`;
  say({ name: "worker_events", value: Math.round(sustained), unit: "events/s", note });
  say({
    name: "commit_to_alert_p95",
    value: Math.round(p95),
    unit: "ms",
    limit: 1_000,
    ratio: Math.round(p95) / 1_000,
    note: `${alerts} attacks in ${LIVE_SECONDS} s of ${Math.round(offered)} events/s, half of worker_events; p50 ${Math.round(p50)} ms; ${missing} never came`,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
