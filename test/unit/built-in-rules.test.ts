import { beforeAll, describe, expect, it } from "vitest";
import { expandExample } from "@/lib/detection/examples";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset, type Ruleset } from "@/lib/detection/ruleset";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import type { Alert } from "@/lib/model/alert";
import { type EventDocument, EventInput, type EventRecord } from "@/lib/model/event";
import { TriageQuestion } from "@/lib/model/triage";
import { readRuleFolders } from "@/lib/rules/rule-files";
import { ordinaryTraffic } from "@/test/support/ordinary-traffic";

const parsed = readRuleFolders(["rules"]);
const rules = parsed.documents;

/** The document as ingest would keep it, without geo and redaction, which no example needs. */
function recordOf(example: unknown, number: number): EventRecord {
  const event = EventInput.parse(example);
  const occurredAt = Date.parse(event.occurred_at ?? "");
  const document: EventDocument = {
    ...event,
    id: event.id ?? `e${number}`,
    occurred_at: event.occurred_at ?? "",
    outcome: event.outcome ?? "unknown",
    direction: event.direction ?? "inbound",
  };
  return { id: document.id, occurredAt, receivedAt: occurredAt, document };
}

function alertsOf(ruleset: Ruleset, records: readonly EventRecord[]): Alert[] {
  const world = new MemoryWorld(ruleset);
  world.take(records);
  world.finish();
  return world.standing();
}

/** The rules that a rule needs to work: itself and what its correlation refers to, all the way down. A rule that never alerts by itself is let speak. */
function closure(rule: SigmaDocument): SigmaDocument[] {
  const wanted = new Set<SigmaDocument>();
  const add = (document: SigmaDocument): void => {
    if (wanted.has(document)) return;
    wanted.add(document);
    if (document.kind === "correlation")
      for (const name of document.rules) for (const other of rules) if (other.id === name || other.name === name) add(other);
  };
  add(rule);
  return [...wanted].map((document) => (document === rule ? { ...document, extension: { ...document.extension, alert: true } } : document));
}

describe("the built-in rules", () => {
  it("are read without errors or warnings, and every id and name is used once", () => {
    expect(parsed.problems).toEqual([]);
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
    const names = rules.flatMap((rule) => rule.name ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(compileRuleset(rules, { decoder: requestDecoder }).problems).toEqual([]);
  });

  it("refer only to rules that exist, and rules that are on do not lean on rules that are off", () => {
    const byName = new Map(rules.flatMap((rule) => (rule.name === undefined ? [] : [[rule.name, rule] as const])));
    for (const rule of rules) {
      if (rule.kind !== "correlation") continue;
      for (const name of rule.rules) {
        expect(byName.has(name), `${rule.file} refers to ${name}`).toBe(true);
        if (rule.extension.default !== false) expect(byName.get(name)?.extension.default, `${rule.file} leans on ${name}`).not.toBe(false);
      }
    }
  });

  for (const rule of rules) {
    describe(rule.title, () => {
      it("says what it is: family, techniques, risk, false positives, triage questions", () => {
        expect(rule.extension.family).toBeDefined();
        expect(rule.tags.some((tag) => /^attack\.t\d{4}/.test(tag))).toBe(true);
        expect(rule.tags.some((tag) => /^owasp\.api(10|[1-9])$/.test(tag))).toBe(true);
        expect(rule.description.length).toBeGreaterThan(20);
        for (const [word] of (rule.extension.title ?? "").matchAll(/\{[^}]*\}/g))
          expect(["{entity}", "{count}", "{measured}", "{window}", "{service}"]).toContain(word);
        if (rule.extension.alert === false) return;
        expect(rule.falsePositives.length).toBeGreaterThan(0);
        expect(rule.extension.triage?.length).toBeGreaterThanOrEqual(3);
        for (const question of rule.extension.triage ?? []) expect(TriageQuestion.options).toContain(question);
        if ((rule.extension.paranoia ?? 1) > 1) expect(rule.extension.default).toBe(false);
      });

      it("raises an alert on each of its matches and on none of its ignores", () => {
        const ruleset = compileRuleset(closure(rule), { decoder: requestDecoder });
        const fired = (example: unknown): boolean =>
          alertsOf(ruleset, expandExample(example).map(recordOf)).some((alert) => alert.ruleId === rule.id);
        expect((rule.extension.matches ?? []).length + (rule.extension.ignores ?? []).length).toBeGreaterThan(0);
        for (const [at, example] of (rule.extension.matches ?? []).entries())
          expect(fired(example), `matches[${at}] of ${rule.file}`).toBe(true);
        for (const [at, example] of (rule.extension.ignores ?? []).entries())
          expect(fired(example), `ignores[${at}] of ${rule.file}`).toBe(false);
      });
    });
  }
});

describe("ordinary traffic", () => {
  let ruleset: Ruleset;
  beforeAll(() => {
    ruleset = compileRuleset(
      rules.filter((rule) => rule.extension.default !== false),
      { decoder: requestDecoder },
    );
  });

  it.each([1])(
    "of a day raises hardly an alert (seed %i)",
    (seed) => {
      const records = ordinaryTraffic(seed, 2_500).map((document) => ({
        id: document.id,
        occurredAt: Date.parse(document.occurred_at),
        receivedAt: 0,
        document,
      }));
      const alerts = alertsOf(ruleset, records);
      expect(
        alerts.length,
        alerts
          .slice(0, 10)
          .map((alert) => `${alert.title} ${JSON.stringify(alert.explanation.matches)}`)
          .join("\n"),
      ).toBeLessThanOrEqual(1);
    },
    120_000,
  );
});
