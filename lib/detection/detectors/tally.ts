/**
 * The frame of detectors that count: events of a group add up in spans of event time (a minute, an hour, a day), and each span is judged against the
 * highest spans of the days before it. Counts only grow, so an alert leaves as soon as the line is crossed, and late events can only make it larger.
 */
import type { BehaviourDetector, ObservedEvent } from "@/lib/detection/detector";
import type { Factor, Family, Level } from "@/lib/model/alert";
import { addValue, distinctCount, type GrowingSketch, missingShare, mostOf, topOf } from "./distinct-sketch";
import { DAY, HOUR, momentOf } from "./subject";
import { type Finding, type Moment, timelineDetector } from "./timeline";

/** What one event adds: numbers that add up, and values of which the distinct ones count. */
export interface Contribution {
  sums: Record<string, number>;
  distinct: Record<string, string | undefined>;
  /** It only says what the others mean: its values are known, but it is not counted, no evidence, and its address is nobody's. */
  aside?: boolean;
}

type Evidence = [time: number, id: string][];

/** The counts of one span. */
export interface Span extends Moment {
  /** Whose counts they are, where they are judged by the past of many (see peer-tally.ts). */
  member?: string;
  from: number;
  to: number;
  sums: Record<string, number>;
  sketches: Record<string, GrowingSketch>;
  /** Values that each sketch keeps, where they are fewer than usual. */
  kept?: number;
  /** The earliest and the latest events. Without `latest` the first are all there are. */
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
  /** What it can come to at the most, where the number itself takes work. */
  atMost?(span: SpanView): number;
  /** Its sum over the spans of a day is under watch as well, once days are known: a pace that no span remarks adds up. */
  daily?: Omit<Measure, "of" | "atMost" | "daily" | "unit" | "factor">;
}
/** A measure as the past knows it. */
type Known = Pick<Measure, "name" | "floor" | "factor">;

const dailyOf = (measures: readonly Measure[]): Known[] =>
  measures.flatMap(({ daily, factor }) => (daily ? [{ name: daily.name, floor: daily.floor, factor }] : []));

/** Reads sums and distinct counts of a span by name. */
export class SpanView {
  constructor(readonly span: Span) {}

  sum(name: string): number {
    return this.span.sums[name] ?? 0;
  }

  distinct(name: string): number {
    return distinctCount(this.sketch(name), limitOf(this.span));
  }

  /** The most frequent sampled values, with their share. */
  top(name: string, count: number): ReturnType<typeof topOf> {
    return topOf(this.sketch(name), count);
  }

  /** Occurrences of the most frequent sampled value. */
  most(name: string): number {
    return mostOf(this.sketch(name));
  }

  /** The share of one name's values that are not among another's, of as many as both have kept. */
  missing(name: string, among: string): number {
    return missingShare(this.sketch(name), this.sketch(among), limitOf(this.span));
  }

  private sketch(name: string): GrowingSketch {
    return this.span.sketches[name] ?? NO_VALUES;
  }
}

const NO_VALUES: GrowingSketch = [];
const limitOf = ({ kept = SKETCH_LIMIT }: Span): number => kept;

/** "at most 7" or "none": what was usual, after "usually". */
export const atMost = (usual: number): string => (usual > 0 ? `at most ${usual}` : "none");

export interface TallyRules {
  id: string;
  version: number;
  family: Family;
  level: Level;
  title: string;
  techniques: string[];
  owasp: string[];
  spanMs: number;
  /** Distinct values that are counted exactly and kept, by name; 128 by default. Groups that are many and loaded often need fewer. */
  keptValues?: number;
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
  /** What the last day came to so far, by measures that are watched by the day. */
  sums?: Record<string, number>;
}

/** The past of somebody who is new. */
export const emptyPast: TallyPast = { days: 0, lastDay: -1, highs: {}, alarms: [] };

