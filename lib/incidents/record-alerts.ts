/**
 * What detection calls with its alerts, inside its own transaction: alerts are stored once each, join or open incidents, and messages about them are
 * written to the outbox. Nothing leaves here; the outbox worker sends after the commit.
 */
import { compareLevels, type Alert } from "@/lib/model/alert";
import { type Incident, incidentName } from "@/lib/model/incident";
import { visible } from "@/lib/model/visible";
import { isStopped, listenersOf, type RouteSubject } from "./routing";
import {
  type Activity,
  appendActivity,
  countEntities,
  countIncidentEvents,
  findEnvironments,
  findIncidentsOfRules,
  findKnownAlerts,
  findNeighbours,
  findSharedEntities,
  type IncidentFacts,
  insertIncidents,
  listNamedEntities,
  lockGrouping,
  lockIncidents,
  saveAlerts,
  saveIncidentEntities,
  updateIncidents,
  type Whereabouts,
} from "@/lib/store/incidents";
import { asJson, type Tx } from "@/lib/store/db";
import { appendOutbox } from "@/lib/store/outbox";
import { listPeople, listRoutes, listStops } from "@/lib/store/routes";
import { absorbIncident, tellOfAbsorbed } from "./absorb";
import { asks, entitiesOf, inOrder, JOIN_GAP_MS, type SharedEntity } from "./grouping";
import { headlineOf } from "./headline";
import { happeningOf, messagesFor } from "./messages";
import { type Draft, type KnownAlert, lookAround, planIncidents, type PlanInput, saysMore } from "./plan";

/** Where the alerts come from. `historical` and `sample` alerts open incidents of their own and never write a message. */
export interface RecordOptions {
  historical: boolean;
  sample?: boolean;
  /** Whose event time they share; for the log only: incidents group across worlds of one kind. */
  world: string;
  now: Date;
}

/** What became of the alerts. `messages` says whether the notify bell is worth ringing after the commit. */
export interface Recorded {
  alerts: number;
  opened: number;
  changed: number;
  messages: number;
}

/** Records alerts. The same alerts again change nothing; a later saying with a larger count replaces the earlier one. */
export async function recordAlerts(tx: Tx, alerts: readonly Alert[], options: RecordOptions): Promise<Recorded> {
  const largest = newestSayings(JSON.parse(asJson(alerts)) as Alert[]).map(legible); // cast: what asJson wrote of alerts
  if (largest.length === 0) return { alerts: 0, opened: 0, changed: 0, messages: 0 };
  await lockGrouping(tx);
  const drafts = planIncidents(await readPlanInput(tx, largest, options));
  const settled = await writeDrafts(tx, drafts, options);
  const messages = options.historical || options.sample ? 0 : await writeMessages(tx, settled, options.now);
  return {
    alerts: drafts.reduce((sum, draft) => sum + draft.alerts.length, 0),
    opened: drafts.filter(({ before }) => !before).length,
    changed: drafts.filter(({ before }) => before).length,
    messages,
  };
}

/** What people read of an alert names strangers: nothing in it may be unseen, or turn the words around it. */
const legible = (alert: Alert): Alert => ({
  ...alert,
  title: visible(alert.title),
  explanation: { ...alert.explanation, sentence: visible(alert.explanation.sentence) },
});

/** One saying for each key: the one that knows most. */
function newestSayings(alerts: readonly Alert[]): Alert[] {
  const byKey = new Map<string, Alert>();
  for (const alert of alerts) {
    const known = byKey.get(alert.key);
    const larger =
      !known ||
      alert.eventCount > known.eventCount ||
      (alert.eventCount === known.eventCount && compareLevels(alert.level, known.level) > 0);
    if (larger) byKey.set(alert.key, alert);
  }
  return inOrder([...byKey.values()]);
}

