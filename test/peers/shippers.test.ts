/** Shippers and SDKs that others wrote, sending to the real way in over a real socket, into a real database. */
import { createRequire } from "node:module";
import { Client, HttpConnection } from "@elastic/elasticsearch";
import { sign } from "@octokit/webhooks-methods";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";
import { CloudEvent, HTTP, httpTransport, emitterFor, Mode } from "cloudevents";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { webhookSecretOf } from "@/lib/ingest/webhook-mappings";
import type { EventDocument } from "@/lib/model/event";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { until } from "@/test/support/until";

const database = useDatabase();
let server: IngestServer;
let key: { id: string; secret: string };
beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  key = await makeKey();
  await database.owner("truncate event, event_id, outcome_minute");
});

const stored = async (): Promise<EventDocument[]> =>
  (await database.owner("select document from event order by occurred_at, id")).rows.map((row) => row.document);

describe("OpenTelemetry's exporters", () => {
  const send = async (exporter: LogRecordExporter, count: number) => {
    const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 50 })] });
    const logger = provider.getLogger("shop", "1.0.0");
    for (let i = 0; i < count; i += 1) {
      logger.emit({
        eventName: "user.login",
        severityNumber: SeverityNumber.ERROR,
        timestamp: new Date(Date.now() - 1000 + i),
        body: "sign-in refused",
        attributes: {
          "user.id": `u_${i}`,
          "client.address": "203.0.113.7",
          "event.outcome": "failure",
          "http.response.status_code": 401,
          tags: ["a", "b"],
        },
      });
    }
    await provider.forceFlush();
    await provider.shutdown();
  };
  const options = () => ({ url: `${server.url}/api/otlp/v1/logs`, headers: { Authorization: `Bearer ${key.secret}` } });

  test.each([
    ["JSON", () => new JsonExporter(options())],
    ["protobuf", () => new ProtobufExporter(options())],
    ["protobuf, gzip", () => new ProtobufExporter({ ...options(), compression: "gzip" as never })],
  ])("%s: every record is stored, mapped by the semantic conventions", async (_, exporter) => {
    await send(exporter(), 120);
    const events = await stored();
    expect(events).toHaveLength(120);
    expect(events[7]).toMatchObject({
      action: "user.login",
      outcome: "failure",
      actor: { id: "u_7" },
      source: { ip: "203.0.113.7" },
      http: { status: 401 },
      metadata: { message: "sign-in refused", tags: ["a", "b"], "otel.scope": "shop", "telemetry.sdk.language": "nodejs" },
    });
  });
});

