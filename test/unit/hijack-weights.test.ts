import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { factorsSaid, tunedWeights } from "@/lib/detection/detectors/hijack-weights";
import { sessionHijackDefaults } from "@/lib/detection/detectors/session-hijack";
import { HijackFactor, type HijackLesson } from "@/lib/model/hijack-lesson";

const lesson = (verdict: HijackLesson["verdict"], factors: HijackFactor[]): HijackLesson => ({
  incident: 1,
  verdict,
  factors,
  by: "Ada",
  at: "2026-03-02T09:00:00Z",
});
const { weights } = sessionHijackDefaults;

describe("verdicts about taken sessions", () => {
  it("move only the factors of their alert, down when it was false and up when it was true", () => {
    const down = tunedWeights([lesson("false", ["network", "country"])]);
    expect(down).toEqual({ ...weights, network: 18, country: 41 });
    expect(tunedWeights([lesson("true", ["device"])])).toEqual({ ...weights, device: 63 });
    expect(tunedWeights([])).toEqual(weights);
  });

  it("can switch no factor off and make none rule alone, however many there are and whatever their order", () => {
    const lessons = fc.array(
      fc.tuple(fc.constantFrom("true", "benign", "false"), fc.subarray(HijackFactor.options)).map(([v, f]) => lesson(v, f)),
    );
    fc.assert(
      fc.property(lessons, (taught) => {
        const tuned = tunedWeights(taught);
        for (const factor of HijackFactor.options) {
          expect(tuned[factor]).toBeGreaterThanOrEqual(Math.floor(weights[factor] / 2));
          expect(tuned[factor]).toBeLessThanOrEqual(Math.ceil(1.25 * weights[factor]));
        }
        expect(tunedWeights([...taught].reverse())).toEqual(tuned);
      }),
    );
  });

  it("know the factors by the names that alerts give them, and no others", () => {
    expect(factorsSaid(["older version", "fixation", "person", "newer version", "constructor"])).toEqual(["downgrade", "person"]);
  });
});
