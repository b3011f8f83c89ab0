import { describe, expect, it } from "vitest";
import { EventInput } from "@/lib/model/event";
import { ATTACK_KINDS } from "@/lib/simulate/attacks";
import { attacksOf, simulate } from "@/lib/simulate/simulate";

const options = { seed: 7, days: 6, people: 8, start: Date.UTC(2026, 0, 5) };

describe("the simulated company", { timeout: 60_000 }, () => {
  const events = [...simulate(options)];

  it("is the same for the same seed and another for another", () => {
    const text = JSON.stringify(events);
    expect(JSON.stringify([...simulate(options)]) === text).toBe(true);
    expect(JSON.stringify([...simulate({ ...options, seed: 8 })]) === text).toBe(false);
  });

  it("speaks in order of time, with ids that are unique, and only what the wire form allows", () => {
    const times = events.map(({ event }) => Date.parse(event.occurred_at ?? ""));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(events.map(({ event }) => event.id)).size).toBe(events.length);
    for (const { event } of events.filter((_, i) => i % 17 === 0)) expect(() => EventInput.parse(event)).not.toThrow();
  });

  it("stages every kind of attack after the calm days, and labels its events", () => {
    const attacks = attacksOf(options);
    expect(new Set(attacks.map((attack) => attack.kind))).toEqual(new Set(ATTACK_KINDS));
    for (const attack of attacks) {
      expect(attack.from).toBeGreaterThanOrEqual(options.start + 2 * 86_400_000);
      const own = events.filter(({ label }) => label === attack.id);
      expect(own.length > 0).toBe(!["silent-service", "silent-key", "outage", "brown-out"].includes(attack.kind));
    }
  });

  it("falls silent where the trouble is silence", () => {
    const silence = attacksOf(options).find((attack) => attack.kind === "silent-service");
    const inside = events.filter(({ event }) => {
      const t = Date.parse(event.occurred_at ?? "");
      return event.service === "scheduler" && t >= (silence?.from ?? 0) && t < (silence?.to ?? 0);
    });
    expect(silence).toBeDefined();
    expect(inside).toHaveLength(0);
  });
});
