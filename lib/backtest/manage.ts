/** Starting, watching and stopping backtests. They change nothing but their own task, so they need only the right to look at rules; each person has one at a time. */
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { AppError, invalid, notFound } from "@/lib/errors";
import { type Backtest, BacktestDetails } from "@/lib/model/backtest";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { loadCatalog } from "@/lib/rules/catalog";
import { lintRule } from "@/lib/rules/change-rule";
import { db, inTransaction } from "@/lib/store/db";
import {
  countOpenTasks,
  findLatestTaskWhere,
  findTask,
  insertTask,
  lockTasks,
  stopTask,
  stopTasksWhere,
  type Task,
} from "@/lib/store/tasks";

/** The kind of its tasks. */
export const BACKTEST = "backtest";
const DAY_MS = 86_400_000;
const OPEN_MOST = 16; // waiting and running together: a worker does one after the other

const StartBacktest = z
  .object({
    /** The rule that the draft stands for; absent for a new one. */
    id: z.string().max(256).optional(),
    yaml: z.string().min(1, "A rule is not empty.").max(200_000),
    /** The last days, or a span of event time (ms). */
    days: z.number().min(1).max(90).optional(),
    from: z.number().int().optional(),
    until: z.number().int().optional(),
  })
  .refine(({ days, from, until }) => days !== undefined || (from !== undefined && until !== undefined), "Say which days.");

/** Queues a backtest and stops the person's earlier one. Throws `invalid` when the draft cannot run, `rate_limited` when too many wait. */
export async function startBacktest(ctx: Context, input: z.input<typeof StartBacktest>): Promise<Backtest> {
  requirePermission(ctx, "rule:read");
  const parsed = StartBacktest.safeParse(input);
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? "This cannot be run.");
  const { id, yaml } = parsed.data;
  const catalog = await loadCatalog();
  const { document, problems } = lintRule(yaml, catalog, id);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (!document || errors.length > 0) throw invalid("The draft cannot run as it stands.", errors);
  if (document.missing.length > 0)
    throw invalid(
      `It waits for values of ${document.missing.map((name) => `%${name}%`).join(", ")}: an administrator gives them under Placeholders.`,
    );
  const personId = idOf(ctx);
  const details: BacktestDetails = {
    ruleId: document.id,
    yaml,
    comparedWith: catalog.rules.find((rule) => rule.id === document.id)?.version ?? null,
    personId,
    ...spanOf(parsed.data, ctx.now.getTime()),
    samples: false,
    attempts: 0,
    result: null,
  };
  const taskId = await inTransaction(async (tx) => {
    await lockTasks(tx, BACKTEST);
    await stopTasksWhere(tx, BACKTEST, { personId }, ctx.now);
    if ((await countOpenTasks(tx, BACKTEST)) >= OPEN_MOST)
      throw new AppError("rate_limited", "Many backtests are waiting. Try again in a minute.", { retryAfterSeconds: 60 });
    const task = { kind: BACKTEST, title: document.title, total: null, unit: "events", by: ctx.actor.name, at: ctx.now };
    return insertTask(tx, { ...task, state: "waiting", details });
  });
  await ring("backtest");
  return getBacktest(ctx, taskId);
}

const idOf = ({ actor }: Context): string => (actor.type === "system" ? "system" : `${actor.type}:${actor.id}`);

function spanOf(input: z.output<typeof StartBacktest>, now: number): { from: number; until: number; readTo: number } {
  const until = Math.min(input.days === undefined ? (input.until ?? now) : now, now);
  const from = input.days === undefined ? (input.from ?? until) : until - input.days * DAY_MS;
  if (from >= until) throw invalid("The span ends before it begins.");
  if (until - from > 90 * DAY_MS) throw invalid("At most 90 days at once.");
  return { from, until, readTo: from };
}

/** One's own backtest; `notFound` for anybody else's. */
export async function getBacktest(ctx: Context, id: string): Promise<Backtest> {
  requirePermission(ctx, "rule:read");
  const task = z.uuid().safeParse(id).success ? await findTask(db, id) : null;
  const backtest = task && backtestOf(task, idOf(ctx));
  if (!backtest) throw notFound("There is no such backtest of yours.");
  return backtest;
}

/** The person's latest backtest of a rule: what a page shows again after a reload. */
export async function findLatestBacktest(ctx: Context, ruleId: string): Promise<Backtest | null> {
  requirePermission(ctx, "rule:read");
  const task = await findLatestTaskWhere(db, BACKTEST, { personId: idOf(ctx), ruleId });
  return task && backtestOf(task, idOf(ctx));
}

/** Stops one's own backtest; what it found so far stays. One that has ended is left as it is. */
export async function stopBacktest(ctx: Context, id: string): Promise<Backtest> {
  await getBacktest(ctx, id);
  await stopTask(db, id, ctx.now);
  return getBacktest(ctx, id);
}

function backtestOf(task: Task, personId: string): Backtest | null {
  const details = task.kind === BACKTEST ? BacktestDetails.safeParse(task.details) : null;
  if (!details?.success || details.data.personId !== personId) return null;
  const { personId: _, attempts: __, ...rest } = details.data;
  const { id, state, done, total, startedAt, finishedAt, error } = task;
  return { ...rest, id, state, read: done, total, startedAt: startedAt.getTime(), finishedAt: finishedAt?.getTime() ?? null, error };
}
