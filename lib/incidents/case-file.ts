/** Everything a person looks at to decide about an incident, gathered at once. A part that takes too long is null; the rest is shown. */
import { requirePermission } from "@/lib/access/require-permission";
import { notFound } from "@/lib/errors";
import { type Alert, compareLevels } from "@/lib/model/alert";
import { type Incident, type IncidentEntity, incidentName } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { bucketSize } from "@/lib/charts/axes";
import { db } from "@/lib/store/db";
import { listIncidentDeliveries } from "@/lib/store/deliveries";
import {
  type ActivityLine,
  countByKind,
  listActivity,
  listIncidentAlerts,
  listIncidentEntities,
  listSimilar,
  readColumns,
  type SimilarIncident,
  type Whose,
} from "@/lib/store/incident-reads";
import { findIncident, findIncidentById } from "@/lib/store/incidents";
import { type EvidenceEvent, listEventsById, listPins, type Pin } from "@/lib/store/pins";
import { withinTime } from "@/lib/store/reading";
import { findUser } from "@/lib/store/users";
import { type EntityRisk, readRisks } from "./read-risk";
import { answerTriage, questionsOf, type TriageAnswer } from "./triage";
import { type Scope, scopeOf } from "./whose";

const PART_MS = 4000; // no part may hold up the page for longer

/** Counts in equal steps from `from` on. */
export interface Course {
  from: number;
  stepMs: number;
  values: number[];
}

/** Two questions with their charts: is everything else normal, and were they here before? */
export interface Isolation {
  theirs: Course;
  rest: Course;
  /** Failures or events are counted. */
  unit: "failures" | "events";
  week: Course;
  before: number;
  during: number;
}

export interface CaseFile {
  incident: Incident;
  mergedInto: number | null;
  assignee: string | null;
  entities: IncidentEntity[];
  kinds: { role: string; type: string; n: number }[];
  alerts: Alert[];
  activity: ActivityLine[];
  mails: Awaited<ReturnType<typeof listIncidentDeliveries>>;
  scope: Scope;
  answers: TriageAnswer[] | null;
  isolation: Isolation | null;
  similar: SimilarIncident[] | null;
  /** By `type|value`; empty when reckoning took too long. */
  risks: ReadonlyMap<string, EntityRisk>;
  pins: Pin[];
  /** Events that raised its alerts, oldest first, a few of each alert; null when reading took too long. */
  evidence: EvidenceEvent[] | null;
}

/** Reads the case of an incident. Throws notFound. `questions` are those its rules name. */
export async function readCase(ctx: Context, { number, questions }: { number: number; questions: readonly string[] }): Promise<CaseFile> {
  requirePermission(ctx, "incident:read");
  const incident = await findIncident(db, number);
  if (!incident) throw notFound(`There is no incident ${incidentName(number)}.`);
  const [entities, kinds, alerts, activity, mails, pins] = await Promise.all([
    listIncidentEntities(db, incident.id, 200),
    countByKind(db, incident.id),
    listIncidentAlerts(db, incident.id, 100),
    listActivity(db, incident.id),
    listIncidentDeliveries(db, incident.id, 50),
    listPins(db, incident.id),
  ]);
  const scope = scopeOf(incident, entities);
  const asked = questionsOf(incident, questions);
  const [answers, isolation, similar, risks, evidence, person, into] = await Promise.all([
    withinTime((on) => answerTriage(on, { incident, entities, scope, questions: asked, now: ctx.now }), PART_MS),
    withinTime((on) => readIsolation(on, incident, scope, ctx.now), PART_MS),
    withinTime((on) => listSimilar(on, incident), PART_MS),
    withinTime((on) => readRisks(ctx, entities, on), PART_MS),
    withinTime((on) => listEventsById(on, tellingEvents(alerts), { from: incident.firstAt, to: incident.lastAt }), PART_MS),
    incident.assigneeId ? findUser(db, incident.assigneeId) : null,
    incident.mergedIntoId === null ? null : findIncidentById(db, incident.mergedIntoId),
  ]);
  return {
    incident,
    mergedInto: into?.number ?? null,
    assignee: person?.name ?? null,
    entities,
    kinds,
    alerts,
    activity,
    mails,
    scope,
    answers,
    isolation,
    similar,
    risks: risks ?? new Map(),
    pins,
    evidence,
  };
}

