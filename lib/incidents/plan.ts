/** What a set of new alerts does to the incidents: which it joins, which it opens, what becomes worse. Pure: rows in, changes out. */
import { type Alert, compareLevels, type Level } from "@/lib/model/alert";
import type { Incident, IncidentEntity, IncidentSummary } from "@/lib/model/incident";
import { type EntityIndex, entityIndex } from "./entity-index";
import {
  type Candidate,
  chooseIncident,
  entitiesOf,
  inOrder,
  isNear,
  JOIN_GAP_MS,
  oldestFirst,
  type SharedEntity,
  WAVE_AFTER,
  WAVE_MS,
} from "./grouping";
import { addAlert, addSummary, worse } from "./summary";

/** An incident in the making or in change. Negative ids are new ones, in the order of opening. */
export interface Draft {
  id: number;
  /** The incident as it stood, absent for a new one. */
  before?: Incident;
  level: Level;
  groupedBy: string;
  leadRuleId: string;
  wave: boolean;
  summary: IncidentSummary;
  firstAt: number;
  lastAt: number;
  eventCount: number;
  entities: Map<string, IncidentEntity>;
  alerts: { alert: Alert; joined: string; isNew: boolean }[];
  /** Events that alerts of this turn added. */
  grown: number;
  /** Stored incidents that turned out to be the same as this one, and what says so. */
  absorbed: { incident: Incident; reason: string }[];
}

/** What is known of an alert that was said before. */
export interface KnownAlert {
  key: string;
  incidentId: number;
  eventCount: number;
  level: Level;
}

/**
 * Everything the plan looks at. `incidents` holds those that share an entity and the recent ones of the same rules; `shared` what those share with the alerts
 * and with each other.
 */
export interface PlanInput {
  alerts: readonly Alert[];
  known: ReadonlyMap<string, KnownAlert>;
  incidents: ReadonlyMap<number, Incident>;
  shared: ReadonlyMap<number, readonly SharedEntity[]>;
}

const rank = (entity: Pick<IncidentEntity, "type" | "value">) => `${entity.type}|${entity.value}`;

function draftOf(incident: Incident): Draft {
  return {
    id: incident.id,
    before: incident,
    level: incident.level,
    groupedBy: incident.groupedBy,
    leadRuleId: incident.leadRuleId ?? "",
    wave: incident.wave,
    summary: incident.summary,
    firstAt: incident.firstAt.getTime(),
    lastAt: incident.lastAt.getTime(),
    eventCount: incident.eventCount,
    entities: new Map(),
    alerts: [],
    grown: 0,
    absorbed: [],
  };
}

const opened = (id: number, alert: Alert, wave: boolean): Draft => ({
  id,
  level: alert.level,
  groupedBy: wave ? `One rule on many entities: more than ${WAVE_AFTER} incidents within an hour` : "One alert",
  leadRuleId: alert.ruleId,
  wave,
  summary: { leads: [], rules: [], services: [], environments: [], techniques: [], owasp: [], alerts: 0, attackers: 0, victims: 0 },
  firstAt: alert.firstAt,
  lastAt: alert.lastAt,
  eventCount: 0,
  entities: new Map(),
  alerts: [],
  grown: 0,
  absorbed: [],
});

function put(
  draft: Draft,
  alert: Alert,
  { entities, joined, before }: { entities: IncidentEntity[]; joined: string; before?: KnownAlert },
): void {
  const added = alert.eventCount - (before?.eventCount ?? 0);
  draft.summary = addAlert(draft.summary, alert, before);
  draft.level = worse(draft.level, alert.level);
  draft.firstAt = Math.min(draft.firstAt, alert.firstAt);
  draft.lastAt = Math.max(draft.lastAt, alert.lastAt);
  draft.eventCount += added;
  draft.grown += added;
  if (joined && draft.summary.alerts === 2) draft.groupedBy = joined;
  draft.alerts.push({ alert, joined, isNew: !before });
  for (const entity of entities) {
    const known = draft.entities.get(rank(entity));
    draft.entities.set(rank(entity), known ? mergeEntity(known, entity) : entity);
  }
}

