import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, keyedHash, sessionHash } from "@/lib/ingest/redact-event";
import { mayHoldSecret, passesLuhn, secretPatterns } from "@/lib/ingest/secrets";
import type { EventInput } from "@/lib/model/event";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { compilePredicate } from "@/lib/query/predicate";
import { tokenQuery } from "@/lib/query/token";

const key = Buffer.from("a test key that is long enough to be one");
const redactor = createRedactor(key);
const redact = (input: EventInput, using = redactor) => {
  const event = structuredClone(input);
  return { count: using(event), event };
};
const event = (more: Partial<EventInput>): EventInput => ({ action: "http.request", ...more });
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlY2FuYXJ5";

/** Where a client may put a secret, and the secret. */
const canaries: [string, string, (secret: string) => Partial<EventInput>][] = [
  ["authorization header", "Bearer canary0123456789", (s) => ({ http: { headers: { Authorization: s } } })],
  ["api key header", "canary-key-1", (s) => ({ http: { headers: { "X-Api-Key": s } } })],
  ["cookie", "canary0123456789", (s) => ({ http: { headers: { cookie: `theme=dark; sid=${s}` } } })],
  ["set-cookie", "canary0123456789", (s) => ({ http: { headers: { "Set-Cookie": `sid=${s}; Path=/; HttpOnly` } } })],
  ["query", "canary&x", (s) => ({ http: { query: `a=1&password=${encodeURIComponent(s)}` } })],
  ["query inside a query", "canary12", (s) => ({ http: { query: `next=/login?a=b?token=${s}&b=2` } })],
  ["path", "canary12", (s) => ({ http: { path: `/callback?code=${s}` } })],
  ["referrer", "canary12", (s) => ({ http: { referrer: `https://a.example/?access_token=${s}&b=2` } })],
  ["form body", "canary12", (s) => ({ http: { body: `user=ana&passwd=${s}` } })],
  ["json body", 'ca\\"nary12', (s) => ({ http: { body: `{"user":"ana","client_secret" : "${s}"}` } })],
  ["metadata by name", "canary", (s) => ({ metadata: { deep: [{ db_password: s }] } })],
  ["metadata number", "987654321", (s) => ({ metadata: { otp: Number(s) } })],
  ["jwt anywhere", jwt, (s) => ({ metadata: { note: `got ${s}!` } })],
  ["jwt in path", jwt, (s) => ({ http: { path: `/t/${s}` } })],
  ["private key", "MIIEcanary", (s) => ({ metadata: { note: `-----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY-----` } })],
  ["card", "4111 1111 1111 1111", (s) => ({ reason: `card ${s} declined` })],
  ["aws", "AKIAIOSFODNN7EXAMPLE", (s) => ({ targets: [{ name: s }] })],
  ["github", `ghp_${"a1".repeat(18)}`, (s) => ({ metadata: { log: s } })],
  ["slack", "xoxb-123456789012-abcdef", (s) => ({ source: { user_agent: `bot ${s}` } })],
  ["url password", "canary12", (s) => ({ metadata: { dsn: `postgres://ana:${s}@db/x` } })],
  ["session", "canary0123456789", (s) => ({ session: { id: s } })],
];

