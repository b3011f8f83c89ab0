import { createHmac } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { previewMapping } from "@/lib/ingest/protocols/mapping";
import type { ProtocolRoute } from "@/lib/ingest/protocols/protocol";
import { field } from "@/lib/ingest/protocols/protobuf";
import { protocolRoutes } from "@/lib/ingest/protocols/routes";
import { AppError } from "@/lib/errors";
import { MemoryIntake, TEST_KEY } from "@/test/support/memory-intake";

let intake: MemoryIntake;
let routes: ProtocolRoute[];
beforeEach(() => {
  intake = new MemoryIntake();
  routes = protocolRoutes(intake);
});

async function send(method: string, path: string, init: { body?: BodyInit; headers?: Record<string, string>; key?: string | null } = {}) {
  const [pathname = ""] = path.split("?");
  const route = routes.find((one) => one.method === method && new RegExp(`^${one.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname));
  if (!route) throw new Error(`no route ${method} ${path}`);
  const key: Record<string, string> = init.key === null ? {} : { "x-api-key": init.key ?? TEST_KEY };
  const request = new Request(`http://vedette${path}`, {
    method,
    ...(init.body === undefined ? {} : { body: init.body }),
    headers: { ...key, ...init.headers },
  });
  const response = await route.handler(request, { ip: "192.0.2.1" });
  const text = response.headers.get("content-type")?.includes("json") ? await response.clone().json() : undefined;
  return { status: response.status, headers: response.headers, json: text, response };
}
const json = (value: unknown, type = "application/json") => ({ body: JSON.stringify(value), headers: { "content-type": type } });

describe("OTLP logs", () => {
  const text = (number: number, key: string, value: string) => field(number, Buffer.concat([field(1, key), field(2, field(1, value))]));
  const fixed64 = (number: number, value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return Buffer.concat([Buffer.from([number * 8 + 1]), bytes]);
  };
  const time = 1_767_225_600_123_000_000n;
  const protobuf = (attributes: Record<string, string>, body = "hello") =>
    field(
      1,
      Buffer.concat([
        field(1, text(1, "service.name", "orders")),
        field(
          2,
          field(
            2,
            Buffer.concat([
              fixed64(1, time),
              field(2, 17),
              field(5, field(1, body)),
              ...Object.entries(attributes).map(([key, value]) => text(6, key, value)),
              field(12, "user.login"),
            ]),
          ),
        ),
      ]),
    );

  test("protobuf records are mapped by the semantic conventions, what has no place stays in metadata", async () => {
    const body = protobuf({ "client.address": "203.0.113.7", "user.id": "u_1", "session.id": "s", "x.free": "kept" });
    const { status, response } = await send("POST", "/api/otlp/v1/logs", {
      body: new Uint8Array(body),
      headers: { "content-type": "application/x-protobuf" },
    });
    expect([status, response.headers.get("content-type"), (await response.arrayBuffer()).byteLength]).toEqual([
      200,
      "application/x-protobuf",
      0,
    ]);
    expect(intake.events).toMatchObject([
      {
        action: "user.login",
        occurred_at: "2026-01-01T00:00:00.123Z",
        outcome: "failure",
        service: "orders",
        actor: { id: "u_1" },
        session: { id: "s" },
        source: { ip: "203.0.113.7" },
        metadata: { "x.free": "kept", message: "hello" },
      },
    ]);
  });

  test("JSON records are read the same, refused ones are counted in the partial success", async () => {
    const record = (attributes: object[]) => ({ timeUnixNano: String(time), eventName: "http", attributes });
    const attribute = (key: string, value: object) => ({ key, value });
    const good = record([
      attribute("http.request.method", { stringValue: "GET" }),
      attribute("url.path", { stringValue: "/a" }),
      attribute("http.response.status_code", { intValue: "404" }),
    ]);
    const bad = record([attribute("event.id", { stringValue: "same" }), attribute("n", { intValue: "1" })]);
    const other = record([attribute("event.id", { stringValue: "same" }), attribute("n", { intValue: "2" })]);
    const { json: answer } = await send(
      "POST",
      "/api/otlp/v1/logs",
      json({ resourceLogs: [{ scopeLogs: [{ logRecords: [good, bad, other] }] }] }),
    );
    expect(answer).toEqual({ partialSuccess: { rejectedLogRecords: "1", errorMessage: expect.stringContaining("1 of 3") } });
    expect(intake.events[0]).toMatchObject({ action: "http", outcome: "failure", http: { method: "GET", path: "/a", status: 404 } });
  });

  test("a body that is one of our events, or a log line with log.format, is taken for what it is", async () => {
    const line = '203.0.113.7 - - [04/Jan/2026:08:41:43 +0000] "GET /x HTTP/1.1" 404 1 "-" "-"';
    const native = {
      kvlistValue: {
        values: [
          { key: "action", value: { stringValue: "user.login" } },
          { key: "outcome", value: { stringValue: "failure" } },
        ],
      },
    };
    const logRecords = [
      { body: native },
      { body: { stringValue: line }, attributes: [{ key: "log.format", value: { stringValue: "nginx" } }] },
    ];
    await send("POST", "/api/otlp/v1/logs", json({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
    expect(intake.events).toMatchObject([
      { action: "user.login", outcome: "failure" },
      { action: "http.request", http: { path: "/x", status: 404 } },
    ]);
  });

  test("errors come as google.rpc.Status in the client's encoding", async () => {
    const wrong = await send("POST", "/api/otlp/v1/logs", { ...json({}), key: "nonsense" });
    expect([wrong.status, wrong.json]).toEqual([401, { code: 16, message: "This key is not known." }]);
    const broken = await send("POST", "/api/otlp/v1/logs", {
      body: new Uint8Array([0xff, 0xff]),
      headers: { "content-type": "application/x-protobuf" },
    });
    expect([broken.status, broken.headers.get("content-type")]).toEqual([400, "application/x-protobuf"]);
  });

  test("no bytes make it throw anything but a refusal", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const { status } = await send("POST", "/api/otlp/v1/logs", {
          body: new Uint8Array(bytes),
          headers: { "content-type": "application/x-protobuf" },
        });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 500 },
    );
  });
});

