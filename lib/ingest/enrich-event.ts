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

/** What enrichment needs to know about the outside; both look-ups are expected to be quick. */
export interface Enrichment {
  /** Time of receipt, ms since the epoch. */
  receivedAt: number;
  /** The key may write the past (`import`), and no event of it is late. */
  mayImport: boolean;
  marks: readonly Mark[];
  placeOf(ip: string): Geo | undefined;
  agentOf(userAgent: string): Agent | undefined;
  newId(): string;
}

/** Decides the event time. `problem`: the time is outside the accepted range. */
export function judgeClock(
  occurredAt: string | undefined,
  enrichment: Pick<Enrichment, "receivedAt" | "mayImport">,
): { at: number; mark?: Mark; problem?: Problem } {
  const { receivedAt, mayImport } = enrichment;
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

/** Builds the document and its record. The client's own geo wins, part by part. */
export function enrichEvent(event: EventInput, clock: { at: number; mark?: Mark }, enrichment: Enrichment): EventRecord {
  const { receivedAt } = enrichment;
  const id = event.id ?? enrichment.newId();
  const marks = clock.mark ? [...enrichment.marks, clock.mark] : enrichment.marks;
  const document: EventDocument = {
    ...event,
    id,
    occurred_at: event.occurred_at ?? new Date(receivedAt).toISOString(),
    outcome: event.outcome ?? outcomeOf(event),
    direction: event.direction ?? "inbound",
  };
  if (event.source) document.source = enrichSource(event.source, enrichment);
  if (marks.length > 0) document.marks = [...marks];
  return { id, occurredAt: clock.at, receivedAt, document };
}

/** Without a word from the client the status speaks: below 400 worked, from 400 on did not. */
function outcomeOf(event: EventInput): "success" | "failure" | "unknown" {
  const status = event.http?.status;
  if (status === undefined || status < 100) return "unknown";
  return status < 400 ? "success" : "failure";
}

function enrichSource(source: NonNullable<EventInput["source"]>, enrichment: Enrichment): NonNullable<EventDocument["source"]> {
  const enriched: NonNullable<EventDocument["source"]> = { ...source };
  const place = source.ip ? enrichment.placeOf(source.ip) : undefined;
  if (place) enriched.geo = mergePlaces(place, source.geo);
  const agent = source.user_agent ? enrichment.agentOf(source.user_agent) : undefined;
  if (agent) enriched.agent = agent;
  return enriched;
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
