/**
 * The frame of detectors that compare what happens now with what is usual: observations younger than twice the lateness bound stay replayable, older ones
 * are folded into a baseline. An observation at `t` is judged by the baseline of everything up to `t - LATENESS_MS` and by the observations since, so the
 * findings depend on the events alone, not on their batches or their order of arrival; what a late event undoes is withdrawn.
 */
import { type Advance, type Advanced, type BehaviourDetector, LATENESS_MS, type ObservedEvent } from "@/lib/detection/detector";
import { type Alert, type Entity, EVIDENCE_LIMIT, type Explanation, type Family, type Level } from "@/lib/model/alert";

/** One observation: what a detector keeps of an event (or of several that say the same, see `keyOf`). */
export interface Moment {
  /** Id of the earliest event in it. */
  id: string;
  t: number;
  /** How many events it stands for. */
  n: number;
  ip?: string;
  service?: string;
  /** First and last event time in it, when it stands for a span (then `t` is the end of the span). */
  from?: number;
  to?: number;
}

/** What a judged observation says when it is alarming. */
export interface Finding {
  family: Family;
  level: Level;
  title: string;
  entity: Entity;
  /** Names what is a trouble of its own: findings of one entity with different parts are different episodes. */
  part?: string;
  /** Orders findings of one episode: the strongest speaks for the alert. */
  strength: number;
  explanation: Omit<Explanation, "matches">;
  evidence: string[];
  sourceIps: string[];
  services?: string[];
  related?: Alert["related"];
  totals?: Alert["totals"];
}

/** The parts that differ between detectors. */
export interface TimelineRules<M extends Moment, B> {
  id: string;
  version: number;
  /** What alerts name as the rule's version, where `version` says more: that of the kept state as well. */
  ruleVersion?: number;
  /** What it is called and usually says; a finding may say it more exactly. */
  title: string;
  family: Family;
  level: Level;
  techniques: string[];
  owasp: string[];
  /** Alerts of one entity inside one such span of event time are one episode, ms. */
  episodeMs: number;
  groupsOf(event: ObservedEvent): readonly string[];
  /**
   * What the events (sorted by time and id) say; several of them may be one observation already. `kept` finds the observation of a key that is among the
   * replayable ones: it may be given back, changed.
   */
  observe(events: readonly ObservedEvent[], kept: (key: string) => M | undefined): M[];
  /** Observations with the same key are merged: same minute, same context. */
  keyOf(moment: M): string;
  /** Joins two observations of the same key, in any order, and may change both; by default the earlier one stays and the counts add up. */
  merge?(a: M, b: M): M;
  /** How long the state of a silent group is worth keeping, ms of event time; 90 days by default. */
  keepMs?: number;
  /** Length of the span that one observation stands for, ms; 0 (the default) for single moments. */
  spanMs?: number;
  emptyBaseline(): B;
  /**
   * Folds one settled observation into the baseline; must bound and forget by `moment.t`. `common` is the state of the detector's common group, if it has
   * one (Detector.commonGroup): only what was settled there before `moment.t` may count.
   */
  learn(baseline: B, moment: M, common?: unknown): B;
  judge(input: { group: string; baseline: B; recent: readonly M[]; moment: M; common?: unknown }): Finding | undefined;
}

interface Entry<M> {
  key: string;
  moment: M;
  finding?: Finding;
}
interface Episode {
  start: number;
  lead: Finding;
  firstAt: number;
  lastAt: number;
  count: number;
  evidence: string[];
  ips: string[];
  services: string[];
}
/** Plain JSON: the settled baseline, the replayable entries in order of time, and the episodes still open. */
export interface TimelineState<M, B> {
  baseline: B;
  entries: Entry<M>[];
  episodes: Record<string, Episode>;
}

const ENTRY_LIMIT = 2000; // replayable observations of one group; beyond this the oldest settle early
const LIST_LIMIT = 20;
const DAY_MS = 86_400_000;
const KEEP_MS = 90 * DAY_MS; // a quarter: who was away for longer is somebody new

/** The end of the day: an expiry that moves with every event would cost the database a new index entry each time. */
const dayAfter = (t: number): number => Math.ceil(t / DAY_MS) * DAY_MS;
const before = (a: Moment, b: Moment): number => a.t - b.t || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const union = (a: readonly string[], b: readonly string[], limit: number): string[] => [...new Set([...a, ...b])].slice(0, limit);

/** Keeps the first and last halves: the beginning and the end of an episode say most. */
function thin(ids: string[]): string[] {
  const half = EVIDENCE_LIMIT / 2;
  return ids.length <= EVIDENCE_LIMIT ? ids : [...ids.slice(0, half), ...ids.slice(-half)];
}

/** Two observations as one: the earlier stays, and the counts add up. */
export function earlierOf<M extends Moment>(a: M, b: M): M {
  const [earlier, later] = before(a, b) <= 0 ? [a, b] : [b, a];
  earlier.n += later.n;
  return earlier;
}

