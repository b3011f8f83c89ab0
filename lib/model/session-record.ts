/** The session record: what is known of one sign-in at the monitored APIs, by the keyed hash of its id, gathered from its events. */
import { z } from "zod";

/** The lists of a record hold at most so many values each, in the order in which they were first seen. */
export const SESSION_LIST_LIMIT = 20;

/** After a person ended a session, the application gets this long to let go of it before a further use is a replay, ms. */
export const END_GRACE_MS = 60_000;

/** Without a sign-out, a session that says nothing for so long counts as expired, ms. */
export const SESSION_IDLE_MS = 24 * 3_600_000;

const ACTIVE_MS = 30 * 60_000; // half an hour: a person who reads, writes or telephones

/** One session of the monitored APIs. Times are event time; `closed…` is what a person decided here. */
export const SessionRecord = z.object({
  id: z.string(),
  /** Everybody who acted in it; more than one is a finding. */
  actors: z.array(z.string()),
  actorName: z.string().nullable(),
  roles: z.array(z.string()),
  credentialType: z.string().nullable(),
  credentialId: z.string().nullable(),
  startedAt: z.date(),
  lastAt: z.date(),
  requests: z.number(),
  failures: z.number(),
  privilegeChanges: z.number(),
  addresses: z.array(z.string()),
  countries: z.array(z.string()),
  networks: z.array(z.string()),
  devices: z.array(z.string()),
  services: z.array(z.string()),
  signedInAt: z.date().nullable(),
  signedOutAt: z.date().nullable(),
  expiredAt: z.date().nullable(),
  closedAt: z.date().nullable(),
  closedBy: z.string().nullable(),
  closedReason: z.string().nullable(),
  usedAfterEnd: z.number(),
  sample: z.boolean(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;

/**
 * `active`, `idle` (still open, not heard for half an hour), `signed_out`, `expired` (the application said so, or a day went by without a word), `ended`
 * (by a person, here), `replayed` (used after a person ended it).
 */
export type SessionState = "active" | "idle" | "signed_out" | "expired" | "ended" | "replayed";

type Ends = Pick<SessionRecord, "lastAt" | "signedInAt" | "signedOutAt" | "expiredAt" | "closedAt" | "usedAfterEnd">;

/** How it stands with a session at `now` (ms), and since when. A later sign-in opens it again, unless a person ended it. */
export function sessionState(record: Ends, now: number): { state: SessionState; since: number } {
  const { lastAt, signedInAt, signedOutAt, expiredAt, closedAt, usedAfterEnd } = record;
  if (closedAt) return { state: usedAfterEnd > 0 ? "replayed" : "ended", since: closedAt.getTime() };
  const opened = signedInAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  if (signedOutAt && signedOutAt.getTime() >= opened) return { state: "signed_out", since: signedOutAt.getTime() };
  if (expiredAt && expiredAt.getTime() >= opened) return { state: "expired", since: expiredAt.getTime() };
  const last = lastAt.getTime();
  if (now - last > SESSION_IDLE_MS) return { state: "expired", since: last + SESSION_IDLE_MS };
  return { state: now - last > ACTIVE_MS ? "idle" : "active", since: last };
}

/** True while somebody may still be using it: what can be ended. */
export const isOpen = (state: SessionState): boolean => state === "active" || state === "idle";