describe("Elasticsearch bulk", () => {
  const bulk = (...lines: unknown[]) => ({
    body: `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`,
    headers: { "content-type": "application/x-ndjson" },
  });

  test("ECS documents become events, and every operation has its own answer", async () => {
    const document = {
      "@timestamp": "2026-01-02T03:04:05Z",
      event: { action: "login", outcome: "failure" },
      "user.name": "ana",
      source: { ip: "203.0.113.7" },
      labels: { a: 1 },
    };
    const lines = [
      { create: { _index: "auth", _id: "1" } },
      document,
      { index: { _index: "auth", _id: "1" } },
      document,
      { index: { _id: "1" } },
      { ...document, labels: { a: 2 } },
      { delete: { _id: "1" } },
      { index: {} },
      "text",
    ];
    const { json: answer, headers } = await send("POST", "/api/elastic/auth/_bulk", bulk(...lines));
    expect(headers.get("x-elastic-product")).toBe("Elasticsearch");
    expect(answer.errors).toBe(true);
    expect(answer.items.map((item: object) => Object.values(item)[0].status)).toEqual([201, 200, 409, 400, 400]);
    expect(intake.events).toMatchObject([
      {
        id: "auth/1",
        action: "login",
        outcome: "failure",
        service: "auth",
        actor: { id: "ana" },
        source: { ip: "203.0.113.7" },
        metadata: { "labels.a": 1 },
      },
    ]);
  });

  test("sshd's message with its program is read as a sign-in", async () => {
    const document = {
      "@timestamp": "2026-01-02T03:04:05+00:00",
      "host.name": "bastion",
      "process.name": "sshd",
      "process.pid": "77",
      message: " Failed password for root from 203.0.113.7 port 5 ssh2",
    };
    await send("POST", "/api/elastic/_bulk", bulk({ index: { _index: "auth" } }, document));
    expect(intake.events).toMatchObject([
      { action: "user.login", outcome: "failure", actor: { id: "root" }, source: { ip: "203.0.113.7" }, destination: { host: "bastion" } },
    ]);
  });

  test("shippers find what they ask for before they start", async () => {
    for (const path of ["", "/", "/_license", "/_xpack", "/_cluster/health", "/_cat/health"])
      expect((await send("GET", `/api/elastic${path}`, { key: null })).status).toBe(200);
    expect((await send("GET", "/api/elastic/")).json.version.number).toMatch(/^9\./);
    expect((await send("POST", "/api/elastic/_bulk", { body: "nonsense\n" })).json).toMatchObject({
      status: 400,
      error: { type: "illegal_argument_exception" },
    });
    const basic = { authorization: `Basic ${Buffer.from(`vedette:${TEST_KEY}`).toString("base64")}` };
    const apiKey = { authorization: `ApiKey ${Buffer.from(`id:${TEST_KEY}`).toString("base64")}` };
    for (const headers of [basic, apiKey])
      expect((await send("POST", "/api/elastic/_bulk", { ...bulk({ index: {} }, { action: "a" }), key: null, headers })).status).toBe(200);
  });
});

