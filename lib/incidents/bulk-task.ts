/** A decision about all incidents that match, however many: a task that the worker does in small steps, so that it survives a closed page and a restart. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { AppError, conflict, unauthenticated } from "@/lib/errors";
import { Level } from "@/lib/model/alert";
import { plural } from "@/lib/model/format";
import { Verdict } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { recordAudit } from "@/lib/store/audit";
import { type BulkTask, claimBulk, insertBulk, listBulk, saveBulk, stopBulk } from "@/lib/store/bulk-tasks";
import { db, inTransaction, type Tx } from "@/lib/store/db";
import { countIncidents, type IncidentFilter, IncidentView, listIncidentNumbers } from "@/lib/store/incident-list";
import { findUser } from "@/lib/store/users";
import { decideMany } from "./bulk";

/** What to decide about each. */
export const BulkWish = z.discriminatedUnion("do", [
  z.object({ do: z.literal("acknowledge") }),
  z.object({ do: z.literal("assign"), assigneeId: z.uuid().nullable() }),
  z.object({ do: z.literal("resolve"), verdict: Verdict.exclude(["duplicate"]), reason: z.string().trim().min(3).max(1000) }),
  z.object({ do: z.literal("reopen") }),
  z.object({ do: z.literal("note"), text: z.string().trim().min(1).max(10_000) }),
]);
export type BulkWish = z.infer<typeof BulkWish>;

/** Which incidents, as the list's address says it. */
export const BulkFilter = z.object({ view: IncidentView, level: Level.optional(), text: z.string().max(256).optional() });
export type BulkFilter = z.infer<typeof BulkFilter>;

const STEP = 25; // small steps, so that the bar moves and Stop is obeyed soon

const filterOf = ({ view, level, text }: BulkFilter, userId: string, now: Date): IncidentFilter => ({
  view,
  userId,
  now,
  ...(level ? { level } : {}),
  ...(text ? { text } : {}),
});

const selfOf = ({ actor }: Context): string => {
  if (actor.type !== "user") throw unauthenticated("Only a person decides about many.");
  return actor.id;
};

/** Writes the wish down and rings; the id under which its progress is found. */
export async function startBulk(ctx: Context, input: { filter: BulkFilter; decision: BulkWish }): Promise<string> {
  requirePermission(ctx, "incident:write");
  const userId = selfOf(ctx);
  const [filter, decision] = [BulkFilter.parse(input.filter), BulkWish.parse(input.decision)];
  const id = randomUUID();
  await inTransaction(async (tx) => {
    if ((await listBulk(tx, { userId })).length > 0) throw conflict("You already have one running. Wait for it, or stop it.");
    const total = await countIncidents(tx, filterOf(filter, userId, ctx.now));
    const details = { filter, decision, userId, after: 0, decided: 0, left: 0 };
    await insertBulk(tx, { id, title: `${decision.do} ${plural(total, "incident")}`, total, details, by: ctx.actor.name, at: ctx.now });
    await recordAudit(tx, ctx, "incident.decide_many", {
      target: { type: "task", id },
      after: { ...filter, ...decision, matching: total },
    });
  });
  await ring("decide");
  return id;
}

/** How far a decision about many is. */
export interface BulkProgress {
  id: string;
  state: "running" | "done" | "failed";
  total: number;
  decided: number;
  left: number;
  error: string | null;
}

const progressOf = ({ id, state, total, error, details: { decided, left } }: BulkTask): BulkProgress => ({
  id,
  state,
  total: Math.max(total ?? 0, decided + left),
  decided,
  left,
  error,
});

/** What this person has running, or one of theirs by id; null when there is none. */
export async function findBulk(ctx: Context, id?: string): Promise<BulkProgress | null> {
  requirePermission(ctx, "incident:write");
  const [found] = await listBulk(db, { userId: selfOf(ctx), ...(id === undefined ? {} : { id }) });
  return found ? progressOf(found) : null;
}

/** Ends it after the step under way; what was decided stays decided. */
export async function endBulk(ctx: Context, id: string): Promise<void> {
  requirePermission(ctx, "incident:write");
  const stopped = await inTransaction(async (tx) => {
    const done = await stopBulk(tx, { id, userId: selfOf(ctx), at: ctx.now });
    if (done) await recordAudit(tx, ctx, "incident.stop_deciding", { target: { type: "task", id } });
    return done;
  });
  if (!stopped) throw conflict("It is over already.");
}

/** Answers the decide bell: works step by step until no decision waits. Each incident is a transaction of its own. */
export async function runBulk(now: Date): Promise<void> {
  while (await inTransaction((tx) => takeStep(tx, now)));
}

async function takeStep(tx: Tx, now: Date): Promise<boolean> {
  const task = await claimBulk(tx);
  if (!task) return false;
  const { details } = task;
  const user = await findUser(tx, details.userId);
  const ctx: Context | null =
    user && !user.disabledAt ? { actor: { type: "user", id: user.id, name: user.name, role: user.role }, now } : null;
  const numbers = ctx
    ? await listIncidentNumbers(tx, filterOf(BulkFilter.parse(details.filter), details.userId, now), { after: details.after, limit: STEP })
    : [];
  try {
    if (!ctx) throw new AppError("forbidden", "Whoever asked cannot sign in any more.");
    const { done, left } = await decideMany(ctx, { numbers, decision: BulkWish.parse(details.decision) });
    const next = { ...details, after: numbers.at(-1) ?? details.after, decided: details.decided + done, left: details.left + left };
    await saveBulk(tx, task.id, { details: next, at: now, ...(numbers.length < STEP ? { ended: {} } : {}) });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await saveBulk(tx, task.id, { details, at: now, ended: { error: error.publicMessage } });
  }
  return true;
}
