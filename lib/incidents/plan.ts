/** What a set of new alerts does to the incidents: which it joins, which it opens, what becomes worse. Pure: rows in, changes out. */
import { type Alert, compareLevels, type Level } from "@/lib/model/alert";
import type { Incident, IncidentEntity, IncidentSummary } from "@/lib/model/incident";
import { asks, type Candidate, chooseIncident, entitiesOf, inOrder, JOIN_GAP_MS, WAVE_AFTER, WAVE_MS } from "./grouping";
import { addAlert, worse } from "./summary";

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
}

/** What is known of an alert that was said before. */
export interface KnownAlert {
  key: string;
  incidentId: number;
  eventCount: number;
  level: Level;
}

/** As much of an entity as grouping looks at. */
export type SharedEntity = Pick<IncidentEntity, "type" | "value" | "role" | "subject">;

/** Everything the plan looks at. `linked` are incidents that share an entity, `waves` the recent incidents of the same rules. */
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
  };
}

const opened = (id: number, alert: Alert, wave: boolean): Draft => ({
  id,
  level: alert.level,
  groupedBy: wave ? `One rule on many entities: more than ${WAVE_AFTER} incidents within an hour` : "One alert",
  leadRuleId: alert.ruleId,
  wave,
  summary: { leads: [], rules: [], services: [], techniques: [], owasp: [], alerts: 0, attackers: 0, victims: 0 },
  firstAt: alert.firstAt,
  lastAt: alert.lastAt,
  eventCount: 0,
  entities: new Map(),
  alerts: [],
  grown: 0,
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

/** The drafts that result: one for every incident that changes or opens. Alerts that say nothing new leave no trace. */
export function planIncidents(input: PlanInput): Draft[] {
  const drafts = new Map<number, Draft>();
  const index = entityIndex(input.shared);
  const draft = (id: number): Draft | undefined => {
    const known = drafts.get(id);
    const incident = input.incidents.get(id);
    if (known || !incident) return known;
    const made = draftOf(incident);
    drafts.set(id, made);
    return made;
  };
  const waves = waveCounter(input.incidents);

  for (const alert of inOrder(input.alerts)) {
    const entities = entitiesOf(alert);
    const before = input.known.get(alert.key);
    if (before) {
      const target = draft(before.incidentId);
      if (target && saysMore(alert, before)) put(target, alert, { entities, joined: "", before });
      continue;
    }
    const join = chooseIncident(alert, entities, candidates(index.sharing(entities), input, drafts));
    const target = (join && draft(join.incidentId)) ?? waves.waveFor(alert, drafts) ?? undefined;
    const made = target ?? opened(-drafts.size - 1, alert, waves.isDue(alert));
    if (!target) {
      drafts.set(made.id, made);
      waves.count(alert);
    }
    put(made, alert, { entities, joined: join?.reason ?? (target?.wave ? "Same rule, many entities" : "") });
    index.add(made.id, entities);
  }
  return [...drafts.values()].filter(({ alerts }) => alerts.length > 0);
}

/** A later saying replaces an earlier one only when it knows more. */
export const saysMore = (alert: Pick<Alert, "eventCount" | "level">, before: Pick<KnownAlert, "eventCount" | "level">): boolean =>
  alert.eventCount > before.eventCount || compareLevels(alert.level, before.level) > 0;

/** Finds incidents by shared entity without looking at all of them. */
function entityIndex(stored: PlanInput["shared"]) {
  const any = new Map<string, Map<number, SharedEntity>>();
  const subject = new Map<string, Map<number, SharedEntity>>();
  const keep = (where: typeof any, id: number, entity: SharedEntity) => {
    const known = where.get(rank(entity));
    if (known) known.set(id, entity);
    else where.set(rank(entity), new Map([[id, entity]]));
  };
  const add = (id: number, entities: readonly SharedEntity[]) => {
    for (const entity of entities) {
      if (asks(entity) || entity.type === "actor") keep(any, id, entity);
      if (entity.subject) keep(subject, id, entity);
    }
  };
  for (const [id, entities] of stored) add(id, entities);
  return {
    add,
    /** Incidents with the shared entities of each. */
    sharing(entities: readonly SharedEntity[]): Map<number, SharedEntity[]> {
      const found = new Map<number, SharedEntity[]>();
      for (const entity of entities) {
        const wanted = asks(entity);
        if (!wanted) continue;
        for (const [id, theirs] of (wanted === "any" ? any : subject).get(rank(entity)) ?? [])
          found.set(id, [...(found.get(id) ?? []), theirs]);
      }
      return found;
    },
  };
}

/** The incidents among these that may still take a new alert. */
function candidates(found: ReadonlyMap<number, SharedEntity[]>, input: PlanInput, drafts: ReadonlyMap<number, Draft>): Candidate[] {
  return [...found].flatMap(([id, shared]) => {
    const made = drafts.get(id);
    if (made) return [{ id, firstAt: made.firstAt, lastAt: made.lastAt, shared }];
    const incident = input.incidents.get(id);
    if (!incident || incident.wave || !takesNew(incident)) return [];
    return [{ id, firstAt: incident.firstAt.getTime(), lastAt: incident.lastAt.getTime(), shared }];
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