/** Two sayings about one entity: the wider span, the larger count, and the stronger role. */
export function mergeEntity(a: IncidentEntity, b: IncidentEntity): IncidentEntity {
  const order = ["context", "victim", "attacker"];
  return {
    ...a,
    role: order.indexOf(a.role) >= order.indexOf(b.role) ? a.role : b.role,
    subject: a.subject || b.subject,
    level: worse(a.level, b.level),
    events: Math.max(a.events, b.events),
    firstAt: Math.min(a.firstAt, b.firstAt),
    lastAt: Math.max(a.lastAt, b.lastAt),
  };
}

/** May a new alert still join it? Resolved incidents take new alerts only when they were found true: then the attack came back. */
const takesNew = (incident: Incident): boolean => incident.state !== "resolved" || incident.verdict === "true";

/** May it become one with another by itself? Never what is settled, what a person took apart, or a wave. */
const mayUnite = ({ before, wave }: Draft): boolean => !wave && (!before || (before.state !== "resolved" && !before.apart));

/** The drafts that result: one for every incident that changes or opens. Alerts that say nothing new leave no trace. */
export function planIncidents(input: PlanInput): Draft[] {
  const drafts = new Map<number, Draft>();
  const homes = new Map<number, number>(); // where incidents went that are part of others now
  const index = entityIndex(input.shared);
  const draft = (id: number): Draft | undefined => {
    const home = homes.get(id) ?? id;
    const known = drafts.get(home);
    const incident = input.incidents.get(home);
    if (known || !incident) return known;
    const made = draftOf(incident);
    drafts.set(home, made);
    return made;
  };
  const waves = waveCounter(input.incidents);
  let news = 0;

  for (const alert of inOrder(input.alerts)) {
    const entities = entitiesOf(alert);
    const before = input.known.get(alert.key);
    if (before) {
      const target = draft(before.incidentId);
      if (!target || !saysMore(alert, before)) continue;
      put(target, alert, { entities, joined: "", before });
      index.add(target.id, entities);
      unite(target, { drafts, homes, index, draft });
      continue;
    }
    const join = chooseIncident(alert, entities, candidates(index.sharing(entities), input, drafts));
    const target = (join && draft(join.incidentId)) ?? waves.waveFor(alert, drafts) ?? undefined;
    const made = target ?? opened(--news, alert, waves.isDue(alert));
    if (!target) {
      drafts.set(made.id, made);
      waves.count(alert);
    }
    put(made, alert, { entities, joined: join?.reason ?? (target?.wave ? "Same rule, many entities" : "") });
    index.add(made.id, entities);
    unite(made, { drafts, homes, index, draft });
  }
  return [...drafts.values()].filter(({ alerts }) => alerts.length > 0);
}

interface Planning {
  drafts: Map<number, Draft>;
  homes: Map<number, number>;
  index: EntityIndex;
  draft(id: number): Draft | undefined;
}

/** Makes one of all incidents that what was just added shows to be one; the oldest keeps its number. */
function unite(grown: Draft, { drafts, homes, index, draft }: Planning): void {
  let target = grown;
  for (;;) {
    if (!mayUnite(target)) return;
    const found = [...index.linked(target.id)].flatMap(([id, reason]) => {
      const other = draft(id);
      return other && mayUnite(other) && isNear(target, other) ? [{ other, reason }] : [];
    })[0];
    if (!found) return;
    const [older, younger] = oldestFirst(target, found.other) < 0 ? [target, found.other] : [found.other, target];
    absorb(older, younger, found.reason);
    index.unite(younger.id, older.id);
    drafts.delete(younger.id);
    for (const [id, home] of homes) if (home === younger.id) homes.set(id, older.id);
    homes.set(younger.id, older.id);
    target = older;
  }
}

