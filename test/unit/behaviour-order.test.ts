import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { behaviourDetectors, behaviourRules } from "@/lib/detection/detectors/registry";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset } from "@/lib/detection/ruleset";
import { LATENESS_MS } from "@/lib/detection/detector";
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { chanceOf } from "@/lib/simulate/chance";
import { ATTACK_KINDS } from "@/lib/simulate/attacks";
import { simulate } from "@/lib/simulate/simulate";

const ruleset = compileRuleset([], { detectors: behaviourDetectors });

function recordsOf(seed: number): EventRecord[] {
  const attacks = ATTACK_KINDS.filter((kind) => !["flood", "slow-flood", "scrape"].includes(kind)).map((kind, i) => ({
    kind,
    day: 4 + (i % 2),
  }));
  return [...simulate({ seed, days: 6, people: 4, start: Date.UTC(2026, 0, 5), attacks })].map(({ event }) => {
    const occurredAt = Date.parse(event.occurred_at ?? "");
    const document = {
      ...event,
      id: event.id ?? "",
      occurred_at: event.occurred_at ?? "",
      outcome: event.outcome ?? "unknown",
      direction: event.direction ?? "inbound",
    };
    return { id: document.id, occurredAt, receivedAt: Number.MAX_SAFE_INTEGER, document };
  });
}

function alertsOf(batches: readonly (readonly EventRecord[])[]): Alert[] {
  const world = new MemoryWorld(ruleset);
  for (const batch of batches) world.take(batch);
  world.finish();
  return world.standing();
}

function cut(records: readonly EventRecord[], sizeOf: () => number): EventRecord[][] {
  const batches: EventRecord[][] = [];
  for (let at = 0; at < records.length; ) {
    const size = sizeOf();
    batches.push(records.slice(at, at + size));
    at += size;
  }
  return batches;
}

describe("behaviour detectors", () => {
  it("give the same alerts whatever the batching and the order inside the lateness bound", () => {
    const records = recordsOf(3);
    const expected = alertsOf(cut(records, () => 2000));
    expect(new Set(expected.map((alert) => alert.family)).size).toBeGreaterThanOrEqual(5);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const chance = chanceOf(seed);
        const arrival = new Map(records.map((record) => [record.id, record.occurredAt + chance.next() * 0.95 * LATENESS_MS]));
        const shuffled = [...records].sort((a, b) => (arrival.get(a.id) ?? 0) - (arrival.get(b.id) ?? 0));
        expect(JSON.stringify(alertsOf(cut(shuffled, () => chance.int(1, 1500))))).toBe(JSON.stringify(expected));
      }),
      { numRuns: 1 },
    );
  }, 120_000);

  it("say who they are", () => {
    expect(behaviourDetectors.map((detector) => detector.id)).toEqual(behaviourRules.map((rule) => rule.id));
    expect(new Set(behaviourRules.map((rule) => rule.id)).size).toBe(behaviourRules.length);
  });
});
