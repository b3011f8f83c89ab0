import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyProfile, rememberValue, usualAt } from "@/lib/detection/detectors/series/daily-profile";
import { emptySeries, observe, type SeriesObservation, type SeriesState } from "@/lib/detection/detectors/series/observe";
import { emptyTail, rememberError, surpriseOf } from "@/lib/detection/detectors/series/error-tail";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = Date.UTC(2026, 0, 5);
const STEP = 5 * MINUTE;

/** A reproducible wobble in [-1, 1]. */
const wobble = (i: number): number => Math.sin(i * 12.9898) * Math.cos(i * 4.1414);
const daily = (t: number): number => 100 + 60 * Math.sin(((t % DAY) / DAY) * 2 * Math.PI);

function feed(valueAt: (i: number, t: number) => number, count: number, from: SeriesState = emptySeries()): SeriesObservation[] {
  const out: SeriesObservation[] = [];
  let state = from;
  for (let i = 0; i < count; i++) {
    const seen = observe(state, START + i * STEP, valueAt(i, START + i * STEP));
    state = seen.state;
    out.push(seen);
  }
  return out;
}
const fired = (seen: SeriesObservation[]): number[] => seen.flatMap((one, i) => (one.score >= 0.5 ? [i] : []));
const twoWeeks = (14 * DAY) / STEP;

describe("what is usual", () => {
  const isWeekend = (t: number) => [0, 6].includes(new Date(t).getUTCDay());
  const work = (t: number) => (isWeekend(t) ? 2 : t % DAY >= 8 * 60 * MINUTE && t % DAY < 18 * 60 * MINUTE ? 20 : 4);

  /** What a day like today has at noon, after three weeks with one trouble in the third. */
  function usualAtNoon(day: number, trouble: (day: number, t: number) => number | undefined): number | undefined {
    let profile = emptyProfile(MINUTE);
    for (let t = START; t < START + day * DAY; t += MINUTE)
      profile = rememberValue(profile, t, trouble(Math.floor((t - START) / DAY), t % DAY) ?? work(t));
    return usualAt(profile, START + day * DAY + DAY / 2)?.ordinary.level;
  }

  it("on a Sunday is a Sunday's, though a flood came on the Saturday", () => {
    expect(usualAtNoon(20, (day, t) => (day === 19 && t >= 10 * 60 * MINUTE && t < 10 * 60 * MINUTE + 5 * MINUTE ? 3000 : undefined))).toBe(
      2,
    );
  });

  it("on a Saturday is the less of its Saturday and its Sunday, the only days like it", () => {
    expect(usualAtNoon(26, (day, t) => (day === 20 && t >= 11 * 60 * MINUTE && t < 13 * 60 * MINUTE ? 30 : undefined))).toBe(2);
  });

  it("on a Tuesday is a workday's, though a flood came on the Monday and an outage a week before", () => {
    const flood = (day: number, t: number) => day === 21 && t >= 15 * 60 * MINUTE && t < 15 * 60 * MINUTE + 5 * MINUTE;
    const outage = (day: number, t: number) => day === 15 && t >= 11.5 * 60 * MINUTE && t < 12.5 * 60 * MINUTE;
    expect(usualAtNoon(22, (day, t) => (flood(day, t) ? 3000 : outage(day, t) ? 0 : undefined))).toBe(20);
  });
});

describe("the anomaly detector of series", () => {
  it("stays quiet on a daily rhythm with noise", () => {
    expect(fired(feed((i, t) => daily(t) + 3 * wobble(i), twoWeeks)).length).toBeLessThanOrEqual(2);
  });

  it.each([
    ["a spike of five times", (value: number) => value * 5],
    ["a drop to nothing", () => 0],
  ])("fires within one observation on %s", (_, change) => {
    const at = twoWeeks - 100;
    const seen = feed((i, t) => (i >= at && i < at + 12 ? change(daily(t) + 3 * wobble(i)) : daily(t) + 3 * wobble(i)), twoWeeks);
    expect(Math.min(...fired(seen).filter((i) => i >= at))).toBeLessThanOrEqual(at + 1);
  });

  it("fires when the usual daily peak does not come, though the value is an ordinary one of the night", () => {
    const at = (12 * DAY) / STEP;
    const seen = feed((i, t) => (i >= at && i < at + DAY / STEP ? 40 : daily(t)) + 3 * wobble(i), twoWeeks);
    expect(fired(seen).some((i) => i >= at && i < at + 72)).toBe(true);
  });

  it("rests after firing: one episode is called once", () => {
    const at = twoWeeks - 200;
    const seen = feed((i, t) => (i >= at && i < at + 100 ? 900 : daily(t)) + 3 * wobble(i), twoWeeks);
    expect(fired(seen).filter((i) => i >= at && i < at + 100)).toHaveLength(1);
  });

  it("does not look ahead: the score of a value does not depend on what comes after it", () => {
    const whole = feed((i, t) => daily(t) + 9 * wobble(i), 900).map((one) => one.score);
    const half = feed((i, t) => daily(t) + 9 * wobble(i), 450).map((one) => one.score);
    expect(whole.slice(0, 450)).toEqual(half);
  });

  it("survives storage: plain JSON, bounded", () => {
    let state = emptySeries();
    for (let i = 0; i < 10_000; i++) state = observe(state, START + i * STEP, 1000 * Math.abs(wobble(i)) ** 5).state;
    const text = JSON.stringify(state);
    expect(text.length).toBeLessThan(64 * 1024);
    expect(observe(JSON.parse(text), START + 10_000 * STEP, 7)).toEqual(observe(state, START + 10_000 * STEP, 7));
  });

  it("never breaks on any numbers or gaps, and scores stay from 0 to 1", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.integer({ min: 0, max: 3 * DAY })), { maxLength: 200 }), (steps) => {
        let state = emptySeries();
        let t = START;
        for (const [v, gap] of steps) {
          t += gap;
          const seen = observe(state, t, v);
          state = seen.state;
          expect(seen.rawScore >= 0 && seen.rawScore <= 1).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the tail of errors", () => {
  it("orders surprises as it orders errors", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 40, maxLength: 200 }),
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        (errors, error) => {
          const tail = errors.reduce(rememberError, emptyTail);
          expect(surpriseOf(tail, error * 2)).toBeGreaterThanOrEqual(surpriseOf(tail, error) - 0.31); // within one bin of the histogram
        },
      ),
    );
  });

  it("calls an error as large as one in a hundred about two decades", () => {
    let tail = emptyTail;
    for (let i = 1; i <= 1000; i++) tail = rememberError(tail, ((i * 617) % 1000) + 1);
    expect(surpriseOf(tail, 990)).toBeGreaterThan(1.4);
    expect(surpriseOf(tail, 990)).toBeLessThan(2.6);
  });
});
