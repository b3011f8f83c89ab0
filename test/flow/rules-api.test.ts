import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBacktests } from "@/lib/backtest/run-backtest";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
let server: IngestServer;
let keys: { read: string; rules: string };
const RULE = "title: Trace\nid: test-trace\nlevel: low\nlogsource: {category: api}\ndetection: {s: {action: trace}, condition: s}\n";

beforeAll(async () => {
  server = await startIngestServer();
  keys = { read: (await makeKey({ scopes: ["read"] })).secret, rules: (await makeKey({ scopes: ["rules"] })).secret };
});
afterAll(() => server.close());

const call = (method: string, path: string, { key = keys.rules, body }: { key?: string; body?: unknown } = {}) =>
  fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });

describe("the rules API", () => {
  it("writes a rule, versions it, switches it, and says line and column of what is wrong", async () => {
    const made = await call("PUT", "rules/test-trace", { body: { yaml: RULE } });
    expect([made.status, await made.json()]).toMatchObject([201, { id: "test-trace", version: 1, source: "custom", enabled: true }]);
    const again = await call("PUT", "rules/test-trace", { body: { yaml: RULE.replace("low", "high"), based_on: 1, enabled: false } });
    expect(await again.json()).toMatchObject({ version: 2, level: "high", enabled: false });
    expect((await call("PUT", "rules/test-trace", { body: { yaml: RULE, based_on: 1 } })).status).toBe(409);
    const wrong = await call("PUT", "rules/test-trace", { body: { yaml: RULE.replace("action", "action|equals") } });
    expect([wrong.status, await wrong.json()]).toMatchObject([422, { problems: [{ line: 5, column: expect.any(Number) }] }]);
    expect((await call("PUT", "rules/another", { body: { yaml: RULE.replace("test-trace", "third") } })).status).toBe(422);
    expect(await (await call("GET", "rules/test-trace", { key: keys.read })).json()).toMatchObject({
      version: 2,
      yaml: expect.stringContaining("high"),
    });
    const { rows } = await database.owner("select action from audit_entry where target_id = 'test-trace' order by id");
    expect(rows.map(({ action }) => action)).toEqual(["rule.create", "rule.update", "rule.disable"]);
  });

  it("lets a rule run without telling anybody, and gives what it said", async () => {
    const text = RULE.replace("test-trace", "test-only");
    expect((await call("PUT", "rules/test-only", { body: { yaml: text, test_only: true } })).status).toBe(422);
    const made = await call("PUT", "rules/test-only", { body: { yaml: text, enabled: true, test_only: true } });
    expect([made.status, await made.json()]).toMatchObject([201, { enabled: true, test_only: true, version: 1 }]);
    expect(await (await call("GET", "rules/test-only/test-alerts", { key: keys.read })).json()).toEqual({ data: [] });
    expect(await (await call("PUT", "rules/test-only", { body: { enabled: true } })).json()).toMatchObject({ test_only: false });
  });

  it("gives a placeholder its values, and refuses a read key that", async () => {
    const given = await call("PUT", "placeholders/Admins", { body: { values: ["ana", "adm_*"] } });
    expect([given.status, await given.json()]).toMatchObject([200, { data: [{ name: "Admins", values: ["ana", "adm_*"], rules: [] }] }]);
    expect((await call("PUT", "placeholders/Admins", { key: keys.read, body: { values: [] } })).status).toBe(403);
    expect((await call("PUT", "placeholders/no%20name", { body: { values: ["x"] } })).status).toBe(422);
    expect((await call("PUT", "placeholders/Admins", { body: { values: [] } })).status).toBe(200);
    expect(await (await call("GET", "placeholders", { key: keys.read })).json()).toEqual({ data: [] });
  });

  it("pages through every rule once", async () => {
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = (await (await call("GET", `rules?limit=50&cursor=${cursor}`, { key: keys.read })).json()) as {
        data: { id: string }[];
        next_cursor: string | null;
      };
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(ids).toContain("test-trace");
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("refuses a read key every change, and leaves nothing behind", async () => {
    const refused = [
      call("PUT", "rules/test-trace", { key: keys.read, body: { enabled: true } }),
      call("POST", "rules/import", { key: keys.read, body: RULE }),
      call("POST", "exceptions", { key: keys.read, body: { rule_id: null, query: "ip:192.0.2.1", reason: "because" } }),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403, 403]);
    expect((await database.owner("select 1 from suppression")).rows).toHaveLength(0);
    expect((await fetch(`${server.url}/api/v1/rules`)).status).toBe(401);
  });

  it("runs a draft over the past and is asked how far it came", async () => {
    const begun = await call("POST", "backtests", { body: { yaml: RULE.replace("test-trace", "draft"), days: 1 } });
    const { id } = (await begun.json()) as { id: string };
    expect(begun.status).toBe(202);
    await runBacktests(new Date(), new AbortController().signal);
    expect(await (await call("GET", `backtests/${id}`)).json()).toMatchObject({ state: "done", compared_with: null, result: { fresh: 0 } });
    expect((await call("GET", `backtests/${id}`, { key: keys.read })).status).toBe(404);
  });

  it("makes, previews, lists and ends an exception", async () => {
    const body = { rule_id: "test-trace", query: "ip:192.0.2.1", reason: "Our probe", days: 3 };
    expect(await (await call("POST", "exceptions?preview=true", { body })).json()).toMatchObject({ alerts: 0, hidden: 0 });
    const made = (await (await call("POST", "exceptions", { body })).json()) as { id: string };
    expect(await (await call("GET", "exceptions")).json()).toMatchObject({ data: [{ id: made.id, query: body.query, ended_at: null }] });
    expect((await call("DELETE", `exceptions/${made.id}`)).status).toBe(204);
    expect(await (await call("GET", "exceptions")).json()).toMatchObject({ data: [{ ended_at: expect.any(String) }] });
  });

  it("imports what it exports", async () => {
    const archive = Buffer.from(await (await call("GET", "rules/export", { key: keys.read })).arrayBuffer());
    const answer = await fetch(`${server.url}/api/v1/rules/import?dry_run=true`, {
      method: "POST",
      headers: { authorization: `Bearer ${keys.rules}`, "content-type": "application/zip" },
      body: new Uint8Array(archive),
    });
    expect(await answer.json()).toMatchObject({
      loaded: [],
      refused: [],
      known: expect.arrayContaining([expect.objectContaining({ id: "test-trace", same: true })]),
    });
    expect((await call("POST", "rules/import", { body: "PK\u0003\u0004 not really" })).status).toBe(400);
  });

  it("is in the OpenAPI document, every path of it", async () => {
    const document = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as {
      paths: object;
      components: { schemas: object };
    };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(["/api/v1/rules/{id}", "/api/v1/backtests", "/api/v1/exceptions/{id}"]),
    );
    const references = [...JSON.stringify(document.paths).matchAll(/#\/components\/schemas\/([\w.]+)/g)].map(([, name]) => name);
    for (const name of references) expect(document.components.schemas).toHaveProperty([name ?? ""]);
  });
});
