/** Writes the digests that are due to the outbox: each person's own, and those of routes. Called by the clock; calling it again changes nothing. */
import { recipientsOf } from "@/lib/incidents/routing";
import type { Route } from "@/lib/model/route";
import { inTransaction } from "@/lib/store/db";
import { appendOutbox, type OutboxMessage } from "@/lib/store/outbox";
import { listPeople, listRoutes, listStops, type Person } from "@/lib/store/routes";
import { type DigestChoice, digestChoiceOf, type DigestPeriod, latestDigest } from "./digest-schedule";
import { isZone } from "./when";

const LATE_MS = 20 * 3_600_000; // a digest that could not be written for most of a day is yesterday's news

/** One outbox row for each digest that is due; how many are new. */
export function planDigests(now: Date): Promise<number> {
  return inTransaction(async (tx) => {
    const [people, routes, stops] = [await listPeople(tx), await listRoutes(tx), await listStops(tx, now)];
    const stopped = new Set(stops.filter(({ kind }) => kind === "digests").map(({ recipient }) => recipient));
    const messages = [
      ...people.flatMap((person) => ownDigest(person, now)),
      ...routes.flatMap((route) => routeDigests(route, people, now)),
    ];
    return appendOutbox(
      tx,
      messages.filter(({ recipient }) => !stopped.has(recipient)),
      now,
    );
  });
}

const zoneOf = (zone: string): string => (isZone(zone) ? zone : "UTC");

/** The digest that is due, unless it is too late for it or it tells of a time before somebody wanted it. */
function dueDigest(choice: DigestChoice, { zone, since, now }: { zone: string; since: Date; now: Date }): DigestPeriod | null {
  const due = latestDigest(choice, zoneOf(zone), now.getTime());
  return due && now.getTime() - due.to <= LATE_MS && due.to >= since.getTime() ? due : null;
}

/** A digest as a message; `route` when one asks for it, else it is a person's own. */
export function digestMessage(
  recipient: string,
  period: DigestPeriod & { kind: DigestChoice["kind"] },
  { route, now }: { route?: Route; now: Date },
): OutboxMessage {
  return {
    dedupeKey: `digest:${route ? `${route.id}:` : ""}${period.kind}:${period.to}:${recipient}`,
    kind: "digest",
    channel: "mail",
    recipient,
    reason: "digest",
    payload: { ...period, ...(route ? { routeId: route.id, routeName: route.name } : {}) },
    dueAt: now,
  };
}

function ownDigest(person: Person, now: Date): OutboxMessage[] {
  const choice = digestChoiceOf(person);
  const due = dueDigest(choice, { zone: person.timeZone, since: person.createdAt, now });
  return due ? [digestMessage(`user:${person.id}`, { kind: choice.kind, ...due }, { now })] : [];
}

function routeDigests(route: Route, people: readonly Person[], now: Date): OutboxMessage[] {
  if (!route.enabled || route.how !== "digest") return [];
  const zones = new Map(people.map(({ id, timeZone }) => [`user:${id}`, timeZone]));
  const { digest, zone } = route.options;
  return [...new Set(recipientsOf(route, people))].flatMap((recipient) => {
    if (recipient.startsWith("webhook:")) return []; // digests are for people
    const due = dueDigest(digest, { zone: zones.get(recipient) ?? zone, since: route.createdAt, now });
    return due ? [digestMessage(recipient, { kind: digest.kind, ...due }, { route, now })] : [];
  });
}
