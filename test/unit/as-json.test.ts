import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asJson } from "@/lib/store/db";

describe("JSON for PostgreSQL", () => {
  it("holds neither NUL nor half surrogate pairs, in names or in texts, and changes nothing else", () => {
    const clean = (text: string) => text.replace(/\u0000|\p{Cs}/gu, "\ufffd");
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        expect(JSON.parse(asJson({ texts }))).toEqual({ texts: texts.map(clean) });
        const named = texts.map((text) => [text, 1] as const).filter(([text]) => text !== "__proto__");
        const names = Object.keys(JSON.parse(asJson(Object.fromEntries(named))) as object);
        expect(new Set(names)).toEqual(new Set(named.map(([text]) => clean(text))));
      }),
    );
    expect(JSON.parse(asJson(["a\u0000b", "\ud800", "\udc00x", "😀", "\\u0000", "\\ud83d"]))).toEqual([
      "a\ufffdb",
      "\ufffd",
      "\ufffdx",
      "😀",
      "\\u0000",
      "\\ud83d",
    ]);
  });
});
