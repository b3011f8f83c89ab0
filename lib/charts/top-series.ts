/** The busiest few of many, each with its course, and everything else as “other”. Pure. */

/** A part of the whole in one column; `value` null is everything that is not among the busiest. */
export interface SeriesCell {
  value: string | null;
  bar: number;
  requests: number;
  failures: number;
  bytesIn: number;
  bytesOut: number;
  durationMs: number;
  timed: number;
}

/** One line: its sums and its course. `value` null is the rest. `latencyMs` is null where no event said how long it took. */
export interface TopSeries {
  value: string | null;
  requests: number;
  failures: number;
  bytesIn: number;
  bytesOut: number;
  latencyMs: number | null;
  course: number[];
}

/** Lines by requests, most first, the rest at the end; every column is there. */
export function topSeries(cells: readonly SeriesCell[], columns: number): TopSeries[] {
  const lines = new Map<string | null, TopSeries & { durationMs: number; timed: number }>();
  for (const cell of cells) {
    let line = lines.get(cell.value);
    if (!line) {
      const none = { requests: 0, failures: 0, bytesIn: 0, bytesOut: 0, latencyMs: null, durationMs: 0, timed: 0 };
      lines.set(cell.value, (line = { value: cell.value, ...none, course: Array<number>(columns).fill(0) }));
    }
    line.requests += cell.requests;
    line.failures += cell.failures;
    line.bytesIn += cell.bytesIn;
    line.bytesOut += cell.bytesOut;
    line.durationMs += cell.durationMs;
    line.timed += cell.timed;
    if (cell.bar >= 0 && cell.bar < columns) line.course[cell.bar] = (line.course[cell.bar] ?? 0) + cell.requests;
  }
  return [...lines.values()]
    .sort((a, b) => Number(a.value === null) - Number(b.value === null) || b.requests - a.requests)
    .map(({ durationMs, timed, ...line }) => ({ ...line, latencyMs: timed > 0 ? durationMs / timed : null }));
}
