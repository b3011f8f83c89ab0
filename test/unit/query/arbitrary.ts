/** Arbitrary queries and events over a small world of values, so that they meet often. */
import fc from "fast-check";
import { all, any, not, type Query, type Term, type Test } from "@/lib/query/ast";

const at = { offset: 0, length: 0 };
const word = fc.oneof(
  fc.constantFrom(
    "api",
    "web",
    "Ana",
    "ana@x.io",
    "user.login",
    "curl/8.4",
    "a*b",
    'say "hi"',
    "back\\slash",
    "100%",
    "under_score",
    "AND",
    "1..5",
    "-x",
    "x:y",
    "fe80:",
    "",
    "ÄÖ",
    "(",
    "TO",
    "5",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll("\0", "")),
);
const parts = fc.oneof(
  fc.tuple(word),
  fc
    .array(word, { minLength: 2, maxLength: 4 })
    .map((list) => list.filter((part, i) => part !== "" || i === 0 || i === list.length - 1))
    .filter((list) => list.length > 1 && list.some((part) => part !== "")),
);
const number = fc.oneof(
  fc.integer({ min: -999, max: 999 }),
  fc.integer({ min: 0, max: 9_999_999 }).map((n) => n / 1000),
);
const ordered = <T>(one: fc.Arbitrary<T>, before: (a: T, b: T) => boolean) =>
  fc.tuple(one, one).map(([a, b]): [T, T] => (before(a, b) ? [a, b] : [b, a]));
const comparison = fc.constantFrom("=", ">", ">=", "<", "<=" as const);

const exists = fc.constant<Test>({ op: "exists" });
const keyword = fc.oneof(
  exists,
  parts.map((list): Test => ({ op: "match", parts: list, whole: true })),
);
const prose = fc.oneof(
  keyword.filter((test) => test.op !== "match" || test.parts.length === 1),
  parts.map((list): Test => ({ op: "match", parts: list, whole: false })),
);
const amount = (of: fc.Arbitrary<number>): fc.Arbitrary<Test> =>
  fc.oneof(
    exists,
    fc.record({ op: fc.constant("compare" as const), comparison, value: of }) as fc.Arbitrary<Test>,
    ordered(of, (a, b) => a <= b).map(([from, to]): Test => ({ op: "between", from, to })),
  );
const instant = fc.integer({ min: Date.UTC(2026, 10, 1), max: Date.UTC(2026, 11, 1) });
const address = fc.oneof(
  exists,
  fc
    .constantFrom("10.0.0.0/8", "10.1.2.3", "203.0.113.0/25", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0", "fe80::/10")
    .map((network): Test => ({ op: "network", network })),
  fc
    .constantFrom<[string, string]>(["10.0.0.1", "10.9.9.9"], ["2001:db8::1", "2001:db8::ff"], ["fe80::1", "fe80::2"])
    .map(([from, to]): Test => ({ op: "addresses", from, to })),
);
const flag = fc.oneof(
  exists,
  fc.boolean().map((value): Test => ({ op: "flag", value })),
);
const anyKind = fc.oneof(
  keyword,
  amount(number).filter((test) => test.op !== "compare" || test.comparison !== "="),
);

const tests: Record<string, fc.Arbitrary<Test>> = {
  service: keyword,
  actor: keyword,
  "actor.id": keyword,
  "actor.email": keyword,
  "actor.name": keyword,
  target: keyword,
  path: keyword,
  session: keyword,
  reason: keyword,
  country: keyword,
  outcome: fc.constantFrom("success", "failure", "unknown").map((value): Test => ({ op: "match", parts: [value], whole: true })),
  user_agent: prose,
  body: prose,
  status: amount(number),
  duration: amount(number),
  asn: amount(number),
  occurred_at: amount(instant),
  ip: address,
  "destination.ip": address,
  exists: flag,
  mfa: flag,
  "metadata.a": anyKind,
  "metadata.a.b": anyKind,
  "header.x-trace": keyword,
};

const looksLikeAddress = (list: readonly string[]) => list.length === 1 && /^[0-9a-f:.*/]+$/i.test(list[0] ?? "");
const free = parts
  .filter((list) => !looksLikeAddress(list))
  .map((list): Term => ({ type: "term", field: null, test: { op: "match", parts: list, whole: false }, at }));
const term = fc.oneof(
  free,
  ...Object.entries(tests).map(([field, test]) => test.map((asked): Term => ({ type: "term", field, test: asked, at }))),
);

/** Trees in the one shape that the parser makes, over EVENT_FIELDS. */
export const queries: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    term,
    fc.array(tie("query"), { maxLength: 3 }).map(all),
    fc.array(tie("query"), { minLength: 1, maxLength: 3 }).map(any),
    tie("query").map(not),
  ),
})).query;

const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const stored = word.filter((text) => /^\P{Surrogate}*$/u.test(text));
const json = fc.oneof(stored, number, fc.boolean(), fc.constant(null), fc.array(fc.oneof(stored, number), { maxLength: 3 }));

/** Event documents, as they come back from the database: absent parts are absent. */
export const documents: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    id: fc.uuid(),
    occurred_at: instant.map((ms) => new Date(ms).toISOString()),
    action: fc.constantFrom("user.login", "http.request", "Export"),
    outcome: fc.constantFrom("success", "failure", "unknown"),
    direction: fc.constantFrom("inbound", "outbound"),
    reason: maybe(stored),
    service: maybe(stored),
    actor: maybe(
      fc.record({
        id: maybe(stored),
        email: maybe(fc.constantFrom("ana@x.io", "ANA@X.IO")),
        name: maybe(stored),
        exists: maybe(fc.boolean()),
      }),
    ),
    session: maybe(fc.record({ id: stored })),
    credential: maybe(fc.record({ mfa: maybe(fc.boolean()) })),
    source: maybe(
      fc.record({
        ip: maybe(fc.constantFrom("10.1.2.3", "203.0.113.7", "203.0.113.200", "2001:db8::1", "fe80::1")),
        user_agent: maybe(stored),
        geo: maybe(fc.record({ country: maybe(fc.constantFrom("DE", "GB")), asn: maybe(fc.integer({ min: 0, max: 999 })) })),
      }),
    ),
    destination: maybe(fc.record({ ip: maybe(fc.constantFrom("10.1.2.3", "fe80::1")) })),
    targets: maybe(fc.array(fc.record({ id: maybe(stored), name: maybe(stored) }), { maxLength: 3 })),
    http: maybe(
      fc.record({
        path: maybe(stored),
        status: maybe(fc.integer({ min: 0, max: 999 })),
        body: maybe(stored),
        duration_ms: maybe(number),
        headers: maybe(fc.record({ "x-trace": maybe(stored) })),
      }),
    ),
    metadata: maybe(fc.record({ a: maybe(fc.oneof(json, fc.record({ b: maybe(json) }))), "a.b": maybe(json) })),
  })
  .map((document) => JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
