/**
 * How well attacks are found in the simulated weeks: precision, recall and seconds to the first alert of each family, with rules and detectors together.
 *   npm run --silent bench -- behaviour [--seed N] [--people P] [--days D] [--verbose]
 * Without --seed a seed is drawn and told. Alerts of level `informational` are notes, not alerts.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { behaviourDetectors } from "@/lib/detection/detectors/registry";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset } from "@/lib/detection/ruleset";
import type { Alert, Family } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { readRuleFolders } from "@/lib/rules/rule-files";
import { type Attack, ATTACK_KINDS } from "@/lib/simulate/attacks";
import { attacksOf, simulate, type SimulateOptions } from "@/lib/simulate/simulate";

const DAY = 86_400_000;
const TURN_MS = 5000; // event time of one turn while a fast attack is on: what a busy worker takes in at once
const CALM_TURN_MS = 60_000; // at other times only what is said matters, not when
const DENSE_TURN = 2000;
const GRACE_MS = 30 * 60_000; // an alert this long after the last event still speaks of it

interface First {
  alert: Alert;
  /** Event time at which it was first said. */
  saidAt: number;
}

const text = { type: "string" } as const;
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { seed: text, people: text, days: text, verbose: { type: "boolean" } },
});
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const options: SimulateOptions = {
  seed,
  people: Number(values.people ?? 200),
  days: Number(values.days ?? 28),
  start: Date.UTC(2026, 0, 5),
  calmDays: 14,
};
process.stderr.write(`seed ${seed}, ${options.people} people, ${options.days} days\n`);

const say = (name: string, value: number, unit: string, more: object = {}) =>
  process.stdout.write(
    `${JSON.stringify({ suite: "behaviour", name, value: Number(value.toFixed(3)), unit, note: `seed ${seed}`, ...more })}\n`,
  );

function recordOf({ event }: { event: Parameters<typeof JSON.stringify>[0] & { id?: string; occurred_at?: string } }): EventRecord {
  const occurredAt = Date.parse(event.occurred_at ?? "");
  return { id: event.id ?? "", occurredAt, receivedAt: occurredAt, document: { outcome: "unknown", direction: "inbound", ...event } };
}

const { documents } = readRuleFolders(["rules"]);
const ruleset = compileRuleset(
  documents.filter((document) => document.extension.default !== false),
  { decoder: requestDecoder, detectors: behaviourDetectors },
);
const world = new MemoryWorld(ruleset);
const labels = new Map<string, string>();
const said = new Map<string, First>();
let events = 0;
let spent = 0;
let turn: EventRecord[] = [];
let turnEnd = 0;

function take(): void {
  const last = turn[turn.length - 1];
  if (!last) return;
  const before = performance.now();
  const result = world.take(turn);
  spent += performance.now() - before;
  for (const alert of result.alerts)
    if (!said.has(alert.key)) said.set(alert.key, { alert, saidAt: Math.max(last.occurredAt, alert.lastAt) });
  turn = [];
}

/** Events per second of processor time when a worker takes them in turns of DENSE_TURN, the days compressed into hours as in a busy installation. */
function dense(rules: typeof ruleset): number {
  const busy: EventRecord[] = [];
  for (const one of simulate({ ...options, days: 3, attacks: [] })) {
    const record = recordOf(one);
    const occurredAt = options.start + Math.floor((record.occurredAt - options.start) / 24);
    busy.push({ ...record, occurredAt, receivedAt: occurredAt });
  }
  const fresh = new MemoryWorld(rules);
  const before = process.cpuUsage();
  for (let i = 0; i < busy.length; i += DENSE_TURN) fresh.take(busy.slice(i, i + DENSE_TURN));
  const { user, system } = process.cpuUsage(before);
  return (1e6 * busy.length) / (user + system);
}

const attacks = attacksOf(options);
const isClose = (t: number): boolean =>
  attacks.some(({ fast, from, to }) => fast && t >= from - 2 * CALM_TURN_MS && t <= to + CALM_TURN_MS);

