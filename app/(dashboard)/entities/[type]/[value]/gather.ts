import { any, type Query } from "@/lib/query/ast";
import { termFor } from "@/lib/query/edit";
import type { EntityType } from "@/lib/query/entities";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { QueryError } from "@/lib/query/query-error";
import { type EventSummary, summarize } from "@/lib/model/event-words";
import type { TimeRange } from "@/lib/model/time-range";
import { listAccountIds } from "@/lib/store/account-names";
import { exitOf, type OwnExit } from "@/lib/model/own-exit";
import { listOwnExits } from "@/lib/store/own-exits";
import type { Executor } from "@/lib/store/db";
import { findSpanOf, listAlertsAbout, listIncidentsOf } from "@/lib/store/entity-reads";
import { bucketWidth, countByTime, type FacetField, type Histogram, listFacets } from "@/lib/store/event-figures";
import { listEvents } from "@/lib/store/event-reads";
import { withinTime } from "@/lib/store/reading";
import { listTraffic } from "@/lib/store/traffic-reads";

/** What is usual for each kind of thing: the fields whose values are counted. */
const USUAL: Record<EntityType, readonly FacetField[]> = {
  actor: ["country", "network", "agent", "ip", "route", "service"],
  ip: ["actor", "route", "user_agent", "service", "reason", "key"],
  key: ["ip", "network", "country", "route", "service", "user_agent"],
  session: ["ip", "network", "country", "agent", "route", "actor"],
  asn: ["ip", "actor", "country", "route", "user_agent", "service"],
  service: ["actor", "ip", "route", "key", "country", "reason"],
};
/** Usual values are counted among the newest so many events: enough to know what is usual, few enough for a busy service. */
export const USUAL_SAMPLE = 5_000;
const LATEST = 20;
const NAMESAKES = 5; // accounts of one name that are looked at together; more are asked for by name, event by event

/** What is asked of events about a thing, and its ids where it has other names; null for what cannot be one. An account is found by mail address and name, too. */
export async function askedOf(type: EntityType, value: string): Promise<{ asked: Query; ids: string[] } | null> {
  try {
    const ids = type === "actor" ? await listAccountIds(value, { limit: NAMESAKES + 1 }) : [];
    if (ids.length > 0 && ids.length <= NAMESAKES) return { asked: any(ids.map((id) => termFor(EVENT_FIELDS, "actor.id", id))), ids };
    return { asked: termFor(EVENT_FIELDS, type, value.replace(type === "asn" ? /^AS/i : /^$/, "")), ids: [] };
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

interface Wanted {
  type: EntityType;
  value: string;
  asked: Query;
  /** Its ids, where they are others than the value. */
  ids: readonly string[];
  range: TimeRange;
}

/** Everything known about the thing. Each part within its time; a part that took too long is null. */
export async function gather({ type, value, asked, ids, range }: Wanted) {
  const filter = { query: asked, from: range.from, to: range.to };
  const [span, page, histogram, facets] = await Promise.all([
    withinTime((on) => findSpanOf(asked, on), 3000),
    withinTime((on) => listEvents(filter, { limit: LATEST, on })),
    withinTime((on) => (type === "service" ? courseOfService(value, range, on) : countByTime(filter, { split: "outcome", on }))),
    withinTime((on) => listFacets(filter, { fields: USUAL[type], top: 6, sample: USUAL_SAMPLE, on })),
  ]);
  // alerts may know an account by its id where people know its address
  const said = type === "actor" ? (page?.events ?? []).map(({ document }) => document.actor) : [];
  const names = said.flatMap((actor) => [actor?.id, actor?.email, actor?.name].filter((name) => name !== undefined));
  const values = [...new Set([value, ...ids, ...names])];
  const [incidents, alerts] = await Promise.all([
    withinTime((on) => listIncidentsOf(type, values, on)),
    withinTime((on) => listAlertsAbout(type, values, on)),
  ]);
  const events: EventSummary[] | null = page && page.events.map((event) => summarize(event.id, event.occurredAt, event.document));
  const known = said.find((actor) => actor?.email ?? actor?.name);
  const network = type === "asn" ? page?.events.map(({ document }) => document.source?.geo?.as_org).find(Boolean) : undefined;
  return { span, events, histogram, facets, incidents, alerts, values, name: network ?? known?.email ?? known?.name };
}

/** The exit of the organisation that an address belongs to; null for others and for what is no address. */
export async function ownExitOf(type: EntityType, value: string): Promise<OwnExit | null> {
  return type === "ip" ? (exitOf(await listOwnExits(), value) ?? null) : null;
}

/** What was gathered about a thing. */
export type Known = Awaited<ReturnType<typeof gather>>;

/** A service may have millions of events: its course is read from the minutes, as on the page of traffic. */
async function courseOfService(service: string, { from, to }: TimeRange, on: Executor): Promise<Histogram> {
  const widthMs = Math.max(60_000, bucketWidth(from, to));
  const start = Math.floor(from / widthMs) * widthMs;
  const points = await listTraffic({ from: start, to, service }, { widthMs, on });
  const keys = (["success", "failure", "unknown"] as const).filter((key) => points.some((point) => point[key] > 0));
  const bars = points.map((point) => ({ at: point.at, counts: keys.map((key) => point[key]) }));
  const total = bars.reduce((sum, { counts }) => sum + counts.reduce((all, count) => all + count, 0), 0);
  return { start, widthMs, keys: [...keys], bars, total };
}
