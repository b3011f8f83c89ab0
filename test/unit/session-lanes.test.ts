import { describe, expect, it } from "vitest";
import { milestonesOf } from "@/app/(dashboard)/sessions/milestones";
import { type LaneUse, lanesOf, marksOf } from "@/lib/charts/lanes";
import { sessionDeltas, usesAfterEnd } from "@/lib/detection/session-records";
import { eventAt, NOON } from "@/test/support/detection";

const MINUTE = 60_000;
const use = (minute: number, lane: string, refused = false): LaneUse => ({
  at: NOON + minute * MINUTE,
  lane,
  label: lane,
  detail: "",
  refused,
});

describe("the lanes of a session", () => {
  it("keep every use in its place, and say when two places were in use at once", () => {
    const uses = [...[0, 5, 10, 15, 20].map((m) => use(m, "Berlin")), ...[12, 14, 30].map((m) => use(m, "Lagos", m === 30))].sort(
      (a, b) => a.at - b.at,
    );
    const lanes = lanesOf(uses);
    expect(lanes?.lanes.map(({ key, uses, refused }) => [key, uses, refused])).toEqual([["Berlin", 5, 0], ["Lagos", 3, 1]]); // biome-ignore format: pairs
    for (const lane of lanes?.lanes ?? []) expect(lane.columns.reduce((sum, column) => sum + column.uses, 0)).toBe(lane.uses);
    expect(lanes?.overlaps).toEqual([{ from: NOON + 12 * MINUTE, to: NOON + 14 * MINUTE }]);
  });

  it("leave a pause a pause: places one after the other are not two at once", () => {
    expect(lanesOf([use(0, "Berlin"), use(30, "Berlin"), use(60, "Lagos"), use(90, "Berlin")])?.overlaps).toEqual([]);
  });

  it("show the busiest eight places and say how many more there were", () => {
    const lanes = lanesOf(Array.from({ length: 30 }, (_, n) => use(n, `p${n % 12}`)));
    expect([lanes?.lanes.length, lanes?.others]).toEqual([8, 4]);
    expect(lanesOf([])).toBeNull();
  });
});

describe("the story of a session", () => {
  it("names sign-in, the first use from a new place, a changed right, the first refusal and the sign-out, in order", () => {
    const at = (second: number, more: object) => {
      const { id, occurredAt, document } = eventAt(second, { session: { id: "s" }, source: { ip: "198.51.100.7" }, ...more });
      return { id, at: new Date(occurredAt), ip: document.source?.ip ?? null, document };
    };
    const uses = [
      at(0, { action: "user.login" }),
      at(10, {}),
      at(20, { source: { ip: "203.0.113.9" } }),
      at(30, { source: { ip: "203.0.113.9" }, action: "user.role.grant" }),
      at(40, { source: { ip: "203.0.113.9" }, outcome: "failure" }),
      at(50, { source: { ip: "203.0.113.9" }, outcome: "failure" }),
      at(60, { action: "user.logout" }),
    ];
    expect(milestonesOf(uses, "ip").map(({ use }) => use.id)).toEqual(["e0", "e20", "e30", "e40", "e60"]);
  });
});

describe("marks of steps on a lane", () => {
  const span = { from: NOON, to: NOON + 100 * MINUTE };
  const mark = (n: number, minute: number, lane = "a") => ({ n, at: NOON + minute * MINUTE, lane });

  it("stand at their time, in order, none on another and none outside, and only on their own lane", () => {
    const marks = marksOf("a", [mark(1, 0), mark(2, 50), mark(3, 50), mark(4, 60, "b"), mark(5, 99.9), mark(6, 100)], span);
    expect(marks.map(({ n }) => n)).toEqual([1, 2, 3, 5, 6]);
    expect(marks.slice(0, 2).map(({ place }) => place)).toEqual([0, 0.5]);
    for (const [i, { place }] of marks.entries()) {
      expect(place).toBeLessThanOrEqual(1);
      if (i > 0) expect(place - (marks[i - 1]?.place ?? 1)).toBeGreaterThan(0.024);
    }
  });
});

describe("what events add to session records", () => {
  it("is one delta for each session, by id, and nothing for events without one", () => {
    const events = [
      eventAt(1, { session: { id: "b" } }),
      eventAt(2, {}),
      eventAt(3, { session: { id: "a" } }),
      eventAt(4, { session: { id: "b" } }),
    ];
    expect(sessionDeltas(events).map(({ id, requests }) => [id, requests])).toEqual([["a", 1], ["b", 2]]); // biome-ignore format: pairs
  });

  it("after an end counts only what the application let in after the minute of grace", () => {
    const events = [30, 61, 70].map((second) => eventAt(second, { session: { id: "a" }, outcome: second === 70 ? "failure" : "success" }));
    expect([...(usesAfterEnd(events, [{ id: "a", closedAt: NOON }]).get("a") ?? [])].map(({ id }) => id)).toEqual(["e61"]);
    expect(usesAfterEnd(events, []).size).toBe(0);
  });
});
