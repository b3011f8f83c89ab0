/** First sightings: which values a group is known for, since when, and which of them were news. */
import { addHit, byTime, dropHit } from "./buckets";
import type { WindowSpec } from "./spec";
import type { GroupState, Hit, KnownValue, KnownValues } from "./state";
import { LATENESS_MS } from "@/lib/detection/detector";

/** Values remembered per group; the one unseen for longest goes first. */
const VALUES = 2_000;

/**
 * Takes sightings into what is known, and the news among them into the buckets. A value is news when it was first seen (or seen again after `forgetMs`)
 * while the group was at least `learningMs` old. A late event can move a first sighting, or the group's beginning; the news is set right then.
 */
export function learn(state: GroupState, hits: readonly Hit[], spec: WindowSpec): void {
  if (hits.length === 0) return;
  const known: KnownValues = state.k ?? { a: Number.POSITIVE_INFINITY, k: {} };
  state.k = known;
  for (const hit of [...hits].sort(byTime)) {
    known.a = Math.min(known.a, hit.t);
    see(state, known, hit, spec);
  }
  for (const value of Object.values(known.k)) judge(state, known, value, spec);
  forget(known);
}

function see(state: GroupState, known: KnownValues, hit: Hit, spec: WindowSpec): void {
  const name = `=${hit.v}`; // never a name that a plain object treats as its own
  const value = known.k[name];
  if (!value) known.k[name] = { h: hit, z: hit.t };
  else if (hit.t - value.z >= spec.forgetMs) {
    judge(state, known, value, spec); // its first sighting is judged before it is forgotten
    const { o: _, ...old } = value;
    known.k[name] = { h: hit, z: hit.t, o: old };
  } else if (byTime(hit, value.h) < 0) seeEarlier(state, known, { name, value, hit }, spec);
  else {
    value.z = Math.max(value.z, hit.t);
    if (value.o && value.z - value.h.t > LATENESS_MS) delete value.o; // nothing can come in between any more
  }
}

/** A sighting that came late and stands before the first: it is the first, or it shows that the value was never forgotten. */
function seeEarlier(
  state: GroupState,
  known: KnownValues,
  { name, value, hit }: { name: string; value: KnownValue; hit: Hit },
  spec: WindowSpec,
): void {
  if (value.n) dropHit(state, value.h, spec);
  const { o: old } = value;
  if (old && hit.t - old.z < spec.forgetMs) known.k[name] = { ...old, z: Math.max(old.z, value.z) };
  else known.k[name] = { h: hit, z: value.z, ...(old ? { o: old } : {}) };
}

/** Sets right whether the first sighting of a value is news. */
function judge(state: GroupState, known: KnownValues, value: KnownValue, spec: WindowSpec): void {
  const isNews = value.h.t - known.a >= spec.learningMs;
  if (isNews === (value.n === 1)) return;
  if (isNews) {
    addHit(state, value.h, spec);
    value.n = 1;
  } else {
    dropHit(state, value.h, spec);
    delete value.n;
  }
}

function forget(known: KnownValues): void {
  const entries = Object.entries(known.k);
  if (entries.length <= VALUES) return;
  entries.sort(([, a], [, b]) => a.z - b.z);
  for (const [name] of entries.slice(0, entries.length - VALUES)) delete known.k[name];
}
