/**
 * Detection turns: batches that nobody has looked at become alerts, incidents, messages and new state, in one transaction each.
 *
 * Why any number of workers gives the same alerts. A turn holds its world's advisory lock until it commits, so the turns of a world follow each other, each
 * on the state that the one before left; other workers take other worlds meanwhile. The batches of a turn are marked in its transaction: a turn that dies
 * leaves nothing, and the next one does it again. In which order turns take the batches does not show, because the engine's outcome does not depend on how
 * events are split or ordered inside the lateness bound (test/unit/detection-order.test.ts).
 */
import { accountNames } from "@/lib/detection/account-names";
import { LATENESS_MS } from "@/lib/detection/detector";
import { nextWatermark, type StateName, type Suppressor, Turn, type TurnResult } from "@/lib/detection/evaluate";
import type { Ruleset } from "@/lib/detection/ruleset";
import { replayAlert, sessionDeltas, usesAfterEnd } from "@/lib/detection/session-records";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import { log } from "@/lib/log";
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { tellPeople } from "@/lib/incidents/tell-people";
import { ring } from "@/lib/queue/bells";
import { compileCatalog, loadCatalog, testedRules } from "@/lib/rules/catalog";
import { loadSuppressors } from "@/lib/rules/suppressions";
import { rememberAccountNames } from "@/lib/store/account-names";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction, type Tx } from "@/lib/store/db";
import { LIVE } from "@/lib/store/batches";
import {
  type DetectionWorld,
  deleteExpiredStates,
  findWatermark,
  forgetWorld,
  listDueStates,
  listWorlds,
  loadStates,
  saveStates,
  saveWatermark,
} from "@/lib/store/detection-state";
import {
  claimBatches,
  hasWaitingBatches,
  listBatchEvents,
  listWaitingWorlds,
  lockWorld,
  markDetected,
  markFailed,
  type WaitingBatch,
  withdrawAlerts,
} from "@/lib/store/detections";
import { disableRule, rulesRevision } from "@/lib/store/rules";
import { tellAdministrators } from "@/lib/store/tell-administrators";
import { addToSessions, countUsesAfterEnd } from "@/lib/store/session-records";
import { countSuppressed, suppressionsRevision } from "@/lib/store/suppressions";
import { saveTestAlerts, withdrawTestAlerts } from "@/lib/store/test-alerts";
import { Spendings } from "./spendings";

/** Events of a turn: enough to make a transaction worth while, few enough for memory and for alerts within the second. */
const EVENTS_PER_TURN = 3_000;
const WAKES_PER_TURN = 2_000;
/** How far behind the wall clock a quiet world's event time is kept: events under way get this long to arrive. */
const QUIET_MS = 60_000;
/** How long the state of an import is kept after its last event: it may be resumed. */
const FORGET_MS = 3_600_000;

const spendings = new Spendings();
let loaded: { revision: string; ruleset: Ruleset; tested: ReadonlySet<string> } | undefined;
let exceptions: { revision: string; suppressors: Suppressor[] } = { revision: "", suppressors: [] };

/** The ruleset in force; compiled anew when anybody changed a rule. */
async function currentRuleset(): Promise<Pick<Detection, "ruleset" | "tested">> {
  if (loaded?.revision === (await rulesRevision())) return loaded;
  const catalog = await loadCatalog();
  const ruleset = compileCatalog(catalog);
  const problems = [...catalog.problems, ...ruleset.problems].filter(({ severity }) => severity === "error");
  for (const { file, line, detail } of problems.slice(0, 20)) log.warn({ file, line, detail }, "a rule cannot run");
  log.info({ rules: ruleset.documents.length, problems: problems.length }, "rules are loaded");
  loaded = { revision: catalog.revision, ruleset, tested: testedRules(catalog) };
  return loaded;
}

/** The suppressions in force. */
async function currentSuppressors(now: Date): Promise<Suppressor[]> {
  const revision = await suppressionsRevision(now);
  if (revision !== exceptions.revision) exceptions = { revision, suppressors: await loadSuppressors(now) };
  return exceptions.suppressors;
}

