import { describe, expect, it } from "vitest";
import { headline, proof } from "@/app/(dashboard)/events/headline";

const facet = (field: "ip" | "actor" | "reason", values: [value: string, count: number][]) => ({
  field,
  values: values.map(([value, count]) => ({ value, count })),
  distinct: values.length,
  complete: true,
});
const facets = [facet("ip", [["203.0.113.7", 90], ["198.51.100.9", 57]]), facet("actor", [["ana", 147]]), facet("reason", [["bad_password", 87]])]; // biome-ignore format: one picture

describe("the sentence over the events", () => {
  it("gives the share of failures only where outcomes were counted", () => {
    const outcomes = { keys: ["success", "failure"], totals: [53, 147] };
    expect(proof("the last hour", facets, outcomes)).toBe(
      "In the last hour: 2 addresses and 1 account; 74 % failed, most often “Wrong password”.",
    );
    expect(proof("the last hour", facets, null)).toBe("In the last hour: 2 addresses and 1 account; most often “Wrong password”.");
  });

  it("speaks of matching only where something was asked", () => {
    expect(headline({ count: 0, exact: true }, [], { filtered: true })).toBe("No events match.");
    expect(headline({ count: 0, exact: true }, [], { filtered: false })).toBe("No events here.");
  });
});
