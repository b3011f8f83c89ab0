import * as zlib from "node:zlib";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyFormat, decodeBody, type DecodedBody } from "@/lib/ingest/decode-body";
import { contentEncodings, inflateBody } from "@/lib/ingest/inflate-body";
import { defaultLimits } from "@/lib/ingest/limits";

const read = ({ single, items }: DecodedBody) => ({ single, items: items.map((item) => item.read()) });
const json = (text: string) => read(decodeBody(Buffer.from(text), "json", defaultLimits));
const lines = (text: string | Buffer) => read(decodeBody(Buffer.from(text), "ndjson", defaultLimits));
const problem = (text: string) => json(text).items[0]?.problems?.[0]?.detail;

/** What becomes of integers beyond 2^53. */
const inText = (_: string, value: unknown) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(String(value)) ? String(value) : value;

describe("a body becomes items", () => {
  test("an object is single, an array and lines are lists in order", () => {
    expect(json(' {"a":1} ')).toEqual({
      single: true,
      items: [{ value: { a: 1 } }],
    });
    expect(json('[{"a":"],{"} , {"b":[1,2]}]').items.map((item) => item.value)).toEqual([{ a: "],{" }, { b: [1, 2] }]);
    expect(json("[]")).toEqual({ single: false, items: [] });
    expect(lines('{"a":1}\r\n\n{"b":2}').items).toHaveLength(2);
  });

  test("any array of JSON values is split exactly as the parser would", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 5 })), fc.constantFrom(undefined, 1, "\t"), (values, indent) => {
        const text = JSON.stringify(values, null, indent);
        const decoded = json(text).items;
        expect(decoded).toHaveLength(values.length);
        for (const [index, item] of decoded.entries()) if (!item.problems) expect(item.value).toEqual(JSON.parse(text, inText)[index]);
      }),
    );
  });

  test("text that is no JSON is refused as the parser would refuse it, and never crashes", () => {
    const noise = fc.stringMatching(/^[[\]{}",:\\ a0-9eE.tnu-]{0,40}$/);
    fc.assert(
      fc.property(noise, (text) => {
        let parses = true;
        try {
          JSON.parse(text);
        } catch {
          parses = false;
        }
        if (parses) expect(() => json(text)).not.toThrow();
        else expect(() => json(text)).toThrow(/JSON|empty/);
      }),
      { numRuns: 2000 },
    );
  });

  test("a bad line leaves its neighbours alone", () => {
    const items = lines(
      Buffer.concat([Buffer.from('{"a":1}\n{oops\n'), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from('{"b":2}')]),
    ).items;
    expect(items.map((item) => item.problems === undefined)).toEqual([true, false, false, true]);
  });
});

