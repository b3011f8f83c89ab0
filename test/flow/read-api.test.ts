import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useDatabase } from "@/test/support/database";
import { endSession } from "@/lib/incidents/end-sessions";
import { detectEvents } from "@/workers/detect-events";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";

const database = useDatabase();
let server: IngestServer;
let keys: { read: string; ingest: string };

beforeAll(async () => {
  server = await startIngestServer();
  keys = { read: (await makeKey({ scopes: ["read"] })).secret, ingest: (await makeKey()).secret };
  const events = Array.from({ length: 25 }, (_, i) => ({
    id: `e${i}`,
    action: "user.login",
    outcome: i % 2 ? "failure" : "success",
    service: "api",
    actor: { id: `u_${i}` },
  }));
  const sent = await fetch(`${server.url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${keys.ingest}`, "content-type": "application/json" },
    body: JSON.stringify(events),
  });
  expect(await sent.json()).toMatchObject({ accepted: 25 });
  await database.owner(
    `insert into incident (level, title, grouped_by, first_at, last_at, event_count, opened_at, updated_at) values ('high', 'T', 'same source', now(), now(), 5, now(), now())`,
  );
  await database.owner(
    `insert into incident_entity (incident_id, entity_type, entity_value, role, events, first_at, last_at) values (1, 'ip', '203.0.113.7', 'attacker', 5, now(), now())`,
  );
});
afterAll(() => server.close());

const get = (path: string, key = keys.read) => fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` } });

describe("the read API", () => {
  it("pages through what was sent, each event once, newest first", async () => {
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const answer = await get(`/api/v1/events?limit=10${cursor ? `&cursor=${cursor}` : ""}`);
      expect(answer.status).toBe(200);
      const page = (await answer.json()) as { data: { id: string; received_at: string }[]; next_cursor: string | null };
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(new Set(ids).size).toBe(25);
    expect(ids).toHaveLength(25);
  });

  it("answers a query, and one event by its id", async () => {
    const page = (await (await get("/api/v1/events?q=outcome:failure+actor:u_3")).json()) as { data: unknown[] };
    expect(page.data).toMatchObject([{ id: "e3", action: "user.login" }]);
    expect(await (await get("/api/v1/events/e3")).json()).toMatchObject({ id: "e3" });
    expect((await get("/api/v1/events/none")).status).toBe(404);
    expect((await get("/api/v1/events/%E0%A4%A")).status).toBe(404);
  });

  it("says the risk of an entity with parts that add up to it", async () => {
    const { data } = (await (await get("/api/v1/risk?type=ip&value=203.0.113.7")).json()) as {
      data: { score: number; contributions: { adds: number }[] }[];
    };
    expect(data).toMatchObject([{ type: "ip", value: "203.0.113.7", level: "low", contributions: [{ incident: 1, role: "attacker" }] }]);
    expect(data[0]?.contributions.reduce((sum, { adds }) => sum + adds, 0)).toBeCloseTo(data[0]?.score ?? 0, 2);
    expect(await (await get("/api/v1/risk?limit=3")).json()).toEqual({ data });
    expect((await get("/api/v1/risk?value=x")).status).toBe(422);
    expect((await get("/api/v1/risk", keys.ingest)).status).toBe(403);
  });

  it("tells an application which sessions people have ended, and about one by its own id", async () => {
    await fetch(`${server.url}/api/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${keys.ingest}`, "content-type": "application/json" },
      body: JSON.stringify({ action: "http.request", actor: { id: "ana" }, session: { id: "raw cookie" } }),
    });
    await detectEvents(new Date());
    const { data } = (await (await get("/api/v1/sessions?actor=ana")).json()) as { data: { id: string }[] };
    expect(data).toMatchObject([{ state: "active", actors: ["ana"], requests: 1, ended_at: null }]);
    expect(JSON.stringify(data)).not.toContain("raw cookie");
    const since = new Date(Date.now() - 60_000).toISOString();
    expect(await (await get(`/api/v1/sessions?ended_since=${since}`)).json()).toEqual({ data: [], next_cursor: null });
    await endSession({ actor: { type: "system", name: "Ada" }, now: new Date() }, { id: data[0]?.id ?? "", reason: "stolen" });
    const ended = [{ id: data[0]?.id, state: "ended", ended_by: "Ada", ended_reason: "stolen", used_after_end: 0 }];
    expect(await (await get(`/api/v1/sessions?ended_since=${since}`)).json()).toMatchObject({ data: ended });
    const asked = (id: string) =>
      fetch(`${server.url}/api/v1/sessions`, { headers: { authorization: `Bearer ${keys.read}`, "x-session-id": id } });
    expect(await (await asked("raw cookie")).json()).toMatchObject({ data: ended });
    expect(await (await asked("another")).json()).toEqual({ data: [], next_cursor: null });
    for (const wrong of ["since=yesterday", "cursor=x", `cursor=x&ended_since=${since}`])
      expect((await get(`/api/v1/sessions?${wrong}`)).status).toBe(422);
    expect((await get("/api/v1/sessions", keys.ingest)).status).toBe(403);
  });

  it("lists incidents by what they touch, and alerts", async () => {
    expect(await (await get("/api/v1/incidents?q=entity:203.0.113.7+level:>=high+state:open")).json()).toMatchObject({
      data: [{ name: "INC-1", entities: [{ type: "ip", value: "203.0.113.7" }], assignee: null }],
      next_cursor: null,
    });
    expect(await (await get("/api/v1/incidents?q=entity:203.0.113.8")).json()).toEqual({ data: [], next_cursor: null });
    expect(await (await get("/api/v1/alerts?q=family:brute_force+incident:1")).json()).toEqual({ data: [], next_cursor: null });
  });

  it("says where a query or a parameter is wrong", async () => {
    const answer = await get("/api/v1/events?q=actr:x");
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ status: 422, problems: [{ pointer: "q", column: 1 }] });
    expect(await (await get("/api/v1/events?form=2026-01-01T00:00:00Z&limit=0")).json()).toMatchObject({
      problems: [{ pointer: "limit" }, { pointer: "form" }],
    });
    expect((await get("/api/v1/events?cursor=nonsense")).status).toBe(422);
    expect((await get("/api/v1/events?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")).status).toBe(422);
  });

  it("refuses strangers and keys that may only send", async () => {
    expect((await fetch(`${server.url}/api/v1/events`)).status).toBe(401);
    expect((await get("/api/v1/events", keys.ingest)).status).toBe(403);
    expect((await get("/api/v1/incidents", keys.ingest)).status).toBe(403);
  });

  it("describes itself: every reference resolves, every path is answered", async () => {
    const answer = await fetch(`${server.url}/api/v1/openapi.json`);
    const text = await answer.text();
    const document = JSON.parse(text) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe("3.1.0");
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(Object.keys(document.components.schemas)).toContain(name);
    expect(text).not.toContain("#/$defs");
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const answered = await fetch(server.url + path.replace("{id}", "x"), { method: method.toUpperCase() });
        expect(answered.status === 404 && (await answered.text()) === "", `${method} ${path}`).toBe(false);
      }
    }
  });
});
