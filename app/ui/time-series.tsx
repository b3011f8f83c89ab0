"use client";
import type { ReactNode } from "react";
import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { niceTicks, timeTicks } from "@/lib/charts/axes";
import { formatCount, formatInstant, formatOffset, formatShort } from "@/lib/model/format";
import { ChartFrame, type Legend } from "./chart-frame";
import styles from "./chart-frame.module.css";
import { useViewer } from "./viewer";

/** One column: its start (ms), the parts by key, null where nothing is known, and the expected band of the whole. */
export interface SeriesPoint {
  at: number;
  values: Record<string, number | null>;
  band?: readonly [number, number] | null;
}

/** A kind of part, bottom of the stack first. */
export interface SeriesPart {
  key: string;
  label: string;
  colour: string;
}

/** Something that happened at a moment: an incident, a rule change. */
export interface Mark {
  at: number;
  label: string;
}

interface TimeSeriesProps {
  title: ReactNode;
  points: readonly SeriesPoint[];
  parts: readonly SeriesPart[];
  /** Width of a column, ms. */
  step: number;
  marks?: readonly Mark[];
  /** Spans without knowledge, hatched: a gap is a gap and not a zero. */
  gaps?: readonly { from: number; to: number; label: string }[];
  /** Says the chart in one sentence to those who do not see it. */
  summary: string;
  height?: number;
  format?: (value: number) => string;
  aside?: ReactNode;
  footer?: ReactNode;
}

/** Stacked columns over time with the expected band behind and marks above; the same numbers as a table. */
export function TimeSeries({
  title,
  points,
  parts,
  step,
  marks = [],
  gaps = [],
  summary,
  height = 230,
  format = formatCount,
  aside,
  footer,
}: TimeSeriesProps) {
  const banded = points.some((point) => point.band);
  const legend: Legend[] = parts.map((part) => ({ label: part.label, colour: part.colour }));
  if (banded) legend.push({ label: "expected", colour: "var(--band)", kind: "area" });
  return (
    <ChartFrame
      title={title}
      legend={legend}
      summary={summary}
      aside={aside}
      footer={footer}
      picture={<Picture {...{ points, parts, step, marks, gaps, height, format, banded }} />}
      table={<PointTable {...{ points, parts, format, banded }} />}
    />
  );
}

type PictureProps = Required<Pick<TimeSeriesProps, "points" | "parts" | "step" | "marks" | "gaps" | "height" | "format">> & {
  banded: boolean;
};

const sum = (point: SeriesPoint) => Object.values(point.values).reduce<number>((total, value) => total + (value ?? 0), 0);

function Picture({ points, parts, step, marks, gaps, height, format, banded }: PictureProps) {
  const { zone } = useViewer();
  const first = points[0]?.at ?? 0;
  const end = (points.at(-1)?.at ?? first) + step;
  const ticks = timeTicks(first, end, zone);
  const tops = niceTicks(Math.max(...points.map((point) => Math.max(sum(point), point.band?.[1] ?? 0)), 0));
  const wordsAt = new Map(ticks.map((tick) => [tick.at, tick.text]));
  // columns stand on the middle of their span, so that they cover exactly what they count
  const rows = points.map((point) => ({ middle: point.at + step / 2, band: point.band ?? null, ...point.values }));
  return (
    <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 1100, height }}>
      <ComposedChart
        data={rows}
        margin={{ top: marks.length > 0 ? 22 : 8, right: 18, bottom: 0, left: 0 }}
        barCategoryGap={points.length > 60 ? 1 : "12%"}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="middle"
          type="number"
          scale="linear"
          domain={[first, end]}
          ticks={ticks.map((tick) => tick.at)}
          tickFormatter={(at: number) => wordsAt.get(at) ?? ""}
          tick={tickStyle}
          tickLine={false}
          axisLine={{ stroke: "var(--line-strong)" }}
          interval="preserveStartEnd"
        />
        <YAxis
          width={44}
          domain={[0, tops.at(-1) ?? 1]}
          ticks={tops}
          tickFormatter={formatShort}
          tick={tickStyle}
          tickLine={false}
          axisLine={false}
        />
        {gaps.map((gap) => (
          <ReferenceArea
            key={gap.from}
            x1={gap.from}
            x2={gap.to}
            fill="var(--hover)"
            stroke="var(--line-strong)"
            strokeDasharray="3 3"
            label={{ value: gap.label, fill: "var(--ink-3)", fontSize: 11 }}
          />
        ))}
        {banded && (
          <Area
            dataKey="band"
            type="monotone"
            stroke="none"
            fill="var(--band)"
            fillOpacity={1}
            isAnimationActive={false}
            activeDot={false}
            connectNulls={false}
          />
        )}
        {parts.map((part) => (
          <Bar key={part.key} dataKey={part.key} stackId="all" fill={part.colour} isAnimationActive={false} />
        ))}
        {marks.map((mark) => (
          <ReferenceLine
            key={`${mark.at} ${mark.label}`}
            x={mark.at}
            stroke="var(--ink)"
            strokeDasharray="2 3"
            label={{
              value: mark.label,
              position: mark.at > end - (end - first) / 8 ? "insideTopRight" : "insideTopLeft",
              fill: "var(--ink)",
              fontSize: 11,
              dy: -20,
            }}
          />
        ))}
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: "var(--hover)", opacity: 0.6 }}
          content={({ active, payload }) =>
            active ? (
              <Tip point={points.find((point) => point.at + step / 2 === payload?.[0]?.payload?.middle)} parts={parts} format={format} />
            ) : null
          }
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

const tickStyle = { fontSize: 11, fill: "var(--ink-3)" };

function Tip({
  point,
  parts,
  format,
}: {
  point: SeriesPoint | undefined;
  parts: readonly SeriesPart[];
  format: (value: number) => string;
}) {
  const { zone, now } = useViewer();
  if (!point) return null;
  return (
    <div className={styles.tip}>
      <b>
        {formatInstant(point.at, zone, now)} {formatOffset(point.at, zone)}
      </b>
      {parts.toReversed().map((part) => (
        <div key={part.key}>
          <i style={{ background: part.colour }} />
          <span>{part.label}</span>
          <span>
            {point.values[part.key] === null || point.values[part.key] === undefined ? "unknown" : format(point.values[part.key] as number)}
          </span>
        </div>
      ))}
      {point.band && (
        <div>
          <i style={{ background: "var(--data-soft)" }} />
          <span>expected</span>
          <span>
            {format(point.band[0])} to {format(point.band[1])}
          </span>
        </div>
      )}
    </div>
  );
}

function PointTable({ points, parts, format, banded }: Pick<PictureProps, "points" | "parts" | "format" | "banded">) {
  const { zone, now } = useViewer();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Time {formatOffset(now, zone)}</th>
          {parts.map((part) => (
            <th key={part.key} scope="col">
              {part.label}
            </th>
          ))}
          {banded && <th scope="col">expected</th>}
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.at}>
            <th scope="row">{formatInstant(point.at, zone, now)}</th>
            {parts.map((part) => (
              <td key={part.key}>
                {point.values[part.key] === null || point.values[part.key] === undefined
                  ? "unknown"
                  : format(point.values[part.key] as number)}
              </td>
            ))}
            {banded && <td>{point.band ? `${format(point.band[0])} to ${format(point.band[1])}` : ""}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
