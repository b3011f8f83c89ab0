/**
 * Counts distinct values in bounded space: the values with the smallest hashes are kept, each with its exact count. Up to `limit` values nothing is lost;
 * beyond it the largest kept hash tells how many there are (k minimum values), and what is kept is a fair sample. The order of arrival does not matter.
 */

/** Kept values in order of hash: hash (a whole number below 2^32, short as text), value, occurrences. */
export type DistinctSketch = readonly (readonly [hash: number, value: string, count: number])[];

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

/** The sketch of values with their occurrences. */
export function sketchOf(counts: ReadonlyMap<string, number>, limit: number): DistinctSketch {
  const kept: [hash: number, value: string, count: number][] = [];
  for (const [value, count] of counts) kept.push([hashOf(value), value.slice(0, VALUE_LENGTH), count]);
  return mergeAllSketches([kept], limit); // two values of one hash are one, here as later
}

/** Joins many sketches at once, keeping the `limit` smallest hashes. */
export function mergeAllSketches(sketches: readonly DistinctSketch[], limit: number): DistinctSketch {
  const byHash = new Map<number, [hash: number, value: string, count: number]>();
  for (const sketch of sketches) {
    for (const [hash, value, count] of sketch) {
      const known = byHash.get(hash);
      if (!known) byHash.set(hash, [hash, value, count]);
      else {
        known[2] += count;
        if (value < known[1]) known[1] = value;
      }
    }
  }
  return [...byHash.values()].sort((a, b) => a[0] - b[0]).slice(0, limit);
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
