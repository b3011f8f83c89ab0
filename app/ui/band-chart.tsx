"use client";
import { type ReactNode, useId } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceDot,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { Course, CoursePoint, Departure } from "@/lib/charts/course";
import { formatBytes, formatCount, formatInstant, formatOffset, formatShort, formatSpan } from "@/lib/model/format";
import { ChartFrame, type Legend } from "./chart-frame";
import styles from "./chart-frame.module.css";
import { markLabels, timeAxis, TipTime, valueAxis } from "./time-chart";
import { useViewer } from "./viewer";

/** A moment on the chart. `minor` ones (a changed rule) are drawn fainter than incidents. */
export interface CourseMark {
  at: number;
  label: string;
  minor?: boolean;
}

/** How a number of the course is said. */
export type CourseUnit = "count" | "bytes" | "ms";

const say: Record<CourseUnit, (value: number) => string> = {
  count: (value) => (value < 10 && !Number.isInteger(value) ? value.toFixed(1) : formatCount(value)),
  bytes: formatBytes,
  ms: (value) => `${formatCount(value)} ms`,
};

interface BandChartProps {
  title: ReactNode;
  course: Course;
  widthMs: number;
  unit: CourseUnit;
  marks: readonly CourseMark[];
  summary: string;
  aside?: ReactNode;
  footer?: ReactNode;
  height?: number;
}

const LEGEND: Legend[] = [
  { label: "actual", colour: "var(--data)", kind: "line" },
  { label: "expected", colour: "var(--band)", kind: "area" },
  { label: "a week before", colour: "var(--ink-3)", kind: "dots" },
  { label: "outside", colour: "var(--fail)" },
];

/** One number over time against its expected band, the week before dotted, what left the band marked with its size, gaps hatched; the same as a table. */
export function BandChart({ title, course, widthMs, unit, marks, summary, aside, footer, height = 210 }: BandChartProps) {
  const legend = LEGEND.filter(
    ({ label }) =>
      label === "actual" ||
      (label === "expected" && course.judged > 0) ||
      (label === "a week before" && course.points.some(({ before }) => before !== null)) ||
      (label === "outside" && course.departures.length > 0),
  );
  return (
    <ChartFrame
      title={title}
      legend={legend}
      summary={summary}
      aside={aside}
      footer={footer}
      picture={<Picture {...{ course, widthMs, unit, marks, height }} />}
      table={<CourseTable points={course.points} unit={unit} />}
    />
  );
}

const LABELS = 2; // the largest departures are named; more would hide the course