describe("integers that a double cannot hold", () => {
  test("become texts with all their digits, wherever they stand; every other number stays a number", () => {
    const text =
      '{"metadata":{"id":12345678901234567890,"n":-9007199254740993,"in":"9007199254740993 \\" 9007199254740993","ok":9007199254740991}}';
    const metadata = {
      id: "12345678901234567890",
      n: "-9007199254740993",
      in: '9007199254740993 " 9007199254740993',
      ok: Number.MAX_SAFE_INTEGER,
    };
    for (const items of [json(text).items, json(`[${text}]`).items, lines(text).items]) expect(items).toEqual([{ value: { metadata } }]);
    expect(json('{"a":1234567890123456.5,"b":1234567890123456e3}').items[0]?.value).toEqual({
      a: 1234567890123456.5,
      b: 1234567890123456e3,
    });
  });

  test("any integer comes out with the digits that went in", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (number) => {
        const [item] = lines(`{"a":[${number}, "x"]}`).items as [{ value: { a: unknown[] } }];
        expect(String(item.value.a[0])).toBe(String(number));
      }),
    );
  });

  test("a line of nothing but digits and quotes costs linear time", () => {
    const started = performance.now();
    lines(`${"1".repeat(250_000)}\n${'"'.repeat(250_000)}\n${'1"'.repeat(125_000)}`);
    lines(`1234567890123456 ${'\\"'.repeat(120_000)}\n1234567890123456 ${'\\"'.repeat(120_000)}\\`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("hostile JSON is named, not stored", () => {
  test.each([
    ["deep nesting", "[".repeat(33) + "]".repeat(33), /deeper/],
    ["far too deep nesting", `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`, /deeper/],
    ["doubled keys", '{"a":1,"b":{"c":1,"c":2}}', /twice/],
    ["doubled keys by escape", '{"a":1,"\\u0061":2}', /twice/],
    ["__proto__", '{"__proto__":{"x":1}}', /__proto__/],
    ["__proto__ by escape", '{"metadata":{"\\u005f_proto__":1}}', /__proto__/],
    ["a lone surrogate", '{"a":"\\ud800"}', /surrogate/],
    ["a NUL", '{"a":["\\u0000"]}', /NUL/],
    ["a NUL in a key", '{"\\u0000":1}', /NUL/],
    ["an overflowing number", '{"a":1e999}', /too large/],
    ["a long string", `{"a":"${"x".repeat(70_000)}"}`, /Longer/],
    ["a long array", `{"a":[${"1,".repeat(1000)}1]}`, /elements/],
    ["many keys", `{${Array.from({ length: 1001 }, (_, index) => `"k${index}":1`).join()}}`, /keys/],
    [
      "a long event",
      `{"a":["${"x".repeat(60_000)}","${"x".repeat(60_000)}","${"x".repeat(60_000)}","${"x".repeat(60_000)}","${"x".repeat(60_000)}"]}`,
      /longer/,
    ],
  ])("%s", (_name, text, words) => {
    expect(problem(text.startsWith("[") ? `[${text}]` : text)).toMatch(words);
  });

  test.each([
    "NaN",
    "{'a':1}",
    '{"a":NaN}',
    '{"a":1',
    "",
    "  ",
    '{"a":1}}',
    '[{"a":1}',
    '[{"a":1},]',
    '[{"a":1}] x',
    '[{"a":1} {"b":2}]',
    "[1)",
  ])("%s is not JSON", (text) => {
    expect(() => json(text)).toThrow();
  });

  test("a complaint never echoes the body", () => {
    expect(() => json('{"password":"hunter2" oops')).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining("hunter2"),
      }),
    );
  });
});

describe("content types and encodings", () => {
  test("types", () => {
    expect(bodyFormat("application/json; charset=UTF-8")).toBe("json");
    expect(bodyFormat(undefined)).toBe("json");
    expect(bodyFormat("application/x-ndjson")).toBe("ndjson");
    expect(() => bodyFormat("text/html")).toThrow();
    expect(() => bodyFormat("application/json; charset=utf-16")).toThrow();
  });

  test("zstd is undone where Node can (from 22.15 on), and elsewhere refused with the names of what is read", async () => {
    const compress: unknown = Reflect.get(zlib, "zstdCompressSync");
    if (typeof compress !== "function") {
      expect(contentEncodings).not.toContain("zstd");
      await expect(inflateBody(Buffer.from("x".repeat(20)), "zstd", 1000)).rejects.toMatchObject({
        code: "unsupported",
        publicMessage: "Content-Encoding may be one of gzip, x-gzip, deflate, br, once.",
      });
      return;
    }
    const sent = (text: string) => (compress as typeof gzipSync)(Buffer.from(text)); // same signature as its siblings
    expect((await inflateBody(sent('{"action":"x"}'), "zstd", 1000)).toString()).toBe('{"action":"x"}');
    await expect(inflateBody(sent("x".repeat(2000)), "zstd", 1000)).rejects.toMatchObject({ code: "too_large" });
    await expect(inflateBody(Buffer.from("no zstd at all"), "zstd", 1000)).rejects.toMatchObject({ code: "malformed" });
  });

  test("a bomb is stopped at the cap, garbage is refused, plain passes", async () => {
    await expect(inflateBody(gzipSync(Buffer.alloc(10_000_000)), "gzip", 1_000_000)).rejects.toMatchObject({ code: "too_large" });
    await expect(inflateBody(Buffer.from("no gzip"), "gzip", 1000)).rejects.toMatchObject({ code: "malformed" });
    await expect(inflateBody(Buffer.from("x"), "gzip, gzip", 1000)).rejects.toMatchObject({ code: "unsupported" });
    expect((await inflateBody(gzipSync("hello"), "GZIP", 1000)).toString()).toBe("hello");
  });
});
