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

/** What a kind tells apart among its hits: values, or for temporal kinds rules; undefined when it counts every hit. */
export function distinctOf(hit: Hit, type: WindowSpec["type"]): string | number | undefined {
  if (type === "value_count") return hit.v;
  return type === "temporal" || type === "temporal_ordered" ? hit.r : undefined;
}

/** Puts a hit into its bucket. */
export function addHit(state: GroupState, hit: Hit, spec: WindowSpec): void {
  const bucket = bucketAt(state, hit, spec);
  state.n++;
  bucket.n++;
  if (hit.t > bucket.z) bucket.z = hit.t;
  if (typeof hit.v === "number" && spec.type !== "value_count") {
    const whole = Math.floor(hit.v);
    const [units, millionths] = bucket.w ?? [0, 0];
    bucket.w = [units + whole, millionths + Math.round((hit.v - whole) * 1e6)];
    if (hit.v < 0) bucket.g = 1;
  }
  keepHit(bucket, hit, spec);
  if (state.d === undefined) return;
  const distinct = distinctOf(hit, spec.type);
  if (distinct !== undefined && !state.d.includes(distinct)) state.d.push(distinct);
}

/** The bucket of a hit; most hits belong into the last one or behind it. */
function bucketAt({ b }: GroupState, { t }: Hit, { bucketMs }: WindowSpec): Bucket {
  const number = Math.floor(t / bucketMs);
  let at = b.length;
  for (; at > 0; at--) {
    const bucket = b[at - 1] as Bucket; // inside the list
    if (bucket.k === number) return bucket;
    if (bucket.k < number) break;
  }
  const made: Bucket = { k: number, n: 0, z: t, h: [] };
  if (at === b.length) b.push(made);
  else b.splice(at, 0, made);
  return made;
}

/** Takes a hit out again (a first sighting that turned out to be a second one). */
export function dropHit(state: GroupState, hit: Hit, spec: WindowSpec): void {
  const number = Math.floor(hit.t / spec.bucketMs);
  const bucket = state.b.find(({ k }) => k === number);
  if (!bucket) return;
  state.n--;
  bucket.n--;
  bucket.h = bucket.h.filter((kept) => kept.i !== hit.i || kept.v !== hit.v);
  if (bucket.n <= 0) state.b = state.b.filter((kept) => kept !== bucket);
}

function keepHit(bucket: Bucket, hit: Hit, spec: WindowSpec): void {
  if (spec.type === "value_count" || spec.type === "temporal") keepEarliestOfValue(bucket, hit, spec);
  else if (spec.type === "temporal_ordered") keepEnds(bucket, hit, spec.keep);
  else if (spec.type === "value_percentile" || spec.type === "value_median") insert(bucket, hit, 64, byHash);
  else insert(bucket, hit, spec.keep, byTime);
}

const byHash = (a: Hit, b: Hit): number => hashOf(a.i) - hashOf(b.i) || byTime(a, b);

/** Keeps the first `most` hits in the given order; sorted insertion, since most hits come in order of time. */
function insert({ h: hits }: Bucket, hit: Hit, most: number, order: (a: Hit, b: Hit) => number): void {
  let at = hits.length;
  while (at > 0) {
    const before = hits[at - 1];
    if (before === undefined || order(before, hit) <= 0) break;
    at--;
  }
  if (at >= most) return;
  if (at === hits.length) hits.push(hit);
  else hits.splice(at, 0, hit);
  if (hits.length > most) hits.pop();
}

/** One hit for each value, its earliest; the earliest values when there are too many. */
function keepEarliestOfValue(bucket: Bucket, hit: Hit, spec: WindowSpec): void {
  const value = distinctOf(hit, spec.type);
  for (let at = 0; at < bucket.h.length; at++) {
    const known = bucket.h[at] as Hit; // inside the list
    if (distinctOf(known, spec.type) !== value) continue;
    if (byTime(known, hit) <= 0) return;
    bucket.h.splice(at, 1);
    break;
  }
  insert(bucket, hit, spec.type === "temporal" ? spec.rules : Math.max(spec.keep, 16), byTime);
}

/** For each rule its earliest and its latest hits: the latest of the first rules and the earliest of the last decide whether an order was kept. */
function keepEnds(bucket: Bucket, hit: Hit, keep: number): void {
  insert(bucket, hit, Number.POSITIVE_INFINITY, byTime);
  if (bucket.h.length <= 2 * keep) return;
  const same = bucket.h.filter((kept) => kept.r === hit.r);
  if (same.length <= 2 * keep) return;
  const surplus = same[keep];
  bucket.h = bucket.h.filter((kept) => kept !== surplus);
}

/** Forgets buckets that no window after `settled` can reach. Absence still needs the last one. */
export function evict(state: GroupState, spec: WindowSpec): void {
  const oldest = state.s - spec.windowMs;
  const { b } = state;
  const most = spec.type === "absence" ? b.length - 1 : b.length;
  let gone = 0;
  for (let bucket = b[gone]; bucket && gone < most && (bucket.k + 1) * spec.bucketMs <= oldest; bucket = b[++gone]) state.n -= bucket.n;
  if (gone > 0) b.splice(0, gone);
}
