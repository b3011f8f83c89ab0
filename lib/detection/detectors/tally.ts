/**
 * The frame of detectors that count: events of a group add up in spans of event time (a minute, an hour, a day), and each span is judged against the
 * highest spans of the days before it. Counts only grow, so an alert leaves as soon as the line is crossed, and late events can only make it larger.
 */
import type { Detector, ObservedEvent } from "@/lib/detection/detector";
import type { Factor, Family, Level } from "@/lib/model/alert";
import { type DistinctSketch, distinctCount, emptySketch, mergeSketches, sketchOf, topOf } from "./distinct-sketch";
import { DAY, HOUR, momentOf } from "./subject";
import { type Finding, type Moment, timelineDetector } from "./timeline";

/** What one event adds: numbers that add up, and values of which the distinct ones count. */
export interface Contribution {
  sums: Record<string, number>;
  distinct: Record<string, string | undefined>;
}

/** The counts of one span. */
export interface Span extends Moment {
  from: number;
  to: number;
  sums: Record<string, number>;
  sketches: Record<string, DistinctSketch>;
  /** Evidence: the earliest and the latest events, [time, id]. */
  first: readonly (readonly [number, string])[];
  latest: readonly (readonly [number, string])[];
}

/** One number of a span under watch. */
export interface Measure {
  name: string;
  unit: string;
  /** Below this it is never an alert, whatever is usual. */
  floor: number;
  /** How many times the highest span of the past it must be. */
  factor: number;
  of(span: SpanView): number;
}

/** Reads sums and distinct counts of a span by name. */
export interface SpanView {
  sum(name: string): number;
  distinct(name: string): number;
  /** The most frequent sampled values, with their share. */
  top(name: string, count: number): { value: string; share: number; n: number }[];
  readonly span: Span;
}

export interface TallyRules {
  id: string;
  version: number;
  family: Family;
  level: Level;
  title: string;
  techniques: string[];
  owasp: string[];
  spanMs: number;
  /** Days of activity before the own past is believed; until then floors are multiplied by `newcomerFactor`. */
  learnDays: number;
  newcomerFactor: number;
  measures: readonly Measure[];
  groupsOf(event: ObservedEvent): readonly string[];
  contribute(event: ObservedEvent): Contribution | undefined;
  entityOf(group: string): Finding["entity"];
  /** A further condition on the span, must only become true as counts grow. */
  when?(view: SpanView): boolean;
  describe(input: { group: string; view: SpanView; measure: Measure; value: number; usual: number }): {
    sentence: string;
    factors: Factor[];
  };
  /** Names of the distinct values that are attackers and victims, for the alert's related entities. */
  roles?: Record<string, { type: Finding["entity"]["type"]; role: "attacker" | "victim" | "context" }>;
}

/** By measure: the highest span of each of the last days, newest last. */
interface TallyPast {
  days: number;
  lastDay: number;
  highs: Record<string, [day: number, high: number][]>;
}

const SKETCH_LIMIT = 128; // within 9 % beyond it
const PAST_DAYS = 28; // four weeks: a monthly run is learnt, an old incident is forgotten
const EVIDENCE_EACH = 20;
const ALARM_TEACHES = 1.25; // a quarter a day: five times as much is usual after a week

const earliest = (pairs: readonly (readonly [number, string])[]) => [...pairs].sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));

/** What one event adds to its span; undefined when it adds nothing. */
export function spanOf(event: ObservedEvent, contribution: Contribution | undefined, spanMs: number): Span | undefined {
  if (!contribution) return undefined;
  const moment = momentOf(event);
  const sketches: Record<string, DistinctSketch> = {};
  for (const [name, value] of Object.entries({ ip: moment.ip, ...contribution.distinct }))
    if (value !== undefined) sketches[name] = sketchOf(value);
  const pair = [[moment.t, moment.id]] as const;
  const end = (Math.floor(moment.t / spanMs) + 1) * spanMs - 1;
  return { ...moment, t: end, from: moment.t, to: moment.t, sums: contribution.sums, sketches, first: pair, latest: pair };
}

/** Joins the counts of two spans of the same key, in any order. */
export function mergeSpans(a: Span, b: Span): Span {
  const sums = { ...a.sums };
  for (const [name, value] of Object.entries(b.sums)) sums[name] = (sums[name] ?? 0) + value;
  const sketches = { ...a.sketches };
  for (const [name, sketch] of Object.entries(b.sketches))
    sketches[name] = mergeSketches(sketches[name] ?? emptySketch, sketch, SKETCH_LIMIT);
  const first = earliest([...a.first, ...b.first]);
  const latest = earliest([...a.latest, ...b.latest]);
  const earlier = first[0]?.[1] === a.first[0]?.[1] ? a : b;
  return {
    ...earlier,
    n: a.n + b.n,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    sums,
    sketches,
    first: first.slice(0, EVIDENCE_EACH),
    latest: latest.slice(-EVIDENCE_EACH),
  };
}