function Picture({
  course,
  widthMs,
  unit,
  marks,
  height,
}: Required<Pick<BandChartProps, "course" | "widthMs" | "unit" | "marks" | "height">>) {
  const { zone } = useViewer();
  const hatch = useId();
  const { points, ticks: tops, gaps, departures } = course;
  const first = points[0]?.at ?? 0;
  const end = (points.at(-1)?.at ?? first) + widthMs;
  const top = tops.at(-1) ?? 1;
  const rows = points.map((point) => ({
    middle: point.at + widthMs / 2,
    band: point.band,
    value: point.value,
    before: point.before,
    out: point.outside ? point.value : null,
  }));
  const labels = markLabels(marks, first, end);
  const named = departures.toSorted((a, b) => Math.abs(b.excess) - Math.abs(a.excess)).slice(0, LABELS);
  return (
    <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 1100, height }}>
      <ComposedChart data={rows} margin={{ top: 24, right: 18, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="6" height="6" fill="var(--sunken)" />
            <line x1="0" y1="0" x2="0" y2="6" stroke="var(--line-strong)" strokeWidth="2" />
          </pattern>
        </defs>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...timeAxis(first, end, zone)} />
        <YAxis
          {...valueAxis(tops)}
          width={unit === "count" ? 44 : 62}
          allowDataOverflow
          tickFormatter={unit === "count" ? formatShort : say[unit]}
        />
        {gaps.map((gap) => (
          <ReferenceArea
            key={gap.from}
            x1={gap.from}
            x2={Math.min(gap.to, end)}
            fill={`url(#${hatch})`}
            fillOpacity={1}
            stroke="none"
            label={
              (gap.to - gap.from) / (end - first) > 0.08
                ? {
                    value: `nothing received for ${formatSpan(gap.to - gap.from)}`,
                    fill: "var(--ink-2)",
                    fontSize: 11,
                    position: "insideTop",
                  }
                : undefined
            }
          />
        ))}
        <Area
          dataKey="band"
          type="stepAfter"
          stroke="none"
          fill="var(--band)"
          fillOpacity={1}
          isAnimationActive={false}
          activeDot={false}
          connectNulls={false}
        />
        <Line
          dataKey="before"
          type="linear"
          stroke="var(--ink-3)"
          strokeWidth={1}
          strokeDasharray="1 3"
          dot={false}
          activeDot={false}
          isAnimationActive={false}
          connectNulls={false}
        />
        <Line
          dataKey="value"
          type="linear"
          stroke="var(--data)"
          strokeWidth={1.7}
          dot={false}
          isAnimationActive={false}
          connectNulls={false}
        />
        <Line
          dataKey="out"
          type="linear"
          stroke="var(--fail)"
          strokeWidth={1.7}
          dot={{ r: 2.2, fill: "var(--fail)", strokeWidth: 0 }}
          isAnimationActive={false}
          connectNulls={false}
        />
        {named.map((departure, n) => (
          <ReferenceDot
            key={departure.from}
            x={departure.peakAt + widthMs / 2}
            y={Math.min(departure.peak, top)}
            r={0}
            label={{ ...labelOf(departure, { unit, first, end, top }), ...(n > 0 && { className: "hide-on-phone" }) }}
          />
        ))}
        {marks.map((mark, n) => (
          <ReferenceLine
            key={`${mark.at} ${mark.label}`}
            x={mark.at}
            stroke={mark.minor ? "var(--line-control)" : "var(--ink)"}
            strokeDasharray={mark.minor ? "1 3" : "2 3"}
            label={{ ...labels[n], ...(mark.minor && { fill: "var(--ink-3)" }) }}
          />
        ))}
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: "var(--line-strong)" }}
          content={({ active, payload }) =>
            active ? <Tip point={points.find((point) => point.at + widthMs / 2 === payload?.[0]?.payload?.middle)} unit={unit} /> : null
          }
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

function labelOf(departure: Departure, { unit, first, end, top }: { unit: CourseUnit; first: number; end: number; top: number }) {
  const { excess, from, to, peakAt, peak } = departure;
  const size = unit === "ms" ? "" : `${excess > 0 ? "+" : "−"}${say[unit](Math.abs(excess))}, `;
  const late = peakAt > first + (end - first) * 0.6;
  return {
    value: `${size}${formatSpan(to - from)}${peak > top ? `, up to ${say[unit](peak)}` : ""}`,
    position: late ? ("left" as const) : ("right" as const),
    fill: "var(--fail-text)",
    fontSize: 11,
    fontWeight: 560,
    stroke: "var(--surface)", // a rim, so that the words stand clear of the lines
    strokeWidth: 4,
    paintOrder: "stroke",
    offset: 8,
    dy: peak > top ? 12 : 0,
  };
}

const told = (value: number | null, unit: CourseUnit) => (value === null ? "unknown" : say[unit](value));
const bandText = (band: CoursePoint["band"], unit: CourseUnit) =>
  band ? `${say[unit](band[0])} to ${say[unit](band[1])}` : "not learnt yet";

function Tip({ point, unit }: { point: CoursePoint | undefined; unit: CourseUnit }) {
  if (!point) return null;
  return (
    <div className={styles.tip}>
      <TipTime at={point.at} />
      <div>
        <i style={{ background: point.outside ? "var(--fail)" : "var(--data)" }} />
        <span>actual</span>
        <span>{told(point.value, unit)}</span>
      </div>
      <div>
        <i style={{ background: "var(--data-soft)" }} />
        <span>expected</span>
        <span>{bandText(point.band, unit)}</span>
      </div>
      <div>
        <i style={{ background: "var(--ink-3)" }} />
        <span>a week before</span>
        <span>{told(point.before, unit)}</span>
      </div>
    </div>
  );
}

function CourseTable({ points, unit }: { points: readonly CoursePoint[]; unit: CourseUnit }) {
  const { zone, now } = useViewer();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Time {formatOffset(now, zone)}</th>
          <th scope="col">actual</th>
          <th scope="col">expected</th>
          <th scope="col">a week before</th>
          <th scope="col">outside</th>
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.at}>
            <th scope="row">{formatInstant(point.at, zone, now)}</th>
            <td>{told(point.value, unit)}</td>
            <td>{bandText(point.band, unit)}</td>
            <td>{told(point.before, unit)}</td>
            <td>{point.outside ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
