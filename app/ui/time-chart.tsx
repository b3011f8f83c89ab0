/** What every chart over time shares: how its axes, its marks and the time in its tip look. */
import type { XAxisProps, YAxisProps } from "recharts";
import { timeTicks } from "@/lib/charts/axes";
import type { Zone } from "@/lib/model/format";
import { formatInstant, formatOffset } from "@/lib/model/format";
import { useViewer } from "./viewer";

const tick = { fontSize: 11, fill: "var(--ink-3)" };

/** The time axis from `first` to `end` (ms); rows stand at their `middle`. */
export function timeAxis(first: number, end: number, zone: Zone): XAxisProps {
  const ticks = timeTicks(first, end, zone);
  const wordsAt = new Map(ticks.map(({ at, text }) => [at, text]));
  return {
    dataKey: "middle",
    type: "number",
    scale: "linear",
    domain: [first, end],
    ticks: ticks.map(({ at }) => at),
    tickFormatter: (at: number) => wordsAt.get(at) ?? "",
    tick,
    tickLine: false,
    axisLine: { stroke: "var(--line-strong)" },
    interval: "preserveStartEnd",
  };
}

/** The axis of the numbers, from zero to the last of `tops`. */
export function valueAxis(tops: readonly number[]): YAxisProps {
  return { domain: [0, tops.at(-1) ?? 1], ticks: [...tops], tick, tickLine: false, axisLine: false };
}

/** The words of a mark, above the chart; near the right end they stand to its left. */
export function markLabel({ at, label }: { at: number; label: string }, first: number, end: number) {
  return {
    value: label,
    position: at > end - (end - first) / 8 ? ("insideTopRight" as const) : ("insideTopLeft" as const),
    fill: "var(--ink)",
    fontSize: 11,
    dy: -20,
  };
}

/** The moment a tip speaks of. */
export function TipTime({ at }: { at: number }) {
  const { zone, now } = useViewer();
  return (
    <b>
      {formatInstant(at, zone, now)} {formatOffset(at, zone)}
    </b>
  );
}
