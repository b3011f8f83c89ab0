import { expect, it } from "vitest";
import { countShapes, shapeOf } from "@/lib/charts/attempt-shape";
import { entryStrip } from "@/lib/charts/entry-strip";

it.each([
  ["brute force", { failures: 119, accounts: 2, existing: 2, sources: 1, entered: 0 }],
  ["stuffing", { failures: 150, accounts: 145, existing: 28, sources: 1, entered: 0 }],
  ["spray", { failures: 12, accounts: 12, existing: 12, sources: 1, entered: 0 }],
  ["ghosts", { failures: 9, accounts: 9, existing: 0, sources: 1, entered: 0 }],
  ["distributed", { failures: 40, accounts: 1, existing: 1, sources: 40, entered: 0 }],
  ["plain slips", { failures: 3, accounts: 1, existing: 1, sources: 1, entered: 1 }],
  ["brute force", { failures: 24, accounts: 4, existing: 4, sources: 1, entered: 4 }], // every account guessed: no office
  ["plain slips", { failures: 18, accounts: 14, existing: 14, sources: 1, entered: 53 }],
] as const)("names %s", (shape, counts) => {
  expect(shapeOf(counts)).toBe(shape);
});

it("counts the lines of each shape and what they did together", () => {
  const force = { failures: 119, accounts: 2, existing: 2, sources: 1, entered: 0 };
  const slip = { failures: 3, accounts: 1, existing: 1, sources: 1, entered: 1 };
  expect(countShapes([force, slip, force])).toEqual(
    new Map([
      ["brute force", { lines: 2, failures: 238, accounts: 4 }],
      ["plain slips", { lines: 1, failures: 3, accounts: 1 }],
    ]),
  );
});

it("shows one way in on one axis: every failure before, the entry, and what came soon after", () => {
  const strip = entryStrip({ failures: [0, 10_000, 20_000], entered: 30_000, after: [40_000, 600_000, 86_400_000] });
  const sum = (of: "failures" | "events") => strip.reduce((all, column) => all + column[of], 0);
  expect([sum("failures"), sum("events")]).toEqual([3, 2]); // the next day is another story
  expect(strip.filter(({ entry }) => entry)).toHaveLength(1);
  expect(entryStrip({ failures: [], entered: 5, after: [] }).filter(({ entry }) => entry)).toHaveLength(1);
});
