import { describe, expect, it } from "vitest";
import { headlineOf, pleaOf } from "@/lib/notify/compose-digest";

const NOW = new Date(Date.UTC(2026, 10, 24, 6));
const openedAt = new Date(Date.UTC(2026, 10, 23, 13));

describe("a digest", () => {
  it.each([
    [{ open: 0, untaken: 0, settled: 0 }, "All quiet."],
    [{ open: 1, untaken: 1, settled: 2 }, "One incident waits for someone. Two are resolved."],
    [{ open: 3, untaken: 2, settled: 0 }, "Two incidents wait for someone."],
    [{ open: 3, untaken: 0, settled: 1 }, "Three incidents are in hand. One is resolved."],
    [{ open: 0, untaken: 0, settled: 1 }, "Nothing waits. One is resolved."],
  ])("says of %o what waits, and calls nothing waiting that somebody has taken", (counts, said) => {
    expect(headlineOf(counts)).toBe(said);
  });

  it("never says that nobody has an incident because a name is hidden", () => {
    const ana = "00000000-0000-4000-8000-000000000001";
    expect(pleaOf({ assignee: null, assigneeId: null, openedAt }, NOW)).toBe("Nobody has taken it in 17 h.");
    expect(pleaOf({ assignee: "Ana", assigneeId: ana, openedAt }, NOW)).toBe("With Ana, open for 17 h.");
    expect(pleaOf({ assignee: null, assigneeId: ana, openedAt }, NOW)).toBe("Taken, open for 17 h.");
  });
});