async function readPlanInput(tx: Tx, alerts: readonly Alert[], { historical, sample = false }: RecordOptions): Promise<PlanInput> {
  const known = new Map(
    (
      await findKnownAlerts(
        tx,
        alerts.map(({ key }) => key),
      )
    ).map((alert) => [alert.key, alert satisfies KnownAlert]),
  );
  const fresh = alerts.filter(({ key }) => !known.has(key));
  const telling = alerts.filter((alert) => saysMore(alert, known.get(alert.key)));
  const around = lookAround(alerts);
  const span = { from: new Date(around.from), to: new Date(around.to), historical, sample };
  const lookups = new Map(
    telling.flatMap(entitiesOf).flatMap((entity) => {
      const wanted = asks(entity);
      const lookup = { type: entity.type, value: entity.value, subjectOnly: wanted === "subject" };
      return wanted ? [[`${entity.type}|${entity.value}|${wanted}`, lookup] as const] : [];
    }),
  );
  const found = await findSharedEntities(tx, [...lookups.values()], span);
  const touched = [...new Set([...found, ...telling.flatMap(({ key }) => known.get(key) ?? [])].map(({ incidentId }) => incidentId))];
  const neighbours = await findNeighbours(tx, touched, {
    from: new Date(around.from + JOIN_GAP_MS),
    to: new Date(around.to - JOIN_GAP_MS),
    near: JOIN_GAP_MS,
    historical,
    sample,
  });
  const shared = new Map<number, SharedEntity[]>();
  for (const { incidentId, ...entity } of [...found, ...neighbours])
    shared.set(incidentId, [...(shared.get(incidentId) ?? []), entity as SharedEntity]); // cast: our own words, checked when written
  const rules = await findIncidentsOfRules(tx, [...new Set(fresh.map(({ ruleId }) => ruleId))], span);
  const ids = new Set([...shared.keys(), ...[...known.values()].map(({ incidentId }) => incidentId)]);
  const locked = await lockIncidents(tx, [...ids, ...rules.filter(({ wave }) => wave).map(({ id }) => id)]);
  const incidents = new Map([...rules, ...locked].map((incident) => [incident.id, incident]));
  return { alerts, known, incidents, shared };
}

/** A draft that is stored now. */
interface Settled {
  draft: Draft;
  incident: Pick<Incident, "id" | "number" | "openedAt" | "state">;
  /** How it stands after this turn. */
  standing: Standing;
  facts: IncidentFacts;
  cameBack: boolean;
  /** Messages written because incidents became part of it. */
  messages: number;
}

type Standing = Pick<Incident, "state" | "assigneeId" | "acknowledgedAt" | "regressed" | "resolvedAt" | "snoozedUntil">;

async function writeDrafts(tx: Tx, drafts: readonly Draft[], options: RecordOptions): Promise<Settled[]> {
  const { now, historical, sample = false } = options;
  const news = drafts.filter(({ before }) => !before);
  // numbers are given in the order of opening; -1 opened before -2
  const ordered = [...news].sort((a, b) => b.id - a.id);
  const made = await insertIncidents(
    tx,
    ordered.map((draft) => ({ ...factsOf(draft), historical, sample })),
    now,
  );
  const idOf = new Map(ordered.map((draft, index) => [draft.id, made[index]]));
  const settled = drafts.map((draft): Settled => {
    const created = idOf.get(draft.id);
    const incident = draft.before ?? { id: created?.id ?? 0, number: created?.number ?? 0, openedAt: now, state: "open" as const };
    const cameBack = comesBack(draft, now);
    return {
      draft,
      incident,
      standing: standingOf(draft, cameBack),
      facts: { ...factsOf(draft), historical, sample },
      cameBack,
      messages: 0,
    };
  });
  const placed = settled.flatMap(({ draft, incident }) => draft.alerts.map(({ alert }) => ({ alert, incidentId: incident.id })));
  await saveAlerts(tx, placed, { historical, sample, now });
  await saveIncidentEntities(
    tx,
    settled.flatMap(({ draft, incident }) => [...draft.entities.values()].map((entity) => ({ ...entity, incidentId: incident.id }))),
  );
  for (const each of settled) {
    const into = { id: each.incident.id, number: each.incident.number, level: each.facts.level, openedAt: each.incident.openedAt };
    const by = { actorName: "Vedette" };
    const gone = each.draft.absorbed.map(({ incident }) => incident);
    for (const { incident: from, reason } of each.draft.absorbed) await absorbIncident(tx, { from, into, reason, by, now });
    each.messages = gone.length > 0 ? await tellOfAbsorbed(tx, { gone, into, by, now }) : 0;
  }
  await nameIncidents(tx, settled, now);
  await appendActivity(tx, settled.flatMap(activityOf), now);
  return settled;
}