describe("Splunk HEC", () => {
  test("events one after the other, strings, objects and our own form are taken", async () => {
    const body = `{"time":1767225600.5,"event":{"action":"user.login","outcome":"failure"},"source":"api"}{"event":"plain \\" } text","host":"h"}\n{"event":{"user":{"id":"u"},"client.ip":"203.0.113.7"},"sourcetype":"x"}`;
    const { json: answer } = await send("POST", "/services/collector/event", { body });
    expect(answer).toEqual({ text: "Success", code: 0 });
    expect(intake.events).toMatchObject([
      { action: "user.login", occurred_at: "2026-01-01T00:00:00.500Z", service: "api" },
      { action: "log.record", service: "h", metadata: { message: 'plain " } text' } },
      { actor: { id: "u" }, source: { ip: "203.0.113.7" }, service: "x" },
    ]);
  });

  test("raw lines are read by their source type; a line nobody understands is told with its number", async () => {
    const line = '203.0.113.7 - - [04/Jan/2026:08:41:43 +0000] "GET /x HTTP/1.1" 404 1 "-" "-"';
    expect((await send("POST", "/services/collector/raw?sourcetype=nginx&source=edge", { body: line })).json.code).toBe(0);
    const { status, json: answer } = await send("POST", "/services/collector/raw?sourcetype=nginx", { body: `${line}\nnonsense` });
    expect([status, answer.code, answer["invalid-event-number"]]).toEqual([400, 6, 1]);
    expect(intake.events[0]).toMatchObject({ service: "edge", http: { path: "/x" } });
  });

  test("an acknowledgement is true for what was given out on that channel, false for everything else", async () => {
    const channel = { "x-splunk-request-channel": "c-1" };
    const { json: given } = await send("POST", "/services/collector/event", { body: '{"event":"x"}', headers: channel });
    expect(given.ackId).toBeGreaterThanOrEqual(0);
    const asked = { body: JSON.stringify({ acks: [given.ackId, given.ackId + 1, 7] }), headers: channel };
    routes = protocolRoutes(intake); // another process knows as well
    expect((await send("POST", "/services/collector/ack", asked)).json).toEqual({
      acks: { [given.ackId]: true, [given.ackId + 1]: false, 7: false },
    });
    expect((await send("POST", "/services/collector/ack?channel=other", { body: asked.body })).json.acks[given.ackId]).toBe(false);
    expect((await send("POST", "/services/collector/ack", { body: asked.body })).json.code).toBe(10);
  });

  test("health, missing data and wrong tokens have Splunk's codes", async () => {
    expect((await send("GET", "/services/collector/health", { key: null })).json.code).toBe(17);
    expect((await send("POST", "/services/collector", { body: "" })).json.code).toBe(5);
    const wrong = await send("POST", "/services/collector", { body: "{}", key: null, headers: { authorization: "Splunk wrong" } });
    expect(wrong).toMatchObject({ status: 403, json: { code: 4 } });
    expect(await send("POST", "/services/collector", { body: "{}", key: null })).toMatchObject({ status: 401, json: { code: 2 } });
    expect(
      (await send("POST", "/services/collector", { body: '{"event":"x"}', key: null, headers: { authorization: `Splunk ${TEST_KEY}` } }))
        .status,
    ).toBe(200);
  });
});

