/**
 * The course of one number against what was expected of it: which columns are known, which left the band, for how long and by how much, and the axis.
 * Pure: everything a chart draws is decided here, the component only draws.
 */
import { niceTicks } from "./axes";

/** What a course counts, and how its columns add up. */
export const COURSE_METRICS = ["requests", "failures", "bytes", "latency"] as const;
export type CourseMetric = (typeof COURSE_METRICS)[number];

/** One column as it was read. */
export interface CourseColumn {
  at: number;
  value: number | null;
  band: readonly [low: number, high: number] | null;
}

/** One column as it is drawn. `before` is the same column a week earlier; `outside` says on which side of its band it lies. */
export interface CoursePoint extends CourseColumn {
  before: number | null;
  outside: "above" | "below" | null;
}

/** Columns in a row outside the band: how much more (or, negative, less) came than the nearer edge of the band. */
export interface Departure {
  from: number;
  to: number;
  excess: number;
  /** The strongest column: where its label stands. */
  peakAt: number;
  peak: number;
}

/** A span without knowledge. */
export interface Gap {
  from: number;
  to: number;
}

export interface Course {
  points: CoursePoint[];
  departures: Departure[];
  gaps: Gap[];
  /** Round values from zero on; the last is the top of the axis. Columns above it are cut, their departure says how high they are. */
  ticks: number[];
  /** How many columns have a band, of those with a value. */
  judged: number;
  known: number;
  sum: number;
}

interface CourseInput {
  columns: readonly CourseColumn[];
  /** The first column that is shown, ms; what lies before it is only for `before`. */
  from: number;
  widthMs: number;
  /** A column that ends after this is still filling: it is no drop yet. */
  now: number;
  /** Below this much outside it is not worth saying. */
  floor: number;
  gaps: readonly Gap[];
}

const WEEK_MS = 7 * 86_400_000;
const ABOVE = 1.5; // times the upper edge: a few days do not know every ordinary height
const BELOW = 0.5;

/** Decides what there is to draw. */
export function courseOf({ columns, from, widthMs, now, floor, gaps }: CourseInput): Course {
  const isGap = (at: number) => gaps.some((gap) => at >= gap.from && at < gap.to);
  const valueAt = new Map(columns.map(({ at, value }) => [at, value]));
  const points = columns
    .filter(({ at }) => at >= from)
    .map((column): CoursePoint => {
      const value = isGap(column.at) ? null : column.value;
      const before = valueAt.get(column.at - WEEK_MS) ?? null;
      return { ...column, value, before, outside: sideOf(value, column.band, { floor, filling: column.at + widthMs > now }) };
    });
  const tops = points.map(({ value, band, before }) => Math.max(value ?? 0, band?.[1] ?? 0, before ?? 0));
  const shown = points.filter(({ value }) => value !== null);
  return {
    points,
    departures: departuresOf(points, widthMs),
    gaps: gaps.flatMap((gap) => (gap.to > from ? [{ from: Math.max(from, gap.from), to: gap.to }] : [])),
    ticks: niceTicks(
      topOf(
        tops,
        shown.map(({ value }) => value ?? 0),
      ),
    ),
    judged: shown.filter(({ band }) => band !== null).length,
    known: shown.length,
    sum: shown.reduce((sum, { value }) => sum + (value ?? 0), 0),
  };
}

const CUT = 5; // times what nine columns in ten stay below: a single flood must not flatten a week
const ROOM = 3;

/** Where the axis ends: above everything, unless a few values are so far above the rest that nothing else would be seen. */
function topOf(tops: readonly number[], values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length * 0.9)] ?? 0;
  return usual > 0 && (sorted.at(-1) ?? 0) > CUT * usual ? ROOM * usual : Math.max(0, ...tops);
}

function sideOf(
  value: number | null,
  band: CourseColumn["band"],
  { floor, filling }: { floor: number; filling: boolean },
): CoursePoint["outside"] {
  if (value === null || !band) return null;
  const [low, high] = band;
  if (value > ABOVE * high && value - high >= floor) return "above";
  return !filling && value < BELOW * low && low - value >= floor ? "below" : null;
}

function departuresOf(points: readonly CoursePoint[], widthMs: number): Departure[] {
  const found: (Departure & { side: CoursePoint["outside"] })[] = [];
  for (const { at, value, band, outside } of points) {
    if (!outside || value === null || !band) continue;
    const excess = outside === "above" ? value - band[1] : value - band[0];
    const open = found.at(-1);
    if (!open || open.to !== at || open.side !== outside) {
      found.push({ from: at, to: at + widthMs, excess, peakAt: at, peak: value, side: outside });
      continue;
    }
    open.to = at + widthMs;
    open.excess += excess;
    if (outside === "above" ? value > open.peak : value < open.peak) [open.peakAt, open.peak] = [at, value];
  }
  return found.map(({ side: _side, ...departure }) => departure);
}

/**
 * Spans in which nobody at all was heard although somebody usually is: then it was our intake (or everything at once), and no single service is judged by it.
 * `columns` are of all traffic together; two columns and ten minutes at least.
 */
export function gapsOf(columns: readonly CourseColumn[], widthMs: number): Gap[] {
  const gaps: Gap[] = [];
  for (const { at, value, band } of columns) {
    if (value !== 0 || !band || band[0] <= 0) continue;
    const open = gaps.at(-1);
    if (open?.to === at) open.to = at + widthMs;
    else gaps.push({ from: at, to: at + widthMs });
  }
  return gaps.filter(({ from, to }) => to - from >= Math.max(2 * widthMs, 600_000));
}
