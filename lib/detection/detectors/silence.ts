/**
 * Silence: a service, a key, a log source or a scheduled action that usually speaks has stopped. The cadence is learnt from the longest pauses of the last days, so a
 * service that sleeps at night is expected to; an alert needs a pause longer than any it knows.
 */
import { type Advance, type Advanced, type BehaviourDetector, LATENESS_MS, type ObservedEvent } from "@/lib/detection/detector";
import type { Alert } from "@/lib/model/alert";
import type { EventDocument } from "@/lib/model/event";
import { DAY, keyOf, MINUTE } from "./subject";

/** What may fall silent: a service, a key, a log source (whoever sends us events), or an action that machines do on a schedule. */
type Kind = "service" | "key" | "source" | "action";

export interface SilenceSettings {
  /** How many times the longest pause of two weeks; a schedule is punctual. */
  factor: Record<Kind, number>;
  /** So much longer than any pause it must be at least, ms: a key or a job only speaks while its service is up, which may be down for an hour. */
  floorMs: Record<Kind, number>;
  /** Days of history before anything is expected: eight, so that one weekend is known. */
  learnDays: number;
  /** Fewer events than this a day is nobody who usually speaks; a job may run once a day, weekends excepted. */
  minPerDay: Record<Kind, number>;
}
export const silenceDefaults: SilenceSettings = {
  factor: { service: 2, key: 2, source: 2, action: 1.25 },
  floorMs: { service: 15 * MINUTE, key: 60 * MINUTE, source: 15 * MINUTE, action: 60 * MINUTE },
  learnDays: 8,
  minPerDay: { service: 20, key: 20, source: 20, action: 0.6 },
};

/** Minutes in which the group spoke that may still change, and what older ones taught. */
interface Cadence {
  firstAt: number;
  lastAt: number;
  lastId: string;
  events: number;
  /** Longest pause by day, newest last: [day, ms]. */
  pauses: [day: number, longest: number][];
  recent: [minute: number, id: string][];
  /** Of a log source: what people call it, and services it speaks for. */
  name?: string;
  services?: string[];
}

const PAUSE_DAYS = 14;
const SERVICES_KEPT = 5;
const ID = "silence";
const TAGS = { techniques: ["T1562", "T1489"], owasp: ["API8"] };

const longestPause = (cadence: Cadence): number => Math.max(0, ...cadence.pauses.map(([, pause]) => pause));

function learn(cadence: Cadence, minute: number, id: string, allowed: number | undefined): Cadence {
  const day = Math.floor(minute / DAY);
  const gap = cadence.events === 0 ? 0 : minute - cadence.lastAt;
  // A silence that alarmed must not become the usual at once: it teaches at most half again the longest pause.
  const pause = allowed !== undefined && gap > allowed ? 1.5 * longestPause(cadence) : gap;
  const last = cadence.pauses[cadence.pauses.length - 1];
  const pauses: Cadence["pauses"] =
    last?.[0] === day ? [...cadence.pauses.slice(0, -1), [day, Math.max(last[1], pause)]] : [...cadence.pauses, [day, pause]];
  return {
    ...cadence,
    firstAt: cadence.events === 0 ? minute : cadence.firstAt,
    lastAt: minute,
    lastId: id,
    events: cadence.events + 1,
    pauses: pauses.filter(([at]) => at > day - PAUSE_DAYS),
  };
}

const kindOf = (group: string): Kind => group.slice(0, group.indexOf(":")) as Kind; // as groupsOf made it
/** What the alert of each kind is called, and about what kind of entity it is. */
const KINDS = {
  service: { entity: "service", level: "high", title: "A service went silent" },
  key: { entity: "key", level: "medium", title: "A key went silent" },
  source: { entity: "series", level: "high", title: "A log source went silent" },
  action: { entity: "series", level: "medium", title: "A scheduled action did not run" },
} as const;

/** The longest pause this cadence explains, ms; undefined while it is not known well enough. */
function allowedPause(group: string, cadence: Cadence, settings: SilenceSettings): number | undefined {
  const days = (cadence.lastAt - cadence.firstAt) / DAY;
  if (days < settings.learnDays || cadence.events < settings.minPerDay[kindOf(group)] * days) return undefined;
  const longest = longestPause(cadence);
  return Math.max(longest + settings.floorMs[kindOf(group)], settings.factor[kindOf(group)] * longest);
}

const minutesText = (ms: number): string =>
  ms >= 2 * 60 * MINUTE ? `${(ms / (60 * MINUTE)).toFixed(1)} hours` : `${Math.round(ms / MINUTE)} minutes`;

