import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCheck } from "@/lib/ingest/compile-check";
import { validateEvent } from "@/lib/ingest/validate-event";
import { EventInput } from "@/lib/model/event";

const full = {
  id: "ord-7f3a",
  occurred_at: "2026-11-23T12:00:00.123Z",
  action: "user.login",
  outcome: "failure",
  direction: "inbound",
  service: "orders-api",
  actor: { type: "user", id: "u_42", email: "ana@example.com", exists: true },
  session: { id: "s" },
  credential: { type: "password", scopes: ["read"], mfa: true },
  source: {
    ip: "203.0.113.7",
    port: 443,
    user_agent: "curl/8",
    geo: { country: "DE", lat: 52.5, lon: 13.4, asn: 24940 },
  },
  destination: { host: "api.stripe.com", ip: "2001:db8::1", port: 443 },
  targets: [{ type: "order", id: "o_1" }],
  http: {
    method: "POST",
    path: "/v1",
    status: 401,
    duration_ms: 12.5,
    headers: { a: "b" },
  },
  metadata: { any: ["json", { deep: null }] },
};

const check = compileCheck(EventInput);

/** Damages one place of an event: another type, a boundary, a missing or an added field. */
const damaged = fc
  .tuple(
    fc.constantFrom(...places(full)),
    fc.oneof(
      fc.jsonValue(),
      fc.ipV4(),
      fc.ipV6(),
      fc.integer(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.string({ maxLength: 300 }),
    ),
    fc.boolean(),
  )
  .map(([path, value, addField]) => {
    const copy = structuredClone(full) as Record<string, unknown>;
    const parent = path.slice(0, -1).reduce<Record<string, unknown>>((node, step) => node[step] as Record<string, unknown>, copy);
    parent[addField ? `${path.at(-1)}_` : (path.at(-1) as string)] = value;
    return copy;
  });

function places(value: unknown, way: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [way];
  return [...(way.length > 0 ? [way] : []), ...Object.entries(value).flatMap(([key, child]) => places(child, [...way, key]))];
}

describe("validation", () => {
  test("the fast check says yes to an ordinary event", () => {
    expect(check(full)).toBe(true);
    expect(EventInput.safeParse(full).success).toBe(true);
  });

  test("what the fast check accepts, the schema accepts unchanged", () => {
    fc.assert(
      fc.property(damaged, (event) => {
        if (!check(event)) return;
        expect(JSON.stringify(EventInput.parse(event))).toBe(JSON.stringify(event));
      }),
      { numRuns: 5000 },
    );
  });

  test("what the schema accepts of JSON, the fast check accepts too, odd dates and addresses aside", () => {
    fc.assert(
      fc.property(damaged, (event) => {
        const text = JSON.stringify(event);
        if (text.includes('"__proto__"')) return; // decoding refuses it; zod would leave it out
        const plain = JSON.parse(text) as unknown;
        expect("event" in validateEvent(plain) || !EventInput.safeParse(plain).success).toBe(true);
        if (EventInput.safeParse(plain).success) expect(check(plain)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test("all problems are told at once, as pointers", () => {
    expect(
      validateEvent({
        actoin: "x",
        http: { status: "200", "a/b": 1 },
        source: { ip: "nope" },
      }),
    ).toEqual({
      problems: expect.arrayContaining([
        {
          pointer: "/actoin",
          detail: "Unknown field. Free fields go into metadata.",
        },
        { pointer: "/action", detail: "Required." },
        { pointer: "/http/status", detail: "expected number, received string" },
        {
          pointer: "/http/a~1b",
          detail: "Unknown field. Free fields go into metadata.",
        },
        { pointer: "/source/ip", detail: "Not an IPv4 or IPv6 address." },
      ]),
    });
  });

  test("a text written by the caller of the monitored API is cut, not refused: nobody hides behind a long user agent", () => {
    const result = validateEvent({
      action: "a",
      source: { user_agent: `${"x".repeat(2047)}😀y` },
      http: { path: "/".repeat(9000) },
    });
    expect(result).toMatchObject({
      truncated: true,
      event: {
        http: { path: "/".repeat(8192) },
        source: { user_agent: "x".repeat(2047) },
      },
    });
  });

  test("a name that the service chooses is refused when it is too long", () => {
    expect(validateEvent({ action: "a".repeat(129) })).toEqual({ problems: [{ pointer: "/action", detail: "At most 128 characters." }] });
    expect(validateEvent({ action: "" })).toEqual({ problems: [{ pointer: "/action", detail: "Must not be empty." }] });
    expect(validateEvent({ action: "a", session: { id: "x".repeat(5000) } })).toHaveProperty("problems");
  });
});
