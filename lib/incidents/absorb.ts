/** One incident becomes part of another: what it holds goes there, it is settled as a duplicate, and whoever was told of it is told where it went. */
import { type Incident, incidentName } from "@/lib/model/incident";
import type { Tx } from "@/lib/store/db";
import { appendActivity, moveIntoIncident, saveDecision } from "@/lib/store/incidents";
import { appendOutbox, endWaitingOf, listInformed } from "@/lib/store/outbox";
import { type HappenedTo, messagesFor } from "./messages";
import type { Listener } from "./routing";

/** Who says that they are one, and why. */
interface Absorbing {
  from: Incident;
  into: HappenedTo & { number: number };
  reason: string;
  by: { actorId?: string; actorName: string };
  now: Date;
}

/** Moves everything and settles it. The facts of `into` are for the caller to add up anew, and whoever knew of `from` is to be told. */
export async function absorbIncident(tx: Tx, { from, into, reason, by, now }: Absorbing): Promise<void> {
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
}

/**
 * Whoever got a mail about one that is gone hears of the other in the same thread, once for all that became part of it in one go; a webhook hears of each. For
 * whom had not heard of that one yet, this takes the place of its opening. How many messages were written.
 */
export async function tellOfAbsorbed(
  tx: Tx,
  { gone, into, by, now }: Omit<Absorbing, "from" | "reason"> & { gone: readonly Incident[] },
): Promise<number> {
  const known = new Set((await listInformed(tx, into.id)).map(({ recipient }) => recipient));
  const told = new Map<string, { listener: Listener; from: number[] }>();
  for (const { id, number, historical, sample } of gone) {
    if (historical || sample) continue;
    for (const { recipient, channel, routeId } of await listInformed(tx, id)) {
      const key = channel === "webhook" ? `${recipient} ${number}` : recipient;
      const from = [...(told.get(key)?.from ?? []), number];
      if (recipient !== `user:${by.actorId}`)
        told.set(key, { listener: { recipient, channel, route: { id: routeId ?? "", name: "" } }, from });
    }
  }
  const messages = [...told.values()].flatMap(({ listener, from }) =>
    messagesFor({ kind: "merged", number: from[0] ?? 0 }, into, [listener], now).map((message) => ({
      ...message,
      payload: { ...message.payload, remark: listNames(from.map(incidentName)) },
      ...(known.has(listener.recipient) ? {} : { dedupeKey: `incident:${into.id}:opened:${listener.recipient}` }),
    })),
  );
  return appendOutbox(tx, messages, now);
}

const listNames = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
