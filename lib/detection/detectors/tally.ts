/**
 * The frame of detectors that count: events of a group add up in spans of event time (a minute, an hour, a day), and each span is judged against the
 * highest spans of the days before it. Counts only grow, so an alert leaves as soon as the line is crossed, and late events can only make it larger.
 */
import type { BehaviourDetector, ObservedEvent } from "@/lib/detection/detector";
import type { Factor, Family, Level } from "@/lib/model/alert";
import { type DistinctSketch, distinctCount, emptySketch, mergeAllSketches, sketchOf, topOf } from "./distinct-sketch";
import { DAY, HOUR, momentOf } from "./subject";
import { type Finding, type Moment, timelineDetector } from "./timeline";

/** What one event adds: numbers that add up, and values of which the distinct ones count. */
export interface Contribution {
  sums: Record<string, number>;
  distinct: Record<string, string | undefined>;
}

type Evidence = readonly (readonly [number, string])[];

/** The counts of one span. */
export interface Span extends Moment {
  /** Whose counts they are, where they are judged by the past of many (see peer-tally.ts). */
  member?: string;
  from: number;
  to: number;
  sums: Record<string, number>;
  sketches: Record<string, DistinctSketch>;
  /** Evidence: the earliest and the latest events, [time, id]. Without `latest` the first are all there are. */
  first: Evidence;
  latest?: Evidence;
}

/** One number of a span under watch. */
export interface Measure {
  name: string;
  unit: string;
  /** Below this it is never an alert, whatever is usual. */
  floor: number;
  /** How many times the highest span of the past it must be. */
  factor: number;
  /** The family and title of its alerts, where they differ from the detector's. */
  family?: Family;
  title?: string;
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
  /** Whom an alert is about; `member` where there are members. */
  entityOf(group: string, member?: string): Finding["entity"];
  /** A further condition on the span, must only become true as counts grow. */
  when?(view: SpanView): boolean;
  describe(input: { group: string; view: SpanView; measure: Measure; value: number; usual: number; members: number }): {
    sentence: string;
    factors: Factor[];
  };
  /** Names of the distinct values that are attackers and victims, for the alert's related entities. */
  roles?: Record<string, { type: Finding["entity"]["type"]; role: "attacker" | "victim" | "context" }>;
}

/** By measure: the highest span of each of the last days, newest last. */
export interface TallyPast {
  days: number;
  lastDay: number;
  highs: Record<string, [day: number, high: number][]>;
  /** The last active days on which something was alarming, by their number. */
  alarms: number[];
}

/** The past of somebody who is new. */
export const emptyPast: TallyPast = { days: 0, lastDay: -1, highs: {}, alarms: [] };

const FRAME_VERSION = 3; // of the stored past, for all detectors of this frame
const SKETCH_LIMIT = 128; // within 9 % beyond it
const PAST_DAYS = 28; // four weeks: a monthly run is learnt, an old incident is forgotten
const EVIDENCE_EACH = 20;
const ALARMS_BELIEVED = 4; // active days in a row: what alarms every day is growth, and becomes the usual

const inOrder = (a: readonly [number, string], b: readonly [number, string]): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

interface Counting {
  span: Omit<Span, "sketches" | "first" | "latest">;
  values: Map<string, Map<string, number>>;
  evidence: [number, string][];
}

/** Counts the events (sorted by time and id) into spans. */
export function spansOf(
  events: readonly ObservedEvent[],
  contribute: (event: ObservedEvent) => Contribution | undefined,
  spanMs: number,
): Span[] {
  const countings = new Map<number, Counting>();
  for (const event of events) {
    const contribution = contribute(event);
    if (!contribution) continue;
    const t = event.record.occurredAt;
    const end = (Math.floor(t / spanMs) + 1) * spanMs - 1;
    let counting = countings.get(end);
    if (!counting) {
      counting = { span: { ...momentOf(event), n: 0, t: end, from: t, to: t, sums: {} }, values: new Map(), evidence: [] };
      countings.set(end, counting);
    }
    count(counting, event, contribution);
  }
  return [...countings.values()].map(({ span, values, evidence }) => ({
    ...span,
    sketches: Object.fromEntries([...values].map(([name, counts]) => [name, sketchOf(counts, SKETCH_LIMIT)])),
    ...endsOf(evidence, evidence),
  }));
}

