/**
 * The moments at which a correlation's condition holds. Windows slide on event time and end at an event: the window of an event at `t` is `(t - timespan, t]`,
 * with no fixed boundaries. A moment is looked at for each event, in order of (time, id).
 */
import type { Bucket, GroupState, Hit } from "./state";
import { byTime } from "./buckets";
import { within, type WindowSpec } from "./spec";

/** A hit, or the rest of a full bucket: `weight` events of which only the sum is known, standing at the bucket's last moment. */
export interface Point {
  hit: Hit;
  weight: number;
  /** Sum of the values, for value_sum and value_avg. */
  sum: number;
}

/** One moment at which the condition held; `at` is the index of its point. */
export interface Firing {
  t: number;
  at: number;
  measured: number;
}

/** All points of a group in order of time. */
export function pointsOf(state: GroupState): Point[] {
  const points: Point[] = [];
  for (const bucket of state.b) {
    for (const hit of bucket.h) points.push({ hit, weight: 1, sum: Number(hit.v ?? 0) });
    if (bucket.n > bucket.h.length) points.push(restOf(bucket));
  }
  return points.sort((a, b) => byTime(a.hit, b.hit));
}

/** U+FFFF sorts behind every id, so that the rest stands behind the hits of its moment. */
const REST = "\uffff";

/** Whether a point stands for events that were counted and not kept. */
export const isRest = (point: Point): boolean => point.hit.i === REST;

function restOf(bucket: Bucket): Point {
  const kept = bucket.h.reduce((sum, hit) => sum + (typeof hit.v === "number" ? hit.v : 0), 0);
  const total = bucket.w ? bucket.w[0] + bucket.w[1] / 1e6 : 0;
  return {
    hit: { t: bucket.z, i: REST, r: bucket.h[0]?.r ?? 0 },
    weight: bucket.n - bucket.h.length,
    sum: Math.round((total - kept) * 1e6) / 1e6,
  };
}

/** The firings among the points, in order. */
export function firingsOf(points: readonly Point[], spec: WindowSpec, until: number): Firing[] {
  switch (spec.type) {
    case "value_count":
      return distinctFirings(points, spec, (hit) => hit.v);
    case "temporal":
      return distinctFirings(points, spec, (hit) => hit.r);
    case "temporal_ordered":
      return orderedFirings(points, spec);
    case "value_percentile":
    case "value_median":
      return rankFirings(points, spec);
    case "absence":
      return absenceFirings(points, spec, until);
    default:
      return sumFirings(points, spec);
  }
}

/** Counts, sums and averages: what enters the window is added, what leaves it is taken off. */
function sumFirings(points: readonly Point[], spec: WindowSpec): Firing[] {
  const firings: Firing[] = [];
  let from = 0;
  let weight = 0;
  let sum = 0;
  for (const [at, point] of points.entries()) {
    weight += point.weight;
    sum += point.sum;
    for (let first = points[from]; first && first.hit.t <= point.hit.t - spec.windowMs; first = points[++from]) {
      weight -= first.weight;
      sum -= first.sum;
    }
    const measured = spec.type === "value_sum" ? round(sum) : spec.type === "value_avg" ? round(sum / weight) : weight;
    if (within(spec.limits, measured)) firings.push({ t: point.hit.t, at, measured });
  }
  return firings;
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Distinct values (or distinct rules) inside the window. */
function distinctFirings(points: readonly Point[], spec: WindowSpec, valueOf: (hit: Hit) => string | number | undefined): Firing[] {
  const firings: Firing[] = [];
  const inside = new Map<string | number, number>();
  let from = 0;
  for (const [at, point] of points.entries()) {
    const value = isRest(point) ? undefined : valueOf(point.hit);
    if (value !== undefined) inside.set(value, (inside.get(value) ?? 0) + 1);
    for (let first = points[from]; first && first.hit.t <= point.hit.t - spec.windowMs; first = points[++from]) {
      const left = isRest(first) ? undefined : valueOf(first.hit);
      if (left === undefined) continue;
      const count = (inside.get(left) ?? 1) - 1;
      if (count > 0) inside.set(left, count);
      else inside.delete(left);
    }
    if (within(spec.limits, inside.size)) firings.push({ t: point.hit.t, at, measured: inside.size });
  }
  return firings;
}

/**
 * How many of the rules stand in their order inside the window that ends at a hit of the last of them. Several rules may match one event; it is one step of
 * the order and no more. `chains[r][n]` is the latest beginning of n rules in order that end with rule r.
 */
function orderedFirings(points: readonly Point[], spec: WindowSpec): Firing[] {
  const firings: Firing[] = [];
  const chains: number[][] = Array.from({ length: spec.rules }, () => []);
  for (let at = 0; at < points.length; ) {
    const { t, i } = points[at]?.hit ?? { t: 0, i: "" };
    const steps: { at: number; chain: number[] }[] = [];
    for (; points[at]?.hit.i === i && points[at]?.hit.t === t; at++)
      steps.push({ at, chain: lengthened(chains, points[at]?.hit.r ?? 0, t) });
    for (const { at: index, chain } of steps) {
      const rule = points[index]?.hit.r ?? 0;
      const longest = chain.findLastIndex((begin) => begin > t - spec.windowMs);
      if (longest > 0 && within(spec.limits, longest)) firings.push({ t, at: index, measured: longest });
      chains[rule] = chain.map((begin, n) => Math.max(begin, chains[rule]?.[n] ?? Number.NEGATIVE_INFINITY));
    }
  }
  return firings;
}

/** The chains that a hit of a rule ends: alone, or behind those of the rules before it. */
function lengthened(chains: readonly (readonly number[])[], rule: number, t: number): number[] {
  const made = [Number.NEGATIVE_INFINITY, t];
  for (let before = 0; before < rule; before++)
    for (const [n, begin] of (chains[before] ?? []).entries())
      if (n > 0) made[n + 1] = Math.max(made[n + 1] ?? Number.NEGATIVE_INFINITY, begin);
  return made;
}

/** The value at a percentile of those in the window (nearest rank); a median is the 50th. */
function rankFirings(points: readonly Point[], spec: WindowSpec): Firing[] {
  const firings: Firing[] = [];
  let from = 0;
  for (const [at, point] of points.entries()) {
    if (isRest(point)) continue;
    while ((points[from]?.hit.t ?? Number.POSITIVE_INFINITY) <= point.hit.t - spec.windowMs) from++;
    const values = points.slice(from, at + 1).flatMap((each) => (isRest(each) || typeof each.hit.v !== "number" ? [] : each.hit.v));
    values.sort((a, b) => a - b);
    const rank = Math.max(1, Math.ceil(((spec.type === "value_median" ? 50 : spec.percentile) / 100) * values.length));
    const measured = values[rank - 1];
    if (measured !== undefined && within(spec.limits, measured)) firings.push({ t: point.hit.t, at, measured });
  }
  return firings;
}

/** A point after which nothing came for a whole window. It fires at the end of that window, if event time has come so far. */
function absenceFirings(points: readonly Point[], spec: WindowSpec, until: number): Firing[] {
  const firings: Firing[] = [];
  for (const [at, point] of points.entries()) {
    const silentUntil = points[at + 1]?.hit.t ?? Number.POSITIVE_INFINITY;
    const t = point.hit.t + spec.windowMs;
    if (silentUntil > t && t <= until) firings.push({ t, at, measured: spec.windowMs }); // how long it went on is not known yet
  }
  return firings;
}
