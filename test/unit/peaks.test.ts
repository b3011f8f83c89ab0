import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Peaks } from "@/lib/detection/correlation/peaks";

const peaksOf = (type: "event_count" | "value_count" | "value_sum" | "temporal", windowMs = 60_000) => {
  const peaks = Peaks.of({ type, windowMs });
  if (!peaks) throw new Error(`${type} has peaks`);
  return peaks;
};

describe("the peaks of a counting rule", () => {
  it("are the most that each group had in one sliding window", () => {
    const peaks = peaksOf("event_count");
    for (const t of [0, 10_000, 20_000, 70_000]) peaks.see("a", { t, r: 0 });
    for (const t of [0, 60_000, 120_000]) peaks.see("b", { t, r: 0 });
    expect(peaks.standing()).toEqual({
      oneOf: 1,
      counts: [
        [1, 1],
        [3, 1],
      ],
    });
  });

  it("count distinct values, distinct rules, and add up", () => {
    const values = peaksOf("value_count");
    for (const [t, v] of [
      [0, "x"],
      [1, "x"],
      [2, "y"],
      [61_000, "z"],
    ] as const)
      values.see("a", { t, v, r: 0 });
    expect(values.standing().counts).toEqual([[2, 1]]);
    const rules = peaksOf("temporal");
    for (const [t, r] of [
      [0, 0],
      [1, 0],
      [2, 1],
    ] as const)
      rules.see("a", { t, r });
    expect(rules.standing().counts).toEqual([[2, 1]]);
    const sums = peaksOf("value_sum");
    for (const [t, v] of [
      [0, 700],
      [1, 534],
      [61_000, 5],
    ] as const)
      sums.see("a", { t, v, r: 0 });
    expect(sums.standing().counts).toEqual([[1_200, 1]]);
  });

  it("are nothing that an average has", () => {
    for (const type of ["value_avg", "value_median", "value_percentile", "new_value", "absence"] as const)
      expect(Peaks.of({ type, windowMs: 1_000 })).toBeUndefined();
  });

  it("agree with counting by hand", () => {
    const hits = fc.array(fc.record({ t: fc.nat(300), v: fc.constantFrom("p", "q", "r", "s") }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(hits, (given) => {
        const sorted = given.toSorted((a, b) => a.t - b.t);
        const inWindow = (end: number) => sorted.filter(({ t }, at) => at <= end && t > (sorted[end]?.t ?? 0) - 50);
        const [events, values] = [peaksOf("event_count", 50), peaksOf("value_count", 50)];
        for (const { t, v } of sorted) for (const peaks of [events, values]) peaks.see("g", { t, v, r: 0 });
        const most = Math.max(...sorted.map((_, end) => inWindow(end).length));
        const distinct = Math.max(...sorted.map((_, end) => new Set(inWindow(end).map(({ v }) => v)).size));
        expect([events.standing().counts, values.standing().counts]).toEqual([[[most, 1]], [[distinct, 1]]]);
      }),
      { numRuns: 200 },
    );
  });

  it("stay within bounds of memory and keep a fair sample of many groups", () => {
    const peaks = Peaks.of({ type: "event_count", windowMs: 1_000 }, { groups: 1_000, hits: 5_000 });
    if (!peaks) throw new Error("event_count has peaks");
    for (let n = 0; n < 30_000; n++) {
      peaks.see(`group ${n}`, { t: n, r: 0 });
      if (n % 10 === 0) peaks.see(`group ${n}`, { t: n, r: 0 });
    }
    const { oneOf, counts } = peaks.standing();
    const groups = counts.reduce((sum, [, count]) => sum + count, 0);
    expect(groups).toBeLessThanOrEqual(1_000);
    expect(groups * oneOf).toBeGreaterThan(25_000);
    expect(groups * oneOf).toBeLessThan(35_000);
    const twice = counts.find(([value]) => value === 2)?.[1] ?? 0;
    expect(twice / groups).toBeGreaterThan(0.05);
    expect(twice / groups).toBeLessThan(0.2);
  });
});
