import { describe, expect, it } from "vitest";
import { headline, proof } from "@/app/(dashboard)/events/headline";

const facet = (field: string, values: [value: string, count: number][], more: { wider?: boolean; complete?: boolean } = {}) => ({
  field,
  values: values.map(([value, count]) => ({ value, count })),
  distinct: values.length,
  complete: true,
  wider: false,
  ...more,
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

  it("says where from only of all matching events", () => {
    const counted = { count: 79, exact: true };
    const asked = { action: "user.login", outcome: "failure", filtered: true };
    expect(headline(counted, [facet("network", [["Example", 79]])], asked)).toBe("79 sign-ins failed from one network.");
    expect(headline(counted, [facet("network", [["Example", 4]])], asked)).toBe("79 sign-ins failed."); // nobody knows the others' network
    expect(headline(counted, [facet("country", [["DE", 79]], { wider: true })], asked)).toBe("79 sign-ins failed.");
    expect(headline(counted, [], { ...asked, ip: "203.0.113.7" })).toBe("79 sign-ins failed from one address.");
    expect(headline({ count: 10_000, exact: false }, [facet("ip", [["203.0.113.7", 20_000]], { complete: false })], asked)).toBe(
      "10,000+ sign-ins failed.",
    );
  });

  it("counts addresses and accounts of what matches, and says when it looked at the newest only", () => {
    const addresses = [["203.0.113.7", 5], ["198.51.100.9", 4]] as [string, number][]; // biome-ignore format: one picture
    expect(proof("the last hour", [facet("ip", addresses, { wider: true }), facet("actor", [["ana", 9]])], null)).toBe(
      "In the last hour: 1 account.",
    );
    expect(proof("the last hour", [facet("ip", addresses, { complete: false })], null)).toBe("In the last hour: at least 2 addresses.");
  });

  it("speaks of matching only where something was asked", () => {
    expect(headline({ count: 0, exact: true }, [], { filtered: true })).toBe("No events match.");
    expect(headline({ count: 0, exact: true }, [], { filtered: false })).toBe("No events here.");
  });
});