const FRAME_VERSION = 3; // of the stored past, for all detectors of this frame
const SKETCH_LIMIT = 128; // within 9 % beyond it
const PAST_DAYS = 35; // five weeks: a monthly run is learnt, months being of different length; an old incident is forgotten
const WORKDAY = 8 * HOUR;
const EVIDENCE_EACH = 20;
const ALARMS_BELIEVED = 4; // active days in a row: what alarms every day is growth, and becomes the usual

const inOrder = (a: readonly [number, string], b: readonly [number, string]): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

/** Counts the events (sorted by time and id) into spans: those that `kept` knows by the end of their time, and new ones. */
export function spansOf(
  events: readonly ObservedEvent[],
  { contribute, spanMs, keptValues }: Pick<TallyRules, "contribute" | "spanMs" | "keptValues">,
  kept: (key: string) => Span | undefined,
): Span[] {
  const spans: Span[] = [];
  for (const event of events) {
    const contribution = contribute(event);
    if (!contribution) continue;
    const { occurredAt } = event.record;
    const end = (Math.floor(occurredAt / spanMs) + 1) * spanMs - 1;
    let span = spans.at(-1);
    if (span?.t !== end) spans.push((span = kept(spanKey(end)) ?? emptySpan(event, end, keptValues)));
    count(span, event, contribution);
  }
  return spans;
}

const spanKey = (end: number): string => String(end);

function emptySpan(event: ObservedEvent, end: number, kept: number | undefined): Span {
  const { id, occurredAt } = event.record;
  return { id, t: end, n: 0, from: occurredAt, to: occurredAt, sums: {}, sketches: {}, first: [], ...(kept ? { kept } : {}) };
}

function count(span: Span, event: ObservedEvent, { sums, distinct, aside }: Contribution): void {
  const { id, occurredAt, document } = event.record;
  noteAll(span, distinct);
  if (aside) return;
  if (span.n === 0) [span.from, span.to] = [occurredAt, occurredAt];
  const [first] = span.first;
  if (first === undefined || occurredAt < first[0] || (occurredAt === first[0] && id < first[1])) lead(span, event);
  span.n++;
  if (occurredAt < span.from) span.from = occurredAt;
  if (occurredAt > span.to) span.to = occurredAt;
  for (const name in sums) span.sums[name] = (span.sums[name] ?? 0) + (sums[name] ?? 0);
  const ip = document.source?.ip;
  if (ip !== undefined) note(span, "ip", ip);
  addEvidence(span, [occurredAt, id]);
}

/** The earliest event says what a span says of a single one. */
function lead(span: Span, event: ObservedEvent): void {
  const { id, ip, service } = momentOf(event);
  span.id = id;
  if (ip === undefined) delete span.ip;
  else span.ip = ip;
  if (service === undefined) delete span.service;
  else span.service = service;
}

function noteAll(span: Span, distinct: Contribution["distinct"]): void {
  for (const name in distinct) {
    const value = distinct[name];
    if (value !== undefined) note(span, name, value);
  }
}

function note(span: Span, name: string, value: string): void {
  addValue((span.sketches[name] ??= []), value, limitOf(span));
}

/** Adds to the earliest and to the latest events, which are one list as long as both are the same few. */
function addEvidence(span: Span, one: Evidence[number]): void {
  const { first, latest } = span;
  if (latest === undefined && first.length < EVIDENCE_EACH) return insert(first, one);
  span.latest = latest ?? [...first];
  insert(span.latest, one);
  span.latest.splice(0, span.latest.length - EVIDENCE_EACH);
  insert(first, one);
  first.splice(EVIDENCE_EACH);
}

/** Puts one in its place in a list in order, mostly the last. */
function insert(list: Evidence, one: Evidence[number]): void {
  let at = list.length;
  for (let before = list[at - 1]; before && inOrder(before, one) > 0; before = list[--at - 1]);
  list.splice(at, 0, one);
}

const usualBefore = (highs: readonly (readonly [day: number, high: number])[], day: number): number =>
  Math.max(0, ...highs.map(([at, high]) => (at < day ? high : 0)));
