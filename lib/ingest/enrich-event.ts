/** The enrich step: defaults, clock policy, place and agent. From what a client sent to the document that we keep. */
import type { Problem } from "@/lib/errors";
import type { Agent, EventDocument, EventInput, EventRecord, Geo, Mark } from "@/lib/model/event";

/** Older than this at receipt: marked `late`. Equals the lateness bound of detection. */
export const LATE_MS = 10 * 60_000;
/** Further ahead than this at receipt: marked `future`, and counted at the time of receipt, so that a wrong clock cannot push windows ahead. */
export const FUTURE_MS = 60_000;
/** The accepted range: further away than this is refused, unless the key may import the past. */
export const PAST_LIMIT_MS = 30 * 86_400_000;
export const FUTURE_LIMIT_MS = 86_400_000;
/** The earliest time that an import may bring. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** Look-ups in the outside world; both are expected to be quick. */
export interface Finders {
  placeOf(ip: string): Geo | undefined;
  agentOf(userAgent: string): Agent | undefined;
}

/** What was found out about an event before it is enriched. Times are ms since the epoch. */
export interface Known {
  id: string;
  occurredAt: number;
  receivedAt: number;
  marks: readonly Mark[];
}

/** Decides the event time. `problem`: the time is outside the accepted range. */
export function judgeClock(
  occurredAt: string | undefined,
  { receivedAt, mayImport }: { receivedAt: number; mayImport: boolean },
): { at: number; mark?: Mark; problem?: Problem } {
  if (occurredAt === undefined) return { at: receivedAt };
  const at = Date.parse(occurredAt);
  if (!(at >= EPOCH_MS)) return { at, problem: { pointer: "/occurred_at", detail: "Earlier than the year 2000." } };
  if (at > receivedAt + FUTURE_LIMIT_MS)
    return { at, problem: { pointer: "/occurred_at", detail: "More than 24 hours ahead of the server's clock." } };
  if (at > receivedAt + FUTURE_MS) return { at: receivedAt, mark: "future" };
  if (mayImport || at >= receivedAt - LATE_MS) return { at };
  if (at < receivedAt - PAST_LIMIT_MS)
    return { at, problem: { pointer: "/occurred_at", detail: "More than 30 days old: send it with a key that has the import scope." } };
  return { at, mark: "late" };
}

/** Makes the document of the event, in place, and its record. The client's own geo wins, part by part. */
export function enrichEvent(event: EventInput, known: Known, finders: Finders): EventRecord {
  const { id, occurredAt, receivedAt, marks } = known;
  const document = event as EventDocument; // what it lacks for that is filled in below
  document.id = id;
  document.occurred_at ??= new Date(receivedAt).toISOString();
  document.outcome ??= outcomeOf(event);
  document.direction ??= "inbound";
  if (document.source) enrichSource(document.source, finders);
  if (marks.length > 0) document.marks = [...marks];
  return { id, occurredAt, receivedAt, document };
}

/** Without a word from the client the status speaks: below 400 worked, from 400 on did not. */
function outcomeOf(event: EventInput): "success" | "failure" | "unknown" {
  const status = event.http?.status;
  if (status === undefined || status < 100) return "unknown";
  return status < 400 ? "success" : "failure";
}

function enrichSource(source: NonNullable<EventDocument["source"]>, finders: Finders): void {
  const place = source.ip ? finders.placeOf(source.ip) : undefined;
  if (place) source.geo = mergePlaces(place, source.geo);
  const agent = source.user_agent ? finders.agentOf(source.user_agent) : undefined;
  if (agent) source.agent = agent;
}

/** Our coordinates and city belong to our country: they are kept only when the client does not name another. */
function mergePlaces(ours: Geo, theirs: Geo | undefined): Geo {
  if (!theirs) return ours;
  if (theirs.country === undefined || theirs.country === ours.country)
    return theirs.lat === undefined ? { ...ours, ...theirs } : { ...withoutPoint(ours), ...theirs };
  return { ...(ours.asn === undefined ? {} : { asn: ours.asn }), ...(ours.as_org === undefined ? {} : { as_org: ours.as_org }), ...theirs };
}

function withoutPoint(place: Geo): Geo {
  const { lat: _lat, lon: _lon, radius_km: _radius, ...rest } = place;
  return rest;
}
