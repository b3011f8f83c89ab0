/** Seeded chance: the same seed gives the same company, the same weeks, the same attacks, on every machine. */

export interface Chance {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [low, high]. */
  int(low: number, high: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
  /** Waiting time of a random arrival with this mean. */
  wait(mean: number): number;
  /** Bell-shaped around 0 with deviation 1. */
  bell(): number;
  /** Independent chance for a named purpose: what one part draws never shifts another. */
  fork(name: string): Chance;
}

/** Chance from a seed (mulberry32: small, fast, good enough for play, never for secrets). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    happens: (probability) => next() < probability,
    pick: <T>(items: readonly T[]) => items[Math.floor(next() * items.length)] as T, // callers pass lists that are not empty
    wait: (mean) => -mean * Math.log(1 - next()),
    bell: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork(name) {
      let hash = seed ^ 0x9e3779b9;
      for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
      return chanceOf(hash);
    },
  };
}
