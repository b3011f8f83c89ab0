import { describe, expect, it } from "vitest";
import { placeThreshold } from "@/app/(dashboard)/rules/place-threshold";
import { quickFix } from "@/app/(dashboard)/rules/quick-fix";

import { builtInRules, mergeCatalog } from "@/lib/rules/catalog";
import { lintRule } from "@/lib/rules/change-rule";
import { ruleVocabulary } from "@/lib/rules/vocabulary";

const catalog = mergeCatalog(builtInRules(), []);
const vocabulary = ruleVocabulary(catalog.rules);
const RULE = `title: Probe
level: medium
status: test
logsource:
  category: webserver
detection:
  missing:
    http.status: [403, 404]
    http.path|contains: admin
  crawler:
    source.user_agent|contains: bot
  condition: missing and not crawler
vedette:
  family: scanning
`;
const CORRELATION = `title: Many
correlation:
  type: event_count
  rules: [failed_sign_in]
  group-by: [source.ip]
  timespan: 5m
  condition: {gte: 6}
`;

/** The text after every remedy that is offered for a fault was taken, and whether it is without errors then. */
function mended(text: string): { text: string; labels: string[]; errors: number } {
  const labels: string[] = [];
  let now = text;
  for (let round = 0; round < 5; round++) {
    const problem = lintRule(now, catalog).problems.find(({ severity }) => severity === "error");
    const fix = problem && quickFix(now, { line: problem.line ?? 1, detail: problem.detail }, vocabulary);
    if (!fix) break;
    labels.push(fix.label);
    now = now.slice(0, fix.from) + fix.insert + now.slice(fix.to);
  }
  return { text: now, labels, errors: lintRule(now, catalog).problems.filter(({ severity }) => severity === "error").length };
}

describe("a remedy beside a problem", () => {
  it.each([
    ["a modifier", RULE, "http.path|contains", "http.path|contians", "Write contains"],
    ["a modifier that is none", RULE, "http.status:", "http.status|equals:", "Remove it"],
    ["a search", RULE, "not crawler", "not crawlers", "Write crawler"],
    ["a level", RULE, "level: medium", "level: meduim", "Write medium"],
    ["a status", RULE, "status: test", "status: tets", "Write test"],
    ["a family", RULE, "family: scanning", "family: scaning", "Write scanning"],
    ["a key of the extension", RULE, "  family:", "  famly:", "Write family"],
    ["a kind of correlation", CORRELATION, "event_count", "event_cuont", "Write event_count"],
    ["a rule", CORRELATION, "[failed_sign_in]", "[faild_sign_in]", "Write failed_sign_in"],
  ])("mends %s", (_, text, right, wrong, label) => {
    expect(mended(text.replace(right, wrong))).toEqual({ text, labels: [label], errors: 0 });
  });

  it("is not offered when no word is near", () => {
    const text = RULE.replace("level: medium", "level: horrendous");
    expect(mended(text)).toMatchObject({ text, labels: [] });
  });
});

describe("the place of a threshold", () => {
  const peaks = {
    oneOf: 2,
    counts: [
      [1, 900],
      [3, 95],
      [30, 4],
      [400, 1],
    ] as [number, number][],
  };

  it("is told with who reaches it, and what nearly all stay below", () => {
    const placed = placeThreshold(peaks, 30);
    expect(placed).toMatchObject({ groups: 2_000, reaching: 10, closest: 3, step: 2 });
    expect(placed?.bins.reduce((sum, { groups }) => sum + groups, 0)).toBe(2_000);
    expect(placed?.bins.at(-1)?.groups).toBe(2);
    expect(placeThreshold(peaks, 31)?.reaching).toBe(2);
  });

  it("leaves room for the threshold in force beside that of a draft", () => {
    const placed = placeThreshold(peaks, 5, 100);
    expect((placed?.bins.at(-1)?.from ?? 0) > 100).toBe(true);
    expect(placed?.reaching).toBe(10);
  });

  it("is nothing where nothing was counted", () => {
    expect(placeThreshold({ oneOf: 1, counts: [] }, 5)).toBeUndefined();
  });
});