describe("the Elasticsearch client", () => {
  const client = () =>
    new Client({
      node: `${server.url}/api/elastic`,
      auth: { apiKey: Buffer.from(`id:${key.secret}`).toString("base64") },
      Connection: HttpConnection,
      maxRetries: 0,
    });

  test("its bulk helper sends ECS documents; the same again adds nothing; what is refused comes back by document", async () => {
    const documents = Array.from({ length: 300 }, (_, i) => ({
      id: `d${i}`,
      "@timestamp": new Date(Date.now() - 10_000 + i).toISOString(),
      event: { action: "http.request", outcome: i % 3 === 0 ? "failure" : "success" },
      source: { ip: "203.0.113.9" },
      url: { path: `/v1/orders/${i}` },
      http: { request: { method: "GET" }, response: { status_code: i === 5 ? 99_999 : 200 } },
    }));
    const bulk = async () => {
      const dropped: unknown[] = [];
      const result = await client().helpers.bulk({
        datasource: documents.map((document) => ({ ...document })),
        onDocument: ({ id, ...document }) => [{ create: { _index: "orders-api", _id: id } }, document] as never,
        onDrop: (document) => dropped.push(document),
        flushBytes: 20_000,
        retries: 0,
      });
      return { ...result, dropped: dropped.length };
    };
    expect(await bulk()).toMatchObject({ total: 300, successful: 300, failed: 0 });
    expect(await bulk()).toMatchObject({ successful: 300, failed: 0 });
    for (const document of documents.slice(0, 2)) document.url.path = "/other";
    expect(await bulk()).toMatchObject({ successful: 298, failed: 2, dropped: 2 });
    const events = await stored();
    expect(events).toHaveLength(300);
    expect(events[3]).toMatchObject({
      id: "orders-api/d3",
      service: "orders-api",
      outcome: "failure",
      http: { method: "GET", path: "/v1/orders/3", status: 200 },
    });
  });

  test("finds the product it expects, indexes one document, and is told why another is refused", async () => {
    expect((await client().info()).tagline).toBe("You Know, for Search");
    expect(await client().index({ index: "app", document: { action: "user.login", outcome: "success" } })).toMatchObject({
      result: "created",
    });
    await expect(client().index({ index: "app", id: "1", document: { action: "x".repeat(500) } })).resolves.toMatchObject({
      result: "created",
    });
    await expect(client().delete({ index: "app", id: "1" })).rejects.toThrow();
    const wrong = new Client({
      node: `${server.url}/api/elastic`,
      auth: { apiKey: "bm9uc2Vuc2U6bm9uc2Vuc2U=" },
      Connection: HttpConnection,
      maxRetries: 0,
    });
    await expect(wrong.index({ index: "app", document: { action: "x" } })).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe("Splunk's own logger", () => {
  interface Logger {
    send(
      message: object,
      told?: (error: Error | null, response: unknown, body: { text: string; code: number; ackId?: number }) => void,
    ): void;
    error: (error: Error) => void;
  }
  const logger = (token: string, more: object = {}): Logger => {
    const { Logger } = createRequire(import.meta.url)("splunk-logging");
    return new Logger({ token, url: server.url, maxRetries: 0, ...more });
  };
  const answer = (one: Logger, message: object) =>
    new Promise<{ error: Error | null; body: { text: string; code: number } }>((resolve) => {
      one.error = (error) => resolve({ error, body: { text: error.message, code: Number((error as { code?: unknown }).code) } });
      one.send(message, (error, _, body) => resolve({ error, body }));
    });

  test("one event, and a hundred in a batch, with their metadata", async () => {
    const failure = { action: "user.login", outcome: "failure", source: { ip: "203.0.113.7" } };
    const message = { message: failure, metadata: { source: "shop", sourcetype: "httpevent", host: "web-1", time: Date.now() } };
    expect(await answer(logger(key.secret), message)).toMatchObject({ error: null, body: { text: "Success", code: 0 } });
    const batch = logger(key.secret, { maxBatchCount: 100 });
    for (let i = 0; i < 100; i += 1) batch.send({ message: { text: `line ${i}` }, metadata: { source: "shop" }, severity: "warn" });
    await until(async () => (await stored()).length === 101);
    expect(await stored()).toContainEqual(expect.objectContaining({ ...failure, service: "shop" }));
  });

  test("is told in its own words of a wrong token and of a spent quota", async () => {
    const message = { message: { a: 1 } };
    const codes = async (token: string) => (await answer(logger(token), message)).body.code;
    expect(await codes("vdt_wrong")).toBe(4);
    const { secret } = await makeKey({ dailyQuota: 1 });
    expect([await codes(secret), await codes(secret)]).toEqual([0, 9]);
  });
});

test("GitHub's own signature lets a webhook in; one byte more, and it stays outside", async () => {
  const secret = webhookSecretOf(key.id);
  const body = JSON.stringify({ action: "publicized", repository: { full_name: "acme/api" }, sender: { login: "ana", type: "User" } });
  const post = async (sent: string) => {
    const headers = {
      "content-type": "application/json",
      "x-github-event": "repository",
      "x-github-delivery": "d1",
      "x-hub-signature-256": await sign(secret, body),
    };
    return (await fetch(`${server.url}/api/webhooks/github/${key.id}`, { method: "POST", headers, body: sent })).status;
  };
  expect([await post(body), await post(`${body} `)]).toEqual([200, 401]);
  expect(await stored()).toMatchObject([{ action: "repository.publicize", actor: { id: "ana" }, targets: [{ id: "acme/api" }] }]);
});

describe("the CloudEvents SDK", () => {
  const event = (id: string) =>
    new CloudEvent({
      id,
      source: "/shop",
      type: "user.login",
      subject: "u_1",
      data: { outcome: "failure", source: { ip: "203.0.113.7" } },
    });
  const post = async ({ headers, body }: { headers: unknown; body: unknown }) => {
    const response = await fetch(`${server.url}/api/cloudevents`, {
      method: "POST",
      headers: { ...(headers as Record<string, string>), authorization: `Bearer ${key.secret}` },
      body: body as string,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test("binary and structured messages and its own emitter mean the same event", async () => {
    expect((await post(HTTP.binary(event("a")))).status).toBe(201);
    expect((await post(HTTP.structured(event("b")))).status).toBe(201);
    const emit = emitterFor(httpTransport(`${server.url}/api/cloudevents`), { mode: Mode.STRUCTURED });
    await emit(event("c"), { headers: { authorization: `Bearer ${key.secret}` } });
    const events = await stored();
    expect(events.map(({ id }) => id)).toEqual(["/shop#a", "/shop#b", "/shop#c"]);
    expect(events[0]).toMatchObject({
      action: "user.login",
      outcome: "failure",
      service: "/shop",
      targets: [{ id: "u_1" }],
      source: { ip: "203.0.113.7" },
    });
  });

  test("a batch is answered event by event", async () => {
    const batch = [event("a"), event("b"), event("a")].map((one) => JSON.parse(HTTP.structured(one).body as string));
    const answer = await post({ headers: { "content-type": "application/cloudevents-batch+json" }, body: JSON.stringify(batch) });
    expect(answer.body).toMatchObject({ rejected: expect.any(Number), accepted: 2 });
  });
});
