/**
 * Ending sessions of the monitored APIs. Vedette does not own them: an end is a decision on record that applications read (`/api/v1/sessions`), and whose
 * disregard alarms: every use that an application lets in after the grace is a replay.
 */
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, invalid, notFound } from "@/lib/errors";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { lockSessions, markEnded, unmarkEnded } from "@/lib/store/session-records";

const Reason = z.string().trim().min(3).max(500);

function readReason(reason: string): string {
  const read = Reason.safeParse(reason);
  if (!read.success) throw invalid("Say why, in a few words.", [{ pointer: "/reason", detail: "Say why, in 3 to 500 characters." }]);
  return read.data;
}

/** Ends one session. Throws `not_found` for one that is unknown, `conflict` when a person has ended it already. */
export async function endSession(ctx: Context, input: { id: string; reason: string }): Promise<void> {
  requirePermission(ctx, "session:end");
  const reason = readReason(input.reason);
  await inTransaction(async (tx) => {
    const [session] = await lockSessions(tx, { id: input.id }, ctx.now.getTime());
    if (!session) throw notFound("There is no such session.");
    if (session.closedAt) throw conflict(`${session.closedBy} has ended this session already.`);
    await markEnded(tx, [session.id], { at: ctx.now, by: ctx.actor.name, reason });
    const after = { actor: session.actors[0] ?? null };
    await recordAudit(tx, ctx, "api_session.end", { target: { type: "session", id: session.id }, after, reason });
  });
}

/** Ends every session of an account (by its id) that may still be in use; how many there were. Throws `conflict` when there is none. */
export async function endSessionsOf(ctx: Context, input: { actor: string; reason: string }): Promise<number> {
  requirePermission(ctx, "session:end");
  const reason = readReason(input.reason);
  return await inTransaction(async (tx) => {
    const sessions = await lockSessions(tx, { actor: input.actor }, ctx.now.getTime());
    if (sessions.length === 0) throw conflict("No session of this account is open.");
    const ids = sessions.map(({ id }) => id);
    await markEnded(tx, ids, { at: ctx.now, by: ctx.actor.name, reason });
    await recordAudit(tx, ctx, "api_session.end_all", { target: { type: "actor", id: input.actor }, after: { sessions: ids }, reason });
    return ids.length;
  });
}

/** Takes an end back. Throws `conflict` when nobody had ended it. */
export async function takeBackEnd(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "session:end");
  await inTransaction(async (tx) => {
    if (!(await unmarkEnded(tx, input.id))) throw conflict("Nobody has ended this session.");
    await recordAudit(tx, ctx, "api_session.take_back", { target: { type: "session", id: input.id } });
  });
}
