/**
 * Folds hits into the state of one group and tells what follows: episodes to speak of, keys that no longer stand, signals for correlations further up.
 *
 * Why the order of arrival does not matter. Up to `settled` = watermark - LATENESS_MS everything has arrived, so its firings are final and are folded into
 * one episode summary. Above it, buckets hold what arrived so far, and every call computes the firings anew from them: an event that comes late changes
 * what a later call says, and an alert said under another start is withdrawn. When event time has moved on, both histories have said the same.
 */
import { LATENESS_MS } from "@/lib/detection/detector";
import { addHit, distinctOf, evict } from "./buckets";
import { joinEpisodes } from "./episodes";
import { type Firing, firingsOf, isRest, type Point, pointsOf } from "./firings";
import { learn } from "./new-values";
import { isMonotone, type WindowSpec } from "./spec";
import { type Episode, emptyState, type GroupState, type Hit } from "./state";

export interface GroupAdvance {
  state: GroupState | undefined;
  /** Episodes that are new or have grown. */
  episodes: readonly Episode[];
  /** Starts of episodes that were said and are no more. */
  withdrawn: readonly number[];
  /** Hits at which the condition held and of which nobody further up has been told. */
  signals: readonly Hit[];
  wakeAt: number | undefined;
  expiresAt: number | undefined;
}

const NONE: readonly never[] = [];

/** Most groups of a counting rule are far below its limit: then nothing can hold, and nothing needs to be looked at. */
function cannotFire(state: GroupState, spec: WindowSpec): boolean {
  if (state.e !== undefined || state.said.length > 0 || !isMonotone(spec)) return false;
  const least = Math.max(spec.limits.gte ?? 0, (spec.limits.gt ?? -1) + 1);
  if (spec.type === "event_count") return state.n < least;
  if (spec.type === "value_sum") return sumAtMost(state) < least;
  return spec.type !== "new_value" && (state.n < least || distinctAtMost(state, spec, least) < least);
}

/** No window holds more than everything together, unless something was taken off. */
function sumAtMost(state: GroupState): number {
  let sum = 0;
  for (const { w, g } of state.b) {
    if (g) return Number.POSITIVE_INFINITY;
    if (w) sum += w[0] + w[1] / 1e6;
  }
  return sum;
}

/** How many values or rules are in the buckets, looked for again only when more have been seen than are needed. */
function distinctAtMost(state: GroupState, spec: WindowSpec, least: number): number {
  if (state.d && state.d.length < least) return state.d.length;
  const found: (string | number)[] = [];
  for (const { h } of state.b) {
    for (const hit of h) {
      const value = distinctOf(hit, spec.type);
      if (value !== undefined && !found.includes(value)) found.push(value);
    }
    if (found.length >= least) return least;
  }
  state.d = found;
  return found.length;
}

/** One step of one group. `hits` come in any order; the state is handed over and changed in place. */
export function advanceGroup(spec: WindowSpec, before: GroupState | undefined, hits: readonly Hit[], watermark: number): GroupAdvance {
  const state = before ?? emptyState();
  for (const hit of hits) if (hit.t <= state.s) state.s = hit.t - 1; // later than promised: its own past is opened again, as well as it is still known
  if (spec.type === "new_value") learn(state, hits, spec);
  else for (const hit of hits) addHit(state, hit, spec);

  const settled = Math.max(state.s, watermark - LATENESS_MS);
  if (cannotFire(state, spec)) return quiet(state, spec, settled);
  const monotone = isMonotone(spec);
  const points = pointsOf(state);
  const all = firingsOf(points, spec, settled).filter((firing) => firing.t > state.s);
  const spoken = monotone ? all : all.filter((firing) => firing.t <= settled);
  const episodes = joinEpisodes(state.e, spoken, points, spec);
  const said = say(state, episodes);
  const signals = takeSignals(spoken, points);
  settle(state, spec, { settled, spoken, points });
  evict(state, spec);
  state.said = said.all.filter(([start, , last]) => last > settled - spec.gapMs || start === state.e?.a);
  return {
    state: isSpent(state) ? undefined : state,
    episodes: said.grown,
    withdrawn: said.withdrawn,
    signals,
    wakeAt: wakeOf(state, spec, points),
    expiresAt: expiryOf(state, spec),
  };
}