/** Answers the detect bell: works until no batch waits, then lets quiet worlds' time run on. */
export async function detectEvents(now: Date): Promise<void> {
  const detection = { ...(await currentRuleset()), suppressors: await currentSuppressors(now), now };
  for (const world of await listWaitingWorlds(db)) while (await detectOnce(world, detection));
  for (const world of await listWorlds(db)) await wakeQuietWorld(world, detection);
}

/** One turn of one world; false when nothing waits there or another worker has it. */
async function detectOnce(world: string, detection: Detection): Promise<boolean> {
  let claimed: WaitingBatch[] = [];
  try {
    const messages = await inTransaction(async (tx) => {
      if (!(await lockWorld(tx, world))) return undefined;
      claimed = await claimBatches(tx, world, EVENTS_PER_TURN);
      const [first] = claimed;
      if (!first) return undefined;
      const events = await listBatchEvents(tx, claimed);
      const sent = await takeTurn(tx, { ...detection, world, events, historical: first.historical, sample: first.sample });
      await markDetected(tx, claimed, detection.now);
      return sent;
    });
    if (messages === undefined) return false;
    await spendings.write(detection.now);
    if (messages > 0) await ring("notify");
    return true;
  } catch (error) {
    if (claimed.length === 0 || isPassing(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    loaded = undefined; // rules that failed in the turn are not on record, since it is gone: they get another try
    log.error({ world, batches: claimed.length, error: reason }, "a detection turn failed; its batches are tried one by one");
    await markFailed(db, claimed, reason);
    return true;
  }
}

/** Trouble of the database and not of the events: connection, shutdown, serialisation, full disk. The turn is simply done again. */
function isPassing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return (
    /^(08|40|53|55|57|58)/.test(code) ||
    /^E[A-Z]+$/.test(code) ||
    /terminat|timeout|ECONN/i.test(error instanceof Error ? error.message : "")
  );
}

/** What all turns of one answer share. */
interface Detection {
  ruleset: Ruleset;
  /** Rules and detectors that are only being tested. */
  tested: ReadonlySet<string>;
  suppressors: readonly Suppressor[];
  now: Date;
}

interface TurnJob extends Detection {
  world: string;
  events: EventRecord[];
  historical: boolean;
  sample: boolean;
  /** Event time to which a quiet world is moved. */
  until?: number;
}

/** Evaluates and writes everything but the batches; how many messages were put into the outbox. */
async function takeTurn(tx: Tx, job: TurnJob): Promise<number> {
  const { world, events, now } = job;
  const stored = await findWatermark(tx, world);
  const before = job.until === undefined ? stored : Math.max(stored ?? 0, job.until);
  const wakes = before === undefined ? [] : await listDueStates(tx, world, new Date(nextWatermark(before, events)), WAKES_PER_TURN);
  const result = await evaluateIn(tx, job, { before, wakes });
  const all = [...result.alerts, ...(await recordSessions(tx, job))];
  const [alerts, testing] = [all.filter(({ ruleId }) => !job.tested.has(ruleId)), all.filter(({ ruleId }) => job.tested.has(ruleId))];
  await withdrawAlerts(tx, result.withdrawn, all, now);
  await withdrawTestAlerts(tx, result.withdrawn);
  await rememberAccountNames(tx, accountNames(events), { now, sample: job.sample });
  await saveTestAlerts(tx, testing, { historical: job.historical, sample: job.sample, now });
  const recorded = await recordAlerts(tx, alerts, { historical: job.historical, sample: job.sample, world, now });
  const toPeople = job.historical || job.sample || world !== LIVE.world ? 0 : await tellPeople(tx, alerts, now);
  await saveStates(tx, world, result.changed, now);
  // a world under load never falls quiet: what event time has passed by must not wait for that
  if (minutesOf(result.watermark) > minutesOf(stored ?? 0)) await deleteExpiredStates(tx, world, new Date(result.watermark));
  if (events.length > 0 || world === LIVE.world) await saveWatermark(tx, world, result.watermark, now);
  await countSuppressed(tx, result.suppressed, now);
  spendings.note(result.spent, events.length);
  let messages = recorded.messages + toPeople;
  for (const { ruleId, reason } of result.failures) messages += await tellOfFailure(tx, ruleId, reason, now);
  return messages;
}

const minutesOf = (t: number): number => Math.floor(t / 60_000);

/** Adds the events to the records of their sessions; alerts about sessions that are used although a person ended them. */
async function recordSessions(tx: Tx, { events, sample }: TurnJob): Promise<Alert[]> {
  const ended = await addToSessions(tx, sessionDeltas(events), { sample });
  const alerts: Alert[] = [];
  const uses = usesAfterEnd(events, ended);
  for (const session of ended) {
    const [first, ...rest] = uses.get(session.id) ?? [];
    if (!first) continue;
    const all = await countUsesAfterEnd(tx, session.id, { count: 1 + rest.length, firstAt: first.occurredAt });
    alerts.push(replayAlert(session, [first, ...rest], all));
  }
  return alerts;
}

async function evaluateIn(
  tx: Tx,
  { world, ruleset, suppressors, events }: TurnJob,
  from: { before: number | undefined; wakes: StateName[] },
): Promise<TurnResult> {
  const turn = new Turn({
    ruleset,
    suppressors,
    events,
    wakes: from.wakes,
    packed: true,
    clock: () => performance.now(),
    ...(from.before === undefined ? {} : { watermark: from.before }),
  });
  for (let level = 0; level < turn.levels; level++) turn.fold(level, await loadStates(tx, world, turn.needs(level)));
  return turn.finish();
}

const nameOfRule = (ruleId: string): string => loaded?.ruleset.documents.find(({ id }) => id === ruleId)?.title ?? ruleId;

/** A rule that failed stays out until somebody switches it on again, and its going is on record and told to the administrators once. */
async function tellOfFailure(tx: Tx, ruleId: string, reason: string, now: Date): Promise<number> {
  if (!(await disableRule(tx, ruleId, reason, now))) return 0;
  log.error({ ruleId, reason }, "a rule failed and was put out of action");
  const system = { actor: { type: "system" as const, name: "Vedette" }, now };
  await recordAudit(tx, system, "rule.disable", { target: { type: "rule", id: ruleId }, after: { enabled: false }, reason });
  return tellAdministrators(
    tx,
    {
      subjectKey: `rule-failed:${ruleId}:${now.getTime()}`,
      title: "A rule failed and was put out of action",
      paragraphs: [
        `The rule “${nameOfRule(ruleId)}” stopped: ${reason}`,
        "The other rules and detectors go on. It stays out until somebody mends it or switches it on again.",
      ],
      action: { text: "Look at the rule", path: `/rules/${encodeURIComponent(ruleId)}` },
    },
    now,
  );
}

/**
 * In a world where nothing comes, event time would stand still, and silences and settled averages would never be told. When no batch waits in the live
 * world, its time follows the wall clock at a distance; a backlog keeps it where it is, so that nothing in it is late. An import that is over is let run on
 * by the lateness bound, as a replay does at its end, and forgotten an hour later.
 */
async function wakeQuietWorld({ world, watermark, updatedAt }: DetectionWorld, detection: Detection): Promise<void> {
  const { now } = detection;
  const isLive = world === LIVE.world;
  const quietFor = now.getTime() - updatedAt.getTime();
  if (!isLive && quietFor < QUIET_MS) return;
  const until = isLive ? Math.max(watermark.getTime(), now.getTime() - QUIET_MS) : watermark.getTime() + LATENESS_MS + 1;
  const messages = await inTransaction(async (tx) => {
    if (!(await lockWorld(tx, world)) || (await hasWaitingBatches(tx, world))) return 0;
    if (!isLive && quietFor > FORGET_MS) return forgetWorld(tx, world).then(() => 0);
    const isDue = (await listDueStates(tx, world, new Date(until), 1)).length > 0;
    const sent = isDue ? await takeTurn(tx, { ...detection, world, events: [], historical: !isLive, sample: false, until }) : 0;
    await deleteExpiredStates(tx, world, new Date(until));
    return sent;
  });
  if (messages > 0) await ring("notify");
}