const SHOWN_EVIDENCE = 12;

/** Ids of the events that tell most: the last of each alert, which made it one, then the first, the worst alerts before the rest. */
function tellingEvents(alerts: readonly Alert[]): string[] {
  const worstFirst = alerts.toSorted((a, b) => compareLevels(b.level, a.level) || a.firstAt - b.firstAt);
  const ids = [...worstFirst.flatMap(({ evidence }) => evidence.at(-1) ?? []), ...worstFirst.flatMap(({ evidence }) => evidence[0] ?? [])];
  return [...new Set(ids)].slice(0, SHOWN_EVIDENCE);
}

/** The incident with as much again before and after it, never past now. */
function frameOf(incident: Incident, now: Date): { from: number; stepMs: number; columns: number } {
  const [first, last] = [incident.firstAt.getTime(), incident.lastAt.getTime()];
  const around = Math.max(15 * 60_000, last - first);
  const to = incident.historical || incident.sample ? last + around : Math.min(now.getTime(), last + around);
  const stepMs = bucketSize(to - (first - around), 60);
  const from = Math.floor((first - around) / stepMs) * stepMs;
  return { from, stepMs, columns: Math.max(1, Math.ceil((to - from) / stepMs)) };
}

async function readIsolation(on: Parameters<typeof readColumns>[0], incident: Incident, scope: Scope, now: Date): Promise<Isolation> {
  const { from, stepMs, columns } = frameOf(incident, now);
  const span = { from: new Date(from), to: new Date(from + columns * stepMs - 1) };
  const everybody: Whose = {
    ips: [],
    actors: [],
    sessions: [],
    keys: [],
    hosts: [],
    services: [...incident.summary.services],
    sample: incident.sample,
  };
  const theirs = await readColumns(
    on,
    { ...scope.whose, services: scope.kind === "service" ? scope.whose.services : everybody.services },
    { ...span, stepMs },
  );
  const all = await readColumns(on, everybody, { ...span, stepMs });
  const sum = (counts: typeof theirs, figure: "events" | "failures") =>
    [...counts.values()].reduce((total, each) => total + each[figure], 0);
  const unit = sum(theirs, "failures") * 2 > sum(theirs, "events") ? ("failures" as const) : ("events" as const);
  const values = (counts: typeof theirs) => Array.from({ length: columns }, (_, index) => counts.get(index)?.[unit] ?? 0);
  const [mine, total] = [values(theirs), values(all)];
  const week = await readWeek(on, incident, scope, unit);
  return {
    theirs: { from, stepMs, values: mine },
    rest: { from, stepMs, values: total.map((value, index) => Math.max(0, value - (mine[index] ?? 0))) },
    unit,
    ...week,
  };
}

/** The same filter over the seven days before, in steps of two hours; the last column holds the incident. */
async function readWeek(on: Parameters<typeof readColumns>[0], incident: Incident, scope: Scope, unit: "events" | "failures") {
  const stepMs = 2 * 3_600_000;
  const columns = 85;
  const from = incident.firstAt.getTime() - (columns - 1) * stepMs;
  const counts = await readColumns(on, scope.whose, {
    from: new Date(from),
    to: new Date(Math.max(incident.lastAt.getTime(), from + columns * stepMs - 1)),
    stepMs,
  });
  const values = Array.from({ length: columns }, (_, index) => counts.get(index)?.[unit] ?? 0);
  const during = [...counts].filter(([index]) => index >= columns - 1).reduce((sum, [, each]) => sum + each[unit], 0);
  values[columns - 1] = during;
  return { week: { from, stepMs, values }, before: values.slice(0, -1).reduce((sum, value) => sum + value, 0), during };
}
