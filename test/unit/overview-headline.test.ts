import { describe, expect, it } from "vitest";
import { headline } from "@/app/(dashboard)/overview/headline";

const sums = { events: 500, failures: 9, failedSignIns: 2 } as Parameters<typeof headline>[0]["sums"];
const facts = { needs: 0, undetected: 0, sums, before: sums };

describe("the sentence over everything", () => {
  it("says that all is as usual only when everything was looked at", () => {
    expect(headline(facts)).toBe("No incident needs you. Everything is as usual.");
    expect(headline({ ...facts, undetected: 27_273 })).toBe("No incident needs you so far. 27,273 events wait for detection.");
    expect(headline({ ...facts, undetected: 1, needs: 2 })).toBe("Two incidents need you. 1 event waits for detection.");
  });

  it("says what is not as it was a week before", () => {
    expect(headline({ ...facts, sums: { ...sums, failedSignIns: 90 } })).toBe(
      "No incident needs you. More sign-ins fail than a week before.",
    );
  });
});
