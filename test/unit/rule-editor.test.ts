import { describe, expect, it } from "vitest";
import { proposeAt } from "@/app/(dashboard)/rules/complete-rule";
import { compileRuleset } from "@/lib/detection/ruleset";
import { parseRules } from "@/lib/detection/sigma/parse";
import { ruleVocabulary } from "@/lib/rules/vocabulary";

const { documents } = parseRules(
  "title: Failed\nname: failed\nid: f\nlogsource: {category: api}\ndetection: {s: {outcome: failure}, condition: s}\n",
  "t",
);
const rules = documents.map((document) => ({
  id: document.id,
  document,
  source: "custom" as const,
  enabled: true,
  testOnly: false,
  version: 1,
  yaml: "",
  builtInYaml: null,
  outdated: null,
  disabledReason: null,
  updatedAt: null,
  updatedBy: null,
}));
const vocabulary = ruleVocabulary(rules);

/** What is proposed where the bar ¦ stands. */
const at = (marked: string) => {
  const proposal = proposeAt(marked.replace("¦", ""), marked.indexOf("¦"), vocabulary);
  return proposal && { ...proposal, words: proposal.words.map(({ word }) => word) };
};

describe("the editor proposes", () => {
  it.each([
    ["keys of a rule at the margin", "title: x\n¦", "logsource"],
    ["what a log source has", "logsource:\n  cat¦", "category"],
    ["our log sources", "logsource:\n  category: ¦", "authentication"],
    ["the same in one line", "logsource: {category: we¦", "webserver"],
    ["fields in a selection", "detection:\n  failed:\n    source.¦", "source.ip"],
    ["fields in a list of maps", "detection:\n  failed:\n    - htt¦", "http.path"],
    ["modifiers after a bar", "detection:\n  failed:\n    http.path|¦", "contains"],
    ["more modifiers after another", "detection:\n  failed:\n    http.path|contains|a¦", "all"],
    ["types of correlation", "correlation:\n  type: ¦", "value_count"],
    ["rules by name", "correlation:\n  rules: [¦", "failed"],
    ["fields to group by", "correlation:\n  group-by:\n    - ac¦", "actor.id"],
    ["limits", "correlation:\n  condition: {g¦", "gte"],
    ["levels", "level: ¦", "critical"],
    ["our own keys", "vedette:\n  ¦", "paranoia"],
    ["families", "vedette: {family: ¦", "session_hijack"],
    ["kinds of entity", "vedette:\n  entity: {type: ¦", "actor"],
    ["questions for whoever looks", "vedette:\n  triage: [success_after_failures, ¦", "still_in"],
  ])("%s", (_, text, word) => {
    expect(at(text)?.words).toContain(word);
  });

  it("nothing in prose, in comments, or in examples", () => {
    for (const text of ["title: Ma¦", "description: ¦", "# lev¦", "level: low # hi¦"]) expect(at(text)).toBeNull();
  });

  it("replaces the word at the cursor only, keeping the field before a bar", () => {
    const text = "detection:\n  s:\n    http.path|con¦";
    expect(at(text)?.from).toBe(text.indexOf("con¦"));
  });

  it("only words that the reader of rules understands", () => {
    for (const { word } of vocabulary.modifier ?? []) {
      if (word === "expand") continue; // needs placeholders
      const value =
        { re: "a+", cidr: "10.0.0.0/8", exists: "true", fieldref: "actor.id" }[word] ??
        (/^(gte?|lte?|minute|hour|day)$/.test(word) ? "3" : "x");
      const yaml = `title: x\nid: x\nlogsource: {category: api}\ndetection:\n  s:\n    http.path|${word}: ${value}\n  condition: s\n`;
      const read = parseRules(yaml, "x");
      const problems = [...read.problems, ...compileRuleset(read.documents).problems].filter(({ severity }) => severity === "error");
      expect([word, problems]).toEqual([word, []]);
    }
  });
});
