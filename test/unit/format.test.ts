import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketSize, niceTicks, timeTicks } from "@/lib/charts/axes";
import {
  dayKey,
  formatBytes,
  formatClock,
  formatDelta,
  formatInstant,
  formatOffset,
  formatShort,
  formatSpan,
  isZone,
} from "@/lib/model/format";
import { readTimeRange, writeTimeRange } from "@/lib/model/time-range";

const at = (text: string) => Date.parse(text);
const HOUR = 3_600_000;

describe("instants", () => {
  it("are read in the viewer's zone with the offset of that day", () => {
    expect(formatClock(at("2026-11-23T13:05:26.914Z"), "Europe/Berlin", "ms")).toBe("14:05:26.914");
    expect(formatOffset(at("2026-11-23T13:05:26Z"), "Europe/Berlin")).toBe("UTC+1");
    expect(formatOffset(at("2026-07-01T13:05:26Z"), "Europe/Berlin")).toBe("UTC+2");
    expect(formatOffset(at("2026-07-01T13:05:26Z"), "Asia/Kolkata")).toBe("UTC+5:30");
    expect(formatOffset(at("2026-07-01T13:05:26Z"), "UTC")).toBe("UTC");
  });

  it("carry their day only when it is not today's, and their year only when it is not this year's", () => {
    const now = at("2026-11-23T12:00:00Z");
    expect(formatInstant(at("2026-11-23T09:40:00Z"), "UTC", now)).toBe("09:40");
    expect(formatInstant(at("2026-11-22T09:40:00Z"), "UTC", now)).toBe("22 Nov 09:40");
    expect(formatInstant(at("2025-11-22T09:40:00Z"), "UTC", now)).toBe("22 Nov 2025 09:40");
    expect(dayKey(at("2026-11-23T23:30:00Z"), "Europe/Berlin")).toBe("2026-11-24");
  });

  it("say the two sides of a change of clocks apart by their offset", () => {
    const before = at("2026-10-25T00:30:00Z");
    const after = at("2026-10-25T01:30:00Z");
    expect([before, after].map((ms) => formatClock(ms, "Europe/Berlin"))).toEqual(["02:30", "02:30"]);
    expect([before, after].map((ms) => formatOffset(ms, "Europe/Berlin"))).toEqual(["UTC+2", "UTC+1"]);
  });

  it("refuse zones that nobody knows", () =>
    expect([isZone("Europe/Berlin"), isZone("Mars/Base"), isZone("")]).toEqual([true, false, false]));
});

describe("numbers and spans", () => {
  it.each([
    [4, "4 ms"],
    [52_000, "52 s"],
    [840_000, "14 min"],
    [7_500_000, "2 h 5 min"],
    [3 * 86_400_000, "3 d"],
    [1000, "1 s"],
  ])("%d ms is %s", (ms, text) => expect(formatSpan(ms)).toBe(text));
  it.each([
    [950, "950"],
    [1200, "1.2k"],
    [88_410, "88k"],
    [999_700, "1M"],
    [3_400_000, "3.4M"],
  ])("%d is short for %s", (value, text) => expect(formatShort(value)).toBe(text));
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [18_200_000, "18.2 MB"],
  ])("%d bytes are %s", (value, text) => expect(formatBytes(value)).toBe(text));
  it("changes are percent once there is enough to compare with", () => {
    expect(formatDelta(3412, 1093)).toBe("+212 %");
    expect(formatDelta(5, 2)).toBe("+3");
    expect(formatDelta(7, 7)).toBe("as before");
  });
});

describe("axes", () => {
  it("ticks start at zero, reach the top, and are few", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e12, noNaN: true }), (max) => {
        const ticks = niceTicks(max);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1) as number).toBeGreaterThanOrEqual(max * 0.999_999);
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it("columns never pass the limit", () => {
    fc.assert(fc.property(fc.integer({ min: 60_000, max: 400 * 86_400_000 }), (span) => span / bucketSize(span) <= 120));
  });

  it("time ticks stay on the viewer's round hours over a change of clocks", () => {
    const ticks = timeTicks(at("2026-10-24T10:00:00Z"), at("2026-10-26T10:00:00Z"), "Europe/Berlin");
    expect(ticks.length).toBeGreaterThan(3);
    for (const tick of ticks) expect(Number(formatClock(tick.at, "Europe/Berlin").slice(0, 2)) % 6).toBe(0);
  });

  it("time ticks lie inside the span, in order, at most nine", () => {
    const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia");
    fc.assert(
      fc.property(
        fc.integer({ min: 1_600_000_000, max: 1_900_000_000 }),
        fc.integer({ min: 15, max: 60 * 24 * 90 }),
        zone,
        (seconds, minutes, where) => {
          const from = seconds * 1000;
          const ticks = timeTicks(from, from + minutes * 60_000, where).map((tick) => tick.at);
          expect(ticks.length).toBeLessThanOrEqual(9);
          expect(ticks).toEqual([...new Set(ticks)].toSorted((a, b) => a - b));
          for (const tick of ticks) expect(tick >= from && tick <= from + minutes * 60_000).toBe(true);
        },
      ),
    );
  });
});

describe("the span in the address", () => {
  const now = at("2026-11-23T12:00:00Z");
  it("comes back as it was written", () => {
    for (const params of [{ last: "7d" }, { from: "2026-11-01T00:00:00.000Z", to: "2026-11-02T00:00:00.000Z" }, {}]) {
      const range = readTimeRange(params, now);
      expect(readTimeRange(writeTimeRange(range), now)).toEqual(range);
    }
  });
  it("falls back to the last 24 hours whatever a stranger writes there", () => {
    const fallback = { from: now - 24 * HOUR, to: now, relative: "24h" };
    for (const params of [
      { last: "9000y" },
      { last: "__proto__" },
      { from: "x", to: "y" },
      { from: "2026-11-02", to: "2026-11-01" },
      { last: ["1h"] },
    ])
      expect(readTimeRange(params, now)).toEqual(fallback);
  });
});
