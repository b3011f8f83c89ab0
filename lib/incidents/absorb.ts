/** One incident becomes part of another: what it holds goes there, it is settled as a duplicate, and whoever was told of it is told where it went. */
import { type Incident, incidentName } from "@/lib/model/incident";
import type { Tx } from "@/lib/store/db";
import { appendActivity, moveIntoIncident, saveDecision } from "@/lib/store/incidents";
import { appendOutbox, endWaitingOf, listInformed } from "@/lib/store/outbox";
import { type HappenedTo, messagesFor } from "./messages";

/** Who says that they are one, and why. */
interface Absorbing {
  from: Incident;
  into: HappenedTo & { number: number };
  reason: string;
  by: { actorId?: string; actorName: string };
  now: Date;
}

/** Moves everything and settles it; how many messages were written. The facts of `into` are for the caller to add up anew. */
export async function absorbIncident(tx: Tx, { from, into, reason, by, now }: Absorbing): Promise<number> {
  const names = { from: incidentName(from.number), into: incidentName(into.number) };
  await moveIntoIncident(tx, { from: from.id, to: into.id });
  await saveDecision(
    tx,
    from,
    {
      state: "resolved",
      verdict: "duplicate",
      verdictReason: `Part of ${names.into}`,
      mergedIntoId: into.id,
      resolvedAt: now,
      snooze: null,
      snoozedUntil: null,
    },
    now,
  );
  await appendActivity(
    tx,
    [from.id, into.id].map((incidentId) => ({ incidentId, kind: "merged" as const, ...by, details: { ...names, reason } })),
    now,
  );
  await endWaitingOf(tx, from.id, `It is part of ${names.into} now.`);
  return from.historical || from.sample ? 0 : tellInformed(tx, { from, into, by, now });
}

/**
 * Whoever got a mail about the one that is gone hears of the other in the same thread; for whom had not heard of that one yet, this takes the place of its
 * opening.
 */
async function tellInformed(tx: Tx, { from, into, by, now }: Omit<Absorbing, "reason">): Promise<number> {
  const known = new Set((await listInformed(tx, into.id)).map(({ recipient }) => recipient));
  const informed = (await listInformed(tx, from.id))
    .filter(({ recipient }) => recipient !== `user:${by.actorId}`)
    .map(({ recipient, channel, routeId }) => ({ recipient, channel, route: { id: routeId ?? "", name: "" } }));
  const messages = messagesFor({ kind: "merged", number: from.number }, into, informed, now).map((message) => ({
    ...message,
    payload: { ...message.payload, remark: incidentName(from.number) },
    ...(known.has(message.recipient) ? {} : { dedupeKey: `incident:${into.id}:opened:${message.recipient}` }),
  }));
  return appendOutbox(tx, messages, now);
}
