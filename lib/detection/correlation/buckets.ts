/** Buckets of event time: adding a hit commutes, so any order of arrival leaves the same buckets. */
import type { Bucket, GroupState, Hit } from "./state";
import type { WindowSpec } from "./spec";

/** Orders hits: by event time, then by id. */
export const byTime = (a: Hit, b: Hit): number => a.t - b.t || (a.i < b.i ? -1 : a.i > b.i ? 1 : a.r - b.r);

/** A 32-bit FNV-1a hash: a fair and repeatable way to choose some of many. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Puts a hit into its bucket. */
export function addHit(state: GroupState, hit: Hit, spec: WindowSpec): void {
  const number = String(Math.floor(hit.t / spec.bucketMs));
  let bucket = state.b[number];
  if (!bucket) {
    bucket = { n: 0, z: hit.t, h: [] };
    state.b[number] = bucket;
  }
  bucket.n++;
  bucket.z = Math.max(bucket.z, hit.t);
  if (typeof hit.v === "number" && spec.type !== "value_count") {
    const whole = Math.floor(hit.v);
    const [units, millionths] = bucket.w ?? [0, 0];
    bucket.w = [units + whole, millionths + Math.round((hit.v - whole) * 1e6)];
    if (hit.v < 0) bucket.g = 1;
  }
  keepHit(bucket, hit, spec);
}

/** Takes a hit out again (a first sighting that turned out to be a second one). */
export function dropHit(state: GroupState, hit: Hit, spec: WindowSpec): void {
  const number = String(Math.floor(hit.t / spec.bucketMs));
  const bucket = state.b[number];
  if (!bucket) return;
  bucket.n--;
  bucket.h = bucket.h.filter((kept) => kept.i !== hit.i || kept.v !== hit.v);
  if (bucket.n <= 0) delete state.b[number];
}

function keepHit(bucket: Bucket, hit: Hit, spec: WindowSpec): void {
  if (spec.type === "value_count" || spec.type === "temporal") keepEarliestOfValue(bucket, hit, spec);
  else if (spec.type === "temporal_ordered") keepEnds(bucket, hit, spec.keep);
  else if (spec.type === "value_percentile" || spec.type === "value_median")
    insert(bucket, hit, 64, (a, b) => hashOf(a.i) - hashOf(b.i) || byTime(a, b));
  else insert(bucket, hit, spec.keep, byTime);
}

/** Keeps the first `most` hits in the given order; sorted insertion, since most hits come in order of time. */
function insert(bucket: Bucket, hit: Hit, most: number, order: (a: Hit, b: Hit) => number): void {
  const hits = bucket.h;
  let at = hits.length;
  while (at > 0) {
    const before = hits[at - 1];
    if (before === undefined || order(before, hit) <= 0) break;
    at--;
  }
  if (at >= most) return;
  hits.splice(at, 0, hit);
  if (hits.length > most) hits.pop();
}

/** One hit for each value, its earliest; the earliest values when there are too many. */
function keepEarliestOfValue(bucket: Bucket, hit: Hit, spec: WindowSpec): void {
  const value = spec.type === "temporal" ? hit.r : hit.v;
  const at = bucket.h.findIndex((kept) => (spec.type === "temporal" ? kept.r : kept.v) === value);
  const known = bucket.h[at];
  if (known) {
    if (byTime(known, hit) <= 0) return;
    bucket.h.splice(at, 1);
  }
  insert(bucket, hit, spec.type === "temporal" ? spec.rules : Math.max(spec.keep, 16), byTime);
}

/** For each rule its earliest and its latest hits: the latest of the first rules and the earliest of the last decide whether an order was kept. */
function keepEnds(bucket: Bucket, hit: Hit, keep: number): void {
  insert(bucket, hit, Number.POSITIVE_INFINITY, byTime);
  const same = bucket.h.filter((kept) => kept.r === hit.r);
  if (same.length <= 2 * keep) return;
  const surplus = same[keep];
  bucket.h = bucket.h.filter((kept) => kept !== surplus);
}

/** Forgets buckets that no window after `settled` can reach. Absence still needs the last one. */
export function evict(state: GroupState, spec: WindowSpec): void {
  const oldest = state.s - spec.windowMs;
  const last = spec.type === "absence" ? Math.max(...Object.keys(state.b).map(Number)) : Number.NaN;
  for (const number in state.b) {
    if ((Number(number) + 1) * spec.bucketMs <= oldest && Number(number) !== last) delete state.b[number];
  }
}
