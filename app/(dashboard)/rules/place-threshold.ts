/** Where a threshold lies among the peaks of all groups. Pure. */
import type { BacktestResult } from "@/lib/model/backtest";

type Peaks = NonNullable<BacktestResult["peaks"]>;

const BINS = 27;

/** A histogram with room on both sides of the threshold, and what it means in numbers. */
export interface Placed {
  /** Values from `from` on, up to the next bin; the last one holds everything above. */
  bins: { from: number; groups: number }[];
  step: number;
  /** All groups, and those that reach the threshold. */
  groups: number;
  reaching: number;
  /** The highest that came to less than the threshold; undefined when all reach it. */
  closest: number | undefined;
}

/** Places a threshold; `other` is one more that must be visible. Undefined without any group. */
export function placeThreshold({ oneOf, counts }: Peaks, limit: number, other = limit): Placed | undefined {
  const watched = counts.reduce((sum, [, groups]) => sum + groups, 0);
  if (watched === 0 || !Number.isFinite(limit)) return undefined;
  const step = Math.max(1, Math.ceil((Math.max(limit, other) * 1.8) / BINS));
  const bins = Array.from({ length: BINS }, (_, n) => ({ from: 1 + n * step, groups: 0 }));
  for (const [value, groups] of counts) {
    const bin = bins[Math.min(BINS - 1, Math.max(0, Math.floor((value - 1) / step)))];
    if (bin) bin.groups += groups * oneOf;
  }
  const reaching = counts.reduce((sum, [value, groups]) => sum + (value >= limit ? groups : 0), 0);
  return { bins, step, groups: watched * oneOf, reaching: reaching * oneOf, closest: counts.findLast(([value]) => value < limit)?.[0] };
}
