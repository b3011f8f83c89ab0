import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { protocolRoutes } from "@/lib/ingest/protocols/routes";
import { removeWebhookMapping, saveWebhookMapping, showWebhookSecret } from "@/lib/ingest/webhook-mappings";
import type { Context } from "@/lib/model/user";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { MemoryIntake } from "@/test/support/memory-intake";

const database = useDatabase();
let server: IngestServer;
let key: { id: string; secret: string };
beforeAll(async () => {
  server = await startIngestServer();
  key = await makeKey();
});
afterAll(() => server.close());

const person = (role: "admin" | "viewer"): Context => ({
  actor: { type: "user", id: "7e6c0a52-51a5-4c5a-9f0e-3f6d2c1b0a99", name: "Ana", role },
  now: new Date(),
});
const post = async (path: string, body: unknown, headers: Record<string, string> = { authorization: `Bearer ${key.secret}` }) => {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};
const actions = async () =>
  (await database.owner("select document->>'action' as action from event order by received_at")).rows.map((row) => row.action);

test("an administrator's mapping reads the next delivery, is audited, and is gone when removed", async () => {
  const yaml = "fields: { action: { value: idp.event }, actor.id: who, occurred_at: at }";
  await expect(saveWebhookMapping(person("viewer"), { name: "idp", yaml })).rejects.toMatchObject({ code: "forbidden" });
  await expect(saveWebhookMapping(person("admin"), { name: "Not a name", yaml })).rejects.toMatchObject({ code: "invalid" });
  await expect(saveWebhookMapping(person("admin"), { name: "idp", yaml: "fields: { actor.id: who }" })).rejects.toMatchObject({
    code: "invalid",
  });
  await saveWebhookMapping(person("admin"), { name: "idp", yaml });
  expect(await post("/api/webhooks/custom/idp", { who: "u_1" })).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect(await post("/api/webhooks/custom/idp", { who: "u_1", at: "no time" })).toMatchObject({ status: 422, body: { rejected: 1 } });
  await removeWebhookMapping(person("admin"), { name: "idp" });
  expect((await post("/api/webhooks/custom/idp", {})).status).toBe(404);
  expect(await actions()).toEqual(["idp.event"]);
  const audit = await database.owner("select action from audit_entry where action like 'webhook_mapping.%' order by id");
  expect(audit.rows.map((row) => row.action)).toEqual(["webhook_mapping.save", "webhook_mapping.remove"]);
});

test("GitHub's signature with the shown secret lets its events in, for that key only; a revoked key's secret opens nothing", async () => {
  await expect(showWebhookSecret(person("viewer"), { keyId: key.id })).rejects.toMatchObject({ code: "forbidden" });
  const secret = await showWebhookSecret(person("admin"), { keyId: key.id });
  const body = JSON.stringify({ action: "publicized", sender: { login: "ana" }, repository: { full_name: "acme/api" } });
  const headers = (id: string) => ({
    "x-github-event": "repository",
    "x-github-delivery": id,
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  });
  expect(await post(`/api/webhooks/github/${key.id}`, body, headers("d1"))).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect(await post(`/api/webhooks/github/${key.id}`, body, headers("d1"))).toMatchObject({ status: 200, body: { duplicates: 1 } });
  const other = await makeKey();
  expect((await post(`/api/webhooks/github/${other.id}`, body, headers("d2"))).status).toBe(401);
  await database.owner("update api_key set revoked_at = now() where id = $1", [other.id]);
  await expect(showWebhookSecret(person("admin"), { keyId: other.id })).rejects.toMatchObject({ code: "not_found" });
});

test("no body on any path of the protocols makes the server fail", { timeout: 240_000 }, async () => {
  const routes = protocolRoutes(new MemoryIntake()).filter(({ method }) => method === "POST");
  const paths = routes.map(({ path }) =>
    path.replace("{format}", "nginx").replace("{index}", "i").replace("{id}", "1").replace("{name}", "x").replace("{key}", key.id),
  );
  const types = [
    "application/json",
    "application/x-protobuf",
    "application/x-ndjson",
    "text/plain",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
  ];
  const noise = fc.oneof(
    fc.json({ maxDepth: 5 }),
    fc.string({ unit: "binary" }),
    fc.array(fc.json(), { maxLength: 4 }).map((lines) => lines.join("\n")),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((json) => `{"index":{}}\n${json}\n`),
    fc.json().map((json) => `{"event":${json},"time":1e400,"fields":{"__proto__":${json}}}`),
    fc.json().map((json) => `{"resourceLogs":[{"resource":${json},"scopeLogs":[{"logRecords":[{"body":${json},"attributes":${json}}]}]}]}`),
    fc.json().map((json) => `{"specversion":"1.0","id":"a","source":"s","type":"t","data":${json}}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.constantFrom(...types), noise, fc.boolean(), async (path, type, body, gzip) => {
      const headers = {
        authorization: `Bearer ${key.secret}`,
        "content-type": type,
        "ce-specversion": "1.0",
        ...(gzip ? { "content-encoding": "gzip" } : {}),
      };
      const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: body as BodyInit });
      await response.arrayBuffer();
      expect(response.status, path).toBeLessThan(500);
    }),
    { numRuns: 3000 },
  );
});
