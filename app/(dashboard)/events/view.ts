/** What the Events page looks at, as it stands in the address. The page, its parts and the routes behind it read it here. */
import { EVERYTHING, all, type Query } from "@/lib/query/ast";
import { termFor } from "@/lib/query/edit";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { printQuery } from "@/lib/query/print";
import { QueryError } from "@/lib/query/query-error";
import { readTimeRange, type TimeRange, writeTimeRange } from "@/lib/model/time-range";

type Params = Record<string, string | string[] | undefined>;

/** The filter of the page. `error` is set when the text of the address cannot be read; nothing matches then. */
export interface EventView {
  /** The query as it stands in the address. */
  q: string;
  range: TimeRange;
  service?: string;
  query: Query;
  error?: { message: string; offset: number; length: number; suggestion?: string };
}

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** Reads the address; `now` ends a moving range. */
export function readView(params: Params, now: number): EventView {
  const q = (one(params.q) ?? "").trim();
  const service = one(params.service);
  const range = readTimeRange({ last: one(params.last), from: one(params.from), to: one(params.to) }, now);
  try {
    const asked = parseQuery(q, EVENT_FIELDS);
    const scope = service === undefined ? EVERYTHING : termFor(EVENT_FIELDS, "service", service);
    return { q: printQuery(asked, EVENT_FIELDS), range, query: all([asked, scope]), ...(service !== undefined && { service }) };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { message, at, suggestion } = error;
    return {
      q,
      range,
      query: EVERYTHING,
      error: { message, ...at, ...(suggestion !== undefined && { suggestion }) },
      ...(service !== undefined && { service }),
    };
  }
}

/** What can be changed about a view. */
export interface ViewChange {
  q?: string;
  range?: TimeRange;
}

/** The address of the page after a change; the rest stays, the open event closes. */
export function viewHref(view: Pick<EventView, "q" | "range" | "service">, change: ViewChange = {}, path = "/events"): string {
  const params = viewParams(view, change);
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The same as parameters, for the routes behind the page. */
export function viewParams({ q, range, service }: Pick<EventView, "q" | "range" | "service">, change: ViewChange = {}): URLSearchParams {
  const params = new URLSearchParams(writeTimeRange(change.range ?? range));
  const text = change.q ?? q;
  if (text !== "") params.set("q", text);
  if (service !== undefined) params.set("service", service);
  return params;
}

/** A range that no longer moves: what a shared link must carry. */
export const frozen = ({ from, to }: TimeRange): TimeRange => ({ from, to });
