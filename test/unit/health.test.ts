import { describe, expect, it } from "vitest";
import { type HealthFacts, judgeHealth, stateOfProcess } from "@/lib/model/health";

const now = Date.parse("2026-11-23T12:00:00Z");
const well: HealthFacts = {
  now,
  processes: [{ name: "worker@a:1", role: "worker", host: "a", startedAt: now - 1e6, seenAt: now - 4000, rss: 1e8, stopped: false }],
  backlog: { batches: 1, events: 10, oldestAt: now - 800, dead: 0, failure: null },
  lag: { p50: 200, p95: 900, batches: 40 },
  outbox: { waiting: 0, failing: 0, dead: 0, oldestAt: null, lastError: null },
  recent: { accepted: 5000, duplicate: 20, rejected: 3 },
  disk: { free: 500e9, total: 1000e9 },
};
const said = (more: Partial<HealthFacts>) => judgeHealth({ ...well, ...more }).map((finding) => `${finding.tone}: ${finding.text}`);

describe("health", () => {
  it("says nothing when all is well", () => expect(said({})).toEqual([]));
  it("notices that no worker gives signs of life, whether it never did or stopped", () => {
    expect(said({ processes: [] })[0]).toMatch(/^bad: No worker is running/);
    expect(said({ processes: well.processes.map((process) => ({ ...process, seenAt: now - 16_000 })) })[0]).toMatch(
      /^bad: No worker is running/,
    );
    expect(said({ processes: well.processes.map((process) => ({ ...process, stopped: true })) })[0]).toMatch(/^bad: No worker is running/);
  });
  it("tells a process that left as it was told to from one that fell silent", () => {
    const state = (seenAt: number, stopped: boolean) => stateOfProcess({ seenAt, stopped }, now);
    expect([state(now - 4_000, false), state(now - 16_000, false), state(now - 16_000, true)]).toEqual(["running", "quiet", "stopped"]);
  });
  it("tells behind from stuck", () => {
    expect(said({ backlog: { ...well.backlog, oldestAt: now - 90_000 } })).toEqual(["warn: Detection is 1 min behind and catching up."]);
    expect(said({ backlog: { ...well.backlog, events: 400, oldestAt: now - 600_000 } })).toEqual([
      "bad: Detection is 10 min behind, with 400 events waiting.",
    ]);
  });
  it("says why mail cannot leave", () => {
    expect(said({ outbox: { waiting: 1, failing: 1, dead: 0, oldestAt: now - 60_000, lastError: "connection refused" } })).toEqual([
      "warn: 1 message could not leave yet and is tried again: connection refused",
    ]);
    expect(said({ outbox: { waiting: 2, failing: 1, dead: 0, oldestAt: now - 600_000, lastError: "connection refused" } })).toEqual([
      "bad: 2 messages cannot leave, the oldest for 10 min: connection refused",
    ]);
  });
  it("minds refusals only when they are many", () => {
    expect(said({ recent: { accepted: 2, duplicate: 0, rejected: 5 } })).toEqual([]);
    expect(said({ recent: { accepted: 60, duplicate: 0, rejected: 40 } })).toEqual([
      "warn: 40 % of what arrived in the last ten minutes was refused: 40 of 100.",
    ]);
  });
  it("puts what is broken before what is only strained", () => {
    const both = said({ disk: { free: 150e9, total: 1000e9 }, processes: [] });
    expect(both.map((line) => line.slice(0, 4))).toEqual(["bad:", "warn"]);
  });
  it("warns of the disk before ingest must refuse", () =>
    expect(said({ disk: { free: 0.9e9, total: 1000e9 } })[0]).toMatch(/^bad: Only 900 MB/));
});