let day = -1;
for (const one of simulate(options)) {
  const record = recordOf(one);
  if (one.label) labels.set(record.id, one.label);
  if (record.occurredAt >= turnEnd) {
    take();
    turnEnd = record.occurredAt + (isClose(record.occurredAt) ? TURN_MS : CALM_TURN_MS);
  }
  turn.push(record);
  events++;
  const now = Math.floor((record.occurredAt - options.start) / DAY);
  if (now !== day) process.stderr.write(`day ${(day = now)}: ${events} events, ${said.size} alerts\n`);
}
take();
world.finish();
for (const [rule, reason] of ruleset.disabled) process.stderr.write(`out of action: ${rule}: ${reason}\n`);

const byId = new Map(attacks.map((attack) => [attack.id, attack]));

/** The attacks that an alert speaks of: by its evidence, and by its entity at that time. Two attacks at once may share one alert. */
function causesOf(alert: Alert): Attack[] {
  const named = new Set(alert.evidence.flatMap((id) => labels.get(id) ?? []));
  const meant = attacks.filter(
    ({ entity, also, from, to }) =>
      [entity, ...also].some(({ type, value }) => type === alert.entity.type && value === alert.entity.value) &&
      alert.lastAt >= from - GRACE_MS &&
      alert.firstAt <= to + GRACE_MS,
  );
  return [...new Set([...[...named].flatMap((id) => byId.get(id) ?? []), ...meant])];
}

// Some attacks truly are two things: a thief's session is also impossible travel, a taken account also a new context.
const standing = world.standing().filter((alert) => alert.level !== "informational");
const calmEnd = options.start + (options.calmDays ?? 0) * DAY;
const families = [...new Set(attacks.map((attack) => attack.family))].sort();
const falseOnes: Alert[] = [];
const judged = standing.map((alert) => {
  const causes = causesOf(alert);
  if (causes.length === 0) falseOnes.push(alert);
  return { alert, causes };
});
const median = (numbers: number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

function figures(family: Family): void {
  const mine = judged.filter(({ alert }) => alert.family === family);
  const staged = attacks.filter((attack) => attack.family === family);
  const found = staged.map((attack) => mine.filter(({ causes }) => causes.some(({ id }) => id === attack.id)));
  const seconds = staged.flatMap((attack, i) => {
    const times = (found[i] ?? []).flatMap(({ alert }) => said.get(alert.key)?.saidAt ?? []);
    return times.length > 0 && attack.fast ? [(Math.min(...times) - attack.from) / 1000] : [];
  });
  if (mine.length > 0)
    say(`${family}_precision`, mine.filter(({ causes }) => causes.length > 0).length / mine.length, "share", { alerts: mine.length });
  say(`${family}_recall`, found.filter((alerts) => alerts.length > 0).length / staged.length, "share", { attacks: staged.length });
  if (seconds.length > 0) say(`${family}_seconds_to_alert`, median(seconds), "s");
  if (values.verbose)
    for (const [i, attack] of staged.entries())
      if ((found[i] ?? []).length === 0)
        process.stderr.write(
          `missed ${attack.id} ${attack.entity.value} ${new Date(attack.from).toISOString()}; others: ${judged.filter(({ causes }) => causes.some(({ id }) => id === attack.id)).map(({ alert }) => alert.ruleId)}\n`,
        );
}
for (const family of families) figures(family);
const weeks = (options.days - (options.calmDays ?? 0)) / 7;
const late = falseOnes.filter((alert) => alert.firstAt >= calmEnd);
say("false_alerts_per_week", late.length / weeks, "alerts");
say("false_alerts_while_learning", falseOnes.length - late.length, "alerts");
say("attack_kinds", ATTACK_KINDS.length, "kinds");
say("events_per_second_sparse", (1000 * events) / spent, "events/s", {
  note: `seed ${seed}; one core, rules and detectors, turns of ${TURN_MS / 1000} to ${CALM_TURN_MS / 1000} s of event time`,
});
say("events_per_second", dense(ruleset), "events/s", {
  note: `seed ${seed}; one core, rules and detectors, turns of ${DENSE_TURN} events`,
});
say("detector_events_per_second", dense(compileRuleset([], { detectors: behaviourDetectors })), "events/s", {
  note: `seed ${seed}; the same without rules`,
});
say("state_per_group", world.stateSize() / Math.max(1, world.groups), "characters", { groups: world.groups });
if (values.verbose)
  for (const alert of falseOnes)
    process.stderr.write(`false ${new Date(alert.firstAt).toISOString()} ${alert.ruleId} ${alert.level} ${alert.explanation.sentence}\n`);
