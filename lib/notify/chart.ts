/** The columns of a mail's chart: equal steps that hold the incident and a little before it. Pure. */
import { formatCount } from "@/lib/model/format";
import type { NoticeChart } from "./notice";
import { clockAt, dayAt, offsetAt } from "./when";

/** As many columns as a phone can show. */
const COLUMNS = 24;
const MINUTE = 60_000;
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map((minutes) => minutes * MINUTE);
const words = new Map([
  [1, "a minute"],
  [60, "an hour"],
  [1440, "a day"],
  [10_080, "a week"],
]);

/** Where the chart begins, how wide a column is, and how many there are: the incident takes at most two thirds. */
export function chartFrame(firstAt: number, lastAt: number): { from: number; stepMs: number; columns: number; hot: number } {
  const span = Math.max(MINUTE, lastAt - firstAt);
  const stepMs = steps.find((step) => span / step <= (COLUMNS * 2) / 3) ?? Math.ceil(span / 16);
  const end = Math.floor(lastAt / stepMs) * stepMs + stepMs;
  const from = end - COLUMNS * stepMs;
  return { from, stepMs, columns: COLUMNS, hot: Math.max(0, Math.floor((firstAt - from) / stepMs)) };
}

/** The chart of counted columns, in the reader's zone. `what` is "Failures" or "Events". */
export function makeChart(
  counts: ReadonlyMap<number, number>,
  { firstAt, lastAt, zone, what, whose }: { firstAt: number; lastAt: number; zone: string; what: string; whose: string },
): NoticeChart {
  const { from, stepMs, columns, hot } = chartFrame(firstAt, lastAt);
  const values = Array.from({ length: columns }, (_, index) => counts.get(index) ?? 0);
  const at = (index: number) => from + index * stepMs;
  const long = stepMs * columns > 86_400_000;
  const label = (ms: number) =>
    long ? `${dayAt(ms, zone, false)} ${stepMs < 86_400_000 ? clockAt(ms, zone) : ""}`.trim() : clockAt(ms, zone);
  const minutes = stepMs / MINUTE;
  const each =
    words.get(minutes) ??
    (minutes < 60 ? `every ${minutes} min` : minutes < 1440 ? `every ${minutes / 60} h` : `every ${Math.round(minutes / 1440)} days`);
  const peak = values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0);
  const before = values.slice(0, hot).reduce((sum, value) => sum + value, 0);
  const calm = hot > 0 ? (before === 0 ? "None before" : `${formatCount(before)} before`) : "";
  return {
    title: `${what} ${each}, ${whose}`,
    values,
    hot,
    from: label(from),
    to: `${label(at(columns - 1))} ${offsetAt(lastAt, zone)}`,
    labels: values.map((_, index) => label(at(index))),
    summary: [`Most: ${formatCount(values[peak] ?? 0)} at ${label(at(peak))}`, calm].filter(Boolean).join(". ").concat("."),
  };
}
