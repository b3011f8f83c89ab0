import { describe, expect, it } from "vitest";
import { Turn } from "@/lib/detection/evaluate";
import { eventAt, rulesetOf } from "@/test/support/detection";

const RULES = `title: Slow
id: slow
logsource: {category: api}
detection: {s: {outcome: failure}, condition: s}
---
title: Quick
id: quick
logsource: {category: api}
detection: {s: {action: quick}, condition: s}
`;

const events = Array.from({ length: 100 }, (_, n) =>
  eventAt(n, { action: n % 2 ? "quick" : "slow", outcome: n % 2 ? "success" : "failure" }, `e${n}`),
);

/** Runs a turn on a clock that each look moves on by `tick`. */
function failuresWith(tick: number) {
  let now = 0;
  const turn = new Turn({ ruleset: rulesetOf(RULES), events, clock: () => (now += tick) });
  for (let level = 0; level < turn.levels; level++) turn.fold(level, () => undefined);
  return turn.finish();
}

describe("a rule's budget", () => {
  it("puts a rule that spends too much out of action, with the reason, and no rule that does not", () => {
    expect(failuresWith(0.01).failures).toEqual([]);
    const { failures } = failuresWith(90);
    expect(failures.map(({ ruleId }) => ruleId).sort()).toEqual(["quick", "slow"]);
    expect(failures[0]?.reason).toBe("It took more than 2 s of one turn.");
  });

  it("is not spent by one long sleep of the machine", () => {
    let now = 0;
    let looks = 0;
    const clock = () => (now += ++looks === 20 ? 3_600_000 : 0.01);
    const turn = new Turn({ ruleset: rulesetOf(RULES), events, clock });
    for (let level = 0; level < turn.levels; level++) turn.fold(level, () => undefined);
    expect(turn.finish().failures).toEqual([]);
  });
});
