/**
 * Traffic anomalies: requests, failures, bytes and latency of a service, minute by minute, against what this time of such a day has seen (series/observe.ts).
 * A spike is called while its minute is still filling; a drop once the minutes can no longer change. Both need the statistic and an absolute floor. What
 * happens at once in several series of a service is one alert, and the excess is taken apart: which route, country, key or address made what share of it.
 */
import type { BehaviourDetector, ObservedEvent } from "@/lib/detection/detector";
import type { Factor } from "@/lib/model/alert";
import { formatBytes } from "@/lib/model/format";
import { type Usual, usualAt } from "./series/daily-profile";
import { emptySeries, observe, type SeriesState } from "./series/observe";
import { HOUR, MINUTE } from "./subject";
import { type Span, SpanView, spansOf } from "./tally";
import { type Finding, timelineDetector } from "./timeline";

export interface TrafficAnomalySettings {
  /** The score from which a minute is anomalous, 0 to 1. */
  score: number;
  /** How far outside the expected band a value must be, as a multiple of the band's edge, and in events a minute. */
  factor: number;
  floors: Record<Metric, number>;
  /** Minutes in a row below half of the usual that make a drop, and how many deviations of the usual must be missing by then: chance never takes as much. */
  dropMinutes: number;
  dropDeviations: number;
  /** Requests a minute that must be usual for their absence to be a drop; who speaks less falls silent instead. */
  dropUsual: number;
  /** Minutes of history before anything is expected. */
  learnMinutes: number;
}
export type Metric = "requests" | "failures" | "bytes" | "latency";
export const trafficAnomalyDefaults: TrafficAnomalySettings = {
  score: 0.55,
  factor: 2.5,
  // 50 MB are a few reports; a quarter of a second is felt.
  floors: { requests: 120, failures: 40, bytes: 50_000_000, latency: 250 },
  dropMinutes: 10,
  dropDeviations: 6,
  dropUsual: 1,
  learnMinutes: 3 * 1440,
};

/** One series of a service: what it taught, and the drop under way. */
export interface Learnt {
  series: SeriesState;
  drop: Drop;
}
/** Minutes in a row far below the usual: how many requests came in them, how many should have, and the variance of that. */
interface Drop {
  minutes: number;
  /** Minutes in a row that were better again. */
  better: number;
  came: number;
  due: number;
  variance: number;
  /** What the last minutes before it had for sure, at most the usual. */
  before: number;
}
/** By metric: what is usual. And how many events of a minute each route, country, key and address usually makes. */
export interface Traffic {
  series: Partial<Record<Metric, Learnt>>;
  shares: Partial<Record<Dimension, [value: string, perMinute: number][]>>;
}
type Dimension = (typeof DIMENSIONS)[number];

const METRICS: readonly Metric[] = ["requests", "failures", "bytes", "latency"];
const DIMENSIONS = ["route", "country", "key", "ip"] as const;
const FILL_LIMIT = 720; // minutes: a longer pause is a gap in the data, not half a day of zeros
const NO_DROP: Drop = { minutes: 0, better: 0, came: 0, due: 0, variance: 0, before: 0 };
const RANGE_DEVIATIONS = 3.5; // deviations between the lowest and the highest of fifteen values: a quarter of an hour of minutes
const SURE_DEVIATIONS = 2;
const PROOF_MINUTES = 60;
const BETTER_MINUTES = 3; // end a drop: a single good minute is chance
const LATENCY_SAMPLES = 30; // requests: the mean of fewer is an accident
const SHARE_LIMIT = 24; // values remembered by dimension
const SHARE_MEMORY = 240; // minutes: what is usual for one route follows the day

const fresh = (): Learnt => ({ series: emptySeries(), drop: NO_DROP });

