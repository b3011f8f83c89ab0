/** What a key may send is held, and told, in every protocol alike: the headers are the same, the words are the protocol's own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { until } from "@/test/support/until";

const database = useDatabase();
let server: IngestServer;
beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());

const event = { action: "user.login", outcome: "failure" };
const record = { body: { stringValue: "x" }, eventName: "user.login" };

/** One event in each protocol, and how its clients are told that they sent too much. */
const doors: { name: string; path: string; type: string; body: string; refusal: unknown }[] = [
  {
    name: "native",
    path: "/api/v1/events",
    type: "application/json",
    body: JSON.stringify(event),
    refusal: { status: 429, title: "Too many requests" },
  },
  {
    name: "OTLP",
    path: "/api/otlp/v1/logs",
    type: "application/json",
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
    refusal: { code: 8, message: expect.any(String) }, // RESOURCE_EXHAUSTED
  },
  {
    name: "Elasticsearch bulk",
    path: "/api/elastic/app/_bulk",
    type: "application/x-ndjson",
    body: `{"create":{}}\n${JSON.stringify(event)}\n`,
    refusal: { status: 429, error: { type: "es_rejected_execution_exception", root_cause: [{ reason: expect.any(String) }] } },
  },
  {
    name: "Splunk HEC",
    path: "/services/collector/event",
    type: "application/json",
    body: JSON.stringify({ event }),
    refusal: { code: 9, text: expect.any(String) },
  },
  {
    name: "Splunk HEC, raw",
    path: "/services/collector/raw",
    type: "text/plain",
    body: "a line",
    refusal: { code: 9, text: expect.any(String) },
  },
  {
    name: "CloudEvents",
    path: "/api/cloudevents",
    type: "application/cloudevents+json",
    body: JSON.stringify({ specversion: "1.0", id: "a", source: "shop", type: "user.login" }),
    refusal: { status: 429 },
  },
  {
    name: "webhook",
    path: "/api/webhooks/okta",
    type: "application/json",
    body: JSON.stringify({ data: { events: [{ eventType: "user.session.start" }] } }),
    refusal: { status: 429 },
  },
  {
    name: "log lines",
    path: "/api/logs/nginx",
    type: "text/plain",
    body: '192.0.2.1 - - [23/Nov/2026:06:40:00 +0000] "GET / HTTP/1.1" 200 7 "-" "x"',
    refusal: { status: 429 },
  },
];

describe.each(doors)("$name", ({ path, type, body, refusal }) => {
  const post = async (key: string) => {
    const response = await fetch(server.url + path, { method: "POST", headers: { "content-type": type, "x-api-key": key }, body });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  test("a spent quota is told with the time to wait, and what is left before that", async () => {
    const { id, secret } = await makeKey({ dailyQuota: 1, eventsPerSecond: 1000 });
    const first = await post(secret);
    expect(first.status).toBeLessThan(300);
    expect(first.headers.get("ratelimit-policy")).toBe('"events";q=2000;w=2, "day";q=1;w=86400');
    expect(first.headers.get("ratelimit")).toMatch(/^"events";r=1999;t=1, "day";r=0;t=\d+$/);
    const second = await post(secret);
    expect(second).toMatchObject({ status: 429, body: refusal });
    expect(second.headers.get("ratelimit")).toMatch(/"day";r=0;t=\d+$/);
    const wait = Number(second.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(86_400);
    const counted = () =>
      database.owner("select outcome, sum(items)::int as n from outcome_minute where key_id = $1 group by outcome order by outcome", [id]);
    await until(async () => (await counted()).rows.length === 2);
    expect((await counted()).rows).toEqual([
      { outcome: "accepted", n: 1 },
      { outcome: "limited", n: 1 },
    ]);
  });

  test("a rate of bytes is one too; a key without limits is told of none", async () => {
    const { secret } = await makeKey({ bytesPerSecond: 1 });
    expect((await post(secret)).headers.get("ratelimit-policy")).toBe('"bytes";q=2;w=2;qu="content-bytes"');
    expect((await post(secret)).status).toBe(429);
    const free = await makeKey();
    expect((await post(free.secret)).headers.has("ratelimit")).toBe(false);
  });
});
