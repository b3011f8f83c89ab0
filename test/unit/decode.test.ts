import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeDocument, decodedFields } from "@/lib/detection/decode/document";
import { PAIRS_MOST, splitBody, splitForm, splitJson, splitMultipart, splitXml } from "@/lib/detection/decode/split";
import { decodeBase64, decodePercent, normalisePath } from "@/lib/detection/decode/text";
import { VARIANT_LONGEST, VARIANTS_MOST, variantsOf } from "@/lib/detection/decode/variants";
import { RequestView } from "@/lib/detection/decode/view";
import type { EventDocument } from "@/lib/model/event";

const request = (http: NonNullable<EventDocument["http"]>): EventDocument => ({
  id: "e",
  occurred_at: "2026-01-01T00:00:00Z",
  action: "http.request",
  outcome: "success",
  direction: "inbound",
  http,
});

/** Text as attackers write it: pieces of every encoding, glued together. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        "%",
        "%25",
        "%u0",
        "%c0%ae",
        "&#",
        "&lt",
        "&#x",
        "\\u",
        "\\x4",
        "\\",
        "+ADw-",
        "../",
        "/*",
        "*/",
        '"',
        "'",
        "`",
        "${",
        "{{",
        "<",
        "=",
        "&",
        ";",
        "--",
        "(",
        "\u0000",
        "＜",
        "AAAAAAAA",
      ),
      fc.base64String(),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe("readings of a text", () => {
  it("are distinct, bounded, begin with the raw text, and never throw", () => {
    fc.assert(
      fc.property(nasty, fc.boolean(), (text, plus) => {
        const readings = variantsOf(text, plus);
        expect(readings[0]).toBe(text.slice(0, VARIANT_LONGEST));
        expect(readings.length).toBeLessThanOrEqual(VARIANTS_MOST);
        expect(new Set(readings).size).toBe(readings.length);
        for (const reading of readings) expect(reading.length).toBeLessThanOrEqual(2 * VARIANT_LONGEST);
      }),
    );
  });

  it("of plain words are the words alone", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,7}( [a-z]{1,7}){0,5}$/), (text) => {
        expect(variantsOf(text)).toEqual([text]);
      }),
    );
  });

  const hidden: [string, string, string][] = [
    ["double percent encoding", "%253Cscript%253E", "<script>"],
    ["overlong UTF-8", "%c0%ae%c0%ae%c0%af", "../"],
    ["overlong UTF-8 of five bytes", "..%f8%80%80%80%af", "../"],
    ["an overlong form whose second byte is none", "%c0%2e%c0%2e%c1%1c", "..\\"],
    ["slashes of mathematics", "..%u2215..%u2216", "../..\\"],
    ["IIS unicode", "%u003cscript%u003e", "<script>"],
    ["plus in a form", "union+select", "union select"],
    ["HTML references without semicolons", "&#x3cscript&#62", "<script>"],
    ["JSON escapes", "\\u003cscript\\u003e", "<script>"],
    ["bytes as \\x", "\\x3cscript\\x3e", "<script>"],
    ["UTF-7", "+ADw-script+AD4-", "<script>"],
    ["full-width letters", "＜script＞", "<script>"],
    ["null bytes", "sel\u0000ect", "select"],
    ["comments", "un/**/ion", "un ion"],
    ["base64", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "<script>alert(1)</script>"],
    ["base64 without padding", "Y2F0IC9ldGMvcGFzc3dk", "cat /etc/passwd"],
    ["base64 of percent encoding", "JTNDc2NyaXB0JTNF", "<script>"],
    ["UTF-16 in base64", "dwBoAG8AYQBtAGkA", "whoami"],
  ];
  it.each(hidden)("see through %s", (_, written, meant) => {
    expect(variantsOf(written, true)).toContain(meant);
  });

  it("leave random tokens and words alone", () => {
    for (const token of ["c4ca4238a0b923820dcc509a6f75849b", "password", "deadbeefcafe", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"])
      expect(decodeBase64(token)).toBeUndefined();
  });

  it("take time in proportion to the text", () => {
    const cost = (text: string): number => {
      const start = performance.now();
      for (let i = 0; i < 20; i++) variantsOf(text, true);
      return performance.now() - start;
    };
    for (const piece of ["%25", "&#x3c;", "\\u0041", "/*", "+ADw", "&lt", "%c0", "((", '"\\']) {
      cost(piece.repeat(200));
      expect(cost(piece.repeat(2000))).toBeLessThan(4000); // 20 × 8 KiB; a square cost would take minutes
    }
  });
});