/** Takes observations in among the entries, and tells the time of the earliest that is new or has grown. */
function absorb<M extends Moment, B>(
  entries: Entry<M>[],
  { moments, find }: { moments: readonly M[]; find: Finder<M> },
  rules: TimelineRules<M, B>,
): number {
  const merge = rules.merge ?? earlierOf;
  let changedFrom = Number.POSITIVE_INFINITY;
  let isInOrder = true;
  for (const moment of moments) {
    const key = rules.keyOf(moment);
    const known = find(key);
    const last = entries.at(-1);
    if (!known) entries.push({ key, moment });
    else if (known.moment !== moment) {
      known.moment = merge(known.moment, moment);
      isInOrder &&= known.moment !== moment;
    }
    if (!known && last) isInOrder &&= before(last.moment, moment) <= 0;
    changedFrom = Math.min(changedFrom, (known?.moment ?? moment).t);
  }
  if (!isInOrder) entries.sort((a, b) => before(a.moment, b.moment));
  return changedFrom;
}

const FEW = 4; // looking for so many keys one by one is quicker than an index

type Finder<M> = (key: string) => Entry<M> | undefined;

/** Finds entries by key, those that are added meanwhile as well. */
function finderOf<M>(entries: readonly Entry<M>[], times: number): Finder<M> {
  if (times <= FEW) return (key) => entries.findLast((entry) => entry.key === key);
  const byKey = new Map<string, Entry<M>>();
  let indexed = 0;
  return (key) => {
    for (let entry = entries[indexed]; entry; entry = entries[++indexed]) byKey.set(entry.key, entry);
    return byKey.get(key);
  };
}

function join(episode: Episode | undefined, entry: { moment: Moment; finding: Finding }, start: number): Episode {
  const { moment, finding } = entry;
  if (!episode) {
    const services = finding.services ?? (moment.service ? [moment.service] : []);
    return {
      start,
      lead: finding,
      firstAt: moment.from ?? moment.t,
      lastAt: moment.to ?? moment.t,
      count: moment.n,
      evidence: thin(finding.evidence),
      ips: finding.sourceIps.slice(0, LIST_LIMIT),
      services,
    };
  }
  return {
    start,
    lead: finding.strength > episode.lead.strength ? finding : episode.lead,
    firstAt: Math.min(episode.firstAt, moment.from ?? moment.t),
    lastAt: Math.max(episode.lastAt, moment.to ?? moment.t),
    count: episode.count + moment.n,
    evidence: thin(union(episode.evidence, finding.evidence, 2 * EVIDENCE_LIMIT)),
    ips: union(episode.ips, finding.sourceIps, LIST_LIMIT),
    services: union(episode.services, finding.services ?? (moment.service ? [moment.service] : []), LIST_LIMIT),
  };
}

function alertOf(
  rules: Pick<TimelineRules<never, never>, "id" | "version" | "ruleVersion" | "techniques" | "owasp">,
  episode: Episode,
): Alert {
  const { lead } = episode;
  return {
    key: `${rules.id}|${episodeKey(lead, episode.start)}`,
    ruleId: rules.id,
    ruleVersion: rules.ruleVersion ?? rules.version,
    family: lead.family,
    level: lead.level,
    title: lead.title,
    entity: lead.entity,
    related: lead.related ?? [],
    ...(lead.totals ? { totals: lead.totals } : {}),
    firstAt: episode.firstAt,
    lastAt: episode.lastAt,
    eventCount: episode.count,
    evidence: episode.evidence,
    sourceIps: episode.ips,
    services: episode.services,
    techniques: rules.techniques,
    owasp: rules.owasp,
    explanation: { ...lead.explanation, matches: [] },
  };
}

/** The key of the episode that a finding belongs to: its entity and the span of event time it falls into, so that order cannot move it. */
const episodeKey = ({ entity, part }: Finding, start: number): string => `${entity.type}|${entity.value}|${part ? `${part}|` : ""}${start}`;

const episodeOf = (rules: { episodeMs: number }, finding: Finding, t: number): { key: string; start: number } => {
  const start = Math.floor(t / rules.episodeMs) * rules.episodeMs;
  return { key: episodeKey(finding, start), start };
};
/** How much older than an observation what it is judged by must be, ms. */
export const lagOf = (rules: { spanMs?: number }): number => LATENESS_MS + (rules.spanMs ?? 0);

const NO_MOMENTS: readonly never[] = [];
const NOTHING: ReadonlySet<string> = new Set();

