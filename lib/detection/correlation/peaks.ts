/**
 * How high the groups of a counting correlation really come: the most that each ever had in one window. Shows where a threshold lies among what is usual.
 * Hits must come in order of time, as a walk through the past gives them. Holds a fair sample of the groups when there are too many.
 */
import { hashOf } from "./buckets";
import type { WindowSpec } from "./spec";
import type { Hit } from "./state";

/** Groups watched at once, and hits kept for all of them together; beyond either every second group is let go. */
const LIMITS = { groups: 20_000, hits: 400_000 };
/** Hits of one group's window; one with more has come far beyond any threshold. */
const WINDOW_MOST = 20_000;

/** One value and how many of the groups watched peaked there. */
export type PeakCount = [value: number, groups: number];

interface Watched {
  hits: { t: number; v: string | number | undefined; r: number }[];
  /** Index of the first hit that is still inside the window. */
  from: number;
  /** How often each distinct value stands in the window, for kinds that count those. */
  inside: Map<string | number, number>;
  sum: number;
  peak: number;
}

type Measure = "hits" | "values" | "rules" | "sum";

/** What a kind of correlation measures that only grows; others have no peak to speak of. */
const measures: Partial<Record<WindowSpec["type"], Measure>> = {
  event_count: "hits",
  value_count: "values",
  temporal: "rules",
  value_sum: "sum",
};

export class Peaks {
  private readonly watched = new Map<string, Watched>();
  private kept = 0;
  /** One group of so many is watched. */
  private oneOf = 1;

  private constructor(
    private readonly measure: Measure,
    private readonly windowMs: number,
    private readonly limits: typeof LIMITS,
  ) {}

  /** Undefined for kinds of correlation whose number does not only grow inside a window, as averages. */
  static of({ type, windowMs }: Pick<WindowSpec, "type" | "windowMs">, limits = LIMITS): Peaks | undefined {
    const measure = measures[type];
    return measure && new Peaks(measure, windowMs, limits);
  }

  see(group: string, { t, v, r }: Pick<Hit, "t" | "v" | "r">): void {
    if (this.oneOf > 1 && hashOf(group) % this.oneOf !== 0) return;
    let watched = this.watched.get(group);
    if (!watched) {
      watched = { hits: [], from: 0, inside: new Map(), sum: 0, peak: 0 };
      this.watched.set(group, watched);
    }
    while ((watched.hits[watched.from]?.t ?? Number.POSITIVE_INFINITY) <= t - this.windowMs) this.leave(watched);
    if (watched.hits.length - watched.from >= WINDOW_MOST) this.leave(watched);
    watched.hits.push({ t, v, r });
    this.kept++;
    this.enter(watched, v, r);
    watched.peak = Math.max(watched.peak, this.measured(watched));
    if (this.watched.size > this.limits.groups || this.kept > this.limits.hits) this.thin();
  }

  private enter(watched: Watched, value: Hit["v"], rule: number): void {
    if (this.measure === "sum") watched.sum += Number(value ?? 0);
    const key = this.measure === "rules" ? rule : value;
    if (this.measure === "hits" || this.measure === "sum" || key === undefined) return;
    watched.inside.set(key, (watched.inside.get(key) ?? 0) + 1);
  }

  private leave(watched: Watched): void {
    const hit = watched.hits[watched.from++];
    if (!hit) return;
    this.kept--;
    if (this.measure === "sum") watched.sum -= Number(hit.v ?? 0);
    const key = this.measure === "rules" ? hit.r : (hit.v ?? "");
    const count = (watched.inside.get(key) ?? 0) - 1;
    if (count > 0) watched.inside.set(key, count);
    else watched.inside.delete(key);
    if (watched.from < 64 || watched.from * 2 < watched.hits.length) return;
    watched.hits = watched.hits.slice(watched.from);
    watched.from = 0;
  }

  private measured({ hits, from, inside, sum }: Watched): number {
    if (this.measure === "hits") return hits.length - from;
    return this.measure === "sum" ? sum : inside.size;
  }

  private thin(): void {
    this.oneOf *= 2;
    for (const [group, { hits, from }] of this.watched) {
      if (hashOf(group) % this.oneOf === 0) continue;
      this.kept -= hits.length - from;
      this.watched.delete(group);
    }
  }

  /** Rising values with the number of groups that peaked there: exact up to 100, then to two digits. `oneOf`: each stands for so many groups. */
  standing(): { oneOf: number; counts: PeakCount[] } {
    const counts = new Map<number, number>();
    for (const { peak } of this.watched.values()) {
      const value = rounded(peak);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return { oneOf: this.oneOf, counts: [...counts].sort(([a], [b]) => a - b) };
  }
}

function rounded(value: number): number {
  if (value <= 100) return Math.round(value);
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.floor(value / unit) * unit;
}