describe("CloudEvents", () => {
  const event = {
    specversion: "1.0",
    id: "a1",
    source: "shop",
    type: "user.login",
    time: "2026-01-02T03:04:05Z",
    data: { outcome: "failure", source: { ip: "203.0.113.7" } },
  };

  test("structured, batched and binary mean the same event", async () => {
    expect((await send("POST", "/api/cloudevents", json(event, "application/cloudevents+json"))).status).toBe(201);
    const binary = {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "a1",
      "ce-source": "shop",
      "ce-type": "user.login",
      "ce-time": event.time,
    };
    expect((await send("POST", "/api/cloudevents", { body: JSON.stringify(event.data), headers: binary })).json).toEqual({
      id: "shop#a1",
      status: "duplicate",
    });
    const batch = await send(
      "POST",
      "/api/cloudevents",
      json([event, { ...event, id: "a2" }, { ...event, specversion: "0.3" }], "application/cloudevents-batch+json"),
    );
    expect(batch.json).toMatchObject({ accepted: 1, duplicates: 1, rejected: 1 });
    expect(intake.events[0]).toEqual({
      id: "shop#a1",
      occurred_at: "2026-01-02T03:04:05.000Z",
      action: "user.login",
      service: "shop",
      outcome: "failure",
      source: { ip: "203.0.113.7" },
    });
  });

  test("a sender that asks before it delivers is told that it may, as the webhook specification has it", async () => {
    const ask = (headers: Record<string, string>) => send("OPTIONS", "/api/cloudevents", { key: null, headers });
    const asked = await ask({ "WebHook-Request-Origin": "eventemitter.example.com", "WebHook-Request-Rate": "120" });
    expect(asked.status).toBe(200);
    expect(asked.headers.get("webhook-allowed-origin")).toBe("eventemitter.example.com");
    expect(asked.headers.get("webhook-allowed-rate")).toBe("*");
    expect((await ask({ "WebHook-Request-Origin": "a.example" })).headers.has("webhook-allowed-rate")).toBe(false);
    const plain = await ask({});
    expect([plain.status, plain.headers.get("allow"), plain.headers.has("webhook-allowed-origin")]).toEqual([204, "POST, OPTIONS", false]);
    await expect(ask({ "WebHook-Request-Origin": "a, b" })).rejects.toBeInstanceOf(AppError);
  });

  test("data of another shape is kept, and what is no CloudEvent is refused", async () => {
    await send("POST", "/api/cloudevents", json({ ...event, data: { order: 7 }, tenant: "x" }, "application/cloudevents+json"));
    expect(intake.events[0]).toMatchObject({ action: "user.login", metadata: { order: 7, tenant: "x" } });
    await expect(send("POST", "/api/cloudevents", json({}))).rejects.toThrow(AppError);
  });
});

