import { createHash, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { EventDocument } from "@/lib/model/event";
import { type Lane, LIVE, listBacklog } from "@/lib/store/batches";
import { type NewEvent, newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { listOutcomes } from "@/lib/store/outcomes";
import { giveBack } from "@/lib/store/row-pages";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const start = Date.UTC(2026, 10, 23, 12);

interface Made {
  content?: string;
  document?: Partial<EventDocument>;
  at?: number;
  lane?: Lane;
  keyId?: string;
}

const documentOf = (id: string, { document = {}, at = start }: Made): EventDocument => ({
  id,
  occurred_at: new Date(at).toISOString(),
  action: "http.request",
  outcome: "success",
  direction: "inbound",
  ...document,
});

function made(id: string, more: Made = {}): NewEvent {
  const { content, at = start, lane = LIVE, keyId = null } = more;
  return newEvent(
    { id, occurredAt: at, receivedAt: start, document: documentOf(id, more) },
    { keyId, lane, digest: content === undefined ? undefined : createHash("sha256").update(content).digest() },
  );
}

const stored = async (where: string) => (await database.owner(`select * from event where ${where} order by occurred_at, id`)).rows;

describe("appending events", () => {
  it("keeps every column and the exact document, whatever characters an attacker wrote", async () => {
    const nasty = "tab\tline\nreturn\rback\\slash \\N \\. 'quote' \"double\" 漢😀\u2028\u0001";
    const document: Partial<EventDocument> = {
      action: nasty,
      service: nasty,
      actor: { id: nasty },
      source: { ip: "2001:db8::1", geo: { country: "DE", asn: 64500 } },
      http: { method: nasty, path: nasty, status: 404, duration_ms: 1e300, request_bytes: Number.MAX_SAFE_INTEGER },
      targets: [{ type: "order", id: nasty }],
      metadata: { [nasty]: [nasty] },
    };
    const event = made("nasty", { document });
    expect(await appendEvents([event], [])).toEqual(["accepted"]);
    const [row] = await stored("id = 'nasty'");
    expect(row).toMatchObject({
      action: nasty,
      service: nasty,
      actor_id: nasty,
      source_ip: "2001:db8::1",
      country: "DE",
      http_path: nasty,
      http_status: 404,
      target_id: nasty,
    });
    expect(row.document).toEqual(documentOf("nasty", { document }));
    expect(row.occurred_at).toEqual(new Date(start));
  });

  it("the same id and content is a duplicate, another content a conflict and the first stays; within one call too", async () => {
    const first = made("twice", { content: "a", document: { reason: "first" } });
    expect(await appendEvents([first, made("twice", { content: "a" }), made("twice", { content: "b" })], [])).toEqual([
      "accepted",
      "duplicate",
      "conflict",
    ]);
    expect(
      await appendEvents([made("twice", { content: "b" }), made("other", { content: "b" }), made("twice", { content: "a" })], []),
    ).toEqual(["conflict", "accepted", "duplicate"]);
    const rows = await stored("id = 'twice'");
    expect(rows).toHaveLength(1);
    expect(rows[0].document.reason).toBe("first");
  });

  it("an event whose id was forgotten after its time is still a duplicate when it comes again", async () => {
    await appendEvents([made("old", { content: "a" })], []);
    await database.owner("delete from event_id where id = 'old'");
    expect(await appendEvents([made("old", { content: "a" }), made("young", { content: "a" })], [])).toEqual(["duplicate", "accepted"]);
    expect(await stored("id = 'old'")).toHaveLength(1);
  });

  it("a duplicate alone leaves no batch behind", async () => {
    await appendEvents([made("alone", { content: "a" })], []);
    const before = (await listBacklog())[0];
    await appendEvents([made("alone", { content: "a" })], []);
    expect((await listBacklog())[0]).toEqual(before);
  });

  it("rows that are written where others lay come out whole, however long they are", async () => {
    const filler = (length: number, index: number) => `${index}:`.padEnd(length, "ä漢x");
    for (const round of [1, 2, 3]) {
      const lengths = Array.from({ length: 300 }, (_, index) => (index * 7919 * round) % 3000).concat(90_000, 1, 200_000, 5);
      const events = lengths.map((length, index) =>
        made(`p${round}-${index}`, { document: { metadata: { text: filler(length, index) } } }),
      );
      expect(await appendEvents(events, [])).not.toContain("conflict");
      giveBack(events);
      const rows = (await database.owner(`select id, document, batch_id > 0 as batched from event where id like 'p${round}-%'`)).rows;
      const texts = new Map(rows.map((row) => [row.id, row.document.metadata.text]));
      for (const [index, length] of lengths.entries()) expect(texts.get(`p${round}-${index}`)).toBe(filler(length, index));
      expect(rows.every((row) => row.batched)).toBe(true);
    }
  });

  it("10,000 ids sent one to five times by eight writers at once are stored once each", async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `race-${index}`);
    const sends = ids.flatMap((id, index) => Array.from({ length: 1 + (index % 5) }, () => id));
    for (let at = sends.length - 1; at > 0; at--) {
      const other = (at * 7919) % (at + 1); // a fixed shuffle
      [sends[at], sends[other]] = [sends[other] as string, sends[at] as string];
    }
    const groups = Array.from({ length: Math.ceil(sends.length / 250) }, (_, index) => sends.slice(index * 250, index * 250 + 250));
    const fates: string[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let group = groups.pop(); group; group = groups.pop())
          fates.push(
            ...(await appendEvents(
              group.map((id) => made(id, { content: id })),
              [],
            )),
          );
      }),
    );
    expect(fates.filter((fate) => fate === "accepted")).toHaveLength(10_000);
    expect(fates.filter((fate) => fate === "duplicate")).toHaveLength(sends.length - 10_000);
    const { rows } = await database.owner("select count(*)::int as rows, count(distinct id)::int as ids from event where id like 'race-%'");
    expect(rows[0]).toEqual({ rows: 10_000, ids: 10_000 });
  });

  it("days that nobody has seen get their partition, ten writers at once, and a dropped day comes back", async () => {
    const day = (offset: number) => start - offset * 86_400_000;
    await Promise.all(
      Array.from({ length: 10 }, (_, writer) =>
        appendEvents(
          Array.from({ length: 20 }, (_, offset) => made(randomUUID(), { at: day(100 + offset), document: { service: `w${writer}` } })),
          [],
        ),
      ),
    );
    expect((await database.owner("select count(*)::int as n from event where service like 'w%'")).rows[0].n).toBe(200);
    await database.owner("select drop_event_partition((date '2026-11-23' - 100))");
    expect(await appendEvents([made("back", { at: day(100) })], [])).toEqual(["accepted"]);
  });

  it("a batch knows its count and span, by lane; accounting adds up in the same transaction", async () => {
    await database.owner("truncate batch, outcome_minute, traffic_minute");
    const imported = { world: "import-1", historical: true, sample: false };
    const events = [
      made("b1", { content: "1" }),
      made("b2", {
        content: "2",
        at: start - 60_000,
        document: { action: "user.login", outcome: "failure", http: { status: 401, request_bytes: 10 } },
      }),
      made("b3", { at: start - 86_400_000, lane: imported }),
    ];
    await appendEvents(
      [...events, made("b1", { content: "x" })],
      [{ at: start, keyId: "k", service: "", outcome: "rejected", reason: "invalid", items: 3 }],
    );
    const batches = (await database.owner("select world, historical, event_count, min_occurred_at, max_occurred_at from batch order by id"))
      .rows;
    expect(batches).toEqual([
      { world: "live", historical: false, event_count: 2, min_occurred_at: new Date(start - 60_000), max_occurred_at: new Date(start) },
      {
        world: "import-1",
        historical: true,
        event_count: 1,
        min_occurred_at: new Date(start - 86_400_000),
        max_occurred_at: new Date(start - 86_400_000),
      },
    ]);
    const outcomes = await listOutcomes({ from: new Date(start - 1000), to: new Date(start + 60_000), limit: 10 });
    expect(Object.fromEntries(outcomes.map((row) => [row.outcome, row.items]))).toEqual({ accepted: 3, conflict: 1, rejected: 3 });
    const traffic = (
      await database.owner(
        "select sum(events)::int as events, sum(sign_ins)::int as sign_ins, sum(request_bytes)::int as bytes, count(*)::int as rows from traffic_minute",
      )
    ).rows[0];
    expect(traffic).toEqual({ events: 3, sign_ins: 1, bytes: 10, rows: 3 });
  });

  it("a failure in the middle leaves nothing: no id, no event, no count", async () => {
    await database.owner("truncate outcome_minute");
    const broken = made("half", { content: "a", keyId: "not a uuid" });
    await expect(appendEvents([broken], [])).rejects.toThrow();
    expect(
      (
        await database.owner(
          "select (select count(*)::int from event_id where id = 'half') as ids, (select count(*)::int from outcome_minute) as counts",
        )
      ).rows[0],
    ).toEqual({ ids: 0, counts: 0 });
    expect(await appendEvents([made("half", { content: "a" })], [])).toEqual(["accepted"]);
  });
});
