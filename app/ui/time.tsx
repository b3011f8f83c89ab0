"use client";
import { formatClock, formatDay, formatInstant, formatOffset, formatRelative } from "@/lib/model/format";
import { useNow, useViewer } from "./viewer";

/** The text that pointing at a time shows: UTC in full, and how long ago. */
const full = (ms: number, now: number) => `${new Date(ms).toISOString()} (${formatRelative(ms, now)})`;

/** An instant in the viewer's zone. Hover says UTC. Where times stand alone, `offset` prints the zone's distance; tables print it once in the header. */
export function Time({
  at,
  precision = "minute",
  offset = false,
  clock = false,
}: {
  at: number;
  precision?: "day" | "minute" | "second" | "ms";
  offset?: boolean;
  clock?: boolean;
}) {
  const { zone, now } = useViewer();
  const text =
    precision === "day" ? formatDay(at, zone, now) : clock ? formatClock(at, zone, precision) : formatInstant(at, zone, now, precision);
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={full(at, now)}>
      {text}
      {offset && <span className="faint"> {formatOffset(at, zone)}</span>}
    </time>
  );
}

/** How long ago, kept up to date. Hover says the instant. */
export function Ago({ at, everyMs = 15_000 }: { at: number; everyMs?: number }) {
  const now = useNow(everyMs);
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()} suppressHydrationWarning>
      {formatRelative(Math.min(at, now), now)}
    </time>
  );
}

/** The viewer's distance from UTC, for headers: `UTC+1`. */
export function ZoneOffset({ at }: { at?: number }) {
  const { zone, now } = useViewer();
  return <span title={zone}>{formatOffset(at ?? now, zone)}</span>;
}