function alertOf(group: string, cadence: Cadence, allowed: number, until: number): Alert {
  const kind = kindOf(group);
  const { entity: type, level, title } = KINDS[kind];
  const named = group.slice(group.indexOf(":") + 1);
  const value = kind === "source" ? `log source ${cadence.name ?? named}` : named;
  const longest = longestPause(cadence);
  const services = kind === "service" ? [value] : kind === "action" ? [value.slice(0, value.indexOf(" "))] : (cadence.services ?? []);
  return {
    key: `${ID}|${type}|${value}|${cadence.lastAt}`,
    ruleId: ID,
    ruleVersion: 1,
    family: "silence",
    level,
    title,
    entity: { type, value },
    related: kind === "service" ? [] : services.map((service) => ({ type: "service", value: service, role: "victim", events: 1 })),
    firstAt: cadence.lastAt,
    lastAt: until,
    eventCount: 1,
    evidence: [cadence.lastId],
    sourceIps: [],
    services,
    ...TAGS,
    explanation: {
      sentence: `Nothing was heard from ${value} for ${minutesText(allowed)}; its longest pause in ${PAUSE_DAYS} days was ${minutesText(longest)}.`,
      measured: Math.round(allowed / MINUTE),
      threshold: Math.round(longest / MINUTE),
      unit: "minutes",
      factors: [{ name: "pause", before: minutesText(longest), after: `more than ${minutesText(allowed)}`, weight: 1 }],
      matches: [],
    },
  };
}

/** Settles what can no longer change, and says the silences in between. */
function settle(group: string, state: Cadence, watermark: number, settings: SilenceSettings): Advanced<Cadence> {
  const alerts: Alert[] = [];
  let cadence = state;
  const recent = [...state.recent];
  const judge = (next: number) => {
    const allowed = allowedPause(group, cadence, settings);
    if (allowed !== undefined && next - cadence.lastAt > allowed) alerts.push(alertOf(group, cadence, allowed, cadence.lastAt + allowed));
    return allowed;
  };
  while (recent[0] && recent[0][0] <= watermark - LATENESS_MS - MINUTE) {
    const [minute, id] = recent.shift() ?? [0, ""];
    cadence = learn(cadence, minute, id, judge(minute));
  }
  const allowed = recent.length === 0 ? judge(watermark - LATENESS_MS) : allowedPause(group, cadence, settings);
  const said = alerts.some((alert) => alert.firstAt === cadence.lastAt);
  const lastAt = recent[recent.length - 1]?.[0] ?? cadence.lastAt;
  const wakeAt =
    recent.length > 0
      ? lastAt + LATENESS_MS + 2 * MINUTE
      : allowed !== undefined && !said
        ? lastAt + allowed + LATENESS_MS + MINUTE
        : undefined;
  return { state: { ...cadence, recent }, alerts, ...(wakeAt !== undefined && wakeAt > watermark ? { wakeAt } : {}) };
}

/** "service action" of what machines do by themselves. */
function scheduledAction({ actor, action, service, direction }: EventDocument): string | undefined {
  return actor?.type === "system" && direction === "inbound" && service ? `action:${service} ${action}` : undefined;
}

/** What the events of a log source say about it. */
function sourceFacts(old: Cadence, events: readonly ObservedEvent[]): Pick<Cadence, "name" | "services"> {
  const services = events.flatMap(({ record }) => record.document.service ?? []);
  const name = events.at(-1)?.record.sender?.name ?? old.name;
  return {
    ...(name === undefined ? {} : { name }),
    services: [...new Set([...(old.services ?? []), ...services])].sort().slice(0, SERVICES_KEPT),
  };
}

/** The detector, one group per service, one per key, one per log source, and one per action that machines do by themselves. */
export function silence(settings: SilenceSettings = silenceDefaults): BehaviourDetector<Cadence> {
  return {
    id: ID,
    version: 1,
    about: { title: "Somebody went silent", family: "silence", level: "high", ...TAGS },
    groupsOf({ record: { document, sender } }) {
      const key = keyOf(document);
      const scheduled = scheduledAction(document);
      return [
        ...(document.service ? [`service:${document.service}`] : []),
        ...(key ? [`key:${key}`] : []),
        ...(sender ? [`source:${sender.id}`] : []),
        ...(scheduled ? [scheduled] : []),
      ];
    },
    advance({ group, state, events, watermark }: Advance<Cadence>): Advanced<Cadence> {
      const old = state ?? { firstAt: 0, lastAt: 0, lastId: "", events: 0, pauses: [], recent: [] };
      const minutes = new Map(old.recent);
      for (const { record } of events) {
        const minute = Math.floor(record.occurredAt / MINUTE) * MINUTE;
        const known = minutes.get(minute);
        if (minute > old.lastAt && (known === undefined || record.id < known)) minutes.set(minute, record.id);
      }
      const known = kindOf(group) === "source" ? { ...old, ...sourceFacts(old, events) } : old;
      return settle(group, { ...known, recent: [...minutes].sort((a, b) => a[0] - b[0]) }, watermark, settings);
    },
    wake: ({ group, state, watermark }) => settle(group, state, watermark, settings),
  };
}
