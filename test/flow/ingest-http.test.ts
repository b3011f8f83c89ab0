import { randomUUID } from "node:crypto";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApiKey, revokeApiKey } from "@/lib/access/api-keys";
import { generateApiKey } from "@/lib/access/key-format";
import { closeIngest } from "@/lib/ingest/house";
import { listRefusals } from "@/lib/store/outcomes";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { until } from "@/test/support/until";

const database = useDatabase();
const system = { actor: { type: "system", name: "test" } as const, now: new Date() };
let server: IngestServer;
let key: { id: string; secret: string };

beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  key = await makeKey();
  await closeIngest(); // forgets lockouts and keys of the test before
});

type Init = { headers?: Record<string, string>; secret?: string | null; query?: string; method?: string };

async function post(body: string | Buffer | object, { headers = {}, secret = key.secret, query = "", method = "POST" }: Init = {}) {
  const response = await fetch(`${server.url}/api/v1/events${query}`, {
    method,
    headers: { "content-type": "application/json", ...(secret === null ? {} : { authorization: `Bearer ${secret}` }), ...headers },
    body: (typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body)) as BodyInit,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

const count = async (where: string): Promise<number> =>
  (await database.owner(`select count(*)::int as n from event where ${where}`)).rows[0].n;

describe("POST /api/v1/events", () => {
  it("one event: 201, the same again 200, another content under its id 409, nonsense 422 with every problem", async () => {
    const event = { id: randomUUID(), action: "user.login", outcome: "failure", source: { ip: "8.8.8.8", user_agent: "curl/8.5.0" } };
    expect(await post(event)).toMatchObject({ status: 201, body: { id: event.id, status: "accepted" } });
    expect(await post({ source: event.source, outcome: "failure", action: "user.login", id: event.id })).toMatchObject({
      status: 200,
      body: { id: event.id, status: "duplicate" },
    });
    expect(await post({ ...event, outcome: "success" })).toMatchObject({
      status: 409,
      body: { status: 409, detail: expect.stringContaining(event.id) },
    });
    expect((await database.owner("select outcome, country, document from event where id = $1", [event.id])).rows).toMatchObject([
      { outcome: "failure", country: "US", document: { source: { geo: { asn: 15169 }, agent: { family: "curl" } } } },
    ]);
    const refused = await post({ actoin: "x", http: { status: "200" } });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        problems: expect.arrayContaining([{ pointer: "/action", detail: "Required." }, expect.objectContaining({ pointer: "/actoin" })]),
      },
    });
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(await post({ action: "a" })).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/) } });
  });

  it("many events: 200 with a result for each in order; one bad item never rejects the others", async () => {
    const id = randomUUID();
    const many = await post([{ id, action: "a" }, { action: "" }, { id, action: "a" }, { id, action: "b" }, { action: "c" }]);
    expect(many).toMatchObject({ status: 200, body: { accepted: 2, duplicates: 1, rejected: 2 } });
    expect(many.body.results.map((result: { status: string }) => result.status)).toEqual([
      "accepted",
      "rejected",
      "duplicate",
      "rejected",
      "accepted",
    ]);
    expect(many.body.results[3]).toMatchObject({ index: 3, id, error: { status: 409 } });
    const errors = await post([{ action: "c" }, { action: 1 }], { query: "?results=errors" });
    expect(errors.body).toMatchObject({ accepted: 1, rejected: 1, results: [{ index: 1 }] });
    expect(await post("[]")).toMatchObject({ status: 200, body: { accepted: 0, results: [] } });
    const lines = await post('{"action":"a"}\n{oops\n\n{"action":"b"}\n', { headers: { "content-type": "application/x-ndjson" } });
    expect(lines.body).toMatchObject({
      accepted: 2,
      rejected: 1,
      results: [{ status: "accepted" }, { status: "rejected" }, { status: "accepted" }],
    });
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
  ] as const)("inflates %s", async (encoding, compress) => {
    expect(await post(compress(JSON.stringify({ action: "a" })) as Buffer, { headers: { "content-encoding": encoding } })).toMatchObject({
      status: 201,
    });
  });

  it.each([
    ["no JSON", "{oops", {}, 400],
    ["an empty body", "", {}, 400],
    ["a foreign type", "<a/>", { "content-type": "text/xml" }, 415],
    ["a foreign encoding", "x", { "content-encoding": "compress" }, 415],
    ["broken gzip", "xxxxxx", { "content-encoding": "gzip" }, 400],
    ["a bomb", gzipSync(Buffer.alloc(80 * 1024 * 1024, " ")), { "content-encoding": "gzip" }, 413],
    ["too many bytes", Buffer.alloc(9 * 1024 * 1024, " "), {}, 413],
    ["too deep", `{"action":"a","metadata":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`, {}, 422],
    ["a doubled key", '{"action":"a","action":"b"}', {}, 422],
    ["half a surrogate pair", '{"action":"\\ud800"}', {}, 422],
    ["a NUL", '{"action":"a\\u0000"}', {}, 422],
  ])("%s is refused with a problem document", async (_what, body, headers, status) => {
    const answer = await post(body as string, { headers: headers as Record<string, string> });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  });

  it("no key, a mistyped key, a key without the scope, a foreign network, an expired key", async () => {
    expect(await post({ action: "a" }, { secret: null })).toMatchObject({ status: 401 });
    expect(await post({ action: "a" }, { secret: `${key.secret.slice(0, -1)}!` })).toMatchObject({ status: 401 });
    expect(await post({ action: "a" }, { secret: (await makeKey({ scopes: ["read"] })).secret })).toMatchObject({ status: 403 });
    expect(await post({ action: "a" }, { secret: (await makeKey({ allowedNetworks: ["10.0.0.0/8"] })).secret })).toMatchObject({
      status: 403,
    });
    const open = await makeKey({ allowedNetworks: ["127.0.0.0/8", "2001:db8::/32"] });
    await closeIngest();
    expect(await post({ action: "a" }, { secret: open.secret })).toMatchObject({ status: 201 });
    const expired = await createApiKey(system, { name: "old", scopes: ["ingest"], expiresAt: new Date(Date.now() - 1000) });
    await closeIngest();
    expect(await post({ action: "a" }, { secret: expired.secret })).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining("expired") },
    });
  });

  it("a revoked key is refused within a second or so", async () => {
    expect(await post({ action: "a" })).toMatchObject({ status: 201 });
    await revokeApiKey(system, { id: key.id });
    const started = Date.now();
    await until(async () => (await post({ action: "a" })).status === 401);
    expect(Date.now() - started).toBeLessThan(2000);
  });

  it("an address that keeps guessing is locked out, while a key that worked from there goes on", async () => {
    expect(await post({ action: "a" })).toMatchObject({ status: 201 });
    const guesses = await Promise.all(Array.from({ length: 200 }, () => post({ action: "a" }, { secret: generateApiKey() })));
    expect(guesses.filter((guess) => guess.status === 401).length).toBeLessThanOrEqual(10);
    const refused = guesses.find((guess) => guess.status === 429);
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await post({ action: "a" })).toMatchObject({ status: 201 });
  });

  it("a key writes only for its services, and one service is the default", async () => {
    const { secret } = await makeKey({ services: ["orders"] });
    await closeIngest();
    const id = randomUUID();
    expect(await post({ action: "a", service: "billing" }, { secret })).toMatchObject({
      status: 422,
      body: { problems: [{ pointer: "/service" }] },
    });
    expect(await post({ id, action: "a" }, { secret })).toMatchObject({ status: 201 });
    expect(await count(`id = '${id}' and service = 'orders'`)).toBe(1);
  });

  it("a sender that is not believed is itself the source", async () => {
    const { secret } = await makeKey({ trustSourceIp: false });
    await closeIngest();
    const id = randomUUID();
    await post({ id, action: "a", source: { ip: "8.8.8.8" } }, { secret });
    const { rows } = await database.owner("select host(source_ip) as ip, document from event where id = $1", [id]);
    expect(rows[0]).toMatchObject({ ip: "127.0.0.1", document: { metadata: { claimed_source_ip: "8.8.8.8" } } });
  });

  it("a rate is held: 429 with Retry-After and RateLimit, nothing half done, and a quota a day", async () => {
    const { secret } = await makeKey({ eventsPerSecond: 1, burst: 10, dailyQuota: 12 });
    await closeIngest();
    const ten = Array.from({ length: 10 }, () => ({ action: "rate" }));
    const first = await post(ten, { secret });
    expect(first).toMatchObject({ status: 200, body: { accepted: 10 } });
    expect(first.headers.get("ratelimit")).toMatch(/^"events";r=0;t=1, "day";r=2;t=\d+$/);
    const second = await post(ten, { secret });
    expect(second).toMatchObject({ status: 429 });
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(8);
    expect(second.headers.get("ratelimit-policy")).toContain('"events";q=10');
    expect(await count("action = 'rate'")).toBe(10);
  });

  it("the past needs a key that may import, and is historical", async () => {
    const { secret } = await makeKey({ scopes: ["ingest", "import"] });
    await closeIngest();
    const past = { action: "past", occurred_at: "2026-03-01T12:00:00Z" };
    expect(await post(past)).toMatchObject({ status: 422, body: { problems: [{ pointer: "/occurred_at" }] } });
    expect(await post([past, { action: "now" }], { secret })).toMatchObject({ body: { accepted: 2 } });
    const { rows } = await database.owner(
      "select b.historical, b.world from event e join batch b on b.id = e.batch_id where e.action = 'past'",
    );
    expect(rows).toMatchObject([{ historical: true, world: expect.stringMatching(/^import-/) }]);
  });

  it("secrets never reach the database, and refusals are listed with a masked sample", async () => {
    const canary = `canary${randomUUID().replaceAll("-", "")}`;
    const headers = { Authorization: `Bearer ${canary}`, Cookie: `sid=${canary}` };
    expect(
      await post({
        action: "a",
        session: { id: canary },
        http: { query: `token=${canary}`, headers, body: `{"password":"${canary}"}` },
        metadata: { secret: canary },
      }),
    ).toMatchObject({ status: 201 });
    await post({ action: 1, service: "shop", session: { id: canary }, http: { headers }, metadata: { api_key: canary } });
    await closeIngest();
    const refusals = await listRefusals({ limit: 5 });
    expect(refusals[0]).toMatchObject({ status: 422, keyId: key.id, detail: expect.stringMatching(/^action: /) });
    expect(JSON.stringify(refusals)).not.toContain(canary);
    expect(await listRefusals({ limit: 5, sender: { keyId: key.id, service: "shop" } })).toEqual([refusals[0]]);
    const { rows } = await database.owner("select coalesce(string_agg(document::text, ''), '') as text from event");
    expect(rows[0].text).not.toContain(canary);
  });
});
