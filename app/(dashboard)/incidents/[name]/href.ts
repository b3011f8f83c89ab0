import { writeTimeRange } from "@/lib/model/time-range";

/** The address of the events of a query, over a span that is a minute wider on both ends. */
export function eventsHref(query: string, span: { from: number; to: number }): string {
  const search = new URLSearchParams({
    ...(query ? { q: query } : {}),
    ...writeTimeRange({ from: span.from - 60_000, to: span.to + 60_000 }),
  });
  return `/events?${search}`;
}