function absorb(older: Draft, younger: Draft, reason: string): void {
  older.summary = addSummary(older.summary, younger.summary);
  older.level = worse(older.level, younger.level);
  if (older.summary.alerts > 1 && older.groupedBy === "One alert") older.groupedBy = reason;
  older.firstAt = Math.min(older.firstAt, younger.firstAt);
  older.lastAt = Math.max(older.lastAt, younger.lastAt);
  older.eventCount += younger.eventCount;
  older.grown += younger.grown;
  older.alerts.push(...younger.alerts);
  older.absorbed.push(...younger.absorbed, ...(younger.before ? [{ incident: younger.before, reason }] : []));
  for (const entity of younger.entities.values()) {
    const known = older.entities.get(rank(entity));
    older.entities.set(rank(entity), known ? mergeEntity(known, entity) : entity);
  }
}

/** A later saying replaces an earlier one only when it knows more. */
export const saysMore = (
  alert: Pick<Alert, "eventCount" | "level">,
  before: Pick<KnownAlert, "eventCount" | "level"> | undefined,
): boolean => !before || alert.eventCount > before.eventCount || compareLevels(alert.level, before.level) > 0;

/** The incidents among these that may still take a new alert. */
function candidates(found: ReadonlyMap<number, SharedEntity[]>, input: PlanInput, drafts: ReadonlyMap<number, Draft>): Candidate[] {
  return [...found].flatMap(([id, shared]) => {
    const made = drafts.get(id);
    const incident = made ? made.before : input.incidents.get(id);
    if (!made && !incident) return [];
    if (made?.wave || incident?.wave || (incident && !takesNew(incident))) return [];
    const span = made ?? { firstAt: incident?.firstAt.getTime() ?? 0, lastAt: incident?.lastAt.getTime() ?? 0 };
    return [{ id, firstAt: span.firstAt, lastAt: span.lastAt, resolved: incident?.state === "resolved", shared }];
  });
}

/** Counts how often each rule has opened an incident lately, and finds the wave that takes the rest. */
function waveCounter(incidents: ReadonlyMap<number, Incident>) {
  const openings = new Map<string, number[]>();
  const add = (ruleId: string, at: number) => openings.set(ruleId, [...(openings.get(ruleId) ?? []), at]);
  for (const incident of incidents.values()) if (incident.leadRuleId && !incident.wave) add(incident.leadRuleId, incident.lastAt.getTime());
  const isDue = (alert: Alert) =>
    (openings.get(alert.ruleId) ?? []).filter((at) => Math.abs(at - alert.firstAt) <= WAVE_MS).length >= WAVE_AFTER;
  const near = (span: { firstAt: number; lastAt: number }, alert: Alert) =>
    alert.firstAt <= span.lastAt + WAVE_MS && alert.lastAt >= span.firstAt - WAVE_MS;
  return {
    isDue,
    count: (alert: Alert) => add(alert.ruleId, alert.lastAt),
    waveFor(alert: Alert, drafts: Map<number, Draft>): Draft | null {
      if (!isDue(alert)) return null;
      for (const made of drafts.values()) if (made.wave && made.leadRuleId === alert.ruleId && near(made, alert)) return made;
      for (const incident of incidents.values()) {
        const span = { firstAt: incident.firstAt.getTime(), lastAt: incident.lastAt.getTime() };
        if (
          !incident.wave ||
          incident.leadRuleId !== alert.ruleId ||
          incident.state === "resolved" ||
          !near(span, alert) ||
          drafts.has(incident.id)
        )
          continue;
        const made = draftOf(incident);
        drafts.set(incident.id, made);
        return made;
      }
      return null;
    },
  };
}

/** How far back and ahead stored incidents are looked for. */
export const lookAround = (alerts: readonly Alert[]) => ({
  from: Math.min(...alerts.map(({ firstAt }) => firstAt)) - JOIN_GAP_MS,
  to: Math.max(...alerts.map(({ lastAt }) => lastAt)) + JOIN_GAP_MS,
});
