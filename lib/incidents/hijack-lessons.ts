/** What the session detector learns from verdicts: kept as a list of lessons, so that each can be taken back, and all of them forgotten at once. */
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { factorsSaid, tunedWeights } from "@/lib/detection/detectors/hijack-weights";
import { HijackLesson } from "@/lib/model/hijack-lesson";
import { type Incident, incidentName, type Verdict } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
import { listFactorNames } from "@/lib/store/incident-reads";
import { HIJACK_LESSONS } from "@/lib/store/rules";
import { findSetting, lockSetting, removeSetting, saveSetting } from "@/lib/store/settings";

const DETECTOR = "session-hijack";
const LESSONS = 200; // the oldest go first: what people said a year ago need not hold today
const Lessons = z.array(HijackLesson);

/** The lessons that the session detector works by, oldest first. */
export const listHijackLessons = async (ctx: Context): Promise<HijackLesson[]> => {
  requirePermission(ctx, "rule:read");
  return (await findSetting(HIJACK_LESSONS, Lessons)) ?? [];
};

/** Learns from a verdict about an incident in which a session was taken over; from others there is nothing to learn. */
export async function learnFromVerdict(tx: Tx, ctx: Context, incident: Pick<Incident, "id" | "number">, verdict: Verdict): Promise<void> {
  if (verdict === "duplicate") return;
  const factors = factorsSaid(await listFactorNames(tx, { incidentId: incident.id, ruleId: DETECTOR }));
  if (factors.length === 0) return;
  const lesson: HijackLesson = { incident: incident.number, verdict, factors, by: ctx.actor.name, at: ctx.now.toISOString() };
  await changeLessons(tx, ctx, incident, (lessons) =>
    [...lessons.filter((one) => one.incident !== incident.number), lesson].slice(-LESSONS),
  );
}

/** Takes back what the verdict about an incident had taught, because the incident is open again. */
export async function unlearnVerdict(tx: Tx, ctx: Context, incident: Pick<Incident, "id" | "number">): Promise<void> {
  await changeLessons(tx, ctx, incident, (lessons) => lessons.filter((one) => one.incident !== incident.number));
}

/** Forgets every lesson: the detector weighs as it came. */
export async function resetHijackLessons(ctx: Context): Promise<void> {
  requirePermission(ctx, "rule:write");
  await inTransaction(async (tx) => {
    const lessons = (await lockSetting(tx, HIJACK_LESSONS, Lessons)) ?? [];
    if (lessons.length === 0) return;
    await removeSetting(tx, HIJACK_LESSONS);
    const [before, after] = [tunedWeights(lessons), tunedWeights([])];
    await recordAudit(tx, ctx, "detector.reset", { target: { type: "rule", id: DETECTOR }, before: { ...before }, after: { ...after } });
  });
}

async function changeLessons(
  tx: Tx,
  ctx: Context,
  incident: Pick<Incident, "number">,
  change: (lessons: HijackLesson[]) => HijackLesson[],
): Promise<void> {
  const before = (await lockSetting(tx, HIJACK_LESSONS, Lessons)) ?? [];
  const after = change(before);
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  await saveSetting(tx, { name: HIJACK_LESSONS, value: after, by: ctx.actor.name, at: ctx.now });
  const [old, tuned] = [tunedWeights(before), tunedWeights(after)];
  const moved = (Object.keys(tuned) as (keyof typeof tuned)[]).filter((factor) => old[factor] !== tuned[factor]);
  await recordAudit(tx, ctx, "detector.tune", {
    target: { type: "rule", id: DETECTOR },
    before: Object.fromEntries(moved.map((factor) => [factor, old[factor]])),
    after: Object.fromEntries(moved.map((factor) => [factor, tuned[factor]])),
    reason: `the verdict about ${incidentName(incident.number)}`,
  });
}
