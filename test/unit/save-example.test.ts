import { describe, expect, it } from "vitest";
import { parseRules } from "@/lib/detection/sigma/parse";
import { asExample, withExample } from "@/lib/rules/save-example";
import { builtInRules } from "@/lib/rules/catalog";
import { eventAt } from "@/test/support/detection";

const RULE = `title: Probe # of paths
id: probe
logsource: {category: api}
detection:
  s: {http.path|contains: [a, "b"]}

  condition: s
`;

describe("an event saved as an example", () => {
  it("comes in wire form, without what was found out about it", () => {
    const { document } = eventAt(0, {
      action: "user.login",
      outcome: "failure",
      source: { ip: "203.0.113.9", agent: { family: "curl" } } as never,
      metadata: { deep: [1, { x: true }] },
    });
    expect(asExample(document)).toEqual({
      occurred_at: "2026-01-07T12:00:00.000Z",
      action: "user.login",
      outcome: "failure",
      source: { ip: "203.0.113.9" },
      metadata: { deep: [1, { x: true }] },
    });
  });

  it("is put behind the others, and every other line stays as it was written", () => {
    const once = withExample(RULE, "matches", [{ action: "a", http: { path: "/a" } }]);
    expect(once).toContain(RULE.trim());
    const twice = withExample(once, "matches", [{ action: "b" }, { action: "c", reason: "x: y" }]);
    expect(twice.startsWith(once.trimEnd())).toBe(true);
    const [document] = parseRules(withExample(twice, "ignores", [{ action: "d" }]), "x.yml").documents;
    expect(document?.extension.matches).toEqual([
      { action: "a", http: { path: "/a" } },
      [{ action: "b" }, { action: "c", reason: "x: y" }],
    ]);
    expect(document?.extension.ignores).toEqual([{ action: "d" }]);
  });

  it("fits into the text of every built-in rule", () => {
    for (const { source, id } of builtInRules().documents) {
      const text = withExample(source, "ignores", [{ action: "saved.example" }]);
      const { documents, problems } = parseRules(text, id);
      expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(documents[0]?.extension.ignores?.at(-1)).toEqual({ action: "saved.example" });
    }
  });

  it("is refused when the text cannot be read", () => {
    expect(() => withExample("title: [x", "matches", [{ action: "a" }])).toThrow("cannot be read as YAML");
  });
});
