/** The sample data: a week of a small company's API traffic with three attacks in it, marked, never mailed, and gone with one call. */
import { requirePermission } from "@/lib/access/require-permission";
import { AppError, conflict } from "@/lib/errors";
import { log } from "@/lib/log";
import type { Context } from "@/lib/model/user";
import { type SimulateOptions, simulate } from "@/lib/simulate/simulate";
import { recordAudit } from "@/lib/store/audit";
import type { Lane } from "@/lib/store/batches";
import { inTransaction } from "@/lib/store/db";
import { countSampleEvents, deleteSampleData } from "@/lib/store/sample-data";
import { findLatestTask, finishTask, insertTask, saveTaskProgress, type Task } from "@/lib/store/tasks";
import { acceptEvents, importPolicy } from "./accept-events";

const KIND = "sample-data";
const LANE: Lane = { world: "sample", historical: true, sample: true };
const DAY_MS = 86_400_000;
const DAYS = 8; // four calm days in which baselines form, then four with the attacks
const EVENTS_A_COMMIT = 1000;
const STALLED_MS = 60_000; // a task that has not moved for so long died with its process

/** The story: the same people and attacks every time, the attacks on the days (UTC) before today. */
const storyAt = (now: Date): SimulateOptions => ({
  seed: 11,
  days: DAYS + 1,
  people: 24,
  start: Math.floor(now.getTime() / DAY_MS) * DAY_MS - DAYS * DAY_MS,
  calmDays: 4,
  changes: false,
  attacks: [
    { kind: "stuffing-fast", day: 5 },
    { kind: "cookie-theft", day: 6 },
    { kind: "mass-export", day: 7 },
  ],
});

/** Whether sample data is there, and how far loading has come. */
export interface SampleDataState {
  events: number;
  loading: Task | null;
}

/** How it stands with the sample data. */
export async function readSampleData(ctx: Context): Promise<SampleDataState> {
  requirePermission(ctx, "health:read");
  const [events, task] = await Promise.all([countSampleEvents(), findLatestTask(KIND)]);
  return { events, loading: task !== null && isRunning(task, ctx.now) ? task : null };
}

const isRunning = (task: Task, now: Date): boolean => task.state === "running" && now.getTime() - task.updatedAt.getTime() < STALLED_MS;

/** Starts loading; resolves at once with the task that tells the progress, and `finished`, which never rejects. Throws `conflict` when it is there already. */
export async function loadSampleData(ctx: Context): Promise<{ taskId: string; finished: Promise<void> }> {
  requirePermission(ctx, "sample:write");
  const { events, loading } = await readSampleData(ctx);
  if (loading) throw conflict("The sample data is being loaded.");
  if (events > 0) throw conflict("The sample data is there already. Remove it first.");
  const taskId = await inTransaction(async (tx) => {
    await recordAudit(tx, ctx, "sample_data.load");
    return insertTask(tx, { kind: KIND, title: "Loading the sample data", total: null, unit: "events", by: ctx.actor.name, at: ctx.now });
  });
  return { taskId, finished: run(ctx, taskId) };
}

async function run(ctx: Context, taskId: string): Promise<void> {
  try {
    await sendStory(ctx, taskId);
    await finishTask(taskId, { at: new Date() });
  } catch (error) {
    const reason = error instanceof AppError ? error.publicMessage : "Something went wrong on our side; the log says what.";
    log.error({ taskId, error: (error as Error).message }, "the sample data could not be loaded"); // what is thrown here is an Error
    await finishTask(taskId, { at: new Date(), error: reason }).catch(() => undefined); // the database is away: the task counts as stalled
  }
}

async function sendStory(ctx: Context, taskId: string): Promise<void> {
  const until = ctx.now.toISOString();
  const items = [...simulate(storyAt(ctx.now))].flatMap(({ event }) => (event.occurred_at <= until ? [{ value: event }] : []));
  const system: Context = { actor: { type: "system", name: "sample data" }, now: ctx.now };
  for (let done = 0; done < items.length; done += EVENTS_A_COMMIT) {
    await saveTaskProgress(taskId, { done, total: items.length, at: new Date() });
    await acceptEvents(system, { items: items.slice(done, done + EVENTS_A_COMMIT), policy: importPolicy, lane: LANE, marks: ["sample"] });
  }
  await saveTaskProgress(taskId, { done: items.length, total: items.length, at: new Date() });
}

/** Removes the sample data with its alerts and incidents. Throws `conflict` while it is being loaded. */
export async function removeSampleData(ctx: Context): Promise<void> {
  requirePermission(ctx, "sample:write");
  const { loading, events } = await readSampleData(ctx);
  if (loading) throw conflict("The sample data is being loaded. Wait until it is there.");
  await inTransaction(async (tx) => {
    await deleteSampleData(tx, LANE.world);
    await recordAudit(tx, ctx, "sample_data.remove", { before: { events } });
  });
}