describe("redaction", () => {
  test.each(canaries)("a secret in %s does not pass", (place, secret, put) => {
    const { event: safe, count } = redact(event(put(secret)));
    const text = JSON.stringify(safe);
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(text).not.toContain(encodeURIComponent(secret));
    expect(count > 0).toBe(place !== "session");
  });

  test("a text of beginnings of tokens without an end costs linear time, and stays", () => {
    const text = "eyJaaaaaaaa-".repeat(50_000);
    const started = performance.now();
    expect(redact(event({ metadata: { text } }))).toEqual({ event: event({ metadata: { text } }), count: 0 });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("what is no secret stays as it was", () => {
    const plain = event({
      source: { ip: "203.0.113.7", user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" },
      http: {
        path: "/v1/orders/1234567890123",
        query: "page=2&sort=asc&keyword=token",
        headers: { accept: "*/*", "x-request-id": "4111111111111112" },
        body: '{"author":"x","tokens":3}',
      },
      metadata: { password_changed: true, token_count: 7, phone: "+49 151 12345678901", code: "NOT_FOUND", note: "the secret of success" },
    });
    expect(redact(plain)).toEqual({ event: plain, count: 0 });
  });

  test("names of headers come out in lower case; what stood under two spellings stays", () => {
    const headers = redact(event({ http: { headers: { "X-Trace": "a", "x-trace": "b", Accept: "*/*" } } })).event.http?.headers;
    expect(headers).toEqual({ "x-trace": "a, b", accept: "*/*" });
  });

  test("an attack in a header where a credential belongs stays visible", () => {
    const attack = event({ http: { headers: { authorization: "${jndi:ldap://x/a}", cookie: "a=<script>alert(1)</script>" } } });
    expect(redact(attack).event).toEqual(attack);
  });

  test("a token is found again by pasting it, a password is not even hashed", () => {
    const headers = (value: string) => redact(event({ http: { headers: { authorization: value } } })).event.http?.headers?.authorization;
    expect(headers("Bearer abcdefgh12345678")).toBe(headers("Bearer abcdefgh12345678"));
    expect(headers("Bearer abcdefgh12345678")).not.toBe(headers("Bearer abcdefgh12345679"));
    expect(redact(event({ http: { query: "password=x" } })).event.http?.query).toBe("password=[redacted]");
    expect(redact(event({ session: { id: "s1" } })).event.session?.id).toBe(sessionHash(key, "s1"));
    expect(sessionHash(randomBytes(32), "s1")).not.toBe(sessionHash(key, "s1"));
  });

  test.each([
    ["authorization", (s: string) => ({ http: { headers: { Authorization: `Bearer ${s}` } } })],
    ["api key", (s: string) => ({ http: { headers: { "X-API-Key": s } } })],
    ["cookie", (s: string) => ({ http: { headers: { cookie: `theme=dark; sid=${s}` } } })],
    ["path", (s: string) => ({ http: { path: `/t/${s}/x` } })],
    ["query", (s: string) => ({ http: { query: `a=1&t=${s}` } })],
    ["user agent", (s: string) => ({ source: { user_agent: `bot ${s}` } })],
    ["log line", (s: string) => ({ metadata: { message: `got ${s}` } })],
    ["target", (s: string) => ({ targets: [{ id: s }] })],
  ])("the query for a pasted token finds it in: %s, and no other", (_, put) => {
    const finds = compilePredicate(parseQuery(tokenQuery(keyedHash(key, jwt)), EVENT_FIELDS), EVENT_FIELDS);
    expect(finds(redact(event(put(jwt))).event as never)).toBe(true);
    expect(finds(redact(event(put(`${jwt}x`))).event as never)).toBe(false);
  });

  test("an administrator adds names and linear-time patterns", () => {
    const custom = createRedactor(key, { names: ["Staff-Number"], patterns: ["EMP-[0-9]+"] });
    expect(redact(event({ metadata: { staff_number: "77", note: "EMP-42 and EMP-43" } }), custom).event.metadata).toEqual({
      staff_number: "[redacted]",
      note: "[redacted] and [redacted]",
    });
    expect(() => createRedactor(key, { patterns: ["("] })).toThrow();
  });

  test("redacting twice changes nothing", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...canaries),
        fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), fc.jsonValue({ maxDepth: 2 })),
        ([, secret, put], metadata) => {
          const input = { ...event(put(secret)), ...("metadata" in put(secret) ? {} : { metadata: metadata as EventInput["metadata"] }) };
          const { event: once } = redact(input);
          const { session: _session, ...rest } = once;
          expect(JSON.stringify(redact(rest as EventInput).event)).toBe(JSON.stringify(rest));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("hostile text costs linear time", () => {
    for (const text of [
      "eyJ".repeat(3000),
      "4".repeat(8000),
      '"a":'.repeat(2000),
      "a=b&".repeat(2000),
      "-----BEGIN PRIVATE KEY-----".repeat(300),
      "://a:".repeat(1600),
      "Bearer ".repeat(1100),
    ]) {
      const started = performance.now();
      redact(event({ http: { body: text, path: text, query: text }, metadata: { text } }));
      expect(performance.now() - started).toBeLessThan(250);
    }
  });

  test("the quick look overlooks nothing that a pattern would find", () => {
    const all = new RegExp(secretPatterns.map((pattern) => pattern.source).join("|"));
    const noise = fc.stringMatching(/^[ -~]{0,30}$/);
    const hit = fc.oneof(
      ...secretPatterns.map((pattern) =>
        fc.stringMatching(new RegExp(pattern.source.replace(/\\b|\(\?<[=!][^)]*\)|\(\?[=!][^)]*\)/g, ""))),
      ),
    );
    fc.assert(
      fc.property(noise, hit, noise, (before, secret, after) => {
        const text = `${before} ${secret}${after}`;
        if (all.test(text)) expect(mayHoldSecret(text)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("Luhn", () => {
    expect(["4111111111111111", "5500-0000-0000-0004", "340000000000009"].every(passesLuhn)).toBe(true);
    expect(["4111111111111112", "1234567890123", "0"].some(passesLuhn)).toBe(false);
  });
});
