import fc from "fast-check";
import { suggestVerdict } from "@/lib/incidents/triage";
import { describe, expect, it } from "vitest";
import { type RiskFact, RISK_HALF_LIFE_MS, RISK_SPAN_MS, riskLevel, scoreRisk } from "@/lib/incidents/risk";
import { Level } from "@/lib/model/alert";
import { NOON } from "@/test/support/alerts";

const fact = (more: Partial<RiskFact> = {}): RiskFact => ({
  incident: 1,
  title: "Brute force",
  level: "high",
  role: "attacker",
  subject: true,
  state: "open",
  verdict: null,
  at: NOON,
  ...more,
});

describe("the suggested verdict", () => {
  const say = (attack: number, benign: number) =>
    suggestVerdict([
      ...Array<{ points: "attack" }>(attack).fill({ points: "attack" }),
      ...Array<{ points: "benign" }>(benign).fill({ points: "benign" }),
    ]);
  it("is true when more answers say attack than not, and benign only when none does", () => {
    expect(say(2, 1)).toBe("true");
    expect(say(0, 2)).toBe("benign");
    expect(say(1, 5)).toBeNull();
    expect(say(3, 3)).toBeNull();
  });
  it("is not made of a single answer", () => {
    expect([say(1, 0), say(0, 1), say(0, 0)]).toEqual([null, null, null]);
  });
});

describe("the risk score", () => {
  it("halves with each half-life and is gone after fourteen days", () => {
    const at = (age: number) => scoreRisk([fact()], NOON + age).score;
    expect(at(0)).toBe(40);
    expect(at(RISK_HALF_LIFE_MS)).toBeCloseTo(20);
    expect(at(2 * RISK_HALF_LIFE_MS)).toBeCloseTo(10);
    expect(at(RISK_SPAN_MS)).toBe(0);
  });

  it.each([
    ["judged true weighs more", { verdict: "true" }, 52],
    ["allowed hardly counts", { verdict: "benign" }, 4],
    ["a false alarm counts nothing", { verdict: "false" }, 0],
    ["a duplicate is counted where it went", { verdict: "duplicate" }, 0],
    ["who suffered it counts half", { role: "victim", subject: false }, 20],
    ["whom an alert is about counts in full, whatever the role", { role: "victim" }, 40],
    ["what was only near counts a fifth", { role: "context", subject: false }, 8],
    ["a critical one alone is critical", { level: "critical" }, 70],
  ] as const)("%s", (_, more, score) => {
    expect(scoreRisk([fact(more)], NOON).score).toBeCloseTo(score);
  });

  const facts = fc.array(
    fc.record({
      incident: fc.nat(40),
      level: fc.constantFrom(...Level.options),
      role: fc.constantFrom("attacker" as const, "victim" as const, "context" as const),
      subject: fc.boolean(),
      verdict: fc.constantFrom(null, "true" as const, "benign" as const, "false" as const),
      at: fc.integer({ min: NOON - RISK_SPAN_MS, max: NOON }),
    }),
    { maxLength: 30 },
  );

  it("is explained by parts that add up to it, stays below 100, and is the same in any order", () => {
    fc.assert(
      fc.property(facts, (list) => {
        const given = list.map((each) => fact(each));
        const { score, contributions, level } = scoreRisk(given, NOON);
        expect(contributions.reduce((sum, { adds }) => sum + adds, 0)).toBeCloseTo(score, 6);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
        expect(level).toBe(riskLevel(score));
        expect(scoreRisk(given.toReversed(), NOON).score).toBeCloseTo(score, 6);
      }),
    );
  });

  it("never falls when something is added, and never rises while nothing happens", () => {
    fc.assert(
      fc.property(facts, fc.nat(RISK_SPAN_MS), (list, later) => {
        const given = list.map((each) => fact(each));
        const before = scoreRisk(given, NOON).score;
        expect(scoreRisk([...given, fact()], NOON).score).toBeGreaterThanOrEqual(before);
        expect(scoreRisk(given, NOON + later).score).toBeLessThanOrEqual(before + 1e-9);
      }),
    );
  });
});