/** What a step comes to when nothing can hold: the line moves on, and buckets that no window can reach are forgotten. */
function quiet(state: GroupState, spec: WindowSpec, settled: number): GroupAdvance {
  state.s = settled;
  evict(state, spec);
  const expiresAt = expiryOf(state, spec); // no kind that can be told to be quiet has to be woken
  return { state: isSpent(state) ? undefined : state, episodes: NONE, withdrawn: NONE, signals: NONE, wakeAt: undefined, expiresAt };
}

function say(state: GroupState, episodes: readonly Episode[]): { grown: Episode[]; withdrawn: number[]; all: GroupState["said"] } {
  const known = new Map(state.said.map((entry) => [entry[0], entry]));
  const grown = episodes.filter((episode) => {
    const entry = known.get(episode.a);
    return !entry || entry[1] !== episode.n || entry[2] !== episode.z;
  });
  const now = new Set(episodes.map((episode) => episode.a));
  return {
    grown,
    withdrawn: [...known.keys()].filter((start) => !now.has(start)),
    all: episodes.map((episode) => [episode.a, episode.n, episode.z]),
  };
}

/** Hits that carry fields for others (`f`) are told once. */
function takeSignals(firings: readonly Firing[], points: readonly Point[]): Hit[] {
  const signals: Hit[] = [];
  for (const firing of firings) {
    const point = points[firing.at];
    if (!point || isRest(point) || point.hit.f === undefined || point.hit.s) continue;
    point.hit.s = 1;
    signals.push({ ...point.hit, t: firing.t });
  }
  return signals;
}

/** Moves the line up to which everything is final, and folds what it passes into the open episode. */
function settle(state: GroupState, spec: WindowSpec, now: { settled: number; spoken: readonly Firing[]; points: readonly Point[] }): void {
  const final = now.spoken.filter((firing) => firing.t <= now.settled);
  const episode = joinEpisodes(state.e, final, now.points, spec).at(-1);
  state.s = now.settled;
  if (episode && episode.z + spec.gapMs > now.settled) state.e = episode;
  else delete state.e;
}

const isSpent = (state: GroupState): boolean =>
  state.e === undefined && state.k === undefined && state.said.length === 0 && state.b.length === 0;

/** When to look again without an event. */
function wakeOf(state: GroupState, spec: WindowSpec, points: readonly Point[]): number | undefined {
  const pending = isMonotone(spec) ? undefined : firstPending(state, spec, points);
  return pending === undefined ? undefined : pending + LATENESS_MS;
}

/** When nothing of this group can matter any more. */
function expiryOf(state: GroupState, spec: WindowSpec): number | undefined {
  const lastUse = Math.max(
    (state.b.at(-1)?.z ?? Number.NEGATIVE_INFINITY) + spec.windowMs,
    (state.e?.z ?? Number.NEGATIVE_INFINITY) + spec.gapMs,
    (state.said.at(-1)?.[2] ?? Number.NEGATIVE_INFINITY) + spec.gapMs,
  );
  const expires = Math.max(lastUse, state.k ? lastSight(state.k) + spec.forgetMs : lastUse) + LATENESS_MS + spec.bucketMs;
  return Number.isFinite(expires) ? expires : undefined;
}

function lastSight(known: NonNullable<GroupState["k"]>): number {
  let latest = known.a;
  for (const name in known.k) latest = Math.max(latest, known.k[name]?.z ?? latest);
  return latest;
}

/** The first moment above the settled line that may have something to say once it is settled. */
function firstPending(state: GroupState, spec: WindowSpec, points: readonly Point[]): number | undefined {
  if (spec.type !== "absence") return points.find((point) => point.hit.t > state.s)?.hit.t;
  const silent = points.find(
    ({ hit }, at) => hit.t + spec.windowMs > state.s && (points[at + 1]?.hit.t ?? Number.POSITIVE_INFINITY) > hit.t + spec.windowMs,
  );
  return silent && silent.hit.t + spec.windowMs;
}
