import type { Direction } from "@/lib/model/event";
import { type TimeRange, writeTimeRange } from "@/lib/model/time-range";

/** What the overview looks at. */
export interface Scope {
  range: TimeRange;
  service?: string;
  direction: Direction;
}

/** The scope as it is written into an address; `more` replaces single parts. */
export function writeScope(scope: Scope, more: Partial<Record<string, string>> = {}): string {
  const parts = { ...writeTimeRange(scope.range), ...(scope.service ? { service: scope.service } : {}), ...more };
  const query = new URLSearchParams(Object.entries(parts).filter((part): part is [string, string] => Boolean(part[1])));
  return query.toString();
}

const bare = /^[\p{L}\p{N}_.@/*+-]+$/u;

/** A value as the query language reads it: bare when nothing in it has a meaning there, quoted otherwise. Values are written by strangers. */
export const quote = (value: string): string =>
  bare.test(value) && !value.startsWith("-") && !value.includes("*") ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** The address of the events of a query within the scope. */
export const eventsHref = (scope: Scope, q: string): string =>
  `/events?${writeScope({ ...scope, service: undefined }, { q: scope.service ? `${q} service:${quote(scope.service)}` : q })}`;
