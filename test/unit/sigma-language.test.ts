import { describe, expect, it } from "vitest";
import { compileRuleset } from "@/lib/detection/ruleset";
import { readTimespan } from "@/lib/detection/sigma/extension";
import { parseRules } from "@/lib/detection/sigma/parse";
import { base64, base64Offsets, utf16, windashVariants } from "@/lib/detection/sigma/encodings";
import { compilePattern, parsePattern } from "@/lib/detection/sigma/pattern";
import { familyOf, owaspOf, techniquesOf } from "@/lib/detection/sigma/tags";
import { alertsOf, eventAt, rulesetOf } from "@/test/support/detection";

/** Does a rule with these searches and this condition match an event whose metadata is given? */
function matches(detection: string, metadata: Record<string, unknown>): boolean {
  const ruleset = rulesetOf(`title: t\nid: t\nlogsource: {category: api}\ndetection:\n${detection.replace(/^/gm, "  ")}`);
  return alertsOf(ruleset, [eventAt(0, { metadata: metadata as never })]).length > 0;
}

describe("wildcards", () => {
  it.each([
    ["a*c", "abbc", true],
    ["a*c", "abbd", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["*", "", true],
    ["?", "", false],
    [String.raw`a\*c`, "a*c", true],
    [String.raw`a\*c`, "abc", false],
    [String.raw`C:\Windows`, String.raw`C:\Windows`, true],
    [String.raw`C:\\Windows`, String.raw`C:\Windows`, true],
    [String.raw`a\\*`, String.raw`a\xyz`, true],
    [String.raw`a\\\*`, String.raw`a\*`, true],
    [String.raw`\\\\host`, String.raw`\\host`, true],
    ["*a*b*", "xaxxbx", true],
    ["*ab*ab", "xab", false],
    ["?b*?d", "abxcd", true],
    ["a*a", "a", false],
  ])("%s on %s is %s", (pattern, text, expected) => {
    expect(compilePattern(parsePattern(pattern))(text)).toBe(expected);
  });
});

describe("conditions", () => {
  const searches = "a: {x: 1}\nb: {y: 1}\n_c: {z: 1}\n";
  it.each([
    ["a or b and not a", { x: 1 }, true],
    ["(a or b) and not a", { x: 1 }, false],
    ["not not a", { x: 1 }, true],
    ["1 of them", { z: 1 }, false],
    ["1 of them", { y: 1 }, true],
    ["all of them", { x: 1, y: 1 }, true],
    ["1 of _*", { z: 1 }, true],
    ["any of a* or b", { y: 1 }, true],
    ["NOT a AND b", { y: 1 }, true],
    ["a and 1 of b*", { x: 1, y: 1 }, true],
    ["1 of *", { z: 1 }, false],
    ["all of *", { x: 1, y: 1 }, true],
    ["a and not 1 of b*", { x: 1, y: 1 }, false],
    ["a and not 1 of b*", { x: 1 }, true],
    ["not all of them", { x: 1 }, true],
    ["a or b and _c", { x: 1 }, true],
    ["(a or b) and _c", { x: 1 }, false],
  ])("%s", (condition, metadata, expected) => {
    expect(matches(`${searches}condition: ${condition}`, metadata)).toBe(expected);
  });

  it("takes any name that YAML gives a search", () => {
    expect(matches("sel:ldap: {x: 1}\nfilter/ä: {y: 1}\ncondition: sel:ldap and not filter/ä", { x: 1 })).toBe(true);
    expect(matches("sel:ldap: {x: 1}\nfilter/ä: {y: 1}\ncondition: sel:ldap and not filter/ä", { x: 1, y: 1 })).toBe(false);
  });

  it("joins a list of conditions with or", () => {
    expect(matches(`${searches}condition: [a, b]`, { y: 1 })).toBe(true);
  });
});

describe("modifiers", () => {
  it.each([
    ["f: FOO", { f: "foo" }, true],
    ["f|cased: FOO", { f: "foo" }, false],
    ["f|contains: oo", { f: "a foo b" }, true],
    ["f|contains|all: [a, b]", { f: "xaxbx" }, true],
    ["f|contains|all: [a, c]", { f: "xaxbx" }, false],
    ["f|startswith: fo", { f: "Foo" }, true],
    ["f|endswith: oo", { f: "Foo" }, true],
    ["f|re: '^fo+$'", { f: "foo" }, true],
    ["f|re: '^FO+$'", { f: "foo" }, false],
    ["f|re|i: '^FO+$'", { f: "foo" }, true],
    ["f|re|m: '^b$'", { f: "a\nb" }, true],
    ["f|re|s: 'a.b'", { f: "a\nb" }, true],
    ["f|re: 'a.b'", { f: "a\nb" }, false],
    ["f|base64: foo", { f: "Zm9v" }, true],
    ["f|base64offset|contains: foobar", { f: base64("xfoobar!") }, true],
    ["f|wide|base64offset|contains: ping", { f: base64(utf16("a ping b", "utf16le"), true) }, true],
    ["f|utf16be|base64offset|contains: ping", { f: base64(utf16("a ping b", "utf16be"), true) }, true],
    ["f|windash|contains: ' -enc '", { f: "x /enc y" }, true],
    ["f|windash|contains: ' /enc '", { f: "x \u2014enc y" }, true],
    ["f|cidr: 10.0.0.0/8", { f: "10.1.2.3" }, true],
    ["f|cidr: 10.0.0.0/8", { f: "11.1.2.3" }, false],
    ["f|cidr: 2001:db8::/32", { f: "2001:db8::1" }, true],
    ["f|cidr: 10.0.0.0/8", { f: "::ffff:10.1.2.3" }, true],
    ["f|cidr: 2001:db8::/32", { f: "2001:DB8:0::1" }, true],
    ["f|cidr: 2001:db8::/32", { f: "2001:db9::1" }, false],
    ["f|cidr: '::ffff:10.0.0.0/104'", { f: "10.1.2.3" }, true],
    ["f|cidr: [10.0.0.0/8, 'fe80::/10']", { f: "fe80::1" }, true],
    ["f|lt: 5", { f: 4 }, true],
    ["f|lte: 5", { f: "5" }, true],
    ["f|gt: 5", { f: 5 }, false],
    ["f|gte: 5", { f: 5 }, true],
    ["f|gte: 5", { f: "many" }, false],
    ["f|neq: 5", { f: 4 }, true],
    ["f|neq: [4, 5]", { f: 4 }, false],
    ["f|exists: true", { f: null }, true],
    ["f|exists: true", { g: 1 }, false],
    ["f|exists: false", { g: 1 }, true],
    ["f|fieldref: g", { f: "A", g: "a" }, true],
    ["f|fieldref|startswith: g", { f: "abc", g: "ab" }, true],
    ["f|fieldref|neq: g", { f: "a", g: "b" }, true],
    ["f|hour: 22", { f: "2026-01-07T22:30:00Z" }, true],
    ["f|hour|gte: 20", { f: "2026-01-07T22:30:00Z" }, true],
    ["f|week: 2", { f: "2026-01-07T22:30:00Z" }, true],
    ["f|month: 2", { f: "2026-01-07T22:30:00Z" }, false],
    ["f|minute: 30", { f: "2026-01-07T22:30:00Z" }, true],
    ["f|day: 7", { f: "2026-01-07T22:30:00Z" }, true],
    ["f|year|lt: 2026", { f: "2026-01-07T22:30:00Z" }, false],
    ["f|fieldref|endswith: g", { f: "abc", g: "BC" }, true],
    ["f|fieldref|contains: g", { f: "abc", g: "x" }, false],
    ["f|fieldref|cased: g", { f: "A", g: "a" }, false],
    ["f|fieldref: g", { f: "a" }, false],
    ["f|fieldref|neq: g", { f: "a", g: "A" }, false],
    ["f|re|startswith: 'b|a'", { f: "xa" }, false],
    ["f|re|endswith: 'b|a'", { f: "xa" }, true],
    ["f|re|i|m|s: '^B.c$'", { f: "a\nb\nc\nd" }, true],
    ["f|cased|contains|all: [A, b]", { f: "xAxb" }, true],
    ["f|cased|contains|all: [A, b]", { f: "xaxb" }, false],
    ["f|neq: null", { f: "" }, true],
    ["f|neq: null", { g: 1 }, false],
    ["f|exists: true", { f: "" }, true],
    ["f|contains: 12", { f: "a123" }, true],
    ["f: '7*'", { f: 71 }, true],
    ["f|windash|contains: ' –enc -x '", { f: "y ―enc /x z" }, true],
    ["f|base64: foo", { f: "Zm9" }, false],
    ["f: null", { f: null }, true],
    ["f: null", { g: 1 }, true],
    ["f: null", { f: "" }, false],
    ["f: ''", { f: "" }, true],
    ["f: 7", { f: "7" }, true],
    ["f: true", { f: true }, true],
    ["f: [a, b]", { f: ["x", "b"] }, true],
    ["f.g: a", { f: { g: "a" } }, true],
    ["f.g: a", { "f.g": "a" }, true],
  ])("%s", (item, metadata, expected) => {
    expect(matches(`s: {"${item.replace(": ", '": ')}}\ncondition: s`, metadata)).toBe(expected);
  });

  it("finds keywords anywhere in the event, and all of them with |all", () => {
    expect(matches("k: [event::clear, other]\ncondition: k", { deep: { log: "x EVENT::clear y" } })).toBe(true);
    expect(matches("k: {'|all': [alpha, beta]}\ncondition: k", { a: "alpha x", b: "beta" })).toBe(true);
    expect(matches("k: {'|all': [alpha, gamma]}\ncondition: k", { a: "alpha x", b: "beta" })).toBe(false);
  });

  it("expands placeholders, and names those without values at their place", () => {
    const rule = "title: t\nlogsource: {category: api}\ndetection: {s: {f|expand: '%Servers%-\\%x'}, condition: s}";
    const { documents, problems } = parseRules(rule, "f.yml");
    expect(problems).toMatchObject([{ line: 3, severity: "warning", detail: expect.stringContaining("%Servers%") }]);
    expect(documents).toMatchObject([{ placeholders: ["Servers"], missing: ["Servers"] }]);
    const given = parseRules(rule, "f.yml", { Servers: ["srv*"] });
    expect(given.problems).toEqual([]);
    expect(given.documents).toMatchObject([{ placeholders: ["Servers"], missing: [] }]);
    expect(parseRules(rule.replace("Servers", "constructor"), "f.yml").documents[0]?.missing).toEqual(["constructor"]);
  });

  it("runs nothing that waits for values, nor what is built on it, nor a filter that would silence all", () => {
    const rules = (values: Record<string, string[]>) =>
      compileRuleset(
        parseRules(
          [
            "title: one\nid: one\nlogsource: {category: api}\ndetection: {s: {f|expand: '%mine%'}, condition: not s}\nvedette: {alert: true}",
            "title: many\nid: many\ncorrelation: {type: event_count, rules: [one], group-by: [f], timespan: 1m, condition: {gte: 1}}",
            "title: plain\nid: plain\nlogsource: {category: api}\ndetection: {s: {f: x}, condition: s}",
            "title: less\nid: less\nlogsource: {category: api}\nfilter: {rules: [plain], s: {f|expand: '%mine%'}, condition: not s}",
          ].join("\n---\n"),
          "f.yml",
          values,
        ).documents,
      );
    const heard = (values: Record<string, string[]>) =>
      alertsOf(rules(values), [eventAt(0, { metadata: { f: "x" } })])
        .map(({ ruleId }) => ruleId)
        .sort();
    expect(heard({})).toEqual(["plain"]);
    expect(rules({}).problems).toMatchObject([{ severity: "warning", detail: expect.stringContaining("'one'") }]);
    expect(heard({ mine: ["y*"] })).toEqual(["many", "one", "plain"]);
    expect(heard({ mine: ["x*"] })).toEqual([]);
  });

  it("puts values of placeholders into regular expressions and networks as they are", () => {
    const rule = (item: string) => `title: t\nid: t\nlogsource: {category: api}\ndetection: {s: {${item}}, condition: s}`;
    const values = { inside: ["10.0.0.0/8", "192.0.2.0/24"], word: ["a*b"] };
    const hits = (item: string, f: string) =>
      alertsOf(compileRuleset(parseRules(rule(item), "f.yml", values).documents), [eventAt(0, { metadata: { f } })]).length;
    expect(hits("f|cidr|expand: '%inside%'", "192.0.2.7")).toBe(1);
    expect(hits("f|re|expand: '^%word%$'", "aab")).toBe(1);
    expect(hits("f|re|expand: '^%word%$'", "axb")).toBe(0);
    expect(hits("f|expand: '%word%'", "axb")).toBe(1);
    expect(hits("f: '%word%'", "%word%")).toBe(1);
  });

  it("searches lists of maps, of texts, and of both", () => {
    expect(matches("s: [{x: 1, y: 2}, {z: 3}]\ncondition: s", { z: 3 })).toBe(true);
    expect(matches("s: [{x: 1, y: 2}, {z: 3}]\ncondition: s", { x: 1 })).toBe(false);
    expect(matches("s: [needle, {z: 3}]\ncondition: s", { deep: { text: "a Needle" } })).toBe(true);
    expect(matches("s: ['ne?dle*hay']\ncondition: s", { text: "x needle in hay x" })).toBe(true);
    expect(matches("s: {'|re': 'n[e]+dle'}\ncondition: s", { text: "x needle" })).toBe(true);
  });

  it("encodes as the specification's examples do", () => {
    expect(base64Offsets("foo")).toEqual(["Zm9v", "Zvb", "mb2"]);
    expect(utf16("cmd", "utf16")).toBe("\u00ff\u00fec\0m\0d\0");
    expect(windashVariants("a -b")).toHaveLength(5);
  });
});

describe("problems", () => {
  it("names all of them at once, each with its line and column", () => {
    const { documents, problems } = parseRules(
      [
        "title: t",
        "level: urgent",
        "logsource: {category: api}",
        "detection:",
        "  a:",
        "    f|contian: x",
        "    g|re: '(?<=x)y'",
        "  condition: a and (b",
        "vedette:",
        "  famly: x",
      ].join("\n"),
      "bad.yml",
    );
    expect(documents).toEqual([]);
    expect(problems.map(({ line, column, severity }) => [line, column, severity])).toEqual([
      [2, 1, "error"],
      [10, 3, "error"],
      [6, 5, "error"],
      [7, 5, "error"],
      [8, 21, "error"],
    ]);
    expect(problems.every(({ file }) => file === "bad.yml")).toBe(true);
  });

  it("says where YAML itself is broken, and reads the other documents", () => {
    const { documents, problems } = parseRules(
      "title: a\nlogsource: {}\ndetection: {s: {f: 1}, condition: s}\n---\ntitle: [b\n",
      "two.yml",
    );
    expect(documents.map(({ title }) => title)).toEqual(["a"]);
    expect(problems[0]?.line).toBeGreaterThan(4);
  });

  it.each([
    ["condition: a | count() > 5", "correlation"],
    ["condition: 2 of a*", "is not known"],
    ["condition: ''", "empty"],
    ["condition: a b", "not expected"],
    ["condition: 1 of zzz*", "No search"],
    ["condition: a & a", "no meaning"],
    ["condition: a and not", "ends where"],
    ["condition: 1 of", "After 'of'"],
  ])("refuses %s", (condition, text) => {
    const { problems } = parseRules(`title: t\nlogsource: {}\ndetection:\n  a: {f: 1}\n  ${condition}`, "f.yml");
    expect(problems[0]?.detail).toContain(text);
  });

  it("does not let anchors or long expressions eat memory", () => {
    const bomb = `a: &a [${"x,".repeat(50)}x]\nb: &b [${"*a,".repeat(60)}*a]\ntitle: t`;
    expect(parseRules(bomb, "f.yml").problems.length).toBeGreaterThan(0);
    const { problems } = parseRules("title: t\nlogsource: {}\ndetection: {a: {f|re: '((a{100}){100}){100}'}, condition: a}", "f.yml");
    expect(problems).not.toEqual([]);
  });
});

describe("time spans", () => {
  it.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
    ["1M", 2_629_746_000],
    ["1y", 31_556_952_000],
    ["0m", undefined],
    ["1H", undefined],
    ["1h30m", undefined],
    ["10", undefined],
  ])("%s", (text, expected) => {
    expect(readTimespan(text)).toBe(expected);
  });
});