function count(counting: Counting, event: ObservedEvent, { sums, distinct }: Contribution): void {
  const { span, values, evidence } = counting;
  const { id, occurredAt, document } = event.record;
  span.n++;
  span.to = occurredAt;
  for (const name in sums) span.sums[name] = (span.sums[name] ?? 0) + (sums[name] ?? 0);
  const note = (name: string, value: string | undefined) => {
    if (value === undefined) return;
    const counts = values.get(name);
    if (counts) counts.set(value, (counts.get(value) ?? 0) + 1);
    else values.set(name, new Map([[value, 1]]));
  };
  note("ip", document.source?.ip);
  for (const name in distinct) note(name, distinct[name]);
  evidence.push([occurredAt, id]);
}

/** Joins the counts of spans of the same key, in any order. */
export function mergeAllSpans(spans: readonly Span[]): Span {
  const sums: Record<string, number> = {};
  const sketches: Record<string, DistinctSketch[]> = {};
  let lead = spans[0] as Span; // at least one, by contract
  let [n, from, to] = [0, lead.from, lead.to];
  for (const span of spans) {
    n += span.n;
    from = Math.min(from, span.from);
    to = Math.max(to, span.to);
    for (const name in span.sums) sums[name] = (sums[name] ?? 0) + (span.sums[name] ?? 0);
    for (const name in span.sketches) (sketches[name] ??= []).push(span.sketches[name] ?? emptySketch);
    if (inOrder(span.first[0] ?? [span.from, span.id], lead.first[0] ?? [lead.from, lead.id]) < 0) lead = span;
  }
  const joined = Object.fromEntries(Object.entries(sketches).map(([name, all]) => [name, mergeAllSketches(all, SKETCH_LIMIT)]));
  const first = spans.flatMap((span) => span.first).sort(inOrder);
  const latest = spans.some((span) => span.latest) ? spans.flatMap((span) => span.latest ?? span.first).sort(inOrder) : first;
  const { latest: _, ...leading } = lead;
  return { ...leading, n, from, to, sums, sketches: joined, ...endsOf(first, latest) };
}

/** The earliest of the first and the latest of the last events; one list when both are the same few. */
function endsOf(first: Evidence, last: Evidence): Pick<Span, "first" | "latest"> {
  if (first === last && first.length <= EVIDENCE_EACH) return { first };
  return { first: first.slice(0, EVIDENCE_EACH), latest: last.slice(-EVIDENCE_EACH) };
}

/** Joins the counts of two spans of the same key. */
export const mergeSpans = (a: Span, b: Span): Span => mergeAllSpans([a, b]);

/** Reads a span by the names of its sums and distinct values. */
export const viewOf = (span: Span): SpanView => ({
  span,
  sum: (name) => span.sums[name] ?? 0,
  distinct: (name) => distinctCount(span.sketches[name] ?? emptySketch, SKETCH_LIMIT),
  top: (name, count) => topOf(span.sketches[name] ?? emptySketch, count),
});

const usualBefore = (highs: readonly (readonly [day: number, high: number])[], day: number): number =>
  Math.max(0, ...highs.map(([at, high]) => (at < day ? high : 0)));
const usualOf = (past: TallyPast, measure: Measure): number => Math.max(0, ...(past.highs[measure.name] ?? []).map(([, high]) => high));

/** The value from which a span is alarming. */
const lineOf = (past: TallyPast, measure: Measure, rules: Pick<TallyRules, "learnDays" | "newcomerFactor">): number =>
  Math.max(measure.floor * (past.days >= rules.learnDays ? 1 : rules.newcomerFactor), measure.factor * usualOf(past, measure));
/** The same by the days before this one only: the first minutes of an attack must not excuse the next. */
const lineBefore = (past: TallyPast, measure: Measure, day: number): number =>
  Math.max(measure.floor, measure.factor * usualBefore(past.highs[measure.name] ?? [], day));

/** The values of a span, by measure. */
export function valuesOf(span: Span, rules: Pick<TallyRules, "measures" | "when">): number[] {
  const view = viewOf(span);
  const counts = !rules.when || rules.when(view);
  return rules.measures.map((measure) => (counts ? measure.of(view) : 0));
}

/** What a span teaches, or the highest of several spans of the same time: values by measure. */
export interface Lesson {
  day: number;
  values: readonly number[];
}

/**
 * An attack must not become the usual: a day on which something alarmed teaches no more than the days before it, neither by its alarming spans nor by those
 * at their edges. What alarms day after day is growth and is believed. Spans that could not alarm, whatever they hold, teach nothing.
 */
