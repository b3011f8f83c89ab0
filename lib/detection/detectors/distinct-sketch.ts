/**
 * Counts distinct values in bounded space: the values with the smallest hashes are kept, each with its exact count. Up to `limit` values nothing is lost;
 * beyond it the largest kept hash tells how many there are (k minimum values), and what is kept is a fair sample. The order of arrival does not matter.
 */

/** Kept values in order of hash: hash (0 to 1), value, occurrences. */
export type DistinctSketch = readonly (readonly [hash: number, value: string, count: number])[];

export const emptySketch: DistinctSketch = [];

/** FNV-1a with a final mix, as a fraction of 2^32: spreads well, needs no key, and a collision costs one count. */
function hashOf(value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** A sketch of one value. */
export const sketchOf = (value: string): DistinctSketch => [[hashOf(value), value.slice(0, 128), 1]];

/** Joins two sketches, keeping the `limit` smallest hashes. */
export function mergeSketches(a: DistinctSketch, b: DistinctSketch, limit: number): DistinctSketch {
  const out: [number, string, number][] = [];
  let i = 0;
  let j = 0;
  while (out.length < limit && (i < a.length || j < b.length)) {
    const [left, right] = [a[i], b[j]];
    if (left && right && left[0] === right[0]) {
      out.push([left[0], left[1] <= right[1] ? left[1] : right[1], left[2] + right[2]]);
      i++;
      j++;
    } else if (left && (!right || left[0] < right[0])) {
      out.push([...left]);
      i++;
    } else if (right) {
      out.push([...right]);
      j++;
    }
  }
  return out;
}

/** How many distinct values were seen: exact below `limit`, else an estimate with an error of about 1 / sqrt(limit). */
export function distinctCount(sketch: DistinctSketch, limit: number): number {
  const largest = sketch[sketch.length - 1]?.[0] ?? 0;
  return sketch.length < limit || largest === 0 ? sketch.length : Math.round((limit - 1) / largest);
}

/** The most frequent kept values with their share of all kept occurrences, largest first. */
export function topOf(sketch: DistinctSketch, count: number): { value: string; share: number; n: number }[] {
  const total = sketch.reduce((sum, entry) => sum + entry[2], 0);
  return [...sketch]
    .sort((a, b) => b[2] - a[2] || (a[1] < b[1] ? -1 : 1))
    .slice(0, count)
    .map(([, value, n]) => ({ value, n, share: total > 0 ? n / total : 0 }));
}
