import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { createClient, type ClientOptions, recordedFetch, type VedetteClient, type VedetteEvent } from "@/client/index";
import { snippets } from "@/client/snippets";
import { EventInput } from "@/lib/model/event";

/** A Vedette that answers as told, and remembers what it got and when. */
let server: Server;
let url: string;
let answers: { status: number; headers?: Record<string, string> }[];
let got: { events: EventInput[]; at: number }[];
const clients: VedetteClient[] = [];
beforeEach(async () => {
  answers = [];
  got = [];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const events = body.split("\n").map((line) => JSON.parse(line));
    got.push({ events, at: performance.now() });
    const { status, headers = {} } = answers.shift() ?? { status: 200 };
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(status === 200 ? { accepted: events.length, duplicates: 0, rejected: 0, results: [] } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const client = (options: Partial<ClientOptions> = {}) => {
  const made = createClient({ url, key: "vdt_x", service: "shop", flushOnExit: false, ...options });
  clients.push(made);
  return made;
};
const record = (one: VedetteClient, count: number) => {
  for (let i = 0; i < count; i += 1) one.record({ action: "user.login", metadata: { i } });
};
const sentNumbers = () => got.flatMap(({ events }) => events.map(({ metadata }) => metadata?.i));

test("what the client can say is what the installation takes", () => {
  expectTypeOf<VedetteEvent>().toExtend<EventInput>();
});

describe("sending", () => {
  test("events go in order, in batches, complete with id, time and service", async () => {
    const one = client({ batchSize: 10 });
    record(one, 25);
    await one.flush();
    expect(sentNumbers()).toEqual(Array.from({ length: 25 }, (_, i) => i));
    expect(got.map(({ events }) => events.length)).toEqual([10, 10, 5]);
    expect(EventInput.parse(got[0]?.events[0])).toMatchObject({ service: "shop", id: expect.any(String), occurred_at: expect.any(String) });
    expect(one.stats()).toEqual({ recorded: 25, sent: 25, rejected: 0, dropped: 0, waiting: 0 });
  });

  test("a refusal for now is tried again with the same ids, never sooner than Retry-After", { timeout: 60_000 }, async () => {
    answers = [{ status: 429, headers: { "retry-after": "1" } }, { status: 503 }];
    const one = client();
    record(one, 3);
    await one.flush(20_000);
    expect(got).toHaveLength(3);
    expect((got[1]?.at ?? 0) - (got[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect(new Set(got.map(({ events }) => JSON.stringify(events))).size).toBe(1);
    expect(one.stats()).toMatchObject({ sent: 3, waiting: 0 });
  });

  test("a refusal for good is counted and not repeated; a batch that is too large is halved", async () => {
    const errors: string[] = [];
    const one = client({ onError: (error, again) => errors.push(`${error.message} ${again}`) });
    answers = [{ status: 401 }];
    record(one, 2);
    await one.flush();
    expect([got.length, one.stats().rejected, errors]).toEqual([1, 2, ["Vedette answered 401. false"]]);
    answers = [{ status: 413 }, { status: 413 }];
    record(one, 8);
    await one.flush();
    expect(got.slice(1).map(({ events }) => events.length)).toEqual([8, 4, 2, 6]);
    expect(one.stats()).toMatchObject({ sent: 8, rejected: 2, waiting: 0 });
  });

  test("memory is bounded: the oldest go, are counted, and the next batch says how many are missing", async () => {
    const one = client({ maxEvents: 100, flushAfterMs: 60_000, batchSize: 1000 });
    record(one, 1000);
    expect(one.stats()).toMatchObject({ recorded: 1000, dropped: 900, waiting: 100 });
    await one.flush();
    await one.flush();
    expect(sentNumbers().slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => 900 + i));
    expect(got.at(-1)?.events.at(-1)).toMatchObject({ action: "vedette.client.dropped", metadata: { dropped: 900 } });
    const bytes = client({ maxBytes: 10_000, flushAfterMs: 60_000 });
    record(bytes, 1000);
    expect(bytes.stats().waiting).toBeLessThan(100);
  });

  test("record never throws", () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const one = client();
    expect(one.record({ action: "x", metadata: circular as never })).toBe(false);
    expect(one.stats().dropped).toBe(1);
  });

  test("a process that just ends, or is told to, has sent what it had", { timeout: 60_000 }, () => {
    const program = (ending: string) => `import { createClient } from ${JSON.stringify(pathToFileURL("client/index.ts").href)};
      const client = createClient({ url: process.argv[1], key: "k", flushAfterMs: 600000, fetch: async (_, init) => { await new Promise((r) => setTimeout(r, 50)); console.log(init.body.split("\\n").length); return Response.json({ rejected: 0 }); } });
      for (let i = 0; i < 7; i++) client.record({ action: "x" });
      ${ending}`;
    const run = (ending: string) =>
      spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program(ending), url], { encoding: "utf8" });
    expect(run("")).toMatchObject({ stdout: "7\n", status: 0 });
    expect(run("setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');")).toMatchObject({ stdout: "7\n", signal: "SIGTERM" });
  });
});

test("outgoing calls are recorded with destination and result, those to Vedette are not, and failures are thrown on", async () => {
  const one = client();
  const fetched = recordedFetch(one, { service: "shop" }, async (input) => {
    if (String((input as Request).url).includes("down"))
      throw new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ECONNREFUSED" }) });
    return new Response("ok", { status: 402, headers: { "content-length": "2" } });
  });
  await fetched("https://api.stripe.com/v1/charges?x=1", { method: "POST", body: "a=b" });
  await expect(fetched("http://down.example:8443/")).rejects.toThrow("fetch failed");
  await fetched(`${url}/api/v1/events`);
  await one.flush();
  const events = got.flatMap(({ events }) => events);
  expect(events).toHaveLength(2);
  expect(events[0]).toMatchObject({
    direction: "outbound",
    outcome: "failure",
    service: "shop",
    destination: { host: "api.stripe.com", port: 443 },
    http: { method: "POST", path: "/v1/charges", query: "x=1", status: 402, response_bytes: 2 },
  });
  expect(events[1]).toMatchObject({ outcome: "failure", reason: "ECONNREFUSED", destination: { host: "down.example", port: 8443 } });
  for (const event of events) EventInput.parse(event);
});

test("every snippet holds the address and the key that it is given, or needs neither", () => {
  expect(new Set(snippets.map(({ id }) => id)).size).toBe(snippets.length);
  for (const { id, code } of snippets) {
    const text = code({ url: "https://vedette.example.com", key: "vdt_secret" });
    expect(text, id).not.toMatch(/undefined|\[object/);
    if (!["envoy", "asgi"].includes(id))
      expect(text, id).toMatch(/vedette\.example\.com[^]*vdt_secret|vdt_secret[^]*vedette\.example\.com/);
  }
});
