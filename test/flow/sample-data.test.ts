import { afterAll, describe, expect, it } from "vitest";
import { closeIngest } from "@/lib/ingest/house";
import { loadSampleData, readSampleData, removeSampleData } from "@/lib/ingest/sample-data";
import type { Context } from "@/lib/model/user";
import { useDatabase } from "@/test/support/database";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
afterAll(closeIngest);

const now = new Date("2026-11-23T12:00:00Z");
const admin: Context = { actor: { type: "user", id: "2d5a1c4e-0000-4000-8000-000000000001", name: "Ana", role: "admin" }, now };
const viewer: Context = { actor: { type: "user", id: "2d5a1c4e-0000-4000-8000-000000000002", name: "Eve", role: "viewer" }, now };
const count = async (text: string): Promise<number> => Number((await database.owner(`select count(*) as n from ${text}`)).rows[0].n);

describe("sample data", () => {
  it("loads a week with incidents that mail nobody, says how far it is, and goes without a trace", async () => {
    await expect(loadSampleData(viewer)).rejects.toMatchObject({ code: "forbidden" });
    const { finished } = await loadSampleData(admin);
    await expect(loadSampleData(admin)).rejects.toMatchObject({ code: "conflict" });
    await finished;
    const state = await readSampleData(admin);
    expect(state).toMatchObject({ events: await count("event where sample"), loading: null });
    expect(state.events).toBeGreaterThan(10_000);
    expect(await count("event where occurred_at > '2026-11-23T11:00:00Z'")).toBeGreaterThan(0);
    expect(await count("event where occurred_at > '2026-11-23T12:00:00Z'")).toBe(0);
    expect(await count("event where not (document::jsonb -> 'marks' ? 'sample')")).toBe(0);
    const { rows } = await database.owner("select state, done::int, total::int from task");
    expect(rows).toEqual([{ state: "done", done: state.events, total: state.events }]);

    await detectEvents(now);
    expect(await count("incident where sample")).toBeGreaterThan(0);
    expect(await count("outbox")).toBe(0);

    await removeSampleData(admin);
    expect(await readSampleData(admin)).toEqual({ events: 0, loading: null });
    for (const table of ["event", "event_id", "batch", "alert", "incident", "incident_entity", "traffic_minute", "detection_state"])
      expect([table, await count(table)]).toEqual([table, 0]);

    await (await loadSampleData({ ...admin, now: new Date("2026-11-24T12:00:00Z") })).finished;
    expect((await readSampleData(admin)).events).toBeGreaterThan(10_000);
  });
});
