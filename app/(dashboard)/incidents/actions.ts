"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { type BulkDecision, decideMany } from "@/lib/incidents/bulk";
import { acknowledgeIncident, assignIncident, noteIncident, reopenIncident, resolveIncident, snoozeIncident } from "@/lib/incidents/decide";
import { pinEvent, unpinEvent } from "@/lib/incidents/pins";
import { mergeIncidents, splitIncident } from "@/lib/incidents/regroup";
import { Level } from "@/lib/model/alert";
import { Verdict } from "@/lib/model/incident";
import { db } from "@/lib/store/db";
import { IncidentView, listIncidentNumbers } from "@/lib/store/incident-list";

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

const Bulk = z.discriminatedUnion("do", [
  z.object({ do: z.literal("acknowledge") }),
  z.object({ do: z.literal("assign"), assigneeId: z.uuid().nullable() }),
  z.object({ do: z.literal("resolve"), verdict: Verdict, reason: z.string().max(1000) }),
  z.object({ do: z.literal("reopen") }),
  z.object({ do: z.literal("note"), text: z.string().max(10_000) }),
]);

/** Decides about the chosen ones. */
export async function decideChosen(numbers: number[], decision: BulkDecision): Promise<FormState<{ done: number; left: number }>> {
  const ctx = await currentContext();
  const state = await attempt(() => decideMany(ctx, { numbers: z.array(Number_).max(500).parse(numbers), decision: Bulk.parse(decision) }));
  revalidatePath("/incidents", "layout");
  return state;
}

const Matching = z.object({ view: IncidentView, level: Level.optional(), text: z.string().max(256).optional() });
const STEP = 25; // small steps, so that the bar moves and Stop is obeyed soon

/** Decides about the next few of all that match; `next` is null when none is left. */
export async function decideMatching(
  filter: z.infer<typeof Matching>,
  decision: BulkDecision,
  after: number,
): Promise<FormState<{ done: number; left: number; next: number | null }>> {
  const ctx = await currentContext();
  const state = await attempt(async () => {
    const { view, level, text } = Matching.parse(filter);
    const userId = ctx.actor.type === "user" ? ctx.actor.id : null;
    const numbers = await listIncidentNumbers(
      db,
      { view, userId, now: ctx.now, ...(level ? { level } : {}), ...(text ? { text } : {}) },
      { after: z.number().int().parse(after), limit: STEP },
    );
    const result = await decideMany(ctx, { numbers, decision: Bulk.parse(decision) });
    return { ...result, next: numbers.length < STEP ? null : (numbers.at(-1) ?? null) };
  });
  if (state.status !== "done" || state.value.next === null) revalidatePath("/incidents", "layout");
  return state;
}
