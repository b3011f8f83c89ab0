import { beforeAll, describe, expect, it } from "vitest";
import { readCase } from "@/lib/incidents/case-file";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { EventDocument } from "@/lib/model/event";
import { TriageQuestion } from "@/lib/model/triage";
import type { Context } from "@/lib/model/user";
import { LIVE } from "@/lib/store/batches";
import { inTransaction } from "@/lib/store/db";
import { newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

useDatabase();
const MINUTE = 60_000;
const DAY = 86_400_000;
const ctx: Context = { actor: { type: "system", name: "test" }, now: new Date(NOON + 10 * MINUTE) };

let made = 0;
const event = (at: number, ip: string, more: object) => {
  const document = {
    id: `e${made++}`,
    occurred_at: new Date(at).toISOString(),
    action: "http.request",
    outcome: "success",
    direction: "inbound",
    service: "orders-api",
    actor: { id: "ana@example.com" },
    source: { ip, geo: { as_org: "Telekom", asn: 3320, country: "DE" }, user_agent: "Firefox/140" },
    ...more,
  } as EventDocument; // cast: a document as the wire gives it
  return newEvent({ id: document.id, occurredAt: at, receivedAt: at, document }, { keyId: null, lane: LIVE });
};
const foreign = (ip: string) => ({ ip, geo: { as_org: "Clouvider", asn: 62_240, country: "GB" }, user_agent: "python-requests/2.32" });

/** Ana's month from her own network; then 41 failures in three minutes from elsewhere, an entry, and twelve large answers. */
beforeAll(async () => {
  const attacker = "203.0.113.7";
  await appendEvents(
    [
      ...Array.from({ length: 20 }, (_, n) => event(NOON - (n + 1) * DAY, "84.1.12.7", {})),
      ...Array.from({ length: 41 }, (_, n) =>
        event(NOON + n * 4000, attacker, { action: "user.login", outcome: "failure", source: foreign(attacker) }),
      ),
      event(NOON + 3 * MINUTE, attacker, { action: "user.login", source: foreign(attacker) }),
      ...Array.from({ length: 12 }, (_, n) =>
        event(NOON + 3 * MINUTE + (n + 1) * 1000, attacker, {
          source: foreign(attacker),
          session: { id: "stolen" },
          http: { method: "GET", path: `/v1/customers/${n}`, status: 200, response_bytes: 1_000_000 },
        }),
      ),
      event(NOON - 3 * DAY, "198.51.100.9", { actor: { id: "bob@example.com" } }),
      event(NOON, "198.51.100.9", { actor: { id: "bob@example.com" }, outcome: "failure", action: "user.login" }),
    ],
    [],
  );
  const at = { firstAt: NOON, lastAt: NOON + 4 * MINUTE };
  for (const alert of [anAlert(attacker, { ...at, eventCount: 54 }), anAlert("198.51.100.9", { ...at, related: [] })])
    await inTransaction((tx) => recordAlerts(tx, [alert], { historical: false, world: "live", now: ctx.now }));
});

const half = TriageQuestion.options.length / 2; // a card asks at most twelve
const answersOf = async (number: number) =>
  (
    await Promise.all(
      [TriageQuestion.options.slice(0, half), TriageQuestion.options.slice(half)].map((questions) => readCase(ctx, { number, questions })),
    )
  ).flatMap(({ answers }) => answers ?? []);

describe("triage", () => {
  it("answers every question with a word and a number from the data", async () => {
    for (const number of [1, 2]) {
      const answers = await answersOf(number);
      expect(answers).toHaveLength(TriageQuestion.options.length - 1); // nobody used a key
      for (const { id, detail } of answers) expect([id, detail]).toEqual([id, expect.stringMatching(/\d/)]);
    }
  });

  it("counts failures up to the entry, says when an address came first, and what is unlike the last 30 days", async () => {
    const said = Object.fromEntries(
      (await answersOf(1)).map(({ id, question, answer, detail }) => [id, `${question} ${answer}. ${detail}`]),
    );
    expect(said).toMatchObject({
      success_after_failures: "Did anyone get in? Yes. ana@example.com entered after 41 failures in 3 min",
      still_in: "Are they still in? Yes. The last request that worked was 6 min ago",
      bytes_out: "Did they take much? Yes. 12 MB in 12 answers",
      first_seen_source: "First time for this address? Yes. First seen 2026-11-23 12:00 UTC; not once in the 30 days before",
      same_network_as_usual: "Same network as in the last 30 days? No. Now Clouvider (13 events); usually Telekom",
    });
    const other = Object.fromEntries((await answersOf(2)).map(({ id, answer, detail }) => [id, `${answer}. ${detail}`]));
    expect(other).toMatchObject({
      success_after_failures: "No. 1 failure in 1 s, 0 sign-ins succeeded",
      first_seen_source: "No. Seen before, first on 2026-11-20 12:00 UTC",
      bytes_out: "Unknown. 0 of their answers reported a size",
    });
  });
});
