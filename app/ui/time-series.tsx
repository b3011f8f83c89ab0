"use client";
import type { ReactNode } from "react";
import { Area, Bar, CartesianGrid, ComposedChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { niceTicks } from "@/lib/charts/axes";
import { formatCount, formatInstant, formatOffset, formatShort } from "@/lib/model/format";
import { ChartFrame, type Legend } from "./chart-frame";
import styles from "./chart-frame.module.css";
import { markLabels, timeAxis, TipTime, valueAxis } from "./time-chart";
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
      picture={<Picture {...{ points, parts, step, marks, height, format, banded }} />}
      table={<PointTable {...{ points, parts, format, banded }} />}
    />
  );
}

type PictureProps = Required<Pick<TimeSeriesProps, "points" | "parts" | "step" | "marks" | "height" | "format">> & {
  banded: boolean;
};

const sum = (point: SeriesPoint) => Object.values(point.values).reduce<number>((total, value) => total + (value ?? 0), 0);

function Picture({ points, parts, step, marks, height, format, banded }: PictureProps) {
  const { zone } = useViewer();
  const first = points[0]?.at ?? 0;
  const end = (points.at(-1)?.at ?? first) + step;
  const labels = markLabels(marks, first, end);
  const tops = niceTicks(Math.max(...points.map((point) => Math.max(sum(point), point.band?.[1] ?? 0)), 0));
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
        <XAxis {...timeAxis(first, end, zone)} />
        <YAxis {...valueAxis(tops)} width={44} tickFormatter={formatShort} />
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
        {marks.map((mark, n) => (
          <ReferenceLine key={`${mark.at} ${mark.label}`} x={mark.at} stroke="var(--ink)" strokeDasharray="2 3" label={labels[n]} />
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

function Tip({
  point,
  parts,
  format,
}: {
  point: SeriesPoint | undefined;
  parts: readonly SeriesPart[];
  format: (value: number) => string;
}) {
  if (!point) return null;
  return (
    <div className={styles.tip}>
      <TipTime at={point.at} />
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
