/**
 * Counts distinct values in bounded space: the values with the smallest hashes are kept, each with its exact count. Up to `limit` values nothing is lost;
 * beyond it the largest kept hash tells how many there are (k minimum values), and what is kept is a fair sample. The order of arrival does not matter.
 */

type Kept = [hash: number, value: string, count: number];

/** Kept values in order of hash: hash (a whole number below 2^32, short as text), value, occurrences. */
export type DistinctSketch = readonly (readonly [hash: number, value: string, count: number])[];

/** A sketch that is still being counted, by its only owner. */
export type GrowingSketch = Kept[];

export const emptySketch: DistinctSketch = [];

const VALUE_LENGTH = 128; // characters of a value that are kept to be shown

/** FNV-1a with a final mix: spreads well, needs no key, and a collision costs one count. */
function hashOf(value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The sketch of values, each seen once. */
export function sketchOf(values: Iterable<string>, limit: number): DistinctSketch {
  const kept: GrowingSketch = [];
  for (const value of values) addValue(kept, value, limit);
  return kept;
}

/**
 * Counts one more occurrence of a value. A value that is among the `limit` smallest hashes in the end was so whenever it came, so that its count is exact. Two
 * values of one hash are one.
 */
export function addValue(sketch: GrowingSketch, text: string, limit: number): void {
  const hash = hashOf(text);
  const value = text.length > VALUE_LENGTH ? text.slice(0, VALUE_LENGTH) : text;
  let low = 0;
  let high = sketch.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sketch[middle] as Kept)[0] < hash)
      low = middle + 1; // inside the list
    else high = middle;
  }
  const known = sketch[low];
  if (known?.[0] === hash) {
    known[2]++;
    if (value < known[1]) known[1] = value;
  } else if (low < limit) {
    sketch.splice(low, 0, [hash, value, 1]);
    if (sketch.length > limit) sketch.pop();
  }
}

/** How many distinct values were seen: exact below `limit`, else an estimate with an error of about 1 / sqrt(limit). */
export function distinctCount(sketch: DistinctSketch, limit: number): number {
  const largest = sketch[sketch.length - 1]?.[0] ?? 0;
  return sketch.length < limit || largest === 0 ? sketch.length : Math.round(((limit - 1) * 2 ** 32) / largest);
}

/** The most frequent kept values with their share of all kept occurrences, largest first. */
export function topOf(sketch: DistinctSketch, count: number): { value: string; share: number; n: number }[] {
  const total = sketch.reduce((sum, entry) => sum + entry[2], 0);
  return [...sketch]
    .sort((a, b) => b[2] - a[2] || (a[1] < b[1] ? -1 : 1))
    .slice(0, count)
    .map(([, value, n]) => ({ value, n, share: total > 0 ? n / total : 0 }));
}

/** Occurrences of the most frequent kept value. */
export function mostOf(sketch: DistinctSketch): number {
  let most = 0;
  for (const [, , count] of sketch) if (count > most) most = count;
  return most;
}

/** The share of the values of `sketch` that are not in `other`, by those of which both would know. */
export function missingShare(sketch: DistinctSketch, other: DistinctSketch, limit: number): number {
  const known = new Set(other.map(([hash]) => hash));
  const until = other.length < limit ? Number.POSITIVE_INFINITY : (other[other.length - 1]?.[0] ?? 0);
  const comparable = sketch.filter(([hash]) => hash <= until);
  return comparable.length === 0 ? 1 : comparable.filter(([hash]) => !known.has(hash)).length / comparable.length;
}
