import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeIngest } from "@/lib/ingest/house";
import { chanceOf } from "@/lib/simulate/chance";
import { until } from "@/test/support/until";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";

const database = useDatabase();
let server: IngestServer;

beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());

async function post(
  secret: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, number> | undefined }> {
  const response = await fetch(`${server.url}/api/v1/events?results=errors`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${secret}`, ...headers },
    body: body as BodyInit,
  });
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

type Tally = Record<"accepted" | "duplicate" | "conflict" | "rejected" | "limited", number>;
const nothing = (): Tally => ({ accepted: 0, duplicate: 0, conflict: 0, rejected: 0, limited: 0 });

/** The accounting of a key, once what waits is written. */
async function accounted(keyId: string): Promise<Tally> {
  await closeIngest();
  const { rows } = await database.owner("select outcome, sum(items)::int as items from outcome_minute where key_id = $1 group by 1", [
    keyId,
  ]);
  return { ...nothing(), ...Object.fromEntries(rows.map((row) => [row.outcome, row.items])) };
}

describe("every received item has exactly one outcome", () => {
  it("100,000 mixed items add up exactly, by outcome, against what each answer said and against what is stored", async () => {
    const { id, secret } = await makeKey();
    const limited = await makeKey({ eventsPerSecond: 1, burst: 100 });
    const chance = chanceOf(3);
    const told = nothing();
    const toldLimited = nothing();
    const used: string[] = [];
    const lineOf = (): string => {
      const dice = chance.next();
      const earlier = used[Math.floor(chance.next() * used.length)];
      if (dice < 0.02) return "{ no json";
      if (dice < 0.04) return JSON.stringify({ action: "", unknown: 1 });
      if (dice < 0.05) return JSON.stringify({ action: "big", metadata: { text: "x".repeat(70_000) } });
      if (dice < 0.1 && earlier) return JSON.stringify({ id: earlier, action: "ordinary" });
      if (dice < 0.13 && earlier) return JSON.stringify({ id: earlier, action: "another" });
      if (dice < 0.5) return JSON.stringify({ action: "ordinary" });
      used.push(randomUUID());
      return JSON.stringify({ id: used.at(-1), action: "ordinary" });
    };
    for (let sent = 0; sent < 98_000; sent += 1000) {
      const lines = Array.from({ length: 1000 }, lineOf);
      const { status, body } = await post(secret, gzipSync(lines.join("\n"), { level: 1 }), { "content-encoding": "gzip" });
      expect(status).toBe(200);
      const results = (body as unknown as { results: { status: string; error?: { status: number } }[] }).results;
      const conflicts = results.filter((result) => result.error?.status === 409).length;
      told.accepted += body?.accepted ?? 0;
      told.duplicate += body?.duplicates ?? 0;
      told.conflict += conflicts;
      told.rejected += (body?.rejected ?? 0) - conflicts;
    }
    for (let request = 0; request < 40; request++) {
      const { status } = await post(limited.secret, Array.from({ length: 50 }, () => '{"action":"limited"}').join("\n"));
      toldLimited[status === 200 ? "accepted" : "limited"] += 50;
    }
    expect(toldLimited.limited).toBeGreaterThan(0);
    expect(await accounted(id)).toEqual(told);
    expect(await accounted(limited.id)).toEqual(toldLimited);
    expect(Object.values(told).reduce((sum, items) => sum + items) + Object.values(toldLimited).reduce((sum, items) => sum + items)).toBe(
      100_000,
    );
    const { rows } = await database.owner(
      "select count(*)::int as events, count(distinct id)::int as ids, (select sum(events)::int from traffic_minute) as traffic from event",
    );
    expect(rows[0]).toEqual({
      events: told.accepted + toldLimited.accepted,
      ids: told.accepted + toldLimited.accepted,
      traffic: told.accepted + toldLimited.accepted,
    });
  });
});

/** Bodies and headers that nobody should send: noise, damaged JSON, odd values in known places, foreign headers. */
const hostile = fc.record({
  body: fc.oneof(
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 3, arbitrary: fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.json(), fc.nat(), fc.string())
        .map(([text, at, noise]) => Buffer.from(text.slice(0, at % (text.length + 1)) + noise)),
    },
    { weight: 6, arbitrary: oddEvent() },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          "[".repeat(5000),
          '{"a":'.repeat(5000),
          '"\\ud800"',
          '{"action":"\\u0000"}',
          "NaN",
          '{"action":"a","action":"b"}',
          '{"action":1e999}',
        )
        .map((text) => Buffer.from(text)),
    },
  ),
  type: fc.constantFrom("application/json", "application/x-ndjson", "text/plain", "application/json; charset=utf-16", "x", ""),
  encoding: fc.constantFrom("", "", "", "", "gzip", "deflate", "br", "zstd", "gzip, gzip", "identity", "constructor"),
  authorization: fc.constantFrom("good", "good", "good", "good", "Bearer ", "Bearer x y", "Basic !!!!", "__proto__"),
});

function oddEvent(): fc.Arbitrary<Buffer> {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.double(),
    fc.bigInt().map(String),
    fc.ipV6(),
    fc.constantFrom(
      "",
      "::ffff:1.2.3.4",
      "fe80::1%eth0",
      "999.1.1.1",
      "0001-01-01T00:00:00Z",
      "9999-12-31T23:59:59Z",
      "2026-02-30T00:00:00Z",
      "\u0000",
      1e308,
      5e-324,
      -0,
      Number.MAX_SAFE_INTEGER,
    ),
  );
  const names = [
    "id",
    "occurred_at",
    "action",
    "outcome",
    "direction",
    "service",
    "actor",
    "session",
    "source",
    "http",
    "targets",
    "metadata",
    "destination",
    "__proto__",
    "constructor",
  ];
  const deep = fc.record(
    {
      ip: odd,
      port: odd,
      user_agent: odd,
      status: odd,
      path: odd,
      query: odd,
      duration_ms: odd,
      request_bytes: odd,
      headers: fc.dictionary(fc.string(), odd),
      id: odd,
    },
    { requiredKeys: [] },
  );
  const value = fc.oneof(odd, deep, fc.array(deep, { maxLength: 3 }));
  return fc.dictionary(fc.constantFrom(...names), value).map((event) => Buffer.from(JSON.stringify({ action: "fuzz", ...event })));
}

describe("hostile input", () => {
  it("10,000 fuzzed requests are each answered below 500, and the server still takes events", async () => {
    const { secret } = await makeKey();
    await closeIngest();
    expect((await post(secret, '{"action":"before"}')).body).toMatchObject({ accepted: 1 }); // proven, so that wrong keys beside it do not lock it out
    const seen: Record<string, number> = {};
    const send = async (request: { body: Buffer; type: string; encoding: string; authorization: string }) => {
      const headers: Record<string, string> = { "content-type": request.type, "content-encoding": request.encoding };
      headers.authorization = request.authorization === "good" ? `Bearer ${secret}` : request.authorization;
      const { status } = await post(secret, request.body, headers);
      seen[status] = (seen[status] ?? 0) + 1;
      expect(status, JSON.stringify({ ...request, body: request.body.toString("latin1") })).toBeLessThan(500);
    };
    const batch = fc.array(hostile, { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(batch, async (requests) => void (await Promise.all(requests.map(send)))),
      { numRuns: 500, endOnFailure: true },
    );
    expect(Object.keys(seen)).toEqual(expect.arrayContaining(["200", "201", "400", "401", "415", "422"]));
    expect((await post(secret, '{"action":"after"}')).body).toMatchObject({ accepted: 1 });
  });

  it("500 connections that drip do not keep others waiting, and are told to go: headers after 10 s, a whole request after 30 s", async () => {
    const { secret } = await makeKey();
    await closeIngest(); // forgets the wrong keys of the test before
    const drip = (head: string) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      const dripping = { socket, said: "", started: performance.now(), ended: 0 };
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => (dripping.said += chunk.toString("latin1")));
      socket.on("close", () => (dripping.ended = performance.now()));
      socket.write(head);
      return dripping;
    };
    const start = "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n";
    const headers = Array.from({ length: 450 }, () => drip(`${start}X-Drip: `));
    const bodies = Array.from({ length: 50 }, () =>
      drip(`${start}Content-Type: application/json\r\nAuthorization: Bearer ${secret}\r\n\r\n[`),
    );
    const all = [...headers, ...bodies];
    const timer = setInterval(() => all.forEach(({ socket }) => socket.writable && socket.write(" ")), 500);
    try {
      const beside = async () => (await post(secret, '{"action":"beside"}')).status;
      const waits: number[] = [];
      for (let request = 0; request < 100; request++) {
        const started = performance.now();
        await until(async () => (await beside()) === 200, 10_000); // for a second, what they announce is believed
        waits.push(performance.now() - started);
      }
      waits.sort((a, b) => a - b);
      expect(waits[50]).toBeLessThan(1000); // the median of a quiet machine is 5 ms
      await until(() => all.every(({ socket }) => socket.destroyed), 60_000); // and what a busy machine adds
      expect(headers.some(({ said }) => /^HTTP\/1.1 408 /.test(said))).toBe(true);
      expect(bodies.some(({ said }) => /^HTTP\/1.1 408 /.test(said))).toBe(true);
      expect(Math.min(...bodies.map(({ started, ended }) => ended - started))).toBeGreaterThan(20_000); // a slow sender has its time
      expect((await post(secret, '{"action":"after"}')).body).toMatchObject({ accepted: 1 });
    } finally {
      clearInterval(timer);
      for (const { socket } of all) socket.destroy();
    }
  });
});