describe("tags", () => {
  it("give family, techniques and risks", () => {
    const tags = ["attack.credential-access", "attack.t1110.003", "owasp.api2", "cve.2021-1"];
    expect(familyOf(tags)).toBe("credential_stuffing");
    expect(techniquesOf(tags)).toEqual(["T1110.003"]);
    expect(owaspOf(tags)).toEqual(["API2"]);
    expect(familyOf(["attack.reconnaissance"])).toBe("scanning");
    expect(familyOf([])).toBe("audit");
  });
});

describe("filters", () => {
  it("join their condition to the rules that they name", () => {
    const rules = (condition: string) =>
      `title: r\nid: r\nlogsource: {category: api}\ndetection: {s: {f: 1}, condition: s}\n---\ntitle: f\nlogsource: {category: api}\nfilter: {rules: [r], selection: {g: ok}, condition: ${condition}}`;
    const event = eventAt(0, { metadata: { f: 1, g: "ok" } });
    expect(alertsOf(rulesetOf(rules("not selection")), [event])).toHaveLength(0);
    expect(alertsOf(rulesetOf(rules("selection")), [event])).toHaveLength(1);
  });

  it("reach any rule of their log source, or one that is named without a list", () => {
    const rules = (named: string, category: string) =>
      `title: r\nid: r\nname: probe\nlogsource: {category: api}\ndetection: {s: {f: 1}, condition: s}\n---\ntitle: f\nlogsource: {category: ${category}}\nfilter: {rules: ${named}, selection: {g: ok}, condition: not selection}`;
    const event = eventAt(0, { metadata: { f: 1, g: "ok" } });
    for (const named of ["any", "probe", "[probe]", "[other, r]"])
      expect(alertsOf(rulesetOf(rules(named, "api")), [event])).toHaveLength(0);
    expect(alertsOf(rulesetOf(rules("any", "proxy")), [event])).toHaveLength(1);
    expect(alertsOf(rulesetOf(rules("[other]", "api")), [event])).toHaveLength(1);
  });
});
