import { beforeAll, expect, it } from "vitest";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { listHiddenSuccesses } from "@/lib/store/hidden-successes";
import { useDatabase } from "@/test/support/database";
import { storeEvents } from "@/test/support/stored-events";

const database = useDatabase();
const from = Date.UTC(2026, 10, 23, 12);
const hidden = (q: string) => listHiddenSuccesses({ query: parseQuery(q, EVENT_FIELDS), from, to: from + 3_600_000 });
let n = 0;
const signIn = (actor: string, second: number, outcome: string, ip = "203.0.113.7") => ({
  id: `e${n++}`,
  occurred_at: new Date(from + second * 1000).toISOString(),
  action: "user.login",
  outcome,
  direction: "inbound",
  actor: { id: actor },
  source: { ip },
});

beforeAll(async () => {
  await storeEvents(database, [
    ...[0, 1, 2, 3].map((s) => signIn("ana", s, "failure")),
    signIn("ana", 5, "success"),
    ...[0, 1].map((s) => signIn("bob", s, "failure")),
    signIn("bob", 2, "success"), // mistyped twice
    ...[0, 1, 2].map((s) => signIn("eve", s, "failure")),
    signIn("eve", 700, "success"), // much later
  ]);
});

it("shows who got in right after failures that the filter shows", async () => {
  expect(await hidden("action:user.login outcome:failure ip:203.0.113.0/24")).toMatchObject([
    { actor: "ana", failures: 4, last_failure: new Date(from + 3000) },
  ]);
});

it("says nothing when the filter hides nothing, or is about something else", async () => {
  expect(await hidden("action:user.login")).toEqual([]);
  expect(await hidden("outcome:(failure OR success)")).toEqual([]);
  expect(await hidden("outcome:failure ip:10.0.0.0/8")).toEqual([]);
  expect(await hidden("(outcome:failure OR ip:10.0.0.1)")).toEqual([]);
});
