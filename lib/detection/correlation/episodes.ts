/** Episodes: the moments of a condition, joined when they are closer together than the gap. One episode is one alert. */
import { EVIDENCE_LIMIT } from "@/lib/model/alert";
import { hashOf } from "./buckets";
import { type Firing, isRest, type Point } from "./firings";
import { EPISODE_MOST_MS, type WindowSpec } from "./spec";
import type { Episode } from "./state";

const HALF = EVIDENCE_LIMIT / 2;
/** Names counted per episode and kind; a fair choice of all when there are more, the same in any order of arrival. */
const NAMES = 64;
const MATCHES = 5;

/** Joins firings (in order) to episodes, going on from the one that is already settled. `open` is not changed. */
export function joinEpisodes(open: Episode | undefined, firings: readonly Firing[], points: readonly Point[], spec: WindowSpec): Episode[] {
  const episodes: Episode[] = open ? [structuredClone(open)] : [];
  let next = 0; // first point that no episode has counted
  for (const firing of firings) {
    let episode = episodes.at(-1);
    if (!episode || firing.t - episode.z > spec.gapMs || firing.t - episode.a > EPISODE_MOST_MS) {
      episode = startEpisode(firing, points);
      episodes.push(episode);
    }
    next = count(episode, firing, points, next, spec);
  }
  return episodes;
}

function startEpisode(firing: Firing, points: readonly Point[]): Episode {
  const hit = points[firing.at]?.hit;
  return {
    a: firing.t,
    z: Number.MIN_SAFE_INTEGER,
    zi: "",
    f: firing.t,
    n: 0,
    pk: firing.measured,
    h: [],
    l: [],
    p: {},
    u: {},
    c: {},
    v: {},
    m: [],
    ...(hit?.e === undefined ? {} : { e: hit.e }),
  };
}

/** Adds the events of a firing's window that were not counted yet. */
function count(episode: Episode, firing: Firing, points: readonly Point[], from: number, spec: WindowSpec): number {
  let at = from;
  const opens = spec.type === "absence" ? Number.NEGATIVE_INFINITY : firing.t - spec.windowMs;
  for (; at <= firing.at; at++) {
    const point = points[at];
    if (!point || point.hit.t <= opens || isCounted(episode, point) || (spec.type === "absence" && at < firing.at)) continue;
    addPoint(episode, point);
  }
  episode.z = Math.max(episode.z, firing.t);
  episode.zi = points[firing.at]?.hit.i ?? "";
  const lowers =
    spec.limits.gt === undefined && spec.limits.gte === undefined && (spec.limits.lt !== undefined || spec.limits.lte !== undefined);
  episode.pk = lowers ? Math.min(episode.pk, firing.measured) : Math.max(episode.pk, firing.measured);
  return at;
}

const isCounted = (episode: Episode, { hit }: Point): boolean => hit.t < episode.z || (hit.t === episode.z && hit.i <= episode.zi);

function addPoint(episode: Episode, point: Point): void {
  const { hit, weight } = point;
  episode.n += weight;
  episode.f = Math.min(episode.f, hit.t);
  if (isRest(point)) return;
  if (episode.h.at(-1) !== hit.i && episode.l.at(-1) !== hit.i) {
    if (episode.h.length < HALF) episode.h.push(hit.i);
    else if (episode.l.push(hit.i) > HALF) episode.l.shift();
  }
  tally(episode.p, hit.p);
  tally(episode.u, hit.u);
  tally(episode.c, hit.c);
  if (typeof hit.v === "string") tally(episode.v, hit.v);
  for (const match of hit.m ?? []) {
    if (episode.m.length < MATCHES && !episode.m.some((known) => known.field === match.field && known.excerpt === match.excerpt))
      episode.m.push(match);
  }
}

function tally(counts: Record<string, number>, name: string | undefined): void {
  if (name === undefined || name === "__proto__") return; // the one key that a plain object cannot hold
  counts[name] = (Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0) + 1;
  const names = Object.keys(counts);
  if (names.length <= NAMES) return;
  delete counts[names.reduce((worst, other) => (hashOf(other) > hashOf(worst) ? other : worst))];
}
