import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvCell, writers } from "@/lib/charts/event-export";
import type { EventDocument } from "@/lib/model/event";

describe("exported cells", () => {
  it.each([
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ["+1", "'+1"],
    ["-2+3", "'-2+3"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    [' ="x"', `"' =""x"""`],
    ['a "b", c', '"a ""b"", c"'],
    ["plain", "plain"],
    [undefined, ""],
    [12.5, "12.5"],
    [-5, "-5"],
  ])("%s is written %s", (value, cell) => expect(csvCell(value)).toBe(cell));

  it("never begin with a sign that a spreadsheet runs", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(csvCell(text).replace(/^"/, "").trimStart()).not.toMatch(/^[=+\-@]/);
      }),
    );
  });

  it("never break a row of Markdown", () => {
    const event: EventDocument = { id: "e", occurred_at: "2026-11-23T12:00:00Z", action: "a", outcome: "failure", direction: "inbound" };
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const line = writers.md.line({ ...event, action: text, service: text, actor: { id: text } });
        expect(line).not.toMatch(/[\n\r]/);
        expect(line.replace(/\\\|/g, "").split("|")).toHaveLength(writers.md.head.split("\n")[0]?.split("|").length ?? 0);
      }),
    );
  });
});