/** Reads a span by the names of its sums and distinct values. */
export const viewOf = (span: Span): SpanView => ({
  span,
  sum: (name) => span.sums[name] ?? 0,
  distinct: (name) => distinctCount(span.sketches[name] ?? emptySketch, SKETCH_LIMIT),
  top: (name, count) => topOf(span.sketches[name] ?? emptySketch, count),
});

const usualOf = (past: TallyPast, measure: Measure): number => Math.max(0, ...(past.highs[measure.name] ?? []).map(([, high]) => high));

/** The value from which a span is alarming. */
const lineOf = (past: TallyPast, measure: Measure, rules: Pick<TallyRules, "learnDays" | "newcomerFactor">): number =>
  Math.max(measure.floor * (past.days >= rules.learnDays ? 1 : rules.newcomerFactor), measure.factor * usualOf(past, measure));

function learn(past: TallyPast, span: Span, rules: TallyRules): TallyPast {
  const day = Math.floor(span.from / DAY);
  const view = viewOf(span);
  const highs: TallyPast["highs"] = {};
  for (const measure of rules.measures) {
    const known = past.highs[measure.name] ?? [];
    const last = known[known.length - 1];
    const seen = measure.of(view);
    // An attack must not become the usual: what alarms teaches a little, so that lasting growth is learnt within days.
    const alarming = past.days >= rules.learnDays && seen >= lineOf(past, measure, rules);
    const value = alarming ? Math.max(ALARM_TEACHES * usualOf(past, measure), (ALARM_TEACHES - 1) * measure.floor) : seen;
    const next: [number, number][] =
      last?.[0] === day ? [...known.slice(0, -1), [day, Math.max(last[1], value)]] : [...known, [day, value]];
    highs[measure.name] = next.filter(([at]) => at > day - PAST_DAYS);
  }
  return { days: past.days + (past.lastDay === day ? 0 : 1), lastDay: day, highs };
}

function relatedOf(rules: TallyRules, view: SpanView): Finding["related"] {
  return Object.entries(rules.roles ?? {}).flatMap(([name, { type, role }]) =>
    view.top(name, 10).map(({ value, n }) => ({ type, value, role, events: n })),
  );
}

function findingOf(
  rules: TallyRules,
  input: { group: string; view: SpanView; measure: Measure; value: number; usual: number; floor: number },
): Finding {
  const { group, view, measure, value, usual, floor } = input;
  const { span } = view;
  const { sentence, factors } = rules.describe({ ...input, usual: Math.round(usual) });
  return {
    family: rules.family,
    level: rules.level,
    title: rules.title,
    entity: rules.entityOf(group),
    strength: value / Math.max(1, floor),
    evidence: [...new Set(earliest([...span.first, ...span.latest]).map(([, id]) => id))],
    sourceIps: view.top("ip", 20).map((entry) => entry.value),
    related: relatedOf(rules, view) ?? [],
    explanation: {
      sentence,
      measured: value,
      threshold: Math.round(floor),
      expected: [0, Math.round(usual)],
      unit: measure.unit,
      windowMs: rules.spanMs,
      factors,
    },
  };
}

/** Makes a detector of counting rules; one group per entity. */
export function tallyDetector(rules: TallyRules): Detector {
  return timelineDetector<Span, TallyPast>({
    id: rules.id,
    version: rules.version,
    techniques: rules.techniques,
    owasp: rules.owasp,
    spanMs: rules.spanMs,
    episodeMs: Math.max(rules.spanMs, 6 * HOUR),
    groupsOf: rules.groupsOf,
    observe: (event) => spanOf(event, rules.contribute(event), rules.spanMs),
    keyOf: (span) => String(span.t),
    merge: mergeSpans,
    emptyBaseline: () => ({ days: 0, lastDay: -1, highs: {} }),
    learn: (past, span) => learn(past, span, rules),
    judge({ group, baseline, moment }) {
      const view = viewOf(moment);
      if (rules.when && !rules.when(view)) return undefined;
      let strongest: Finding | undefined;
      for (const measure of rules.measures) {
        const value = measure.of(view);
        const usual = usualOf(baseline, measure);
        const floor = lineOf(baseline, measure, rules);
        if (value < floor) continue;
        const found = findingOf(rules, { group, view, measure, value, usual, floor });
        if (!strongest || found.strength > strongest.strength) strongest = found;
      }
      return strongest;
    },
  });
}
