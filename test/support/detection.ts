/** Helpers of the detection tests: rules from YAML, events from a few words. */
import type { Detector } from "@/lib/detection/detector";
import type { Alert } from "@/lib/model/alert";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset, type Ruleset } from "@/lib/detection/ruleset";
import { parseRules } from "@/lib/detection/sigma/parse";

/** Compiles YAML; anything wrong with it fails the test. */
export function rulesetOf(yaml: string): Ruleset {
  const { documents, problems } = parseRules(yaml, "test.yml");
  const ruleset = compileRuleset(documents, { decoder: requestDecoder });
  const errors = [...problems, ...ruleset.problems].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ line, column, detail }) => `${line}:${column} ${detail}`).join("\n"));
  return ruleset;
}

export const NOON = Date.UTC(2026, 0, 7, 12);

export type Loose = Partial<Omit<EventDocument, "id" | "occurred_at">>;

function recordOf(id: string, t: number, document: Loose): EventRecord {
  const kept = { action: "http.request", outcome: "success", direction: "inbound", ...document } as const;
  return { id, occurredAt: t, receivedAt: t, document: { ...kept, id, occurred_at: new Date(t).toISOString() } };
}

/** An event `seconds` after noon. */
export const eventAt = (seconds: number, document: Loose = {}, id = `e${seconds}`): EventRecord =>
  recordOf(id, NOON + Math.round(seconds * 1_000), document);

let made = 0;

/** An event of a service at a time, ms, with an id of its own; ids are in the order of making. */
export const recordAt = (t: number, document: Loose): EventRecord =>
  recordOf(`r${String(made++).padStart(7, "0")}`, t, { service: "api", ...document });

/** The alerts of one detector that stand after events came in this order, so many at once. */
export function detectorAlerts(detector: Detector, records: readonly EventRecord[], batch: number): Alert[] {
  const world = new MemoryWorld(compileRuleset([], { detectors: [detector] }));
  for (let from = 0; from < records.length; from += batch) world.take(records.slice(from, from + batch));
  world.finish();
  return world.standing();
}

export const inTime = (records: readonly EventRecord[]): EventRecord[] => [...records].sort((a, b) => a.occurredAt - b.occurredAt);

/** Replays events in one go and returns the alerts that stand at the end. */
export function alertsOf(ruleset: Ruleset, events: readonly EventRecord[]) {
  const world = new MemoryWorld(ruleset);
  world.take(events);
  world.finish();
  return world.standing();
}
