/** The span of time that a page looks at, as it stands in the address: `last=24h`, or `from` and `to` as UTC instants. */

import { formatSpan } from "./format";

/** Spans that the time picker offers, in ms. The default is 24 hours. */
export const RELATIVE_RANGES = {
  "15m": 15 * 60_000,
  "1h": 3_600_000,
  "6h": 6 * 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
} as const;

/** One of the offered spans. */
export type RelativeRange = keyof typeof RELATIVE_RANGES;

/** From (inclusive) and to (exclusive), ms since the epoch. `relative` is set while the end moves with the clock. */
export interface TimeRange {
  from: number;
  to: number;
  relative?: RelativeRange;
}

const isRelative = (text: unknown): text is RelativeRange => typeof text === "string" && Object.hasOwn(RELATIVE_RANGES, text);

/** Reads the address. Whatever makes no sense there (a stranger may have written the link) falls back to `fallback`, ending now. */
export function readTimeRange(
  params: { last?: unknown; from?: unknown; to?: unknown },
  now: number,
  fallback: RelativeRange = "24h",
): TimeRange {
  const from = typeof params.from === "string" ? Date.parse(params.from) : Number.NaN;
  const to = typeof params.to === "string" ? Date.parse(params.to) : now;
  if (Number.isFinite(from) && Number.isFinite(to) && from < to) return { from, to };
  const relative = isRelative(params.last) ? params.last : fallback;
  return { from: now - RELATIVE_RANGES[relative], to: now, relative };
}

/** The range as it is written into an address; a moving range stays moving. */
export function writeTimeRange(range: TimeRange): Record<string, string> {
  if (range.relative) return range.relative === "24h" ? {} : { last: range.relative };
  return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
}

const WORDS: Record<RelativeRange, string> = {
  "15m": "the last 15 minutes",
  "1h": "the last hour",
  "6h": "the last 6 hours",
  "24h": "the last 24 hours",
  "7d": "the last 7 days",
  "30d": "the last 30 days",
};

/** The length of a range in words, to follow "in": `the last 24 hours`, `3 h 20 min`. */
export const spanWords = (range: TimeRange): string => (range.relative ? WORDS[range.relative] : formatSpan(range.to - range.from));