describe("webhooks", () => {
  test("Auth0 log streams tell sign-ins and why they failed", async () => {
    const body = [
      {
        log_id: "l1",
        data: {
          type: "fp",
          date: "2026-01-02T03:04:05.000Z",
          user_id: "auth0|1",
          user_name: "ana@example.com",
          ip: "203.0.113.7",
          client_name: "App",
        },
      },
      { log_id: "l2", data: { type: "gd_auth_rejected", user_id: "auth0|1" } },
      {
        log_id: "l3",
        data: { type: "s", user_id: "google-oauth2|1", strategy_type: "social", details: { session_id: "s-1", prompts: [] } },
      },
      {},
    ];
    expect((await send("POST", "/api/webhooks/auth0", json(body))).json).toMatchObject({ accepted: 3, rejected: 1 });
    expect(intake.events).toMatchObject([
      {
        id: "l1",
        action: "user.login",
        outcome: "failure",
        reason: "bad_password",
        service: "App",
        actor: { id: "auth0|1", exists: true },
        source: { ip: "203.0.113.7" },
      },
      { action: "user.mfa", outcome: "failure", reason: "rejected_by_user" },
      { action: "user.login", session: { id: "s-1" }, credential: { type: "oauth" } },
    ]);
  });

  test("Okta's verification is answered, its events are mapped", async () => {
    expect((await send("GET", "/api/webhooks/okta", { headers: { "x-okta-verification-challenge": "abc" } })).json).toEqual({
      verification: "abc",
    });
    await expect(send("GET", "/api/webhooks/okta", { key: "wrong", headers: { "x-okta-verification-challenge": "abc" } })).rejects.toThrow(
      AppError,
    );
    const log = {
      uuid: "o1",
      published: "2026-01-02T03:04:05Z",
      eventType: "user.session.start",
      outcome: { result: "FAILURE", reason: "INVALID_CREDENTIALS" },
      actor: { id: "00u1", type: "User", alternateId: "ana@example.com", displayName: "Ana" },
      client: { ipAddress: "203.0.113.7", userAgent: { rawUserAgent: "x" } },
      target: [{ type: "AppInstance", id: "0oa", displayName: "App" }],
    };
    await send("POST", "/api/webhooks/okta", json({ eventType: "com.okta.event_hook", data: { events: [log] } }));
    expect(intake.events).toMatchObject([
      {
        id: "o1",
        action: "user.login",
        outcome: "failure",
        reason: "bad_password",
        actor: { id: "00u1", email: "ana@example.com" },
        targets: [{ type: "AppInstance", id: "0oa", name: "App" }],
      },
    ]);
  });

  test("GitHub is taken only with its signature", async () => {
    const body = JSON.stringify({ action: "created", sender: { login: "ana", type: "User" }, repository: { full_name: "acme/api" } });
    const headers = (secret: string) => ({
      "content-type": "application/json",
      "x-github-event": "deploy_key",
      "x-github-delivery": "d1",
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    });
    const path = "/api/webhooks/github/key-1";
    await expect(send("POST", path, { body, key: null, headers: headers("guess") })).rejects.toThrow(/signature/);
    expect((await send("POST", path, { body, key: null, headers: headers(intake.webhookSecret("key-1")) })).json).toMatchObject({
      accepted: 1,
    });
    expect(intake.events).toMatchObject([
      { id: "github/d1", action: "key.create", actor: { id: "ana" }, targets: [{ type: "repository", id: "acme/api" }] },
    ]);
  });

  const yaml = `
each: entries
fields:
  action: { from: kind, map: { LOGIN: user.login, "*": app.other } }
  outcome: { from: ok, map: { "true": success, "false": failure } }
  actor.id: who.id
  source.ip: { from: [ip, remote] }
  service: { value: legacy-idp }
  occurred_at: at
  target.id: object
metadata: [extra]
`;
  const sample = {
    entries: [
      { kind: "LOGIN", ok: false, who: { id: 7 }, remote: "203.0.113.7:55", at: 1767225600, object: "o1", extra: 1, secret: "x" },
      { kind: "X" },
    ],
  };

  test("a mapping in YAML makes events of anything", async () => {
    intake.mappings.set("idp", yaml);
    expect((await send("POST", "/api/webhooks/custom/idp", json(sample))).json).toMatchObject({ accepted: 2 });
    expect(intake.events).toEqual([
      {
        action: "user.login",
        outcome: "failure",
        actor: { id: "7" },
        source: { ip: "203.0.113.7" },
        service: "legacy-idp",
        occurred_at: "2026-01-01T00:00:00.000Z",
        targets: [{ id: "o1" }],
        metadata: { extra: 1 },
      },
      { action: "app.other", service: "legacy-idp" },
    ]);
    await expect(send("POST", "/api/webhooks/custom/none", json(sample))).rejects.toThrow(AppError);
  });

  test("the preview shows the events and what each would be refused for; a broken mapping says where", () => {
    expect(previewMapping(yaml, JSON.stringify(sample))[0]).toMatchObject({ event: { action: "user.login" }, problems: [] });
    expect(previewMapping("fields: { action: { value: x }, source.ip: from }", '{"from":"nowhere"}')[0]?.problems).toHaveLength(1);
    const problemsOf = (text: string) => {
      try {
        previewMapping(text, "{}");
      } catch (error) {
        return error instanceof AppError ? error.details.problems : undefined;
      }
    };
    expect(problemsOf("fields: { action: { value: x }, actr.id: a }")).toMatchObject([{ pointer: "/fields/actr.id" }]);
    expect(problemsOf("fields: [")?.[0]).toMatchObject({ line: 1 });
    expect(problemsOf("fields: { outcome: a }")).toHaveLength(1);
  });
});

test("log lines come as text, in Fluent Bit's envelope, and as Kong's own records", async () => {
  const line = '203.0.113.7 - - [04/Jan/2026:08:41:43 +0000] "GET /x HTTP/1.1" 404 1 "-" "-"';
  expect(
    (await send("POST", "/api/logs/nginx?service=edge", { body: `${line}\nnonsense\n`, headers: { "content-type": "text/plain" } })).json,
  ).toEqual({
    accepted: 1,
    duplicates: 0,
    rejected: 1,
    skipped: 0,
    errors: [{ line: 2, error: "not a line as nginx writes it" }],
  });
  expect(
    (
      await send("POST", "/api/logs/nginx", {
        body: `${JSON.stringify({ date: 1, log: `${line}\n` })}\n`,
        headers: { "content-type": "application/x-ndjson" },
      })
    ).json.accepted,
  ).toBe(1);
  const kong = { started_at: 1700000000000, client_ip: "203.0.113.5", request: { method: "GET", uri: "/v1" }, response: { status: 200 } };
  expect((await send("POST", "/api/logs/kong", json([kong, kong]))).json.accepted).toBe(2);
  expect(intake.events[0]).toMatchObject({ service: "edge", http: { path: "/x" } });
  await expect(send("POST", "/api/logs/nothing", { body: line })).rejects.toThrow(AppError);
});
