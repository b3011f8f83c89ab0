import { describe, expect, it } from "vitest";
import type { EventDocument } from "@/lib/model/event";
import { judgeQuality } from "@/lib/model/quality";

const at = Date.parse("2026-11-23T12:00:00Z");
const event = (n: number, more: Partial<EventDocument> = {}, late = 400) => ({
  receivedAt: at + late,
  document: {
    id: `e${n}`,
    occurred_at: new Date(at).toISOString(),
    action: "user.login",
    outcome: "success",
    direction: "inbound",
    actor: { id: `u${n}` },
    session: { id: "hash" },
    source: { ip: `203.0.113.${n}`, user_agent: "Firefox" },
    ...more,
  } as EventDocument,
});
const many = (more: (n: number) => Partial<EventDocument> = () => ({}), late = 400) =>
  Array.from({ length: 30 }, (_, n) => event(n, more(n), late));
const stateOf = (name: string, events: ReturnType<typeof many>) => judgeQuality(events).find((check) => check.name === name);

describe("data quality", () => {
  it("has nothing to say of nothing, and nothing to mend in good events", () => {
    expect(judgeQuality([])).toEqual([]);
    expect(judgeQuality(many()).map((check) => check.state)).toEqual(Array(7).fill("ok"));
  });
  it("notices that the address is the proxy's, private or public", () => {
    expect(
      stateOf(
        "Address",
        many(() => ({ source: { ip: "10.0.4.17" } })),
      ),
    ).toMatchObject({ state: "fix", good: 0, of: 30 });
    expect(
      stateOf(
        "Address",
        many(() => ({ source: { ip: "203.0.113.9" } })),
      ),
    ).toMatchObject({ state: "look" });
    expect(
      stateOf(
        "Address",
        many(() => ({ source: {} })),
      ),
    ).toMatchObject({ state: "fix" });
    expect(
      stateOf(
        "Address",
        many((n) => ({ source: { ip: `fd00::${n}` } })),
      ),
    ).toMatchObject({ state: "fix" });
  });
  it("tells missing from sometimes missing", () => {
    expect(
      stateOf(
        "Actor",
        many(() => ({ actor: {} })),
      ),
    ).toMatchObject({ state: "fix", good: 0 });
    expect(
      stateOf(
        "Actor",
        many((n) => (n % 2 ? { actor: {} } : {})),
      ),
    ).toMatchObject({ state: "look", good: 15 });
    expect(
      stateOf(
        "Session",
        many(() => ({ session: undefined })),
      ),
    ).toMatchObject({ state: "look", good: 0 });
    expect(
      stateOf(
        "Outcome",
        many(() => ({ outcome: "unknown" })),
      ),
    ).toMatchObject({ state: "fix" });
  });
  it("notices events that come late or from another clock", () =>
    expect(
      stateOf(
        "Clock",
        many(() => ({}), 3_600_000),
      ),
    ).toMatchObject({ state: "look", good: 0 }));
  it("puts what must be mended first", () =>
    expect(
      judgeQuality(many(() => ({ source: {}, session: undefined })))
        .slice(0, 3)
        .map((check) => check.state),
    ).toEqual(["fix", "look", "look"]));
});
