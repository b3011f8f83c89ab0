/**
 * Traffic anomalies: requests and failures of a service, minute by minute, against what this time of day has seen (series/observe.ts). A spike is called
 * while its minute is still filling; a drop once the minutes can no longer change. Both need the statistic and an absolute floor, and say who made the excess.
 */
import type { Detector, ObservedEvent } from "@/lib/detection/detector";
import { emptySeries, observe, type SeriesObservation, type SeriesState } from "./series/observe";
import { HOUR, MINUTE } from "./subject";
import { mergeAllSpans, mergeSpans, type Span, spansOf, viewOf } from "./tally";
import { type Finding, timelineDetector } from "./timeline";

export interface TrafficAnomalySettings {
  /** The score from which a minute is anomalous, 0 to 1. */
  score: number;
  /** How far outside the expected band a value must be, as a multiple of the band's edge, and in events a minute. */
  factor: number;
  floors: Record<Metric, number>;
  /** Minutes in a row below half of the band that make a drop. */
  dropMinutes: number;
  /** Minutes of history before anything is expected. */
  learnMinutes: number;
}
export type Metric = "requests" | "failures";
export const trafficAnomalyDefaults: TrafficAnomalySettings = {
  score: 0.55,
  factor: 2.5,
  floors: { requests: 120, failures: 40 },
  dropMinutes: 10,
  learnMinutes: 3 * 1440,
};

interface Learnt {
  series: SeriesState;
  /** Minutes in a row that were far below the band, and what was expected in the last of them. */
  drop: { minutes: number; since: number; low: number; value: number };
}
type Traffic = Partial<Record<Metric, Learnt>>;

const METRICS: readonly Metric[] = ["requests", "failures"];
const FILL_LIMIT = 720; // minutes: a longer pause is a gap in the data, not half a day of zeros
const fresh = (): Learnt => ({ series: emptySeries(), drop: { minutes: 0, since: 0, low: 0, value: 0 } });
const valueOf = (metric: Metric, span: Span): number => (metric === "requests" ? span.n : (span.sums.failures ?? 0));

function step(learnt: Learnt, t: number, value: number, settings: TrafficAnomalySettings): Learnt {
  const seen = observe(learnt.series, t, value);
  const low = seen.expected?.[0] ?? 0;
  const down = low >= settings.floors.requests / 2 && value < low / 2;
  const drop = down
    ? { minutes: learnt.drop.minutes + 1, since: learnt.drop.minutes === 0 ? t : learnt.drop.since, low, value }
    : fresh().drop;
  return { series: seen.state, drop };
}

function learnMinute(traffic: Traffic, span: Span, settings: TrafficAnomalySettings): Traffic {
  const minute = Math.floor(span.t / MINUTE) * MINUTE;
  const next: Traffic = {};
  for (const metric of METRICS) {
    let learnt = traffic[metric] ?? fresh();
    const missing = learnt.series.count === 0 ? 0 : (minute - learnt.series.lastAt) / MINUTE - 1;
    if (missing <= FILL_LIMIT) for (let i = missing; i > 0; i--) learnt = step(learnt, minute - i * MINUTE, 0, settings);
    next[metric] = step(learnt, minute, valueOf(metric, span), settings);
  }
  return next;
}

/** Who made the excess: the largest shares by each dimension. */
function decompose(span: Span) {
  const view = viewOf(span);
  return (["route", "country", "key", "ip"] as const).flatMap((name) =>
    view.top(name, 2).map((top) => ({
      name,
      after: top.value,
      weight: Number(top.share.toFixed(2)),
      note: `${Math.round(100 * top.share)} % of the minute`,
    })),
  );
}

function finding(
  group: string,
  span: Span,
  said: { metric: Metric; kind: "spike" | "drop"; value: number; expected: [number, number]; strength: number; score?: number },
): Finding {
  const [service = "", direction = ""] = group.split("|");
  const view = viewOf(span);
  const [low, high] = said.expected;
  const usual = `${Math.round(low)} to ${Math.round(high)}`;
  return {
    family: "traffic_anomaly",
    level: said.kind === "drop" || said.metric === "failures" ? "high" : "medium",
    title: said.kind === "drop" ? `Drop of ${said.metric}` : `Spike of ${said.metric}`,
    entity: { type: "series", value: `${service || "unknown"} ${direction} ${said.metric}` },
    strength: said.strength,
    evidence: [...new Set([...span.first, ...span.latest].map(([, id]) => id))],
    sourceIps: view.top("ip", 20).map((top) => top.value),
    services: service ? [service] : [],
    related: service ? [{ type: "service", value: service, role: "victim", events: span.n }] : [],
    explanation: {
      sentence: `${service || "A service"} had ${said.value} ${direction} ${said.metric} in a minute; ${usual} are usual at this time.`,
      measured: said.value,
      threshold: said.kind === "drop" ? low : high,
      expected: said.expected,
      unit: `${said.metric} a minute`,
      windowMs: MINUTE,
      factors: [{ name: said.metric, before: usual, after: String(said.value), weight: said.score ?? 1 }, ...decompose(span)],
    },
  };
}

function spike(seen: SeriesObservation, value: number, metric: Metric, settings: TrafficAnomalySettings): boolean {
  const high = seen.expected?.[1];
  return high !== undefined && seen.rawScore >= settings.score && value > settings.factor * high && value - high >= settings.floors[metric];
}

const contribute = ({ record: { document } }: ObservedEvent) => ({
  sums: { failures: document.outcome === "failure" ? 1 : 0 },
  distinct: { country: document.source?.geo?.country, route: document.http?.route ?? document.action, key: document.credential?.id },
});

/** The detector, one group per service and direction. */
export function trafficAnomaly(settings: TrafficAnomalySettings = trafficAnomalyDefaults): Detector {
  return timelineDetector<Span, Traffic>({
    id: "traffic-anomaly",
    version: 1,
    techniques: ["T1499"],
    owasp: ["API4"],
    spanMs: MINUTE,
    episodeMs: 6 * HOUR,
    groupsOf: ({ record: { document } }) => (document.service ? [`${document.service}|${document.direction}`] : []),
    observe: (events) => spansOf(events, contribute, MINUTE),
    keyOf: (span) => String(span.t),
    merge: mergeSpans,
    mergeAll: mergeAllSpans,
    emptyBaseline: () => ({}),
    learn: (traffic, span) => learnMinute(traffic, span, settings),
    judge({ group, baseline, moment }) {
      let strongest: Finding | undefined;
      for (const metric of METRICS) {
        const learnt = baseline[metric];
        if (!learnt || learnt.series.count < settings.learnMinutes) continue;
        const value = valueOf(metric, moment);
        const seen = observe(learnt.series, Math.floor(moment.t / MINUTE) * MINUTE, value);
        const expected: [number, number] = seen.expected ?? [0, 0];
        if (spike(seen, value, metric, settings)) {
          const strength = value / Math.max(1, expected[1]);
          if (!strongest || strength > strongest.strength)
            strongest = finding(group, moment, { metric, kind: "spike", value, expected, strength, score: seen.rawScore });
        }
        const { drop } = learnt;
        if (metric === "requests" && drop.minutes >= settings.dropMinutes && !strongest)
          strongest = finding(group, moment, {
            metric,
            kind: "drop",
            value: drop.value,
            expected: [drop.low, Math.max(drop.low, expected[1])],
            strength: drop.minutes / settings.dropMinutes,
          });
      }
      return strongest;
    },
  });
}