const usualOf = (past: TallyPast, measure: Known): number => Math.max(0, ...(past.highs[measure.name] ?? []).map(([, high]) => high));

/** The value from which a span is alarming. */
const lineOf = (past: TallyPast, measure: Known, rules: Pick<TallyRules, "learnDays" | "newcomerFactor">): number =>
  Math.max(measure.floor * (past.days >= rules.learnDays ? 1 : rules.newcomerFactor), measure.factor * usualOf(past, measure));
/** The same by the days before this one only: the first minutes of an attack must not excuse the next. */
const lineBefore = (past: TallyPast, measure: Known, day: number): number =>
  Math.max(measure.floor, measure.factor * usualBefore(past.highs[measure.name] ?? [], day));

/** The values of a span, by measure. */
export function valuesOf(span: Span, rules: Pick<TallyRules, "measures" | "when">): number[] {
  const view = new SpanView(span);
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
export function learn(known: TallyPast, { day, values: single }: Lesson, rules: Pick<TallyRules, "measures" | "learnDays">): TallyPast {
  const daily = dailyOf(rules.measures);
  const past = daily.length > 0 ? { ...known, sums: sumsAfter(known, { day, values: single }, rules) } : known;
  const measures: readonly Known[] = daily.length > 0 ? [...rules.measures, ...daily] : rules.measures;
  const values = [...single, ...daily.map(({ name }) => past.sums?.[name] ?? 0)];
  const isAlarming = past.days >= rules.learnDays && measures.some((measure, i) => (values[i] ?? 0) >= lineBefore(past, measure, day));
  if (!isAlarming && past.lastDay === day && teachesNothing(past, { day, values }, measures)) return past;
  const number = past.days + (past.lastDay === day ? 0 : 1);
  const before = past.alarms.filter((at) => at > number - ALARMS_BELIEVED && at !== number);
  const alarms = isAlarming || past.alarms.includes(number) ? [...before, number] : before;
  const isCapped = alarms.includes(number) && alarms.length < ALARMS_BELIEVED;
  const highs: TallyPast["highs"] = {};
  for (const [i, measure] of measures.entries()) {
    const known = past.highs[measure.name] ?? [];
    const last = known[known.length - 1];
    const seen = values[i] ?? 0;
    const high = last?.[0] === day ? Math.max(last[1], seen) : seen;
    const value = isCapped ? Math.min(high, usualBefore(known, day)) : high;
    const next: [number, number][] = [...(last?.[0] === day ? known.slice(0, -1) : known), [day, value]];
    highs[measure.name] = next.filter(([at]) => at > day - PAST_DAYS);
  }
  return { ...past, days: number, lastDay: day, highs, alarms };
}

/** What the day of a span comes to with it; a span that is remarkable itself is told already. */
function sumsAfter(
  past: TallyPast,
  { day, values }: Lesson,
  { measures, learnDays }: Pick<TallyRules, "measures" | "learnDays">,
): Record<string, number> {
  const before = past.lastDay === day ? past.sums : undefined;
  return Object.fromEntries(
    measures.flatMap((measure, i) => {
      if (!measure.daily) return [];
      const value = values[i] ?? 0;
      const isTold = past.days >= learnDays && value >= lineBefore(past, measure, day);
      return [[measure.daily.name, (before?.[measure.daily.name] ?? 0) + (isTold ? 0 : value)]];
    }),
  );
}

/** Most spans of a day teach nothing that an earlier one did not. */
const teachesNothing = (past: TallyPast, { day, values }: Lesson, measures: readonly Known[]): boolean =>
  measures.every((measure, i) => {
    const last = past.highs[measure.name]?.at(-1);
    return last?.[0] === day && (values[i] ?? 0) <= last[1];
  });

function relatedOf(rules: TallyRules, view: SpanView): Finding["related"] {
  return Object.entries(rules.roles ?? {}).flatMap(([name, { type, role }]) =>
    view.top(name, 10).map(({ value, n }) => ({ type, value, role, events: n })),
  );
}

/** All attackers and victims of a span, of which only the first are named. */
function totalsOf(rules: TallyRules, view: SpanView): NonNullable<Finding["totals"]> {
  const most = (kind: "ip" | "actor", as: "attacker" | "victim") =>
    Math.max(
      0,
      ...Object.entries(rules.roles ?? {}).map(([name, { type, role }]) => (type === kind && role === as ? view.distinct(name) : 0)),
    );
  return { attackers: most("ip", "attacker"), victims: most("actor", "victim") };
}

function findingOf(
  rules: TallyRules,
  input: {
    group: string;
    view: SpanView;
    measure: Measure;
    value: number;
    usual: number;
    floor: number;
    members: number;
    windowMs: number;
  },
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
    totals: totalsOf(rules, view),
    explanation: {
      sentence,
      measured: value,
      threshold: Math.round(floor),
      expected: [0, Math.round(usual)],
      unit: measure.unit,
      windowMs: input.windowMs,
      factors,
    },
  };
}