describe("paths", () => {
  it("are resolved as a file system would, and resolving again changes nothing", () => {
    expect(normalisePath("/static/img/../../etc/passwd")).toBe("/etc/passwd");
    expect(normalisePath("/tmui/login.jsp/..;/tmui/x.jsp")).toBe("/tmui/tmui/x.jsp");
    expect(normalisePath("/a\\..\\b")).toBe("/b");
    fc.assert(fc.property(nasty, (text) => normalisePath(normalisePath(text)) === normalisePath(text) || text.includes("\\")));
  });

  it("keep percent signs that encode nothing", () => {
    expect(decodePercent("100% of %zz")).toBe("100% of %zz");
  });
});

describe("bodies", () => {
  it("split into names and values, also when cut in the middle", () => {
    expect(splitForm("a=1&b&c=d=e")).toEqual([
      { name: "a", value: "1" },
      { name: "", value: "b" },
      { name: "c", value: "d=e" },
    ]);
    expect(splitJson('{"a": "x", "b": {"$ne": null}, "c": ["y", "z').map((pair) => [pair.name, pair.value])).toEqual([
      ["a", ""],
      ["a", "x"],
      ["b", ""],
      ["$ne", ""],
      ["c", ""],
      ["c", "y"],
      ["c", "z"],
    ]);
    expect(splitXml('<a b="1"><![CDATA[x]]>y</a>').map((pair) => pair.value)).toEqual(["1", "x", "y"]);
    expect(splitMultipart('--b\r\nContent-Disposition: form-data; name="f"; filename="x.php"\r\n\r\nhello\r\n--b--')).toEqual([
      { name: "f", value: "hello" },
      { name: "f", value: "x.php", file: true },
    ]);
  });

  it("of any content give a bounded number of pairs and never throw", () => {
    fc.assert(
      fc.property(
        nasty,
        fc.constantFrom("", "application/json", "text/xml", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"),
        (body, type) => {
          expect(splitBody(body, type).pairs.length).toBeLessThanOrEqual(PAIRS_MOST);
        },
      ),
    );
  });

  it("that are nesting bombs are read in a moment", () => {
    const start = performance.now();
    splitBody("[".repeat(8192), "application/json");
    splitBody('"'.repeat(8192), "application/json");
    splitBody("<".repeat(8192), "text/xml");
    splitBody("--b\r\n".repeat(1600), "multipart/form-data");
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe("the view of an event", () => {
  it("answers every public field for any request without throwing", () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, (path, query, header, body) => {
        const view = new RequestView(request({ path, query, headers: { Cookie: header, "X-Any": header }, body }));
        for (const field of decodedFields) view.get(field);
        for (const kind of ["sqli", "xss", "shell", "code", "template", "nosql", "ldap"]) {
          const score = view.get(`vedette.${kind}`)?.[0];
          expect(typeof score === "number" && score >= 0 && score <= 10).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds values in query, body, cookies, headers and file names", () => {
    const decoded = decodeDocument(
      request({
        path: "/a/%2e%2e/b",
        query: "q=%3Cb%3E",
        body: '{"deep":{"x":"\\u003ci\\u003e"}}',
        headers: { Cookie: "c=%27", "X-File-Name": "a.jsp", Host: "h" },
      }),
    );
    expect(decoded.get("http.path")).toContain("/b");
    expect(decoded.get("http.parameters")).toEqual(expect.arrayContaining(["q", "<b>", "deep", "<i>"]));
    expect(decoded.get("http.cookies")).toContain("'");
    expect(decoded.get("http.files")).toEqual(["a.jsp"]);
    expect(decoded.get("http.header.host")).toEqual(["h"]);
    expect(decoded.get("http.nothing")).toBeUndefined();
  });

  it("tells a foreign referrer from one's own", () => {
    const view = (referrer?: string) =>
      new RequestView(request({ path: "/", host: "app.example.com", ...(referrer === undefined ? {} : { referrer }) })).get(
        "vedette.foreign_referrer",
      )?.[0];
    expect([view("https://app.example.com/x"), view("https://example.com/x"), view("https://example.com.evil.net/"), view()]).toEqual([
      "no",
      "no",
      "yes",
      "none",
    ]);
  });
});
