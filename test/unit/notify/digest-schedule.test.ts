import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latestDigest } from "@/lib/notify/digest-schedule";
import { clockAt } from "@/lib/notify/when";

const HOUR = 3_600_000;
const zones = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/St_Johns",
  "Africa/Casablanca",
  "Pacific/Apia",
);
const start = Date.UTC(2026, 0, 10);

describe("digests", () => {
  it("follow each other without gap or overlap in every zone, over every change of the clocks", () => {
    fc.assert(
      fc.property(
        zones,
        fc.constantFrom("hourly", "daily", "weekly"),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 300 }),
        (zone, kind, hour, weekday, day) => {
          const found: { from: number; to: number }[] = [];
          const span = kind === "weekly" ? 40 : 6;
          for (let now = start + day * 24 * HOUR; now < start + (day + span) * 24 * HOUR; now += kind === "hourly" ? HOUR / 2 : 5 * HOUR) {
            const due = latestDigest({ kind, hour, weekday }, zone, now);
            if (due && due.to !== found.at(-1)?.to) found.push(due);
          }
          for (const [index, { from, to }] of found.entries()) {
            expect(to).toBeGreaterThan(from);
            if (index > 0) expect(from).toBe(found[index - 1]?.to);
          }
          expect(found.length).toBeGreaterThanOrEqual(kind === "hourly" ? 24 * 4 : 4);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("come at the chosen hour of the reader, summer and winter", () => {
    const choice = { kind: "daily" as const, hour: 7, weekday: 1 };
    for (const now of [Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 2, 29, 12), Date.UTC(2026, 9, 25, 12), Date.UTC(2026, 9, 26, 12)]) {
      expect(clockAt(latestDigest(choice, "Europe/Berlin", now)?.to ?? 0, "Europe/Berlin")).toBe("07:00");
    }
  });

  it("at an hour that daylight saving skips come at the next one that exists", () => {
    const due = latestDigest({ kind: "daily", hour: 2, weekday: 1 }, "Europe/Berlin", Date.UTC(2026, 2, 29, 12));
    expect(clockAt(due?.to ?? 0, "Europe/Berlin")).toBe("03:00");
  });

  it("are not made for those who want none", () => {
    expect(latestDigest({ kind: "none", hour: 7, weekday: 1 }, "UTC", start)).toBeNull();
  });
});
