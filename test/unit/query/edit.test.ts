import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyPaste } from "@/lib/query/classify";
import { completeQuery } from "@/lib/query/complete";
import { chipsOf, choiceOf, withChoice, withTerm, withoutField, withoutPart } from "@/lib/query/edit";
import { EVENT_FIELDS as T } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { compilePredicate } from "@/lib/query/predicate";
import { printQuery } from "@/lib/query/print";

describe("filter by click", () => {
  test("adds a condition once, and takes back the contrary", () => {
    const once = withTerm("outcome:failure", T, { field: "ip", value: "10.0.0.1" });
    expect(once).toBe("outcome:failure ip:10.0.0.1");
    expect(withTerm(once, T, { field: "ip", value: "10.0.0.1" })).toBe(once);
    expect(withTerm(once, T, { field: "ip", value: "10.0.0.1", negate: true })).toBe("outcome:failure -ip:10.0.0.1");
  });

  test("a value clicked is matched literally, whatever signs an attacker put into it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !/[\0\p{Surrogate}]/u.test(text)),
        (value) => {
          const text = withTerm("", T, { field: "user_agent", value });
          expect(compilePredicate(parseQuery(text, T), T)({ source: { user_agent: value } })).toBe(true);
          expect(compilePredicate(parseQuery(text, T), T)({ source: { user_agent: `${value}!` } })).toBe(false);
        },
      ),
    );
  });

  test("removing a chip removes its condition and nothing else", () => {
    expect(withoutPart("a service:(api OR web) -country:de", T, 1)).toBe("a -country:de");
  });
});

describe("facets", () => {
  test("reflect hand-typed terms, and writing the choice back keeps the rest", () => {
    const query = parseQuery("status:>=400 service:(api OR web) -service:old free", T);
    expect(choiceOf(query, T, "service")).toEqual({ wanted: ["api", "web"], excluded: ["old"] });
    expect(printQuery(withoutField(query, "service"), T)).toBe("status:>=400 free");
    expect(withChoice("status:>=400 service:api", T, { field: "service", wanted: ["api", "web"], excluded: ["old"] })).toBe(
      "status:>=400 service:(api OR web) -service:old",
    );
    expect(withChoice("service:api", T, { field: "service", wanted: [], excluded: [] })).toBe("");
  });
});

test("chips say each condition in words", () => {
  const chips = chipsOf(parseQuery("action:user.login ip:203.0.113.0/24 -country:de status:400..499 service:(a OR b) text", T), T);
  expect(chips.map(({ label, verb, value, negated }) => `${label} ${verb}${negated ? " not" : ""} ${value}`.trim())).toEqual([
    "Action is user.login",
    "Address in 203.0.113.0/24",
    "Country is not de",
    "Status is 400 to 499",
    "Service is a or b",
    "contains text",
  ]);
});

describe("completion", () => {
  const at = (text: string) => completeQuery(text, text.length, T);
  test("of names, values and groups", () => {
    expect(at("").expected).toBe("field");
    expect(at("outc").suggestions[0]).toMatchObject({ insert: "outcome:" });
    expect(at("a outcome:").suggestions.map(({ insert }) => insert)).toEqual(["success", "failure", "unknown"]);
    expect(at("outcome:fa")).toMatchObject({
      expected: "value",
      typed: "fa",
      replace: { offset: 8, length: 2 },
      suggestions: [{ insert: "failure" }],
    });
    expect(at("service:(api OR w")).toMatchObject({ expected: "value", typed: "w" });
    expect(at("service:(api OR web) ").expected).toBe("field");
    expect(at('user_agent:"curl 8')).toMatchObject({ expected: "value", typed: "curl 8" });
    expect(at("mfa:").suggestions.map(({ insert }) => insert)).toEqual(["yes", "no"]);
  });
  test("never throws and never replaces beyond the cursor", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, cursor) => {
        const { replace } = completeQuery(text, cursor, T);
        expect(replace.offset + replace.length).toBeLessThanOrEqual(Math.max(0, Math.min(text.length, cursor)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("paste anything", () => {
  test.each([
    ["203.0.113.7", { kind: "entity", type: "ip", value: "203.0.113.7" }],
    ["[2001:DB8::1]:443", { kind: "entity", type: "ip", value: "2001:db8::1" }],
    ["203.0.113.7:51234", { kind: "entity", type: "ip", value: "203.0.113.7" }],
    ["10.0.0.0/8", { kind: "entity", type: "network", value: "10.0.0.0/8" }],
    ["AS24940", { kind: "entity", type: "asn", value: "24940" }],
    [" ana@x.io ", { kind: "entity", type: "actor", value: "ana@x.io" }],
    ["inc-42", { kind: "incident", number: 42 }],
    ["0199a1b2-0000-7000-8000-000000000000", { kind: "event", id: "0199a1b2-0000-7000-8000-000000000000" }],
    ["outcome:failure ip:10.0.0.1", { kind: "query" }],
    ["u_42", { kind: "entity", type: "actor", value: "u_42" }],
    ["some words here", { kind: "text" }],
  ])("%s", (text, first) => expect(classifyPaste(text)[0]).toMatchObject(first));

  test("a whole API key is never handed on as text", () => {
    expect(classifyPaste("vdt_abcdefghijklmnopqrstuvwxyz012345")).toEqual([{ kind: "secret" }]);
  });
});
