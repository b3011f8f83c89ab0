/**
 * What a draft of a rule would have said about the past, beside what the rule in force says about the same events. The same engine as live detection with
 * another driver; nothing is written, nobody is mailed.
 */
import { requirePermission } from "@/lib/access/require-permission";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset, enabledDocuments, type Ruleset } from "@/lib/detection/ruleset";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { invalid } from "@/lib/errors";
import type { Alert } from "@/lib/model/alert";
import type { Context } from "@/lib/model/user";
import { db } from "@/lib/store/db";
import { countEventsBetween, type EventPlace, findAlertsByKey, walkEvents } from "@/lib/store/rule-figures";
import { loadCatalog } from "./catalog";
import { lintRule } from "./change-rule";

const PAGE = 5_000;
const DAY_MS = 86_400_000;
/** A backtest answers while somebody waits: it stops here and says how far it came. */
const EVENTS_MOST = 400_000;

/** One alert in a backtest's lists. */
export interface BacktestAlert {
  title: string;
  entity: string;
  at: number;
  events: number;
  sentence: string;
  /** INC number and verdict of the alert as it was really raised, when it was. */
  incident?: number;
  verdict?: string;
}

export interface Backtest {
  from: number;
  /** Event time up to which events were read. */
  readTo: number;
  until: number;
  read: number;
  total: number;
  draft: number;
  live: number;
  /** Alerts by day (UTC midnight, ms): in both, only in the draft, only in the rule in force. */
  days: { day: number; same: number; fresh: number; gone: number }[];
  fresh: BacktestAlert[];
  gone: BacktestAlert[];
  entities: { entity: string; alerts: number }[];
}

/** Runs the draft and the rule in force over the last days. Throws `invalid` when the draft cannot run. */
export async function backtest(ctx: Context, input: { id: string; yaml: string; days: number }): Promise<Backtest> {
  requirePermission(ctx, "rule:read");
  const { rules } = await loadCatalog();
  const { document, problems } = lintRule(input.yaml, rules, input.id);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (!document || errors.length > 0) throw invalid("The draft cannot run as it stands.", errors);
  const documents = rules.map((rule) => rule.document);
  const draft = new MemoryWorld(alone([...documents.filter(({ id }) => id !== input.id), document], input.id));
  const live = new MemoryWorld(alone(documents, input.id));
  const until = ctx.now.getTime();
  const from = until - Math.min(90, Math.max(1, input.days)) * DAY_MS;
  const { read, readTo } = await walk([draft, live], { from, until });
  const total = Math.max(read, await countEventsBetween(db, new Date(from), new Date(until)));
  const found = await compare(ours(draft, input.id), ours(live, input.id));
  return { from, until, read, readTo, total, ...found };
}

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

const ours = (world: MemoryWorld, id: string): Alert[] => world.standing().filter(({ ruleId }) => ruleId === id);

async function walk(worlds: readonly MemoryWorld[], span: { from: number; until: number }): Promise<{ read: number; readTo: number }> {
  let place: EventPlace = { at: new Date(span.from), id: "" };
  let read = 0;
  for (;;) {
    const events = await walkEvents(db, place, new Date(span.until), PAGE);
    for (const world of worlds) world.take(events);
    read += events.length;
    const last = events.at(-1);
    if (last) place = { at: new Date(last.occurredAt), id: last.id };
    if (events.length < PAGE || read >= EVENTS_MOST) {
      for (const world of worlds) world.finish();
      return { read, readTo: events.length < PAGE ? span.until : place.at.getTime() };
    }
  }
}

const LISTED = 20;

async function compare(
  draft: readonly Alert[],
  live: readonly Alert[],
): Promise<Pick<Backtest, "draft" | "live" | "days" | "fresh" | "gone" | "entities">> {
  const isMet = (alert: Alert, others: readonly Alert[]) => others.some((other) => sameTrouble(alert, other));
  const fresh = draft.filter((alert) => !isMet(alert, live));
  const gone = live.filter((alert) => !isMet(alert, draft));
  const real = new Map(
    (
      await findAlertsByKey(
        db,
        gone.map(({ key }) => key),
      )
    ).map((alert) => [alert.key, alert]),
  );
  const days = new Map<number, { day: number; same: number; fresh: number; gone: number }>();
  const count = (alerts: readonly Alert[], kind: "same" | "fresh" | "gone") => {
    for (const { firstAt } of alerts) {
      const day = Math.floor(firstAt / DAY_MS) * DAY_MS;
      const bar = days.get(day) ?? { day, same: 0, fresh: 0, gone: 0 };
      bar[kind]++;
      days.set(day, bar);
    }
  };
  count(
    draft.filter((alert) => isMet(alert, live)),
    "same",
  );
  count(fresh, "fresh");
  count(gone, "gone");
  return {
    draft: draft.length,
    live: live.length,
    days: [...days.values()].sort((a, b) => a.day - b.day),
    fresh: fresh.slice(0, LISTED).map((alert) => tell(alert)),
    gone: gone.slice(0, LISTED).map((alert) => tell(alert, real.get(alert.key))),
    entities: mostNamed(draft),
  };
}

/** The same rule about the same entity in overlapping time: what a person would call the same alert. */
const sameTrouble = (a: Alert, b: Alert): boolean =>
  a.entity.type === b.entity.type && a.entity.value === b.entity.value && a.firstAt <= b.lastAt && b.firstAt <= a.lastAt;

function tell(alert: Alert, real?: { incident: number; verdict: string | null }): BacktestAlert {
  const { title, entity, firstAt, eventCount, explanation } = alert;
  return {
    title,
    entity: entity.value,
    at: firstAt,
    events: eventCount,
    sentence: explanation.sentence,
    ...(real ? { incident: real.incident } : {}),
    ...(real?.verdict ? { verdict: real.verdict } : {}),
  };
}

function mostNamed(alerts: readonly Alert[]): Backtest["entities"] {
  const counts = new Map<string, number>();
  for (const { entity } of alerts) counts.set(entity.value, (counts.get(entity.value) ?? 0) + 1);
  return [...counts]
    .map(([entity, count]) => ({ entity, alerts: count }))
    .sort((a, b) => b.alerts - a.alerts || (a.entity < b.entity ? -1 : 1))
    .slice(0, 10);
}
