/** Writes the digests that are due to the outbox. Called by the clock; calling it again changes nothing. */
import { inTransaction } from "@/lib/store/db";
import { appendOutbox, type OutboxMessage } from "@/lib/store/outbox";
import { listPeople, listStops } from "@/lib/store/routes";
import { digestChoiceOf, latestDigest } from "./digest-schedule";
import { isZone } from "./when";

const LATE_MS = 20 * 3_600_000; // a digest that could not be written for most of a day is yesterday's news

/** One outbox row for each person whose digest is due; how many are new. */
export function planDigests(now: Date): Promise<number> {
  return inTransaction(async (tx) => {
    const stops = new Set((await listStops(tx, now)).filter(({ kind }) => kind === "digests").map(({ recipient }) => recipient));
    const messages = (await listPeople(tx)).flatMap((person): OutboxMessage[] => {
      const recipient = `user:${person.id}`;
      const choice = digestChoiceOf(person);
      const zone = isZone(person.timeZone) ? person.timeZone : "UTC";
      const due = stops.has(recipient) ? null : latestDigest(choice, zone, now.getTime());
      if (!due || now.getTime() - due.to > LATE_MS || due.to < person.createdAt.getTime()) return [];
      return [
        {
          dedupeKey: `digest:${choice.kind}:${due.to}:${recipient}`,
          kind: "digest",
          channel: "mail",
          recipient,
          reason: "digest",
          payload: { kind: choice.kind, from: due.from, to: due.to },
          dueAt: now,
        },
      ];
    });
    return appendOutbox(tx, messages, now);
  });
}
