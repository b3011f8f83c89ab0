/** One row per sign-in to the dashboard. Read on every request, so that ending one works at once. */
import { z } from "zod";
import { db, execute, type Executor, query, queryOne, sql } from "./db";

const SessionRow = z
  .object({
    id: z.string(),
    user_id: z.string(),
    created_at: z.date(),
    seen_at: z.date(),
    expires_at: z.date(),
    ended_at: z.date().nullable(),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    userId: row.user_id,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    ip: row.ip,
    userAgent: row.user_agent,
  }));

/** A sign-in of a person to the dashboard. */
export type DashboardSession = z.infer<typeof SessionRow>;

const columns = sql`id, user_id, created_at, seen_at, expires_at, ended_at, host(ip) as ip, user_agent`;

export async function insertSession(tx: Executor, session: Omit<DashboardSession, "seenAt" | "endedAt">): Promise<void> {
  const { id, userId, createdAt, expiresAt, ip, userAgent } = session;
  await execute(
    tx,
    sql`insert into dashboard_session (id, user_id, created_at, seen_at, expires_at, ip, user_agent)
        values (${id}, ${userId}, ${createdAt}, ${createdAt}, ${expiresAt}, ${ip}, ${userAgent})`,
  );
}

/** The session while it is good: not ended, not expired, used within `idleMs`, and its person may still sign in. Null otherwise. */
export const findLiveSession = (id: string, now: Date, idleMs: number): Promise<DashboardSession | null> =>
  queryOne(
    db,
    sql`select ${columns} from dashboard_session
        where id = ${id} and ended_at is null and expires_at > ${now} and seen_at > ${new Date(now.getTime() - idleMs)}
          and exists (select 1 from "user" u where u.id = user_id and u.disabled_at is null)`,
    SessionRow,
  );

/** Whether this person has signed in from an address of the network since; never from an unknown one (null). */
export async function hasSignedInFrom({ email, network, since }: { email: string; network: string | null; since: Date }): Promise<boolean> {
  const found = await queryOne(
    db,
    sql`select exists (
          select from dashboard_session s join "user" u on u.id = s.user_id
          where u.email = ${email.toLowerCase()} and s.created_at > ${since} and s.ip <<= ${network}::inet) as found`,
    z.object({ found: z.boolean() }),
  );
  return found?.found ?? false;
}

/** Notes that the session was used; at most once a minute, because every request would otherwise write. */
export const touchSession = (id: string, now: Date): Promise<number> =>
  execute(
    db,
    sql`update dashboard_session set seen_at = ${now}
        where id = ${id} and seen_at < ${new Date(now.getTime() - 60_000)} -- no-op if seen within the minute`,
  );

export const listLiveSessions = (userId: string, now: Date, limit: number): Promise<DashboardSession[]> =>
  query(
    db,
    sql`select ${columns} from dashboard_session
        where user_id = ${userId} and ended_at is null and expires_at > ${now}
        order by seen_at desc
        limit ${limit}`,
    SessionRow,
  );

/** Ends sessions of one person: the one named, or all but the one to keep. How many were ended. */
export const endSessions = (tx: Executor, input: { userId: string; only?: string; except?: string; at: Date }): Promise<number> =>
  execute(
    tx,
    sql`update dashboard_session set ended_at = ${input.at}
        where user_id = ${input.userId} and ended_at is null -- no-op if already ended
          and (${input.only ?? null}::uuid is null or id = ${input.only ?? null})
          and (${input.except ?? null}::uuid is null or id <> ${input.except ?? null})`,
  );
