"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { type BulkDecision, decideMany } from "@/lib/incidents/bulk";
import { BulkFilter, type BulkProgress, BulkWish, endBulk, findBulk, startBulk } from "@/lib/incidents/bulk-task";
import { taskKind } from "@/lib/incidents/evidence";
import { requirePermission } from "@/lib/access/require-permission";
import { acknowledgeIncident, assignIncident, noteIncident, reopenIncident, resolveIncident, snoozeIncident } from "@/lib/incidents/decide";
import { pinEvent, unpinEvent } from "@/lib/incidents/pins";
import { mergeIncidents, splitIncident } from "@/lib/incidents/regroup";
import { Verdict } from "@/lib/model/incident";
import { findLatestTask } from "@/lib/store/tasks";

const Number_ = z.number().int().positive();

/** Runs one decision and shows the pages anew. */
async function decided(work: (ctx: Awaited<ReturnType<typeof currentContext>>) => Promise<unknown>): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => {
    await work(ctx);
    return null;
  });
  revalidatePath("/incidents", "layout");
  return state;
}

export async function acknowledge(number: number): Promise<FormState<null>> {
  return decided((ctx) => acknowledgeIncident(ctx, { number: Number_.parse(number) }));
}

export async function assign(number: number, assigneeId: string | null): Promise<FormState<null>> {
  return decided((ctx) => assignIncident(ctx, { number: Number_.parse(number), assigneeId: z.uuid().nullable().parse(assigneeId) }));
}

export async function resolve(number: number, verdict: string, reason: string): Promise<FormState<null>> {
  return decided((ctx) =>
    resolveIncident(ctx, { number: Number_.parse(number), verdict: Verdict.parse(verdict), reason: z.string().parse(reason) }),
  );
}

export async function reopen(number: number): Promise<FormState<null>> {
  return decided((ctx) => reopenIncident(ctx, { number: Number_.parse(number) }));
}

const SnoozeFor = z.object({
  hours: z
    .number()
    .positive()
    .max(24 * 90)
    .optional(),
  events: z.number().int().positive().max(1_000_000_000).optional(),
});

/** Sleeps for some hours, for some events, or until it becomes worse; always wakes when it becomes worse. */
export async function snooze(number: number, wish: z.infer<typeof SnoozeFor>): Promise<FormState<null>> {
  const { hours, events } = SnoozeFor.parse(wish);
  return decided((ctx) =>
    snoozeIncident(ctx, {
      number: Number_.parse(number),
      snooze: {
        untilWorse: true,
        ...(hours ? { until: new Date(ctx.now.getTime() + hours * 3_600_000).toISOString() } : {}),
        ...(events ? { events } : {}),
      },
    }),
  );
}

export async function note(number: number, text: string): Promise<FormState<null>> {
  return decided((ctx) => noteIncident(ctx, { number: Number_.parse(number), text: z.string().parse(text) }));
}

export async function merge(number: number, into: number): Promise<FormState<null>> {
  return decided((ctx) => mergeIncidents(ctx, { number: Number_.parse(number), into: Number_.parse(into) }));
}

export async function split(number: number, alertKeys: string[]): Promise<FormState<number>> {
  const ctx = await currentContext();
  const state = await attempt(() =>
    splitIncident(ctx, { number: Number_.parse(number), alertKeys: z.array(z.string()).max(1000).parse(alertKeys) }),
  );
  revalidatePath("/incidents", "layout");
  return state;
}

const Pinning = z.object({
  number: Number_,
  eventId: z.string().min(1).max(256),
  at: z.number().int().optional(),
  note: z.string().max(1000).optional(),
});

export async function pin(input: z.input<typeof Pinning>): Promise<FormState<null>> {
  return decided((ctx) => {
    const { number, eventId, at, note: text } = Pinning.parse(input);
    return pinEvent(ctx, { number, eventId, ...(at === undefined ? {} : { at }), ...(text === undefined ? {} : { note: text }) });
  });
}

export async function unpin(number: number, eventId: string): Promise<FormState<null>> {
  return decided((ctx) => unpinEvent(ctx, { number: Number_.parse(number), eventId: z.string().max(256).parse(eventId) }));
}

/** Decides about the chosen ones. */
export async function decideChosen(numbers: number[], decision: BulkDecision): Promise<FormState<{ done: number; left: number }>> {
  const ctx = await currentContext();
  const state = await attempt(() =>
    decideMany(ctx, { numbers: z.array(Number_).max(500).parse(numbers), decision: BulkWish.parse(decision) }),
  );
  revalidatePath("/incidents", "layout");
  return state;
}

/** Begins to decide about all that match; the worker does it. The id under which progress is asked for. */
export async function decideMatching(filter: BulkFilter, decision: BulkDecision): Promise<FormState<string>> {
  const ctx = await currentContext();
  return attempt(() => startBulk(ctx, { filter: BulkFilter.parse(filter), decision: BulkWish.parse(decision) }));
}

/** How far a decision about many is; the pages are shown anew when it is over. */
export async function bulkProgress(id: string): Promise<BulkProgress | null> {
  const found = await findBulk(await currentContext(), z.uuid().parse(id));
  if (found?.state !== "running") revalidatePath("/incidents", "layout");
  return found;
}

/** Stops after the step under way. */
export async function stopDeciding(id: string): Promise<FormState<null>> {
  return decided((ctx) => endBulk(ctx, z.uuid().parse(id)));
}

/** How far the evidence bundle is that was asked for last, 0 to 1; null when it is done or nobody knows. */
export async function evidenceProgress(number: number): Promise<number | null> {
  requirePermission(await currentContext(), "event:export");
  const task = await findLatestTask(taskKind(Number_.parse(number)));
  return task?.state === "running" && task.total ? task.done / task.total : null;
}
