import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CourseColumn, courseOf, gapsOf } from "@/lib/charts/course";
import { topSeries } from "@/lib/charts/top-series";
import { expectedBands } from "@/lib/detection/detectors/series/expected-bands";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 0, 5);
/** Hours of `days` days with a curve that repeats, `change` applied to single ones. */
const hours = (days: number, change: (at: number, usual: number) => number | null = (_, usual) => usual) =>
  Array.from({ length: days * 24 }, (_, n) => {
    const at = start + n * HOUR;
    return { at, value: change(at, 100 + 50 * Math.round(Math.sin(((n % 24) / 24) * 2 * Math.PI))) };
  });
const banded = (columns: { at: number; value: number | null }[]): CourseColumn[] =>
  expectedBands(columns, HOUR).map((band, n) => ({ at: columns[n]?.at ?? 0, value: columns[n]?.value ?? null, band }));
const courseFrom = (columns: CourseColumn[], more: Partial<Parameters<typeof courseOf>[0]> = {}) =>
  courseOf({ columns, from: start + 10 * DAY, widthMs: HOUR, now: start + 11 * DAY, floor: 20, gaps: [], ...more });

describe("the expected band", () => {
  it("is learnt from the days before, never from what comes later", () => {
    const whole = hours(11);
    const cut = expectedBands(whole, HOUR);
    for (const length of [30, 60, 200]) expect(expectedBands(whole.slice(0, length), HOUR)).toEqual(cut.slice(0, length));
    expect(cut.slice(0, 24).every((band) => band === null)).toBe(true);
    expect(
      cut.slice(5 * 24).every((band, n) => band && (whole[n + 120]?.value ?? 0) >= band[0] && (whole[n + 120]?.value ?? 0) <= band[1]),
    ).toBe(true);
  });

  it("does not learn a flood as usual, but a new habit within days", () => {
    const at = start + 5 * DAY + 12 * HOUR;
    const flood = expectedBands(hours(7, (time, usual) => (time === at ? 50_000 : usual)), HOUR); // biome-ignore format: one course
    expect(flood[6 * 24 + 12]?.[1]).toBeLessThan(400);
    const grown = expectedBands(hours(12, (time, usual) => (time >= at ? 4 * usual : usual)), HOUR); // biome-ignore format: one course
    expect(grown.at(-12)?.[1]).toBeGreaterThanOrEqual(4 * 50);
  });

  it("learns nothing from a gap", () => {
    const gap = start + 4 * DAY;
    const bands = expectedBands(
      hours(8, (at, usual) => (at >= gap && at < gap + 6 * HOUR ? null : usual)),
      HOUR,
    );
    for (const band of bands.slice(6 * 24)) expect(band?.[0]).toBeGreaterThan(0);
  });
});

describe("a course", () => {
  const spike = start + 10 * DAY + 12 * HOUR;

  it("names what left the band, with its length and how much more or less came", () => {
    const high = courseFrom(banded(hours(11, (at, usual) => (at >= spike && at < spike + 2 * HOUR ? 1000 : usual))));
    expect(high.departures).toHaveLength(1);
    const [departure] = high.departures;
    expect(departure).toMatchObject({ from: spike, to: spike + 2 * HOUR, peak: 1000 });
    expect(departure?.excess).toBeGreaterThan(1600);
    expect(high.ticks.at(-1)).toBeLessThan(1000); // cut: the day stays readable, the label says how high it went
    const gentle = courseFrom(banded(hours(11, (at, usual) => (at === spike ? 400 : usual))));
    expect(gentle.ticks.at(-1)).toBeGreaterThanOrEqual(400);
    const low = courseFrom(banded(hours(11, (at, usual) => (at === spike ? 5 : usual))));
    expect(low.departures[0]?.excess).toBeLessThan(-20);
    expect(courseFrom(banded(hours(11))).departures).toEqual([]);
  });

  it("does not call the column that is still filling a drop", () => {
    const last = start + 11 * DAY - HOUR;
    const columns = banded(hours(11, (at, usual) => (at === last ? 1 : usual)));
    expect(courseFrom(columns, { now: last + HOUR / 2 }).departures).toEqual([]);
    expect(courseFrom(columns).departures).toHaveLength(1);
  });

  it("leaves a gap a gap: no value, nothing outside, not part of the sum", () => {
    const silent = (at: number) => at >= spike && at < spike + 3 * HOUR;
    const columns = banded(hours(11, (at, usual) => (silent(at) ? 0 : usual)));
    const gaps = gapsOf(columns, HOUR);
    expect(gaps).toEqual([{ from: spike, to: spike + 3 * HOUR }]);
    const course = courseFrom(columns, { gaps });
    expect(course.points.filter(({ value }) => value === null).map(({ at }) => at)).toEqual([spike, spike + HOUR, spike + 2 * HOUR]);
    expect(course.departures).toEqual([]);
    expect(gapsOf(banded(hours(11, (at, usual) => (at === spike ? 0 : usual))), HOUR)).toEqual([]); // one empty hour is no gap
  });

  it("lays the week before beside each column", () => {
    const course = courseFrom(banded(hours(11, (at, usual) => (at === spike - 7 * DAY ? 7 : usual))));
    expect(course.points.find(({ at }) => at === spike)?.before).toBe(7);
  });
});

describe("the busiest few", () => {
  it("and the rest add up to everything, whatever came", () => {
    const cell = fc.record({
      value: fc.option(fc.constantFrom("a", "b", "c"), { nil: null }),
      bar: fc.integer({ min: 0, max: 4 }),
      requests: fc.integer({ min: 0, max: 1000 }),
      failures: fc.constant(0),
      bytesIn: fc.constant(1),
      bytesOut: fc.constant(2),
      durationMs: fc.constant(10),
      timed: fc.constantFrom(0, 5),
    });
    fc.assert(
      fc.property(fc.array(cell), (cells) => {
        const lines = topSeries(cells, 5);
        const all = cells.reduce((sum, { requests }) => sum + requests, 0);
        expect(lines.reduce((sum, { requests }) => sum + requests, 0)).toBe(all);
        expect(lines.flatMap(({ course }) => course).reduce((sum, n) => sum + n, 0)).toBe(all);
        expect(lines.slice(0, -1).every(({ value }) => value !== null)).toBe(true);
        for (const { latencyMs } of lines) expect(latencyMs === null || latencyMs >= 2).toBe(true);
      }),
    );
  });
});
