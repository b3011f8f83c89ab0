import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Query } from "@/lib/query/ast";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { printQuery } from "@/lib/query/print";
import { QueryError } from "@/lib/query/query-error";
import { ALERT_FIELDS } from "@/lib/query/work-fields";
import { queries } from "./arbitrary";

const canonical = (text: string, table = EVENT_FIELDS) => printQuery(parseQuery(text, table), table);
const bare = (query: Query): unknown => JSON.parse(JSON.stringify(query, (key, value) => (key === "at" ? undefined : value)));

describe("canonical text", () => {
  test.each([
    ["", ""],
    ["  actor:ana@x.io   outcome:failure ", "actor:ana@x.io outcome:failure"],
    ["status:>=400 status:400..499", "status:>=400 status:400..499"],
    ["status:[400 TO 499]", "status:400..499"],
    ["status:[400 TO *]", "status:>=400"],
    ["status:4xx", "status:400..499"],
    ["ip:10.1.2.3/8", "ip:10.0.0.0/8"],
    ["ip:10.0.*", "ip:10.0.0.0/16"],
    ["ip:2001:DB8:0::1", "ip:2001:db8::1"],
    ["ip:(fd00:1:2::/48 OR 10.0.0.1)", "ip:(fd00:1:2::/48 OR 10.0.0.1)"],
    ["2001:db8::7", "ip:2001:db8::7"],
    ["-ip:203.0.113.0/24", "-ip:203.0.113.0/24"],
    ["path:/v1/* -country:de", "path:/v1/* -country:de"],
    ["service:(api OR web)", "service:(api OR web)"],
    ["(service:api OR service:web)", "service:(api OR web)"],
    ["-service:(api OR web)", "-service:(api OR web)"],
    ["NOT service:api AND NOT (a OR b)", "-service:api -(a OR b)"],
    ['user_agent:"curl/8" key:* !key:*', "user_agent:curl/8 key:* -key:*"],
    ['user_agent:="curl/8.4 (x)"', 'user_agent:="curl/8.4 (x)"'],
    ["a b OR c", "(a b) OR c"],
    ["a (b OR c) d", "a (b OR c) d"],
    ["--a", "a"],
    ["-(-a)", "a"],
    ["* a", "a"],
    ["OUTCOME:Failure source.ip:10.0.0.1 env:production", "outcome:failure ip:10.0.0.1 environment:production"],
    ['metadata.order.total:>100 metadata.n:1..5 metadata.v:"1..5"', 'metadata.order.total:>100 metadata.n:1..5 metadata.v:"1..5"'],
    ["header.X-Trace:abc", "header.x-trace:abc"],
    ["asn:AS24940", "asn:24940"],
    ["occurred_at:2026-11-23", "occurred_at:2026-11-23T00:00:00.000Z..2026-11-23T23:59:59.999Z"],
    ["path:../../etc/passwd", 'path:"../../etc/passwd"'],
    ["exists:no mfa:true", "exists:no mfa:yes"],
    ['"quoted \\"text\\" (here)"', '"quoted \\"text\\" (here)"'],
    ["status:(>=400 <500)", "status:>=400 status:<500"],
  ])("%s is written %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test("ordered levels expand to the levels meant", () => {
    expect(canonical("severity:>=high", ALERT_FIELDS)).toBe("level:(high OR critical)");
    expect(canonical("level:<low", ALERT_FIELDS)).toBe("level:informational");
  });

  test("reading what was printed gives the same tree", () => {
    fc.assert(
      fc.property(queries, (query) => {
        const text = printQuery(query, EVENT_FIELDS);
        if (text.length > 4096) return;
        expect(bare(parseQuery(text, EVENT_FIELDS)), text).toEqual(bare(query));
        expect(canonical(text)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("errors point at the token", () => {
  test.each([
    ["actr:ana", "actr", "actor"],
    ["outcome:faiure", "faiure", "failure"],
    ["a status:abc", "abc", ">=400"],
    ["ip:10.0.0.300", "10.0.0.300", undefined],
    ['actor:ana "open', '"open', '"open"'],
    ["(a OR b", "(", undefined],
    ["a) b", ")", undefined],
    ["a OR", "OR", undefined],
    ["OR a", "OR", undefined],
    ["()", ")", undefined],
    ["service:", "service:", "service:orders-api"],
    ["service: api", "service:", "service:orders-api"],
    ["service:(api OR host:x)", "host:", undefined],
    ["status:499..400", "499..400", "400..499"],
    ["mfa:maybe", "maybe", "yes"],
    ["path:>5", "5", undefined],
    ["a\0b", "\0", undefined],
  ])("%s", (text, token, suggestion) => {
    const error = errorOf(text);
    expect(error?.at && text.slice(error.at.offset, error.at.offset + error.at.length)).toBe(token);
    if (suggestion) expect(error?.suggestion).toBe(suggestion);
  });

  const errorOf = (text: string): QueryError | undefined => {
    try {
      parseQuery(text, EVENT_FIELDS);
    } catch (error) {
      if (error instanceof QueryError) return error;
      throw error;
    }
    return undefined;
  };

  test("no text makes it throw anything else, and the place lies in the text", () => {
    const signs = fc.string({
      unit: fc.constantFrom(...'abc:()-!*"\\ []<>=.0123/TO'.split(""), "OR ", "status:", "ip:", "metadata.x:", "AND ", "\n"),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.oneof(signs, fc.string({ unit: "binary" }), fc.string()), (text) => {
        const error = errorOf(text);
        if (error) expect(error.at.offset + error.at.length).toBeLessThanOrEqual(Math.max(text.length, 1));
      }),
      { numRuns: 5000 },
    );
  });

  test("length, conditions, nesting and wildcards are limited", () => {
    expect(errorOf("a".repeat(5000))?.message).toMatch(/at most 4096/);
    expect(errorOf("a ".repeat(300))?.message).toMatch(/at most 200 conditions/);
    expect(errorOf("(".repeat(500))?.message).toMatch(/20 deep/);
    expect(errorOf(`path:${"a*".repeat(30)}`)?.message).toMatch(/10 wildcards/);
  });

  test("the longest allowed text is read in time linear in its length", () => {
    const worst = [
      "(".repeat(4096),
      "[ ".repeat(2048),
      "a:".repeat(2048),
      "-".repeat(4096),
      '"\\'.repeat(2048),
      "1:".repeat(2048),
      "*a".repeat(2048),
    ];
    for (const text of worst) {
      const start = performance.now();
      errorOf(text);
      expect(performance.now() - start, text.slice(0, 8)).toBeLessThan(100);
    }
  });
});