/** How an incident stands when alerts, and other incidents, have come to it: whoever works on any of them works on all. */
function standingOf(draft: Draft, cameBack: boolean): Standing {
  const { before, absorbed } = draft;
  const parts = [...(before ? [before] : []), ...absorbed.map(({ incident }) => incident)];
  const taken = parts.find(({ state }) => state === "acknowledged");
  const awake = cameBack || wakes(draft) || parts.some(({ state }) => state === "open");
  const times = parts.flatMap(({ acknowledgedAt }) => acknowledgedAt?.getTime() ?? []);
  const state = taken && !cameBack ? "acknowledged" : awake ? "open" : (before?.state ?? "open");
  return {
    state,
    assigneeId: before?.assigneeId ?? taken?.assigneeId ?? parts.find(({ assigneeId }) => assigneeId)?.assigneeId ?? null,
    acknowledgedAt: times.length > 0 ? new Date(Math.min(...times)) : null,
    regressed: cameBack || parts.some(({ regressed }) => regressed),
    resolvedAt: cameBack ? null : (before?.resolvedAt ?? null),
    snoozedUntil: state === "snoozed" ? (before?.snoozedUntil ?? null) : null,
  };
}

const factsOf = (draft: Draft) => ({
  level: draft.level,
  title: "",
  groupedBy: draft.groupedBy,
  summary: draft.summary,
  leadRuleId: draft.leadRuleId,
  wave: draft.wave,
  firstAt: new Date(draft.firstAt),
  lastAt: new Date(draft.lastAt),
  eventCount: draft.eventCount,
});

const SETTLE_MS = 5 * 60_000; // an attack that trails off after it was resolved is not a new one

/** A true attack that was resolved and goes on, or comes back, is open again. */
function comesBack(draft: Draft, now: Date): boolean {
  const { before } = draft;
  if (before?.state !== "resolved" || before.verdict !== "true" || !before.resolvedAt) return false;
  const fresh = draft.alerts.some(({ isNew }) => isNew);
  return (
    draft.lastAt > before.resolvedAt.getTime() + SETTLE_MS && now.getTime() > before.resolvedAt.getTime() && (fresh || draft.grown > 0)
  );
}

/** A snoozed incident wakes when it becomes worse, or when enough has been added. */
function wakes({ before, level, eventCount }: Draft): boolean {
  if (before?.state !== "snoozed" || !before.snooze) return false;
  const { untilWorse, events } = before.snooze;
  return (untilWorse && compareLevels(level, before.level) > 0) || (events !== undefined && eventCount >= events);
}

/** Where an alert's events are looked for, to learn its environments: five of its evidence, since an attack seldom spans several. */
const whereaboutsOf = ({ alert }: Draft["alerts"][number]): Whereabouts => ({
  key: alert.key,
  evidence: alert.evidence.slice(0, 5),
  ip: alert.sourceIps[0] ?? null,
  actor: alert.entity.type === "actor" ? alert.entity.value : null,
  from: new Date(alert.firstAt),
  to: new Date(alert.lastAt),
});

/** Counts what is in the incidents now, and says each headline anew: of all its entities, not only those of this turn. */
async function nameIncidents(tx: Tx, settled: readonly Settled[], now: Date): Promise<void> {
  const ids = settled.map(({ incident }) => incident.id);
  const counts = new Map((await countEntities(tx, ids)).map((each) => [each.incidentId, each]));
  const events = await countIncidentEvents(tx, ids);
  const environments = await findEnvironments(
    tx,
    settled.flatMap(({ draft }) => draft.alerts.map(whereaboutsOf)),
  );
  const named = new Map<number, Awaited<ReturnType<typeof listNamedEntities>>>();
  for (const each of await listNamedEntities(tx, ids)) named.set(each.incidentId, [...(named.get(each.incidentId) ?? []), each]);
  const growth = settled.map(({ draft, incident, standing, facts }) => {
    const counted = counts.get(incident.id);
    facts.eventCount = events.get(incident.id) ?? facts.eventCount;
    draft.eventCount = facts.eventCount;
    const where = [...facts.summary.environments, ...draft.alerts.flatMap(({ alert }) => environments.get(alert.key) ?? [])];
    facts.summary = {
      ...facts.summary,
      environments: [...new Set(where)].slice(0, 20),
      attackers: Math.max(counted?.attackers ?? 0, facts.summary.attackers),
      victims: Math.max(counted?.victims ?? 0, facts.summary.victims),
    };
    facts.title = headlineOf({ ...facts, entities: named.get(incident.id) ?? [] });
    return { ...facts, ...standing, id: incident.id };
  });
  await updateIncidents(tx, growth, now);
}

