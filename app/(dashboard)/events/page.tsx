import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { readPreferences } from "@/app/preferences";
import { NoPermission } from "@/app/ui/states";
import { may } from "@/lib/access/require-permission";
import { reasonWords, summarize } from "@/lib/model/event-words";
import { formatOffset } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { spanWords } from "@/lib/model/time-range";
import { EVERYTHING } from "@/lib/query/ast";
import { chipsOf, choiceOf, withoutPart } from "@/lib/query/edit";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { countByTime, type FacetField, type Histogram, listFacets } from "@/lib/store/event-figures";
import { countEvents, type EventFilter, listEvents } from "@/lib/store/event-reads";
import { listHiddenSuccesses } from "@/lib/store/hidden-successes";
import { withinTime } from "@/lib/store/reading";
import { findLastEvent, listIncidentMarks } from "@/lib/store/traffic-reads";
import { readSavedViews } from "@/app/(dashboard)/saved-views/read-saved-views";
import { EventsScreen, type ScreenProps } from "./events-screen";
import { headline, proof } from "./headline";
import type { Kind } from "./histogram";
import { type EventView, readView, viewHref } from "./view";

export const metadata: Metadata = { title: "Events" };

const FACETS: readonly FacetField[] = [
  "actor",
  "exists",
  "ip",
  "country",
  "network",
  "action",
  "outcome",
  "reason",
  "status",
  "agent",
  "service",
  "route",
  "key",
];

/** Every event that was taken in, and the answer to a question about them. */
export default async function EventsPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const view = readView(await searchParams, ctx.now.getTime());
  const { zone } = await readPreferences();
  const shown = await gather(view, offsetMs(ctx.now.getTime(), zone ?? "UTC"));
  const address = {
    q: view.q,
    range: view.range,
    ...(view.service !== undefined && { service: view.service }),
    ...(view.error && { error: view.error }),
  };
  return (
    <EventsScreen
      key={`${view.q} ${view.service ?? ""}`}
      view={address}
      mayExport={may(ctx, "event:export")}
      saved={await readSavedViews(ctx, "events")}
      {...shown}
    />
  );
}

/** The viewer's distance from UTC, so that bars stand on their round hours. */
function offsetMs(at: number, zone: string): number {
  const found = /^UTC([+-])(\d+)(?::(\d+))?$/.exec(formatOffset(at, zone));
  return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3] ?? 0)) * 60_000 : 0;
}

type Shown = Omit<ScreenProps, "view" | "mayExport" | "saved">;

/** Asks the store for the parts of the page, each within its time; a part that took too long is null and the others are shown. */
async function gather(view: EventView, offset: number): Promise<Shown> {
  const nothing: Shown = {
    title: "Events",
    proof: "",
    chips: [],
    page: null,
    count: null,
    chart: null,
    facets: null,
    hidden: [],
    marks: [],
    empty: { ever: true, total: 0, lastAt: null },
    tookMs: 0,
  };
  if (view.error) return nothing;
  const filter: EventFilter = { query: view.query, from: view.range.from, to: view.range.to };
  const asked = parseQuery(view.q, EVENT_FIELDS);
  const outcome = choiceOf(asked, EVENT_FIELDS, "outcome").wanted;
  const action = choiceOf(asked, EVENT_FIELDS, "action").wanted;
  const ip = choiceOf(asked, EVENT_FIELDS, "ip").wanted;
  const split = outcome.length === 1 ? "reason" : "outcome";
  const began = performance.now();
  const [page, count, histogram, facets, marks, hidden] = await Promise.all([
    withinTime((on) => listEvents(filter, { limit: 100, on })),
    withinTime((on) => countEvents(filter, on)),
    withinTime((on) => countByTime(filter, { split, offsetMs: offset, on })),
    withinTime((on) => listFacets(filter, { fields: FACETS, on })),
    withinTime((on) => listIncidentMarks(filter, on)),
    withinTime((on) => listHiddenSuccesses(filter, on), 3000),
  ]);
  const tookMs = performance.now() - began;
  const pinned = {
    filtered: view.q !== "" || view.service !== undefined,
    ...(outcome[0] !== undefined && outcome.length === 1 && { outcome: outcome[0] }),
    ...(action[0] !== undefined && action.length === 1 && { action: action[0] }),
    ...(ip[0] !== undefined && ip.length === 1 && !ip[0].includes("/") && { ip: ip[0] }),
  };
  const kinds = histogram ? kindsOf(histogram) : [];
  return {
    title: count ? headline(count, facets ?? [], pinned) : "Events",
    proof:
      count?.count === 0
        ? ""
        : proof(
            spanWords(view.range),
            facets ?? [],
            split === "outcome" && histogram ? { keys: histogram.keys, totals: kinds.map(({ total }) => total) } : null,
          ),
    chips: chipsOf(asked, EVENT_FIELDS).map((chip) => ({
      ...chip,
      removeHref: viewHref(view, { q: withoutPart(view.q, EVENT_FIELDS, chip.index) }),
    })),
    page: page && { events: page.events.map(({ id, occurredAt, document }) => summarize(id, occurredAt, document)), next: page.next },
    count,
    chart: histogram && { bars: histogram.bars, widthMs: histogram.widthMs, kinds },
    facets,
    hidden: (hidden ?? []).map(({ id, at, actor, failures, last_failure }) => ({
      id,
      at: at.getTime(),
      actor,
      failures,
      afterMs: at.getTime() - last_failure.getTime(),
    })),
    marks: (marks ?? []).map(({ at, number, title }) => ({
      at,
      label: `${incidentName(number)}: ${title}`,
      href: `/incidents/${incidentName(number)}`,
    })),
    empty: page?.events.length === 0 ? await whyEmpty(view) : nothing.empty,
    tookMs,
  };
}

/** What there would be without the filter, and which condition to take away first: the last one written. */
async function whyEmpty(view: EventView): Promise<ScreenProps["empty"]> {
  const all = await withinTime((on) => countEvents({ query: EVERYTHING, from: view.range.from, to: view.range.to }, on), 2000);
  const last = await findLastEvent();
  const chips = chipsOf(parseQuery(view.q, EVENT_FIELDS), EVENT_FIELDS);
  const drop = chips.at(-1);
  return {
    ever: last !== null,
    total: all?.count ?? 0,
    lastAt: last?.occurredAt ?? null,
    ...(drop && { dropText: drop.text, dropHref: viewHref(view, { q: withoutPart(view.q, EVENT_FIELDS, drop.index) }) }),
  };
}

const OUTCOMES = new Map([
  ["success", "var(--data)"],
  ["failure", "var(--fail)"],
  ["unknown", "var(--data-soft)"],
]);
const REASONS = ["var(--fail)", "var(--fail-soft)", "var(--data)", "var(--data-2)", "var(--data-soft)"];

/** Names and colours of the parts of a bar: outcomes have theirs, reasons take them in order. */
function kindsOf({ keys, bars }: Histogram): Kind[] {
  const outcomes = keys.every((key) => OUTCOMES.has(key));
  return keys.map((key, i) => ({
    key,
    label: outcomes ? key : OUTCOMES.has(key) ? "No reason given" : key === "other" ? "Other" : reasonWords(key),
    colour: (outcomes ? OUTCOMES.get(key) : REASONS[i]) ?? "var(--data)",
    total: bars.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0),
  }));
}