export function learn(past: TallyPast, { day, values }: Lesson, rules: Pick<TallyRules, "measures" | "learnDays">): TallyPast {
  const isAlarming =
    past.days >= rules.learnDays && rules.measures.some((measure, i) => (values[i] ?? 0) >= lineBefore(past, measure, day));
  if (!isAlarming && past.lastDay === day && teachesNothing(past, { day, values }, rules.measures)) return past;
  const number = past.days + (past.lastDay === day ? 0 : 1);
  const before = past.alarms.filter((at) => at > number - ALARMS_BELIEVED && at !== number);
  const alarms = isAlarming || past.alarms.includes(number) ? [...before, number] : before;
  const isCapped = alarms.includes(number) && alarms.length < ALARMS_BELIEVED;
  const highs: TallyPast["highs"] = {};
  for (const [i, measure] of rules.measures.entries()) {
    const known = past.highs[measure.name] ?? [];
    const last = known[known.length - 1];
    const seen = values[i] ?? 0;
    const high = last?.[0] === day ? Math.max(last[1], seen) : seen;
    const value = isCapped ? Math.min(high, usualBefore(known, day)) : high;
    const next: [number, number][] = [...(last?.[0] === day ? known.slice(0, -1) : known), [day, value]];
    highs[measure.name] = next.filter(([at]) => at > day - PAST_DAYS);
  }
  return { days: number, lastDay: day, highs, alarms };
}

/** Most spans of a day teach nothing that an earlier one did not. */
const teachesNothing = (past: TallyPast, { day, values }: Lesson, measures: readonly Measure[]): boolean =>
  measures.every((measure, i) => {
    const last = past.highs[measure.name]?.at(-1);
    return last?.[0] === day && (values[i] ?? 0) <= last[1];
  });

function relatedOf(rules: TallyRules, view: SpanView): Finding["related"] {
  return Object.entries(rules.roles ?? {}).flatMap(([name, { type, role }]) =>
    view.top(name, 10).map(({ value, n }) => ({ type, value, role, events: n })),
  );
}

function findingOf(
  rules: TallyRules,
  input: { group: string; view: SpanView; measure: Measure; value: number; usual: number; floor: number; members: number },
): Finding {
  const { group, view, measure, value, usual, floor } = input;
  const { span } = view;
  const { sentence, factors } = rules.describe({ ...input, usual: Math.round(usual) });
  return {
    family: measure.family ?? rules.family,
    level: rules.level,
    title: measure.title ?? rules.title,
    entity: rules.entityOf(group, span.member),
    strength: value / Math.max(1, floor),
    evidence: [...new Set([...span.first, ...(span.latest ?? [])].sort(inOrder).map(([, id]) => id))],
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

/** What a span says when it is alarming by a past: the measure that is furthest beyond its line. */
export function judgeSpan(rules: TallyRules, { group, span, past, members }: Judged): Finding | undefined {
  const view = viewOf(span);
  if (rules.when && !rules.when(view)) return undefined;
  let strongest: Finding | undefined;
  for (const measure of rules.measures) {
    const value = measure.of(view);
    const usual = usualOf(past, measure);
    const floor = lineOf(past, measure, rules);
    if (value < floor) continue;
    const found = findingOf(rules, { group, view, measure, value, usual, floor, members });
    if (!strongest || found.strength > strongest.strength) strongest = found;
  }
  return strongest;
}

/** A span, whose it is, and the past that it is judged by: of `members` people, when it is not the own. */
interface Judged {
  group: string;
  span: Span;
  past: TallyPast;
  members: number;
}

/** What counting rules say to the frame of timelines. */
export const frameOf = (rules: TallyRules) => ({
  id: rules.id,
  version: FRAME_VERSION * 100 + rules.version,
  ruleVersion: rules.version,
  title: rules.title,
  family: rules.family,
  level: rules.level,
  techniques: rules.techniques,
  owasp: rules.owasp,
  spanMs: rules.spanMs,
  episodeMs: Math.max(rules.spanMs, 6 * HOUR),
  groupsOf: rules.groupsOf,
  observe: (events: readonly ObservedEvent[]) => spansOf(events, rules.contribute, rules.spanMs),
  keyOf: (span: Span) => String(span.t),
  merge: mergeSpans,
  mergeAll: mergeAllSpans,
});

/** Makes a detector of counting rules; one group per entity. */
export const tallyDetector = (rules: TallyRules): BehaviourDetector =>
  timelineDetector<Span, TallyPast>({
    ...frameOf(rules),
    emptyBaseline: () => emptyPast,
    learn: (past, span) => learn(past, { day: Math.floor(span.from / DAY), values: valuesOf(span, rules) }, rules),
    judge: ({ group, baseline, moment }) => judgeSpan(rules, { group, span: moment, past: baseline, members: 0 }),
  });
