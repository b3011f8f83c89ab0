/** A correlation (or a detection that alerts by itself) in the form that the window machinery runs. */
import type { CorrelationType, Limits } from "@/lib/detection/sigma/rule";

export interface WindowSpec {
  type: CorrelationType;
  windowMs: number;
  limits: Limits;
  /** How many rules are correlated. */
  rules: number;
  percentile: number;
  /** Length of a bucket, ms, and how many hits it keeps. */
  bucketMs: number;
  keep: number;
  /** Moments closer together than this belong to one episode. At least the window, so that no event is in two episodes. */
  gapMs: number;
  /** new_value: how long a group is only watched, and after how long unseen a value is new again. */
  learningMs: number;
  forgetMs: number;
}

const SECOND = 1_000;
const HOUR = 3_600_000;

/** Default distance between episodes: an attacker who pauses for half an hour and comes back is the same attack. */
export const DEFAULT_GAP_MS = HOUR / 2;
/** An episode ends after a day however steady it is, so that a person is told again. */
export const EPISODE_MOST_MS = 24 * HOUR;

/** Sixty buckets to a window keep state small and windows true to 2 %; small thresholds are exact, since a bucket keeps more hits than they need. */
export const bucketLength = (windowMs: number): number => Math.min(HOUR, Math.max(SECOND, Math.ceil(windowMs / 60)));

const KEEP_LEAST = 8;
const KEEP_MOST = 64;

/**
 * A bucket keeps enough hits for the threshold to be reached inside it. A count that would need more than KEEP_MOST is no longer exact to the hit, so the
 * fewest do: the others are counted all the same, and a flood must not make state grow.
 */
export function hitsToKeep(type: CorrelationType, limits: Limits): number {
  const threshold = Math.max(0, limits.gte ?? 0, (limits.gt ?? -1) + 1, limits.eq ?? 0, limits.lte ?? 0, limits.lt ?? 0);
  if (type === "value_sum" || type === "value_avg" || (type === "event_count" && threshold >= KEEP_MOST)) return KEEP_LEAST;
  return Math.min(KEEP_MOST, Math.max(KEEP_LEAST, Math.ceil(threshold) + 1));
}

/** Kinds whose number only rises when another event comes into a window. */
const RISING: ReadonlySet<CorrelationType> = new Set(["event_count", "value_count", "value_sum", "temporal", "temporal_ordered"]);

/**
 * Can more events never undo a moment at which the condition held? Then it is spoken at once. Otherwise it is spoken when the lateness bound has passed,
 * because an event that is still on its way could make it untrue.
 */
export function isMonotone(spec: WindowSpec): boolean {
  if (spec.type === "new_value") return true;
  if (!RISING.has(spec.type)) return false;
  return spec.limits.lt === undefined && spec.limits.lte === undefined && spec.limits.eq === undefined && spec.limits.neq === undefined;
}

/** Do the limits hold for a number? */
export function within(limits: Limits, value: number): boolean {
  return (
    (limits.gt === undefined || value > limits.gt) &&
    (limits.gte === undefined || value >= limits.gte) &&
    (limits.lt === undefined || value < limits.lt) &&
    (limits.lte === undefined || value <= limits.lte) &&
    (limits.eq === undefined || value === limits.eq) &&
    (limits.neq === undefined || value !== limits.neq)
  );
}