function activityOf({ draft, incident, cameBack, facts }: Settled): Activity[] {
  const by = { incidentId: incident.id, actorName: "Vedette" };
  const fresh = draft.alerts.filter(({ isNew }) => isNew);
  const lines: Activity[] = fresh.slice(0, 20).map(({ alert, joined }, index) => ({
    ...by,
    kind: index === 0 && !draft.before ? "opened" : "alert",
    details: {
      key: alert.key,
      ruleId: alert.ruleId,
      title: alert.title,
      sentence: alert.explanation.sentence,
      level: alert.level,
      events: alert.eventCount,
      at: alert.firstAt,
      joined,
    },
  }));
  if (fresh.length > 20)
    lines.push({
      ...by,
      kind: "alert",
      details: { title: `${fresh.length - 20} more alerts`, level: draft.level, at: draft.lastAt, joined: draft.groupedBy },
    });
  if (draft.before && compareLevels(facts.level, draft.before.level) > 0)
    lines.push({ ...by, kind: "worse", details: { from: draft.before.level, to: facts.level } });
  if (cameBack) lines.push({ ...by, kind: "regressed", details: { name: incidentName(incident.number) } });
  if (wakes(draft)) lines.push({ ...by, kind: "woke", details: { level: facts.level, events: facts.eventCount } });
  return lines;
}

/** What routes look at in an incident and what its alerts add up to. */
export function routeSubject(
  incident: Pick<Incident, "number" | "state" | "openedAt">,
  facts: IncidentFacts,
  entities: RouteSubject["entities"],
): RouteSubject {
  return {
    number: incident.number,
    state: incident.state,
    level: facts.level,
    title: facts.title,
    families: [...new Set(facts.summary.rules.map(({ family }) => family))],
    rules: facts.summary.rules.map(({ id }) => id),
    services: facts.summary.services,
    environments: facts.summary.environments,
    entities,
    eventCount: facts.eventCount,
    regressed: false,
    sample: facts.sample,
    historical: facts.historical,
    firstAt: facts.firstAt,
    lastAt: facts.lastAt,
    openedAt: incident.openedAt,
  };
}

async function writeMessages(tx: Tx, settled: readonly Settled[], now: Date): Promise<number> {
  const [routes, people, stops] = [await listRoutes(tx), await listPeople(tx), await listStops(tx, now)];
  const messages = settled.flatMap(({ draft, incident, standing, facts, cameBack }) => {
    if (standing.state === "resolved" || standing.state === "snoozed") return [];
    const listeners = listenersOf(routes, people, routeSubject(incident, facts, [...draft.entities.values()])).filter(
      ({ recipient }) =>
        !isStopped(
          stops,
          recipient,
          facts.summary.rules.map(({ id }) => id),
        ),
    );
    const happening = cameBack ? { kind: "regressed" as const, at: now } : happeningOf(draft.before, facts);
    const told = { id: incident.id, level: facts.level, openedAt: incident.openedAt };
    // whoever a route names only now (a new family, a higher level) hears of the opening first; the key keeps the others from hearing it twice
    return [
      ...messagesFor({ kind: "opened" }, told, listeners, now),
      ...(happening.kind === "opened" ? [] : messagesFor(happening, told, listeners, now)),
    ];
  });
  return settled.reduce((sum, each) => sum + each.messages, 0) + (await appendOutbox(tx, messages, now));
}
