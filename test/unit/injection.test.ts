import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestView } from "@/lib/detection/decode/view";
import { type InjectionKind, injectionKinds } from "@/lib/detection/injection/finding";
import { sqlShapes } from "@/lib/detection/injection/sql-tokens";
import { attacks } from "@/test/support/attacks";

const scores = (value: string): number[] => {
  const document = {
    id: "e",
    occurred_at: "2026-01-01T00:00:00Z",
    action: "http.request",
    outcome: "success",
    direction: "inbound",
  } as const;
  const view = new RequestView({ ...document, http: { path: "/x", query: `q=${encodeURIComponent(value)}` } });
  return injectionKinds.map((kind) => view.findings().get(kind)?.score ?? 0);
};

describe("the injection readers", () => {
  it.each(Object.keys(attacks) as InjectionKind[])("see at least 19 of 20 common forms of %s", (kind) => {
    const missed = attacks[kind].filter((value) => Math.max(...scores(value)) < 5);
    expect(missed.length, missed.join("\n")).toBeLessThanOrEqual(Math.ceil(attacks[kind].length / 20));
  });

  it("pass over words, names, numbers and addresses", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.stringMatching(/^[A-Za-zäöüé' -]{1,40}$/),
          fc.uuid(),
          fc.webUrl().filter((url) => !/[$;'()]/.test(url)), // a shell's punctuation in an address is what an attack looks like
          fc.emailAddress().filter((address) => /^[a-z0-9][a-z0-9.+-]*@/i.test(address)),
          fc.ipV4(),
          fc.double().map(String),
        ),
        (value) => {
          // a lone quote at the end, or two dashes behind one, are what an attack looks like
          fc.pre(!/'\s*-|'[^a-z]*$|^'/i.test(value) && !/\b(?:or|and|union|select)\b/i.test(value));
          expect(Math.max(...scores(value))).toBeLessThan(5);
        },
      ),
    );
  });

  it("take time in proportion to the text", () => {
    for (const piece of [
      "'",
      "(",
      "<a ",
      "{{",
      "$(",
      "`id`",
      "select ",
      "or 1=1 ",
      "; ",
      "on",
      "a=",
      "../",
      "--",
      "\\",
      "{a,",
      "a b ",
      "[[",
      "${",
      "/*",
      "<!--",
      "word ",
    ]) {
      const start = performance.now();
      scores(piece.repeat(Math.floor(2600 / piece.length)));
      expect(performance.now() - start, piece).toBeLessThan(3000); // a square cost would take minutes
    }
  });

  it("read the same shape whatever the case of letters and the width of gaps", () => {
    const shape = (text: string) => sqlShapes(text)[0]?.shape;
    expect(shape("1 UNION  ALL\tSELECT a")).toBe(shape("1 union all select a"));
    expect(shape("1 union all select a")).toBe("nUASw");
    expect(sqlShapes("x' or '1'='1")[1]?.shape).toBe("sOsos");
  });
});
