import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines } from "@/app/(dashboard)/rules/diff-lines";
import { readThresholds, withThreshold } from "@/app/(dashboard)/rules/thresholds";
import { isOnByDefault } from "@/lib/detection/ruleset";
import { parseRules } from "@/lib/detection/sigma/parse";
import { mergeCatalog } from "@/lib/rules/catalog";
import { checkExamples } from "@/lib/rules/check-examples";
import { countNeeds, coverageOf } from "@/lib/rules/coverage";
import { lintRule } from "@/lib/rules/change-rule";
import { eventAt } from "@/test/support/detection";

const RULE = `title: Many
id: many
level: medium
correlation:
  type: event_count
  rules: [failed]
  group-by: [session.id]
  timespan: 5m
  condition: {gte: 30}
tags: [attack.t1110, owasp.api2]
vedette: {family: brute_force, episode: 30m}
`;
const BASE = "title: Failed\nname: failed\nid: failed\nlogsource: {category: api}\ndetection: {s: {outcome: failure}, condition: s}\n";
const files = parseRules(`${BASE}---\n${RULE}`, "built-in.yml");

describe("the form beside the text", () => {
  it("shows what the text says and sets it there, and nothing else", () => {
    expect(readThresholds(RULE)).toEqual({ limit: "30", timespan: "5m", group: "session.id", episode: "30m", level: "medium" });
    const changed = withThreshold(withThreshold(RULE, "limit", "12"), "episode", "1h");
    expect(readThresholds(changed)).toMatchObject({ limit: "12", episode: "1h" });
    expect(diffLines(RULE, changed).filter(({ kind }) => kind !== "same")).toHaveLength(4);
  });

  it("cannot be used to break the text", () => {
    expect(withThreshold(RULE, "level", "high\ntags: []")).toContain("level: hightags");
    expect(withThreshold(RULE, "limit", "")).toBe(RULE);
  });
});

describe("the difference", () => {
  it("leads from one text to the other", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const without = (kind: string) =>
          lines
            .filter((line) => line.kind !== kind)
            .map((line) => line.text)
            .join("\n");
        expect(without("added")).toBe(before);
        expect(without("removed")).toBe(after);
      }),
    );
  });
});

describe("the catalogue", () => {
  const row = {
    id: "many",
    source: "edited" as const,
    enabled: true,
    testOnly: false,
    version: 3,
    disabledReason: null,
    builtIn: null,
    updatedAt: new Date(0),
    updatedBy: "Ana",
  };

  it("puts an edited text over the file and keeps both", () => {
    const { rules } = mergeCatalog(files, [{ ...row, yaml: RULE.replace("gte: 30", "gte: 9") }]);
    expect(rules.find(({ id }) => id === "many")).toMatchObject({
      source: "edited",
      version: 3,
      builtInYaml: expect.stringContaining("gte: 30"),
    });
  });

  it("says of an edited rule that Vedette brought another text, until somebody decides", () => {
    const edited = { ...row, yaml: RULE.replace("gte: 30", "gte: 9") };
    const outdatedBy = (builtIn: string | null) =>
      mergeCatalog(files, [{ ...edited, builtIn }]).rules.find(({ id }) => id === "many")?.outdated;
    expect(outdatedBy(RULE.replace("gte: 30", "gte: 50"))).toContain("gte: 50");
    expect(outdatedBy(files.documents.find(({ id }) => id === "many")?.source ?? "")).toBeNull();
    expect(outdatedBy(null)).toBeNull();
  });

  it("falls back to the file when an edited text can no longer be read, and says so", () => {
    const { rules, problems } = mergeCatalog(files, [{ ...row, yaml: RULE.replace("event_count", "gone") }]);
    expect(rules.find(({ id }) => id === "many")?.document.kind).toBe("correlation");
    expect(problems).toHaveLength(1);
  });

  it("names a missing rule at the draft that refers to it", () => {
    const catalog = mergeCatalog(files, []);
    expect(
      lintRule(RULE.replace("[failed]", "[gone]"), catalog, "many")
        .problems.map(({ detail }) => detail)
        .join(),
    ).toContain("'gone'");
    expect(lintRule(RULE, catalog, "many").problems).toEqual([]);
  });
});

describe("coverage", () => {
  it("names rules whose field never arrives, and the risks that nobody looks for", () => {
    const catalog = mergeCatalog(files, []);
    const documents = [eventAt(0, { outcome: "failure", actor: { id: "ana" } }).document];
    const { mute, risks } = coverageOf({ ...catalog, detectors: [] }, documents);
    expect(mute).toEqual([{ id: "many", title: "Many", missing: ["session.id"] }]);
    expect(risks.find(({ name }) => name === "API2")?.rules).toEqual([{ id: "many", title: "Many", enabled: true }]);
    expect(risks.find(({ name }) => name === "API9")?.rules).toEqual([]);
  });
});

describe("the fields that rules need", () => {
  it("are ones that an event can have: with all of them no detector is called mute", () => {
    const whole = {
      service: "shop",
      actor: { id: "ana", role: "agent" },
      session: { id: "s" },
      source: { ip: "203.0.113.7", geo: { country: "DE", asn: 3320 } },
      destination: { host: "api.example.com" },
      targets: [{ id: "1" }],
      http: { request_bytes: 1, response_bytes: 1 },
    };
    expect(coverageOf({ ...mergeCatalog(files, []), rules: [] }, [eventAt(0, whole).document]).mute).toEqual([]);
  });

  it("are judged for each service, so that a rule that is deaf to one says so", () => {
    const catalog = { ...mergeCatalog(files, []), detectors: [] };
    const of = (service: string, more: object, count = 20) =>
      Array.from({ length: count }, (_, n) => eventAt(n, { service, ...more }, `${service}${n}`).document);
    const documents = [...of("billing", {}), ...of("shop", { session: { id: "s" } }), ...of("rare", {}, 3)];
    const { needs, mute, services } = coverageOf(catalog, documents);
    expect(mute).toEqual([]);
    expect(services[0]).toMatchObject({ service: "billing", rules: [{ id: "many", title: "Many" }] });
    expect(services[0]?.missing).toContain("session.id");
    expect(services.find(({ service }) => service === "rare")).toBeUndefined();
    expect(needs.find(({ field }) => field === "session.id")).toEqual({
      field: "session.id",
      rules: [{ id: "many", title: "Many" }],
      sentBy: ["shop"],
      neverBy: ["billing"],
    });
    expect(countNeeds(catalog).get("session.id")).toBe(1);
  });
});

describe("examples", () => {
  it("are run, and a wrong one is named with its number", () => {
    const text = `${BASE}vedette:\n  matches:\n    - {outcome: failure}\n    - {outcome: success}\n  ignores:\n    - {outcome: success}\n`;
    const { documents } = parseRules(text, "x.yml");
    expect(documents.every(isOnByDefault)).toBe(true);
    const { examples, failures } = checkExamples(documents, documents);
    expect(examples).toBe(3);
    expect(failures).toMatchObject([{ list: "matches", number: 2, detail: "raises no alert" }]);
  });
});
