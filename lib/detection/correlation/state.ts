/**
 * What the engine remembers of one (rule, group), as plain JSON. Everything here is made so that the outcome depends on the set of events and not on the
 * order in which they came: buckets of event time that keep a deterministic choice of their hits, and one summary of the episode that is settled.
 */
import type { Explanation } from "@/lib/model/alert";

/** What a hit has of its event, whichever rule it is a hit of. */
export type HitBase = Pick<Hit, "t" | "i" | "p" | "u" | "c">;

/** One event in a window (or a signal of another correlation). Short keys: thousands of these are stored. */
export interface Hit {
  /** Event time, ms. */
  t: number;
  /** Event id. */
  i: string;
  /** Which of the correlated rules it is, by position. */
  r: number;
  /** The value that is counted, added or ranked. */
  v?: string | number | undefined;
  /** Address, actor and service of the event. */
  p?: string | undefined;
  u?: string | undefined;
  c?: string | undefined;
  /** Entity, when it is no part of the group. */
  e?: string;
  /** Where a pattern was found. */
  m?: Explanation["matches"];
  /** Fields that correlations further up ask for, and whether they have been told. */
  f?: Record<string, string> | undefined;
  s?: 1;
}

/** The hits of a stretch of event time: how many there were, and a choice of them that any order of arrival agrees on. */
export interface Bucket {
  /** Its number: event time divided by the length of a bucket. */
  k: number;
  n: number;
  /** Latest event time in it. */
  z: number;
  h: Hit[];
  /** Sum of the numbers, whole part and millionths apart, so that adding up is exact in any order. */
  w?: [number, number];
  /** Some of the numbers are negative. */
  g?: 1;
}

/** What an episode amounts to so far. */
export interface Episode {
  /** First and last moment at which the condition held. */
  a: number;
  z: number;
  /** Id of the event of the last moment: where counting goes on. */
  zi: string;
  /** Earliest event in it, and how many there are. */
  f: number;
  n: number;
  /** The most extreme number measured, and at the latest. */
  pk: number;
  /** First and last event ids, at most EVIDENCE_LIMIT together. */
  h: string[];
  l: string[];
  /** Events by address, actor, service, value. */
  p: Record<string, number>;
  u: Record<string, number>;
  c: Record<string, number>;
  v: Record<string, number>;
  m: Explanation["matches"];
  e?: string;
}

/** A value's first sighting, the time of its last, and whether the first was news. */
export interface KnownValue {
  h: Hit;
  z: number;
  n?: 1;
  /** The same from before it was last forgotten, while a late event may still show that it was not. */
  o?: KnownValue;
}

/** Values that a group is known for, for new_value. */
export interface KnownValues {
  /** Earliest event of the group. */
  a: number;
  k: Record<string, KnownValue>;
}

export interface GroupState {
  /** Event time up to which everything is final. */
  s: number;
  /** In order of their numbers. */
  b: Bucket[];
  /** How many events the buckets hold together. */
  n: number;
  /** The episode that reaches into the settled time, while it can still grow. */
  e?: Episode;
  /** Alerts said and not final: episode start, number of events, last moment. */
  said: [number, number, number][];
  k?: KnownValues;
  /** Distinct values (for temporal kinds: rules) in the buckets, perhaps with some that have left them. Found again when it is absent, so it is not stored. */
  d?: (string | number)[];
}

export const emptyState = (): GroupState => ({ s: Number.MIN_SAFE_INTEGER, b: [], n: 0, said: [] });
