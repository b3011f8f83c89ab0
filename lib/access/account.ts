/** What a signed-in person does with their own account: no permission is needed but being that person. */
import { z } from "zod";
import { AppError, conflict, invalid, unauthenticated } from "@/lib/errors";
import { readInput } from "@/lib/input";
import { isZone } from "@/lib/model/format";
import type { Context, User } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { type DashboardSession, endSessions, listLiveSessions } from "@/lib/store/dashboard-sessions";
import { db, inTransaction } from "@/lib/store/db";
import { countTry, forgetTries } from "@/lib/store/sign-in-throttle";
import { findPasswordHash, findUser, savePassword, savePreferences, saveProfile } from "@/lib/store/users";
import { hashPassword, passwordProblems, verifyPassword } from "./passwords";

async function self(ctx: Context): Promise<User> {
  const user = ctx.actor.type === "user" ? await findUser(db, ctx.actor.id) : null;
  if (!user) throw unauthenticated("Sign in first.");
  return user;
}

const ChangePassword = z.object({ current: z.string().max(1024), next: z.string().max(1024), sessionId: z.string() });

/** Chooses a new password; needs the current one, and ends every other session of this person. */
export async function changePassword(ctx: Context, input: z.input<typeof ChangePassword>): Promise<void> {
  const { current, next, sessionId } = ChangePassword.parse(input);
  const user = await self(ctx);
  const subject = `password:${user.id}`; // apart from sign-in: who sits at a forgotten screen must not guess without end
  const until = await countTry(subject, ctx.now);
  if (until)
    throw new AppError("rate_limited", "Too many tries. Wait some minutes.", {
      retryAfterSeconds: (until.getTime() - ctx.now.getTime()) / 1000,
    });
  if (!(await verifyPassword(current, await findPasswordHash(db, user.id))))
    throw invalid("The current password is not right.", [{ pointer: "/current", detail: "This is not your current password." }]);
  const problems = passwordProblems(next, user);
  if (current === next) problems.push({ pointer: "/password", detail: "Choose another than the one you have." });
  if (problems.length > 0) throw invalid("Choose another password.", problems);
  await storePassword(ctx, { user, next, sessionId });
  await forgetTries(subject);
}

/** Replaces the one-time password a person has just signed in with; it need not be said again. Every other session of theirs ends. */
export async function replaceOneTimePassword(ctx: Context, input: { next: string; sessionId: string }): Promise<void> {
  const user = await self(ctx);
  if (!user.mustChangePassword) throw conflict("You have chosen a password already. Change it under your account.");
  const problems = passwordProblems(input.next, user);
  if (await verifyPassword(input.next, await findPasswordHash(db, user.id)))
    problems.push({ pointer: "/password", detail: "Choose another than the one you came with." });
  if (problems.length > 0) throw invalid("Choose another password.", problems);
  await storePassword(ctx, { user, ...input });
}

async function storePassword(ctx: Context, { user, next, sessionId }: { user: User; next: string; sessionId: string }): Promise<void> {
  const hash = await hashPassword(next);
  await inTransaction(async (tx) => {
    await savePassword(tx, { userId: user.id, hash, mustChange: false, at: ctx.now });
    const ended = await endSessions(tx, { userId: user.id, except: sessionId, at: ctx.now });
    await recordAudit(tx, ctx, "user.change_password", { target: { type: "user", id: user.id }, after: { sessions_ended: ended } });
  });
}

const Profile = z.object({
  name: z.string().trim().min(1, "Say your name.").max(120),
  email: z.email("Write an e-mail address.").max(320),
});

/** Changes one's own name and address. */
export async function updateProfile(ctx: Context, input: z.input<typeof Profile>): Promise<void> {
  const user = await self(ctx);
  const { name, email } = readInput(Profile, input, "Something is missing.");
  await inTransaction(async (tx) => {
    if (!(await saveProfile(tx, { userId: user.id, name, email }))) throw conflict("Another person has that address.");
    await recordAudit(tx, ctx, "user.update", {
      target: { type: "user", id: user.id },
      before: { name: user.name, email: user.email },
      after: { name, email: email.toLowerCase() },
    });
  });
}

const Preferences = z.object({
  timeZone: z.string().refine(isZone, "Nobody knows this time zone.").optional(),
  theme: z.enum(["system", "light", "dark"]).optional(),
  density: z.enum(["comfortable", "compact"]).optional(),
});

/** Remembers how this person likes to look at the product. Not audited: it concerns nobody else. */
export async function updatePreferences(ctx: Context, input: z.input<typeof Preferences>): Promise<void> {
  const { timeZone, ...preferences } = Preferences.parse(input);
  const user = await self(ctx);
  await savePreferences(db, { userId: user.id, ...(timeZone ? { timeZone } : {}), preferences });
}

/** One's own live sessions, last used first. */
export async function listOwnSessions(ctx: Context): Promise<DashboardSession[]> {
  const user = await self(ctx);
  return listLiveSessions(user.id, ctx.now, 100);
}

/** Ends one of one's own sessions, or with `except` all others. How many were ended. */
export async function endOwnSessions(ctx: Context, input: { only: string } | { except: string }): Promise<number> {
  const user = await self(ctx);
  return inTransaction(async (tx) => {
    const ended = await endSessions(tx, { userId: user.id, at: ctx.now, ...input });
    if (ended > 0) await recordAudit(tx, ctx, "session.end", { target: { type: "user", id: user.id }, after: { sessions_ended: ended } });
    return ended;
  });
}
