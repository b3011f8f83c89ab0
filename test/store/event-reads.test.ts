import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { accountNames } from "@/lib/detection/account-names";
import type { EventDocument } from "@/lib/model/event";
import { EVERYTHING } from "@/lib/query/ast";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { compilePredicate } from "@/lib/query/predicate";
import { countByTime, listFacets, listValues } from "@/lib/store/event-figures";
import { countEvents, findEvent, listArrivals, listAround, listEvents, newestBatch, streamEvents } from "@/lib/store/event-reads";
import { rememberAccountNames } from "@/lib/store/account-names";
import { db, execute, inTransaction, sql } from "@/lib/store/db";
import { withinTime } from "@/lib/store/reading";
import { useDatabase } from "@/test/support/database";
import { storeEvents } from "@/test/support/stored-events";
import { documents, queries } from "@/test/unit/query/arbitrary";

const database = useDatabase();
const month = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 2) };
const day = { from: Date.UTC(2027, 0, 5), to: Date.UTC(2027, 0, 6) };
const parse = (text: string) => parseQuery(text, EVENT_FIELDS);

describe("the query language in PostgreSQL", () => {
  const world = [...new Map(fc.sample(documents, { numRuns: 150, seed: 7 }).map((document) => [document.id, document])).values()];
  beforeAll(async () => {
    await storeEvents(database, world);
  });

  /** Detection has looked at all events, and noted whose names they say. */
  async function detect(): Promise<void> {
    const events = world.map((document) => ({
      id: String(document.id),
      occurredAt: 0,
      receivedAt: 0,
      document: document as unknown as EventDocument,
    }));
    await inTransaction((tx) => rememberAccountNames(tx, accountNames(events), { now: new Date(), sample: false }));
    await execute(db, sql`update batch set detected_at = now()`);
  }

  it.each([
    ["before detection", undefined],
    ["after it", detect],
  ])("finds exactly the events that the predicate accepts, %s", async (_, prepare) => {
    await prepare?.();
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const accepts = compilePredicate(query, EVENT_FIELDS);
        const { events } = await listEvents({ query, ...month }, { limit: 1000 });
        expect(events.map(({ id }) => id).sort()).toEqual(
          world
            .filter(accepts)
            .map(({ id }) => id)
            .sort(),
        );
      }),
      { numRuns: 400 },
    );
  });

  it.each(["actor:ana@x.io", "actor:*@x.io", "email:ANA*", "actor.name:ana", "-actor:ana", "email:*"])(
    "finds %s by the noted names",
    async (text) => {
      const { events } = await listEvents({ query: parse(text), ...month }, { limit: 1000 });
      expect(events.length).toBeGreaterThan(0);
      expect(events.length).toBe(world.filter(compilePredicate(parse(text), EVENT_FIELDS)).length);
    },
  );

  it("counts facets under the query without their own condition", async () => {
    const filter = { query: parse("outcome:failure direction:inbound"), ...month };
    const facets = await listFacets(filter, { fields: ["outcome", "direction", "ip", "actor", "exists", "network"], top: 50 });
    const count = (text: string) => world.filter(compilePredicate(parse(text), EVENT_FIELDS)).length;
    const outcome = facets.find(({ field }) => field === "outcome");
    for (const { value, count: counted } of outcome?.values ?? []) expect(counted).toBe(count(`direction:inbound outcome:${value}`));
    for (const { value, count: counted } of facets.find(({ field }) => field === "ip")?.values ?? []) {
      expect(counted).toBe(count(`outcome:failure direction:inbound ip:${value}`));
    }
    expect(outcome?.values.length).toBe(3);
  });
});