/** The value of a minute; undefined where the minute says nothing. */
function valueOf(metric: Metric, span: Span): number | undefined {
  if (metric === "requests") return span.n;
  if (metric === "latency")
    return (span.sums.timed ?? 0) < LATENCY_SAMPLES ? undefined : (span.sums.duration ?? 0) / (span.sums.timed ?? 1);
  return span.sums[metric] ?? 0;
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/**
 * What the last minutes had for sure where most of them were ordinary, else nothing: neither a holiday with one busy person nor the end of a flood is the
 * traffic of a service. At most the usual; of the middle half, so that a late batch does not count.
 */
function surelyHad(recent: readonly number[], { level, range }: Usual["ordinary"]): number {
  const sorted = [...recent].sort((a, b) => a - b);
  const quarter = sorted.length >> 2;
  const mean = meanOf(sorted.slice(quarter, sorted.length - quarter));
  if ((sorted[quarter] ?? 0) < level / 2 || mean > 2 * level + range) return 0;
  const deviation = Math.max(Math.sqrt(mean), range / RANGE_DEVIATIONS);
  return Math.min(level, mean - (SURE_DEVIATIONS * deviation) / Math.sqrt(Math.max(1, sorted.length)));
}

const isProven = ({ minutes, came, due, variance }: Drop, { dropMinutes, dropDeviations, dropUsual }: TrafficAnomalySettings): boolean =>
  minutes >= dropMinutes && due >= dropUsual * minutes && due - came >= dropDeviations * Math.sqrt(variance);

/**
 * A drop begins where traffic was ordinary a moment ago: a holiday on which it never rises is none. More than that moment had is never due. It is none while
 * more than half of what is due has come, or when the first hour proves nothing: that is a lull. It ends when some minutes in a row are better.
 */
function dropAfter(
  { series, drop }: Learnt,
  minute: { value: number; ordinary: Usual["ordinary"] },
  settings: TrafficAnomalySettings,
): Drop {
  const { value, ordinary } = minute;
  const before = drop.minutes > 0 ? drop.before : surelyHad(series.recent, ordinary);
  const usual = Math.min(ordinary.level, before);
  const better = value < usual / 2 ? 0 : drop.better + 1;
  const [came, due] = [drop.came + value, drop.due + usual];
  if (better >= BETTER_MINUTES || came >= due / 2 || (drop.minutes === PROOF_MINUTES && !isProven(drop, settings))) return NO_DROP;
  const deviation = ordinary.range / RANGE_DEVIATIONS;
  const variance = drop.variance + Math.max(usual, deviation * deviation); // requests are at least as uneven as chance makes them
  return { minutes: drop.minutes + 1, better, came, due, variance, before };
}

function step(learnt: Learnt, { t, value }: { t: number; value: number }, settings: TrafficAnomalySettings): Learnt {
  const seen = observe(learnt.series, t, value);
  return { series: seen.state, drop: seen.ordinary ? dropAfter(learnt, { value, ordinary: seen.ordinary }, settings) : NO_DROP };
}

function learnMinute(traffic: Traffic, span: Span, settings: TrafficAnomalySettings): Traffic {
  const minute = Math.floor(span.t / MINUTE) * MINUTE;
  const series: Traffic["series"] = { ...traffic.series };
  for (const metric of METRICS) {
    const value = valueOf(metric, span);
    if (value === undefined) continue; // a minute without a latency is a gap
    let learnt = series[metric] ?? fresh();
    const missing = learnt.series.count === 0 || metric === "latency" ? 0 : (minute - learnt.series.lastAt) / MINUTE - 1;
    if (missing <= FILL_LIMIT) for (let i = missing; i > 0; i--) learnt = step(learnt, { t: minute - i * MINUTE, value: 0 }, settings);
    series[metric] = step(learnt, { t: minute, value }, settings);
  }
  return { series, shares: learnShares(traffic.shares, span) };
}

/** Follows what each value usually makes of a minute; the smallest are forgotten. */
function learnShares(shares: Traffic["shares"], span: Span): Traffic["shares"] {
  const next: Traffic["shares"] = {};
  for (const name of DIMENSIONS) {
    const usual = new Map((shares[name] ?? []).map(([value, perMinute]) => [value, perMinute * (1 - 1 / SHARE_MEMORY)]));
    for (const [value, count] of countsOf(span, name)) usual.set(value, (usual.get(value) ?? 0) + count / SHARE_MEMORY);
    next[name] = [...usual]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, SHARE_LIMIT)
      .map(([value, perMinute]) => [value, Number(perMinute.toPrecision(3))]);
  }
  return next;
}

