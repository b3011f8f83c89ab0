/**
 * What a draft of a rule would have said about the past, beside what the rule in force says about the same events. The same engine as live detection with
 * another driver; nothing but the task is written, nobody is mailed. A worker does one at a time, page by page, so that live detection gets its turns.
 */
import { setImmediate as breathe } from "node:timers/promises";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { Peaks } from "@/lib/detection/correlation/peaks";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset, enabledDocuments, type Ruleset } from "@/lib/detection/ruleset";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { Alert } from "@/lib/model/alert";
import { BacktestDetails, type BacktestResult } from "@/lib/model/backtest";
import { eventSentence, eventTitle } from "@/lib/model/event-words";
import { loadCatalog } from "@/lib/rules/catalog";
import { lintRule } from "@/lib/rules/change-rule";
import { loadSuppressors } from "@/lib/rules/suppressions";
import { db } from "@/lib/store/db";
import { listPeople, listRoutes, listStops } from "@/lib/store/routes";
import { countEventsBetween, type EventPlace, findEvidence, hasRealEvents, listRaisedAlerts, walkEvents } from "@/lib/store/rule-figures";
import { claimTask, finishTask, releaseTask, saveTaskProgress, type Task } from "@/lib/store/tasks";
import { BACKTEST } from "./manage";
import { type Compared, compareAlerts, worthASample } from "./outcome";

const PAGE = 2_000; // events between two looks at the clock: a few dozen milliseconds
const SAY_EVERY_MS = 700;
const STALLED_MS = 60_000; // a run that has not said anything for so long died with its process
const ATTEMPTS_MOST = 2;
/** Where a run ends, whatever is left: the state of a rule is held in memory here. */
const LIMITS = { ms: 10 * 60_000, events: 10_000_000, alerts: 5_000, groups: 500_000 };
const EVENTS_SHOWN = 20;

/** Answers the backtest bell: runs what waits, one after the other. When `signal` fires, the run goes back to those that wait. */
export async function runBacktests(now: Date, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const task = await claimTask(db, BACKTEST, { now: new Date(), stalledBefore: new Date(Date.now() - STALLED_MS) });
    if (!task) return;
    try {
      await run(task, now, signal);
    } catch (error) {
      const known = error instanceof AppError;
      if (!known) log.error({ taskId: task.id, error: (error as Error).message }, "a backtest failed"); // what is thrown here is an Error
      const reason = known ? error.publicMessage : "Something went wrong on our side; the log says what.";
      await finishTask(task.id, { at: new Date(), error: reason });
    }
  }
}

/** Both texts with the events that they have seen. */
interface Worlds {
  draft: MemoryWorld;
  live: MemoryWorld | null;
  /** How high the groups of the draft come, for those that count. */
  peaks: Peaks | undefined;
}

async function run(task: Task, now: Date, signal: AbortSignal): Promise<void> {
  const details = BacktestDetails.parse(task.details);
  if (details.attempts >= ATTEMPTS_MOST) throw new AppError("unavailable", "It ended with its process twice. Try a shorter span.");
  const { from, until } = details;
  const span = { from: new Date(from), until: new Date(until) };
  const samples = !(await hasRealEvents(db, span));
  const total = await countEventsBetween(db, { ...span, samples });
  const start = { ...details, samples, attempts: details.attempts + 1 };
  const worlds = await worldsOf(start, now);
  const context = await contextOf(start, now);
  const say = async (walked: Walked) => {
    const result = { ...compareAlerts({ ...context, ...alertsOf(worlds) }), ...peaksOf(worlds), events: [] };
    const progress = {
      done: walked.read,
      total: Math.max(total, walked.read),
      at: new Date(),
      details: { ...start, readTo: walked.readTo, result },
    };
    return saveTaskProgress(task.id, progress);
  };
  const walked = await walk(worlds, { from, until, samples }, { say, signal });
  if (walked.end === "stopped") return;
  if (walked.end === "interrupted") return releaseTask(task.id, new Date());
  await finish(task.id, { start, worlds, context, walked });
}

async function worldsOf({ ruleId, yaml, comparedWith }: BacktestDetails, now: Date): Promise<Worlds> {
  const catalog = await loadCatalog();
  const { rules } = catalog;
  const { document } = lintRule(yaml, catalog, ruleId);
  if (!document) throw new AppError("invalid", "The draft cannot run any more: a rule that it names has changed.");
  const documents = rules.map((rule) => rule.document);
  const suppressors = (await loadSuppressors(now)).filter((each) => each.ruleId === null || each.ruleId === ruleId);
  const draft = alone([...documents.filter(({ id }) => id !== ruleId), document], ruleId);
  const spec = draft.levels.flat().find(({ id }) => id === ruleId && document.kind === "correlation")?.spec;
  const peaks = spec && Peaks.of(spec);
  return {
    draft: new MemoryWorld(draft, suppressors, (id, group, hit) => id === ruleId && peaks?.see(group, hit)),
    live: comparedWith === null ? null : new MemoryWorld(alone(documents, ruleId), suppressors),
    peaks,
  };
}

