/** Signing in to the dashboard and out of it. What a signed-in person may do is in require-permission.ts. */
import { randomUUID } from "node:crypto";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import type { Context, User } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import {
  type DashboardSession,
  endSessions,
  findLiveSession,
  hasSignedInFrom,
  insertSession,
  touchSession,
} from "@/lib/store/dashboard-sessions";
import { db, inTransaction } from "@/lib/store/db";
import { countTry, forgetTries, takeBackTry } from "@/lib/store/sign-in-throttle";
import { findPasswordHash, findUser, findUserByEmail } from "@/lib/store/users";
import { verifyPassword } from "./passwords";

/** A working day; nobody stays signed in over night. */
export const SESSION_MS = 12 * 3_600_000;
/** Away longer than this: sign in again. */
export const IDLE_MS = 4 * 3_600_000;
/** A place from which somebody came in is known for so long. */
const KNOWN_PLACE_MS = 30 * 86_400_000;

const SignIn = z.object({
  email: z.string().trim().min(1).max(320),
  password: z.string().min(1).max(1024),
  address: z.string().max(64).optional(),
  userAgent: z.string().max(512).optional(),
});

/** What someone says at the door. `address` is the client's, as the server knows it. */
export type SignIn = z.infer<typeof SignIn>;

/** A person with the sign-in they are here by. */
export interface SignedIn {
  user: User;
  session: DashboardSession;
}

/**
 * Lets a person in: counts the try for the address and the account first, then verifies. Null when address or password are wrong, without saying which.
 * Throws `rate_limited` while address or account must wait. Tries from where the person has been let in before have a count of their own, so that
 * strangers who guess elsewhere lock nobody out.
 */
export async function signIn(input: SignIn, now: Date): Promise<{ userId: string; sessionId: string } | null> {
  const read = SignIn.safeParse(input);
  if (!read.success) return null; // nobody is called so
  const { email, password, address, userAgent } = read.data;
  const network = networkOf(address);
  const place = `address:${network}`;
  const isKnown = await hasSignedInFrom({ email, network, since: new Date(now.getTime() - KNOWN_PLACE_MS) });
  const account = `account:${email.toLowerCase()}${isKnown ? ` from ${network}` : ""}`;
  await refuseWhileWaiting([place, account], now); // the address first: one that must wait adds nothing to the counts of accounts
  const user = await findUserByEmail(db, email);
  const right = await verifyPassword(password, user && !user.disabledAt ? await findPasswordHash(db, user.id) : null);
  if (!user || !right) {
    await recordRefusal({ email, address, user, now });
    return null;
  }
  await Promise.all([forgetTries(account), takeBackTry(place)]);
  const sessionId = randomUUID();
  await inTransaction(async (tx) => {
    await insertSession(tx, {
      id: sessionId,
      userId: user.id,
      createdAt: now,
      expiresAt: new Date(now.getTime() + SESSION_MS),
      ip: ipOrNull(address),
      userAgent: userAgent ?? null,
    });
    await recordAudit(tx, contextOf(user, now, address), "session.sign_in", { target: { type: "user", id: user.id } });
  });
  return { userId: user.id, sessionId };
}

async function recordRefusal({
  email,
  address,
  user,
  now,
}: {
  email: string;
  address: string | undefined;
  user: User | null;
  now: Date;
}): Promise<void> {
  const somebody: Context = { actor: { type: "system", name: email }, now };
  const ip = ipOrNull(address);
  const facts = { result: "failure" as const, ...(user ? { target: { type: "user", id: user.id } } : {}), ...(ip ? { ip } : {}) };
  await inTransaction((tx) => recordAudit(tx, somebody, "session.sign_in", facts));
}

async function refuseWhileWaiting(subjects: string[], now: Date): Promise<void> {
  for (const subject of subjects) {
    const until = await countTry(subject, now);
    if (until) {
      const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
      throw new AppError(
        "rate_limited",
        `Too many tries. Wait ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`,
        { retryAfterSeconds: seconds },
      );
    }
  }
}

/** Who a session belongs to, while both are good; null otherwise. Called on each request: an ended session stops at once. */
export async function whoIs(sessionId: string, now: Date): Promise<SignedIn | null> {
  const session = await findLiveSession(sessionId, now, IDLE_MS);
  const user = session && (await findUser(db, session.userId));
  if (!session || !user || user.disabledAt) return null;
  await touchSession(session.id, now);
  return { user, session };
}

/** Whether a session is still good, for an answer that goes on for minutes. Does not count as using it. */
export const isStillIn = async (sessionId: string, now: Date): Promise<boolean> =>
  (await findLiveSession(sessionId, now, IDLE_MS)) !== null;

/** Ends the session a person is here by. */
export async function signOut(ctx: Context, sessionId: string): Promise<void> {
  if (ctx.actor.type !== "user") return;
  const userId = ctx.actor.id;
  await inTransaction(async (tx) => {
    const ended = await endSessions(tx, { userId, only: sessionId, at: ctx.now });
    if (ended > 0) await recordAudit(tx, ctx, "session.sign_out", { target: { type: "user", id: userId } });
  });
}

/** The context in which a person acts. */
export const contextOf = (user: User, now: Date, ip?: string): Context => ({
  actor: { type: "user", id: user.id, name: user.name, role: user.role, ...(ip && ipaddr.isValid(ip) ? { ip } : {}) },
  now,
});

const ipOrNull = (address: string | undefined): string | null => (address && ipaddr.isValid(address) ? address : null);

/** The unit that shares a counter: an IPv4 address, or the /64 that one IPv6 customer has to itself. */
function networkOf(address: string | undefined): string | null {
  if (!address || !ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}