/** Events of the minute by value: exact while the sketch holds all, else the sample scaled up. */
function countsOf(span: Span, name: string): [value: string, count: number][] {
  const view = new SpanView(span);
  return view.top(name, SHARE_LIMIT).map(({ value, share }) => [value, share * span.n]);
}

/** Who made the excess: by dimension, what the largest contributors sent beyond their usual, as a share of everything beyond the usual. */
function decompose(span: Span, traffic: Traffic, usual: number): Factor[] {
  const excess = Math.max(1, span.n - usual);
  return DIMENSIONS.flatMap((name) => {
    const before = new Map(traffic.shares[name] ?? []);
    return countsOf(span, name)
      .map(([value, count]) => ({ value, count, known: before.get(value) ?? 0 }))
      .map((one) => ({ ...one, share: Math.min(1, Math.max(0, one.count - one.known) / excess) }))
      .filter(({ share }) => share >= 0.1)
      .sort((a, b) => b.share - a.share || (a.value < b.value ? -1 : 1))
      .slice(0, 2)
      .map(({ value, count, known, share }) => ({
        name,
        before: `${known.toFixed(1)} a minute`,
        after: value,
        weight: Number(share.toFixed(2)),
        note: `${Math.round(100 * share)} % of the excess: ${Math.round(count)} in this minute`,
      }));
  });
}

/** What is wrong with one series in one minute. */
interface Deviation {
  metric: Metric;
  kind: "spike" | "drop";
  value: number;
  expected: [low: number, high: number];
  strength: number;
  score: number;
  /** What a drop has cost so far. */
  note?: string;
}

const amount = (metric: Metric, value: number): string =>
  metric === "bytes" ? formatBytes(value) : metric === "latency" ? `${Math.round(value)} ms` : `${Math.round(value)} ${metric}`;
const bandText = (metric: Metric, [low, high]: readonly [number, number]): string =>
  metric === "bytes" ? `${formatBytes(low)} to ${formatBytes(high)}` : `${Math.round(low)} to ${Math.round(high)}`;

/** Addresses that may have made an excess: the busiest, and whoever comes near it. The others happened to call in that minute. */
function makersOf(span: Span): string[] {
  const busiest = new SpanView(span).top("ip", 20);
  return busiest.filter(({ n }) => n * 2 >= (busiest[0]?.n ?? 0)).map(({ value }) => value);
}

function finding(group: string, span: Span, { traffic, deviations }: { traffic: Traffic; deviations: Deviation[] }): Finding {
  const [service = "", direction = ""] = group.split("|");
  const [worst, ...others] = deviations.sort((a, b) => b.strength - a.strength) as [Deviation, ...Deviation[]]; // called with one at least
  const { metric, kind, value, expected } = worst;
  const severe = deviations.some((one) => one.kind === "drop" || one.metric === "failures");
  const also = others.length > 0 ? ` At the same time: ${others.map((one) => amount(one.metric, one.value)).join(", ")}.` : "";
  const usualRequests = traffic.shares.route?.reduce((sum, [, perMinute]) => sum + perMinute, 0) ?? 0;
  return {
    family: "traffic_anomaly",
    level: severe ? "high" : "medium",
    title: kind === "drop" ? `Drop of ${metric}` : metric === "latency" ? "Answers take too long" : `Spike of ${metric}`,
    entity: { type: "series", value: `${service || "unknown"} ${direction}` },
    ...(kind === "drop" ? { part: "drop" } : {}), // a flood two hours later must not speak for it
    strength: worst.strength,
    evidence: [...new Set([...span.first, ...(span.latest ?? [])].map(([, id]) => id))],
    sourceIps: deviations.some((one) => one.kind !== "drop" && one.metric !== "latency") ? makersOf(span) : [],
    services: service ? [service] : [],
    related: service ? [{ type: "service", value: service, role: "victim", events: span.n }] : [],
    explanation: {
      sentence: `${service || "A service"} had ${amount(metric, value)} ${direction} in a minute${worst.note ? ` ${worst.note}` : ""}; ${worst.kind === "drop" ? `at least ${Math.round(expected[0])}` : bandText(metric, expected)} are usual at this time.${also}`,
      measured: Math.round(value),
      threshold: Math.round(kind === "drop" ? expected[0] : expected[1]),
      expected,
      unit: metric === "latency" ? "ms" : `${metric} a minute`,
      windowMs: MINUTE,
      factors: [
        ...deviations.map((one) => ({
          name: one.metric,
          before: bandText(one.metric, one.expected),
          after: amount(one.metric, one.value),
          weight: Number(one.score.toFixed(2)),
        })),
        ...(kind === "drop" ? [] : decompose(span, traffic, usualRequests)),
      ],
    },
  };
}

