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

const APART_ON_PHONE = 0.29; // of the width: what a name of an incident needs there

/** The words of the marks, above the chart; near the right end they stand to its left. A phone names only those that have room: the lines stay. */
export function markLabels(marks: readonly { at: number; label: string }[], first: number, end: number) {
  const roomy: number[] = [];
  return marks.map(({ at, label }) => {
    const late = at > end - (end - first) / 8;
    const hasRoom = roomy.every((other) => Math.abs(at - other) >= (end - first) * APART_ON_PHONE);
    if (hasRoom) roomy.push(at);
    return {
      value: label,
      position: late ? ("insideTopRight" as const) : ("insideTopLeft" as const),
      fill: "var(--ink)",
      fontSize: 11,
      dy: -20,
      ...(!hasRoom && { className: "hide-on-phone" }),
    };
  });
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