/** Judges every entry from `changedFrom` on, each by the baseline of its own past; names the episodes that had or have a finding there. */
function replay<M extends Moment, B>(
  rules: TimelineRules<M, B>,
  { baseline: settledBaseline, entries }: TimelineState<M, B>,
  { group, changedFrom, common }: { group: string; changedFrom: number; common: unknown },
): ReadonlySet<string> {
  let baseline = settledBaseline;
  let settled = 0;
  let touched: Set<string> | undefined;
  let first = entries.length;
  while (first > 0 && (entries[first - 1]?.moment.t ?? 0) >= changedFrom) first--;
  for (let i = first; i < entries.length; i++) {
    const entry = entries[i] as Entry<M>; // in range, as are those before it
    const { moment } = entry;
    const until = moment.t - lagOf(rules);
    for (; settled < i && (entries[settled] as Entry<M>).moment.t <= until; settled++)
      baseline = rules.learn(baseline, (entries[settled] as Entry<M>).moment, common);
    const recent = settled < i ? entries.slice(settled, i).map((one) => one.moment) : NO_MOMENTS;
    const finding = rules.judge({ group, baseline, recent, moment, common });
    for (const one of [entry.finding, finding]) if (one) (touched ??= new Set()).add(episodeOf(rules, one, moment.t).key);
    if (finding) entry.finding = finding;
    else delete entry.finding;
  }
  return touched ?? NOTHING;
}

/** Moves what can no longer change into the baseline and the episodes, and drops episodes that are over. */
function settle<M extends Moment, B>(
  rules: TimelineRules<M, B>,
  { baseline: before, entries, episodes }: TimelineState<M, B>,
  { horizon, common }: { horizon: number; common: unknown },
): TimelineState<M, B> {
  const overflow = Math.max(0, entries.length - ENTRY_LIMIT);
  let count = 0;
  let baseline = before;
  for (const { moment, finding } of entries) {
    if (moment.t > horizon && count >= overflow) break;
    baseline = rules.learn(baseline, moment, common);
    if (finding) {
      const { key, start } = episodeOf(rules, finding, moment.t);
      episodes[key] = join(episodes[key], { moment, finding }, start);
    }
    count++;
  }
  for (const key in episodes) if ((episodes[key]?.start ?? 0) + rules.episodeMs < horizon) delete episodes[key];
  return { baseline, entries: count > 0 ? entries.slice(count) : entries, episodes };
}

/** The alerts of the touched episodes as they stand now, and the keys of those that no longer stand. */
function alertsOf<M extends Moment, B>(
  rules: TimelineRules<M, B>,
  state: TimelineState<M, B>,
  touched: ReadonlySet<string>,
): Pick<Advanced<unknown>, "alerts" | "withdrawn"> {
  if (touched.size === 0) return QUIET;
  const open = new Map<string, Episode>();
  for (const key of touched) {
    const settled = state.episodes[key];
    if (settled) open.set(key, settled);
  }
  for (const { moment, finding } of state.entries) {
    if (!finding) continue;
    const { key, start } = episodeOf(rules, finding, moment.t);
    if (touched.has(key)) open.set(key, join(open.get(key), { moment, finding }, start));
  }
  const withdrawn = [...touched].filter((key) => !open.has(key)).map((key) => `${rules.id}|${key}`);
  return { alerts: [...open.values()].map((episode) => alertOf(rules, episode)), withdrawn };
}

const QUIET = { alerts: [], withdrawn: [] } as const;

/** Observes one by one. */
export const each =
  <M>(observe: (event: ObservedEvent) => M | undefined) =>
  (events: readonly ObservedEvent[]): M[] => {
    const moments: M[] = [];
    for (const event of events) {
      const moment = observe(event);
      if (moment !== undefined) moments.push(moment);
    }
    return moments;
  };

/** Makes a detector of the rules: see the head of this file for what it promises. */
export function timelineDetector<M extends Moment, B>(rules: TimelineRules<M, B>): BehaviourDetector<TimelineState<M, B>> {
  const { title, family, level, techniques, owasp } = rules;
  return {
    id: rules.id,
    version: rules.version,
    about: { title, family, level, techniques, owasp },
    groupsOf: rules.groupsOf,
    advance({ group, state, events, watermark, common }: Advance<TimelineState<M, B>>): Advanced<TimelineState<M, B>> {
      const now = state ?? { baseline: rules.emptyBaseline(), entries: [], episodes: {} };
      const find = finderOf(now.entries, events.length);
      const moments = rules.observe(events, (key) => find(key)?.moment);
      if (moments.length === 0) return { state, alerts: [] };
      const changedFrom = absorb(now.entries, { moments, find }, rules);
      const touched = replay(rules, now, { group, changedFrom, common });
      const { alerts, withdrawn = [] } = alertsOf(rules, now, touched);
      const settled = settle(rules, now, { horizon: watermark - LATENESS_MS - lagOf(rules), common });
      return { state: settled, alerts, withdrawn, expiresAt: dayAfter(watermark + (rules.keepMs ?? KEEP_MS)) };
    },
  };
}
