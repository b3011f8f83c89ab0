import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LiteralFinder } from "@/lib/detection/match/aho-corasick";
import { requiredLiterals } from "@/lib/detection/match/regex-literals";
import { FieldTable, Observed } from "@/lib/detection/match/observe";
import { MatchPlan } from "@/lib/detection/match/plan";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { compilePredicate } from "@/lib/detection/match/predicate";
import type { Expression } from "@/lib/detection/sigma/expression";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { SigmaDetection } from "@/lib/detection/sigma/rule";
import { compileRuleset } from "@/lib/detection/ruleset";
import { alertsOf, eventAt } from "@/test/support/detection";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", "ä"), maxLength: 12 });

describe("literals", () => {
  it("are found exactly where `includes` finds them", () => {
    fc.assert(
      fc.property(fc.uniqueArray(letters.filter(Boolean), { minLength: 1, maxLength: 20 }), letters, (literals, text) => {
        const found = [...new LiteralFinder(literals).find(text)].sort((a, b) => a - b);
        expect(found).toEqual(literals.flatMap((literal, index) => (text.includes(literal) ? index : [])));
      }),
    );
  });

  it.each([
    ["union\\s+select", ["select"]],
    ["(?:foo|barr)", ["foo", "barr"]],
    ["a?bcd", ["bcd"]],
    ["x*", undefined],
    ["(foo)?bar", ["bar"]],
    ["[abc]def\\.ghi", ["def.ghi"]],
    ["ab{0,3}cd", ["cd"]],
    ["ab+cd", ["ab"]],
    ["(?i:etc/passwd)", ["etc/passwd"]],
    ["a|", undefined],
    ["\\bfoo\\d+", ["foo"]],
    ["(?P<name>abc)", ["abc"]],
    ["\\x41bc", ["Abc"]],
    ["\\.{2,3}/x", ["/x"]],
    ["\\p{L}abc", undefined],
  ])("of /%s/ are %j", (source, expected) => {
    expect(requiredLiterals(source)).toEqual(expected);
  });

  it("that are called necessary are in every text that the expression matches", () => {
    const piece = fc.constantFrom("ab", "c", "(a|bc)", "[ab]", "c?", "b+", "a{2}", "\\w", "(?:ca)*", ".", "(b|)c");
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), letters, (pieces, text) => {
        const source = pieces.join("");
        const literals = requiredLiterals(source);
        if (literals && new RegExp(source).test(text)) expect(literals.some((literal) => text.includes(literal))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The plain reading of an expression, with no plan: what the plan must agree with. */
function holds(expression: Expression, event: Observed, table: FieldTable): boolean {
  if (expression.op === "match") return compilePredicate(expression.field, expression.match, table)(event);
  if (expression.op === "not") return !holds(expression.item, event, table);
  const each = (item: Expression) => holds(item, event, table);
  return expression.op === "and" ? expression.items.every(each) : expression.items.some(each);
}

describe("the shared plan", () => {
  const item = fc.tuple(
    fc.constantFrom("a", "b", "http.path", "http.status", "missing"),
    fc.constantFrom("", "|contains", "|startswith", "|endswith", "|re", "|gte", "|exists", "|neq"),
    fc.constantFrom("x", "ab", "/admin", "200", "a*b", "1", "login"),
  );
  const search = fc.array(item, { minLength: 1, maxLength: 3 });
  const condition = fc.constantFrom("s", "not s", "s and t", "s or t", "s and not t", "not (s and t)", "1 of them", "all of them");
  const rule = fc.tuple(search, search, condition).map(([s, t, how]) => {
    const map = (items: [string, string, string][]) =>
      Object.fromEntries(
        items.map(([field, modifier, value]) => [field + modifier, modifier === "|gte" ? 5 : modifier === "|exists" ? true : value]),
      );
    return { title: "t", detection: { s: map(s), t: map(t), condition: how }, logsource: { category: "api" } };
  });
  const metadata = fc.record(
    { a: fc.constantFrom("x", "ab", "aab", "AB", 7, "5"), b: fc.constantFrom("1", "login", "/admin/x", true) },
    { requiredKeys: [] },
  );

  it("finds the rules that one by one would match, whatever the rules", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 12 }),
        metadata,
        fc.constantFrom("/admin", "/login/ab", "/"),
        (rules, more, path) => {
          const detections = rules.flatMap(
            (each, number) => parseRules(JSON.stringify({ ...each, id: `r${number}` }), "f").documents,
          ) as SigmaDetection[];
          const table = new FieldTable();
          const plan = new MatchPlan(detections, table);
          const record = eventAt(0, { metadata: more, http: { path, status: 200 } });
          const found = plan.match(new Observed(record, table, undefined)).map((each) => each.rule.id);
          const plain = new Observed(record, table, undefined);
          expect(found).toEqual(detections.filter((each) => holds(each.expression, plain, table)).map(({ id }) => id));
        },
      ),
      { numRuns: 200 },
    );
  });

  const place = fc.constantFrom(
    ..."http.path,http.query,http.parameters,http.parameter_names,http.headers,http.header_names,http.header.x-a,http.cookies,http.body".split(
      ",",
    ),
    ..."http.files,http.request,http.uri,cs-uri-query,c-uri,cs-cookie,http.referrer,vedette.sqli,vedette.xss,source.user_agent".split(","),
  );
  const sought = fc.constantFrom("select", "<script", "=", "a/b", "x-a", "b?q", "https://h", "%", "../", "1 or", "user", "f.php", "%20");
  const look = fc.tuple(place, fc.constantFrom("", "|contains", "|startswith", "|re"), sought).map(([field, modifier, value]) => {
    if (field.startsWith("vedette.")) return { [`${field}|gte`]: 5 };
    return { [field + modifier]: modifier === "|re" ? value.replace(/[.?]/g, "\\$&") : value };
  });
  const keyword = sought.map((value) => [value]);
  const text = fc.constantFrom(
    ..."a/b,1' or '1'='1,%3Cscript%3Ealert(1)%3C/script%3E,1%2527%20or%201%3D1,..%2f..%2fetc,c2VsZWN0ICogZnJvbSB1c2Vycw==,user,$ne,blue+shoe,SELECT".split(
      ",",
    ),
    "union select a from b--",
    "",
  );
  const request = fc.record(
    {
      path: text.map((end) => `/b/${end}`),
      query: fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&")),
      host: fc.constant("h"),
      body: fc.oneof(
        text,
        text.map((value) => JSON.stringify({ user: value, [value]: 1 })),
        text.map((value) => `q=${value}&user=1`),
      ),
      headers: fc.dictionary(fc.constantFrom("X-A", "cookie", "referer", "content-type", "x-file-name"), text),
      referrer: text,
    },
    { requiredKeys: [] },
  );

  it("overlooks nothing in a request, however it is written", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: look }, { weight: 1, arbitrary: keyword }), { minLength: 1, maxLength: 8 }),
        fc.option(request, { nil: undefined, freq: 20 }),
        fc.record({ "cs-uri-query": text, "x-a": text, deep: fc.record({ user: text }) }, { requiredKeys: [] }),
        (searches, http, metadata) => {
          const detections = searches.flatMap((s, number) => {
            const rule = { title: "t", id: `r${number}`, detection: { s, condition: "s" }, logsource: { category: "api" } };
            return parseRules(JSON.stringify(rule), "f").documents;
          }) as SigmaDetection[];
          const record = eventAt(0, { metadata, ...(http ? { http } : {}), source: { ip: "203.0.113.7", user_agent: "user/1" } });
          const table = new FieldTable();
          const found = new MatchPlan(detections, table).match(new Observed(record, table, requestDecoder)).map(({ rule }) => rule.id);
          const bare = new FieldTable();
          for (const { expression } of detections) holds(expression, new Observed(record, bare, requestDecoder), bare); // what they look for is known
          const plain = (expression: Expression) => holds(expression, new Observed(record, bare, requestDecoder), bare);
          expect(found).toEqual(detections.filter(({ expression }) => plain(expression)).map(({ id }) => id));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("documents", () => {
  it("are plain data: a copy of one finds what the one finds", () => {
    const { documents } = parseRules(
      "title: Wild\nid: wild\nlogsource: {category: api}\ndetection: {s: {action|endswith: .export, service: 'sh*p', reason|contains: pass}, condition: s}\n",
      "wild.yml",
    );
    const event = eventAt(0, { action: "report.export", service: "shoop", reason: "bad_password" }, "w0");
    for (const some of [documents, structuredClone(documents)])
      expect(alertsOf(compileRuleset(some, { decoder: requestDecoder }), [event])).toHaveLength(1);
  });
});