describe("pages", () => {
  const many = Array.from({ length: 95 }, (_, i) => ({
    id: `e${String(i).padStart(3, "0")}`,
    occurred_at: new Date(day.from + Math.floor(i / 3) * 60_000).toISOString(), // three at each instant
    action: "http.request",
    outcome: i % 5 === 0 ? "failure" : "success",
    direction: "inbound",
    service: i % 2 ? "api" : "web",
    reason: i % 5 === 0 ? "bad_password" : undefined,
    source: { ip: `10.0.0.${i % 7}` },
  }));
  let batchId = 0;
  beforeAll(async () => {
    batchId = await storeEvents(database, many);
  });

  it("walked to the end hold each event once, newest first, also where instants repeat", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listEvents({ query: EVERYTHING, ...day }, { limit: 10, ...(cursor && { cursor }) });
      seen.push(...page.events.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor);
    expect(seen).toEqual(
      many
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it("refuse a cursor that is not ours", async () => {
    for (const cursor of ["x", "", "bm9wZQ", Buffer.from("1|a\0").toString("base64url")]) {
      await expect(listEvents({ query: EVERYTHING, ...day }, { limit: 10, cursor })).rejects.toMatchObject({ code: "invalid" });
    }
  });

  it("streamed stop at the limit", async () => {
    const seen: string[] = [];
    for await (const page of streamEvents({ query: EVERYTHING, ...day }, 42)) seen.push(...page.map(({ id }) => id));
    expect(new Set(seen).size).toBe(42);
  });

  it("open only the days of the range", async () => {
    const plan = await database.owner(
      "explain select 1 from event where occurred_at >= $1::timestamptz and occurred_at < $2::timestamptz",
      [new Date(day.from).toISOString(), new Date(day.to).toISOString()],
    );
    expect(plan.rows.map((row) => row["QUERY PLAN"]).join("\n")).not.toMatch(/event_202611/);
  });

  it("counts exactly, and by time and kind", async () => {
    expect(await countEvents({ query: parse("outcome:failure"), ...day })).toEqual({ count: 19, exact: true });
    const histogram = await countByTime({ query: parse("service:api"), ...day }, { split: "outcome" });
    expect(histogram.total).toBe(47);
    expect(histogram.bars.length).toBeGreaterThanOrEqual(60);
    expect(histogram.bars.flatMap(({ counts }) => counts).reduce((a, b) => a + b)).toBe(47);
    const reasons = await countByTime({ query: parse("outcome:failure"), ...day }, { split: "reason", offsetMs: 19_800_000 });
    expect(reasons.keys).toEqual(["bad_password"]);
    expect(reasons.bars.flatMap(({ counts }) => counts).reduce((a, b) => a + b)).toBe(19);
  });

  it("one event, its surroundings, and what arrived after a batch", async () => {
    const event = await findEvent("e050");
    expect(event?.document.id).toBe("e050");
    expect(await findEvent("e050", event?.occurredAt)).toEqual(event);
    expect(await findEvent("nope")).toBeNull();
    const around = await listAround({ query: parse("service:api"), instant: event?.occurredAt ?? 0, spanMs: 120_001 });
    expect(around.map(({ id }) => id)).toEqual(
      many
        .filter((one) => one.service === "api" && Math.abs(Date.parse(one.occurred_at) - (event?.occurredAt ?? 0)) <= 120_000)
        .map(({ id }) => id),
    );
    const arrived = await listArrivals(parse("outcome:failure"), { batchId: batchId - 1, limit: 100, since: day.from });
    expect(arrived.events).toHaveLength(19);
    expect(await listArrivals(EVERYTHING, { batchId: await newestBatch(), limit: 100, since: 0 })).toMatchObject({ events: [] });
  });

  it("values that begin with what is typed", async () => {
    expect(await listValues({ query: EVERYTHING, ...day }, { field: "service", prefix: "A" })).toEqual([{ value: "api", count: 47 }]);
    expect(await listValues({ query: EVERYTHING, ...day }, { field: "service", prefix: "%" })).toEqual([]);
  });
});

describe("bounded reads", () => {
  it("give null when they take too long, and cannot write", async () => {
    expect(await withinTime((tx) => execute(tx, sql`select pg_sleep(5)`), 50)).toBeNull();
    await expect(
      withinTime((tx) => execute(tx, sql`insert into setting (name, value, updated_at) values ('x', '1', now())`)),
    ).rejects.toThrow(/read-only/);
    expect(await execute(db, sql`select 1`)).toBe(1);
  });
});
