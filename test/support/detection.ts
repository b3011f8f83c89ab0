/** Helpers of the detection tests: rules from YAML, events from a few words. */
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

type Loose = Partial<Omit<EventDocument, "id" | "occurred_at">>;

/** An event `seconds` after noon. */
export function eventAt(seconds: number, document: Loose = {}, id = `e${seconds}`): EventRecord {
  const occurredAt = NOON + Math.round(seconds * 1_000);
  return {
    id,
    occurredAt,
    receivedAt: occurredAt,
    document: {
      action: "http.request",
      outcome: "success",
      direction: "inbound",
      ...document,
      id,
      occurred_at: new Date(occurredAt).toISOString(),
    },
  };
}

/** Replays events in one go and returns the alerts that stand at the end. */
export function alertsOf(ruleset: Ruleset, events: readonly EventRecord[]) {
  const world = new MemoryWorld(ruleset);
  world.take(events);
  world.finish();
  return world.standing();
}
