/** What a key may do, from where and for whom, held on real sockets. */
import fs from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { rotateApiKey } from "@/lib/access/api-keys";
import { generateApiKey } from "@/lib/access/key-format";
import type { Context } from "@/lib/model/user";
import { makeCertificate } from "@/test/support/certificate";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";

vi.stubEnv("TRUSTED_PROXIES", "1"); // the settings are read once: these hold for the whole file
vi.stubEnv("CLIENT_CERT_HEADER", "X-Client-Cert");
const database = useDatabase();
let server: IngestServer;
beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(async () => {
  await server.close();
  vi.unstubAllEnvs();
});

const send = async (key: string, { headers = {}, service }: { headers?: Record<string, string>; service?: string } = {}) => {
  const response = await fetch(`${server.url}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ action: "user.login", ...(service ? { service } : {}) }),
  });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.json() };
};
const from = (ip: string) => ({ headers: { "x-forwarded-for": ip } });
const person = (role: "admin" | "viewer"): Context => ({
  actor: { type: "user", id: "7e6c0a52-51a5-4c5a-9f0e-3f6d2c1b0a99", name: "Ana", role },
  now: new Date(),
});

test("a key works from its networks only, as the trusted proxy saw the caller, and for its services only", async () => {
  const { secret } = await makeKey({ allowedNetworks: ["203.0.113.0/24", "2001:db8:7::/48"], services: ["orders", "payments"] });
  expect((await send(secret, { ...from("203.0.113.9"), service: "orders" })).status).toBe(201);
  expect((await send(secret, { ...from("2001:db8:7::1"), service: "payments" })).status).toBe(201);
  expect((await send(secret, { ...from("2001:db8:8::1"), service: "orders" })).status).toBe(403);
  expect((await send(secret, { ...from("203.0.113.9, 198.51.100.1"), service: "orders" })).status).toBe(403); // only the proxy's own entry counts
  const wrong = await send(secret, { ...from("203.0.113.9"), service: "billing" });
  expect(wrong).toMatchObject({ status: 422 });
  expect(JSON.stringify(wrong.body)).toContain("writes only for: orders, payments");
});

test("without the scope for it a key sends nothing, and expires on time", async () => {
  const reader = await makeKey({ scopes: ["read"] });
  expect((await send(reader.secret)).status).toBe(403);
  const short = await makeKey({ expiresAt: new Date(Date.now() + 1500) });
  expect((await send(short.secret)).status).toBe(201);
  await expect.poll(async () => (await send(short.secret)).status, { timeout: 10_000 }).toBe(401);
});

test("rotation: old and new secret work for the chosen time, then only the new one; it is audited without either", async () => {
  const { id, secret } = await makeKey();
  await expect(rotateApiKey(person("viewer"), { id, overlapHours: 1 })).rejects.toMatchObject({ code: "forbidden" });
  await expect(rotateApiKey(person("admin"), { id, overlapHours: 999 })).rejects.toThrow();
  const second = await rotateApiKey(person("admin"), { id, overlapHours: 1 });
  expect([(await send(secret)).status, (await send(second.secret)).status]).toEqual([201, 201]);
  const third = await rotateApiKey(person("admin"), { id, overlapHours: 0 });
  await expect.poll(async () => (await send(second.secret)).status, { timeout: 5000 }).toBe(401);
  expect([(await send(secret)).status, (await send(third.secret)).status]).toEqual([401, 201]);
  const sent = await database.owner("select distinct key_id from outcome_minute where key_id = $1", [id]);
  expect(sent.rows).toHaveLength(1);
  const audit = JSON.stringify((await database.owner("select * from audit_entry where action = 'api_key.rotate'")).rows);
  for (const each of [secret, second.secret, third.secret]) expect(audit).not.toContain(each);
  await database.owner("update api_key set revoked_at = now() where id = $1", [id]);
  await expect(rotateApiKey(person("admin"), { id, overlapHours: 0 })).rejects.toMatchObject({ code: "conflict" });
});

test("ten wrong keys lock a source out with Retry-After; a thousand more tries cost the database nothing each", async () => {
  const caller = from("198.51.100.77");
  const { secret } = await makeKey();
  for (let i = 0; i < 10; i++) expect((await send(generateApiKey(), caller)).status).toBe(401);
  const locked = await send(generateApiKey(), caller);
  expect(locked.status).toBe(429);
  expect(Number(locked.retryAfter)).toBeGreaterThan(0);
  const queries = vi.spyOn(pg.Client.prototype, "query");
  const started = performance.now();
  for (let i = 0; i < 20; i++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(generateApiKey(), caller)));
    expect(new Set(answers.map(({ status }) => status)).size).toBeLessThanOrEqual(2); // 401 again now and then: each wait ends
  }
  const seconds = (performance.now() - started) / 1000;
  const made = queries.mock.calls.length;
  queries.mockRestore();
  expect(made).toBeLessThan(40 + 30 * seconds); // what is written once a second, and reading the keys anew: nothing that grows with the tries
  expect((await send(secret, from("198.51.100.78"))).status).toBe(201);
});

describe("a TLS client certificate bound to a key", () => {
  const [ours, sender, other, foreign] = ["vedette.test", "sender", "other", "foreign"].map(makeCertificate) as [
    ReturnType<typeof makeCertificate>,
    ReturnType<typeof makeCertificate>,
    ReturnType<typeof makeCertificate>,
    ReturnType<typeof makeCertificate>,
  ];
  let secure: IngestServer;
  let folder: string;
  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-tls-"));
    const write = (name: string, text: string) => {
      fs.writeFileSync(path.join(folder, name), text, { mode: 0o600 });
      return path.join(folder, name);
    };
    secure = await startIngestServer({
      cert: write("cert.pem", ours.cert),
      key: write("key.pem", ours.key),
      clientCa: write("ca.pem", sender.cert + other.cert),
    });
  });
  afterAll(async () => {
    await secure.close();
    fs.rmSync(folder, { recursive: true });
  });

  const post = (key: string, certificate?: { cert: string; key: string }, headers: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      const options = {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": key, ...headers },
        ca: ours.cert,
        agent: false,
        ...certificate,
      };
      const request = https.request(`${secure.url}/api/v1/events`, options, (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      });
      request.on("error", reject).end('{"action":"user.login"}');
    });

  test("lets in who holds both, and nobody else", async () => {
    const { secret } = await makeKey({ certificate: sender.fingerprint.toUpperCase().replace(/..(?=.)/g, "$&:") });
    expect(await post(secret, sender)).toBe(201);
    expect(await post(secret, other)).toBe(403); // signed by an accepted authority, but not the one
    expect(await post(secret)).toBe(403);
    expect(await post(generateApiKey(), sender)).toBe(401); // the certificate alone is not enough
    const bound = await makeKey({ certificate: foreign.fingerprint });
    expect(await post(bound.secret, foreign)).toBe(403); // nobody vouches for it
    const free = await makeKey();
    expect(await post(free.secret)).toBe(201); // other keys need none
  });

  test("is believed from the proxy's header as configured, never from another", async () => {
    const { secret } = await makeKey({ certificate: sender.fingerprint });
    expect((await send(secret, { headers: { "x-client-cert": encodeURIComponent(sender.cert) } })).status).toBe(201);
    expect((await send(secret, { headers: { "x-client-cert": sender.fingerprint } })).status).toBe(201);
    expect((await send(secret, { headers: { "x-client-cert": encodeURIComponent(other.cert) } })).status).toBe(403);
    expect((await send(secret, { headers: { "x-ssl-client-cert": encodeURIComponent(sender.cert) } })).status).toBe(403);
  });
});