const peaksOf = ({ peaks }: Worlds): Pick<BacktestResult, "peaks"> => (peaks ? { peaks: peaks.standing() } : {});

/** A ruleset in which only this rule speaks. */
function alone(documents: readonly SigmaDocument[], id: string): Ruleset {
  const speaking = documents.map((document) =>
    document.id === id ? { ...document, extension: { ...document.extension, alert: true } } : document,
  );
  return compileRuleset(
    enabledDocuments(speaking, (document) => document.id === id),
    { decoder: requestDecoder },
  );
}

async function contextOf({ ruleId, from, until }: BacktestDetails, now: Date): Promise<Omit<Compared, "draft" | "live">> {
  const [raised, routes, people, stops] = await Promise.all([
    listRaisedAlerts(db, ruleId, { from: new Date(from), until: new Date(until) }),
    listRoutes(db),
    listPeople(db),
    listStops(db, now),
  ]);
  return { raised, audience: { routes, people, stops }, span: { from, until } };
}

const alertsOf = ({ draft, live }: Worlds): { draft: Alert[]; live: Alert[] } => ({
  draft: draft.standing(),
  live: live?.standing() ?? [],
});

interface Walked {
  read: number;
  readTo: number;
  /** `all` was read; a limit `cut` it; its owner `stopped` it; the worker was `interrupted`. */
  end?: "all" | "stopped" | "interrupted";
  cut?: string;
}

async function walk(
  { draft, live }: Worlds,
  span: { from: number; until: number; samples: boolean },
  { say, signal }: { say: (walked: Walked) => Promise<boolean>; signal: AbortSignal },
): Promise<Walked> {
  const worlds = live ? [draft, live] : [draft];
  const began = Date.now();
  let said = 0;
  let place: EventPlace = { at: new Date(span.from), id: "" };
  for (let read = 0; ; ) {
    const events = await walkEvents(db, place, { until: new Date(span.until), limit: PAGE, samples: span.samples });
    for (const world of worlds) {
      world.take(events);
      world.forget();
      await breathe();
    }
    read += events.length;
    const last = events.at(-1);
    if (last) place = { at: new Date(last.occurredAt), id: last.id };
    const walked = { read, readTo: events.length < PAGE ? span.until : place.at.getTime() };
    const cut = limitOf({ draft, read, ms: Date.now() - began });
    if (events.length < PAGE || cut) {
      for (const world of worlds) world.finish();
      return { ...walked, end: "all", ...(events.length < PAGE || !cut ? {} : { cut }) };
    }
    if (signal.aborted) return { ...walked, end: "interrupted" };
    if (Date.now() - said < SAY_EVERY_MS) continue;
    if (!(await say(walked))) return { ...walked, end: "stopped" };
    said = Date.now();
  }
}

function limitOf({ draft, read, ms }: { draft: MemoryWorld; read: number; ms: number }): string | undefined {
  if (draft.alertCount > LIMITS.alerts) return `More than ${LIMITS.alerts.toLocaleString("en")} alerts: this rule is too noisy to go on.`;
  if (draft.groups > LIMITS.groups) return "The rule keeps more groups than a backtest can hold.";
  if (read >= LIMITS.events) return `${LIMITS.events.toLocaleString("en")} events are the most that one backtest reads.`;
  return ms > LIMITS.ms ? "Ten minutes are the most that one backtest runs." : undefined;
}

async function finish(
  taskId: string,
  { start, worlds, context, walked }: { start: BacktestDetails; worlds: Worlds; context: Omit<Compared, "draft" | "live">; walked: Walked },
): Promise<void> {
  const alerts = alertsOf(worlds);
  const result: BacktestResult = {
    ...compareAlerts({ ...context, ...alerts }),
    ...peaksOf(worlds),
    events: await sampleOf(worthASample(alerts.draft, alerts.live)),
  };
  const { read, readTo, cut } = walked;
  const details = { ...start, readTo, result, ...(cut ? { cut } : {}) };
  if (await saveTaskProgress(taskId, { done: read, total: read, at: new Date(), details })) await finishTask(taskId, { at: new Date() });
}

/** Up to 20 events behind alerts, a few of each. */
async function sampleOf(alerts: readonly Alert[]): Promise<BacktestResult["events"]> {
  const each = Math.max(1, Math.floor(EVENTS_SHOWN / Math.max(1, alerts.length)));
  const wanted = alerts.map(({ evidence, firstAt, lastAt }) => ({ ids: evidence.slice(0, each), firstAt, lastAt }));
  const events = await findEvidence(db, wanted);
  return events
    .slice(0, EVENTS_SHOWN)
    .map(({ id, occurredAt, document }) => ({ id, at: occurredAt, title: eventTitle(document), sentence: eventSentence(document) }));
}