function spikeOf(
  learnt: Learnt,
  t: number,
  said: { metric: Metric; value: number },
  settings: TrafficAnomalySettings,
): Deviation | undefined {
  const { metric, value } = said;
  if (value < settings.floors[metric]) return undefined; // before anything is reckoned: most minutes of most services end here
  const seen = observe(learnt.series, t, value);
  const high = seen.expected?.[1];
  if (high === undefined || seen.rawScore < settings.score || value <= settings.factor * high || value - high < settings.floors[metric])
    return undefined;
  const strength = value / Math.max(1, high);
  return { metric, kind: "spike", value, expected: seen.expected ?? [0, 0], strength, score: seen.rawScore };
}

function deviationsOf(traffic: Traffic, span: Span, settings: TrafficAnomalySettings): Deviation[] {
  const t = Math.floor(span.t / MINUTE) * MINUTE;
  return METRICS.flatMap((metric): Deviation[] => {
    const learnt = traffic.series[metric];
    const value = valueOf(metric, span);
    if (!learnt || value === undefined || learnt.series.count < settings.learnMinutes) return [];
    const spike = spikeOf(learnt, t, { metric, value }, settings);
    if (spike) return [spike];
    const { drop } = learnt;
    if (metric !== "requests" || !isProven(drop, settings)) return [];
    const missing = drop.due - drop.came;
    const strength = drop.minutes / settings.dropMinutes;
    const note = `over ${drop.minutes} minutes; about ${Math.round(missing)} are missing`;
    const usual = drop.due / drop.minutes;
    const high = Math.max(usual, (learnt.series.profile && usualAt(learnt.series.profile, t)?.high) ?? 0);
    return [{ metric, kind: "drop", value: Math.round(drop.came / drop.minutes), expected: [usual, high], strength, score: 1, note }];
  });
}

const contribute = ({ record: { document } }: ObservedEvent) => ({
  sums: {
    failures: document.outcome === "failure" ? 1 : 0,
    bytes: (document.direction === "outbound" ? document.http?.request_bytes : document.http?.response_bytes) ?? 0,
    duration: document.http?.duration_ms ?? 0,
    timed: document.http?.duration_ms === undefined ? 0 : 1,
  },
  distinct: { country: document.source?.geo?.country, route: document.http?.route ?? document.action, key: document.credential?.id },
});

/** The detector, one group per service and direction. */
export function trafficAnomaly(settings: TrafficAnomalySettings = trafficAnomalyDefaults): BehaviourDetector {
  return timelineDetector<Span, Traffic>({
    id: "traffic-anomaly",
    version: 5,
    title: "Traffic outside its band",
    family: "traffic_anomaly",
    level: "high",
    techniques: ["T1499"],
    owasp: ["API4"],
    spanMs: MINUTE,
    episodeMs: 6 * HOUR,
    groupsOf: ({ record: { document } }) => (document.service ? [`${document.service}|${document.direction}`] : []),
    observe: (events, kept) => spansOf(events, { contribute, spanMs: MINUTE }, kept),
    keyOf: (span) => String(span.t),
    emptyBaseline: () => ({ series: {}, shares: {} }),
    learn: (traffic, span) => learnMinute(traffic, span, settings),
    judge({ group, baseline, moment }) {
      const deviations = deviationsOf(baseline, moment, settings);
      return deviations.length > 0 ? finding(group, moment, { traffic: baseline, deviations }) : undefined;
    },
  });
}