/** What a span says when it is alarming by a past: the measure that is furthest beyond its line. */
export function judgeSpan(rules: TallyRules, judged: Judged): Finding | undefined {
  const view = new SpanView(judged.span);
  if (rules.when && !rules.when(view)) return undefined;
  let strongest: Finding | undefined;
  const say = (measure: Measure, value: number, windowMs: number): void => {
    if (value < measure.floor) return; // the line is never below it
    const { past } = judged;
    const floor = lineOf(past, measure, rules);
    if (value < floor) return;
    const found = findingOf(rules, { ...judged, view, measure, value, usual: usualOf(past, measure), floor, windowMs });
    if (!strongest || found.strength > strongest.strength) strongest = found;
  };
  /** The day is told by a span whose pace, kept for eight hours, would come to as much: not by who looks in again when all is over. */
  const sayDay = (measure: Measure, daily: NonNullable<Measure["daily"]>): void => {
    const ofDay = { ...measure, ...daily };
    if ((measure.of(view) * WORKDAY) / rules.spanMs < lineOf(judged.past, ofDay, rules)) return;
    say(ofDay, dayOf(judged, measure, lineOf(judged.past, measure, rules)), DAY);
  };
  for (const measure of rules.measures) {
    if (!measure.atMost || measure.atMost(view) >= measure.floor) say(measure, measure.of(view), rules.spanMs);
    if (measure.daily && judged.past.days >= rules.learnDays) sayDay(measure, measure.daily);
  }
  return strongest;
}

/** What a measure has come to on the day of a span: in what is settled, in the spans since, and in this one, each below the line that it has itself. */
function dayOf({ span, past, recent = [] }: Judged, measure: Measure, line: number): number {
  const day = Math.floor(span.from / DAY);
  const today = [span, ...recent].filter(({ from }) => Math.floor(from / DAY) === day).map((one) => measure.of(new SpanView(one)));
  const settled = past.lastDay === day ? (past.sums?.[measure.daily?.name ?? ""] ?? 0) : 0;
  return today.reduce((sum, value) => (value < line ? sum + value : sum), settled);
}

/** A span, whose it is, and the past that it is judged by: of `members` people, when it is not the own. */
interface Judged {
  group: string;
  span: Span;
  past: TallyPast;
  members: number;
  /** The spans before it that are not in the past yet. */
  recent?: readonly Span[];
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
  observe: (events: readonly ObservedEvent[], kept: (key: string) => Span | undefined) => spansOf(events, rules, kept),
  keyOf: (span: Span) => spanKey(span.t),
});

/** Makes a detector of counting rules; one group per entity. */
export const tallyDetector = (rules: TallyRules): BehaviourDetector =>
  timelineDetector<Span, TallyPast>({
    ...frameOf(rules),
    emptyBaseline: () => emptyPast,
    learn: (past, span) => learn(past, { day: Math.floor(span.from / DAY), values: valuesOf(span, rules) }, rules),
    judge: ({ group, baseline, recent, moment }) => judgeSpan(rules, { group, span: moment, past: baseline, members: 0, recent }),
  });
