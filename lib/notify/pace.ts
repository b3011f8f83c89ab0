/** How fast mails may come to one person, and how long to wait after a failure. Pure. */
import type { OutboxRow } from "@/lib/store/outbox";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Mails about incidents that one recipient gets in an hour before the rest is put into one storm mail. */
export const HOURLY_SHARE = 10;

/** How long what is held back is gathered before the storm mail leaves. */
export const GATHER_MS = 5 * MINUTE;

/** A message that could not be sent for this long is dead: longer than a weekend's outage. */
export const HORIZON_MS = 76 * HOUR;

/** Why a message waits although it could leave: the hour's share is used up, its route's pace, or quiet hours. */
export type HeldFor = "storm" | "pace" | "quiet";

/** What to do with a message: send it, put it off until a time, or fold all that is held back into one mail. */
export type Pace = { do: "send" } | { do: "put_off"; until: Date; why: HeldFor } | { do: "fold" };

/** What a recipient got lately, and what is due for them now. */
export interface Got {
  /** Mails about incidents in the last hour. */
  sent: number;
  lastStorm: Date | null;
  /** The last mail of the message's own route, or the last that folded several. */
  lastOfRoute: Date | null;
  /** Mails about this incident while it was critical, ever. */
  criticals: number;
  /** Messages about incidents that are due. */
  due: number;
}

/** What a message's route says about time. */
export interface RoutePace {
  everyMs: number;
  /** When the quiet of now ends. */
  quietUntil: Date | null;
  exceptCritical: boolean;
}

const firstCritical = (row: Pick<OutboxRow, "level" | "reason">, got: Got): boolean =>
  row.level === "critical" && /^(opened|worse:critical|regressed)/.test(row.reason) && got.criticals === 0;

const personal = ({ reason }: Pick<OutboxRow, "reason">): boolean => /^(assigned|mentioned|sample)/.test(reason);

type Paced = Pick<OutboxRow, "level" | "reason" | "createdAt" | "kind" | "held">;

/** Decides by what the recipient got lately and what the route allows. A critical incident passes once. */
export function paceOf(row: Paced, got: Got, route: RoutePace, now: Date): Pace {
  if (row.kind !== "incident" || personal(row)) return { do: "send" };
  const urgent = firstCritical(row, got);
  if (route.quietUntil && !(urgent && route.exceptCritical)) return { do: "put_off", until: route.quietUntil, why: "quiet" };
  if (urgent) return { do: "send" };
  const next = got.lastOfRoute && route.everyMs > 0 ? new Date(got.lastOfRoute.getTime() + route.everyMs) : now;
  if (next > now) return { do: "put_off", until: next, why: "pace" };
  if (got.sent >= HOURLY_SHARE) return paceOfStorm(row, got, now);
  // what waited together leaves together
  return (row.held === "quiet" || row.held === "pace") && got.due > 1 ? { do: "fold" } : { do: "send" };
}

function paceOfStorm(row: Paced, got: Got, now: Date): Pace {
  const next = got.lastStorm ? new Date(got.lastStorm.getTime() + HOUR) : now;
  if (next > now) return { do: "put_off", until: next, why: "storm" };
  const gathered = new Date(row.createdAt.getTime() + GATHER_MS);
  return gathered > now ? { do: "put_off", until: gathered, why: "storm" } : { do: "fold" };
}

/** Spreads retries: between 80 and 120 % of the delay, the same for the same message and attempt. */
function spread(delay: number, id: number, attempt: number): number {
  const noise = ((id * 2_654_435_761 + attempt * 40_503) >>> 0) / 2 ** 32;
  return Math.round(delay * (0.8 + 0.4 * noise));
}

/** How long the whole mail server is left alone after this many failures in a row: 5 s doubling to a minute. */
export const serverDelay = (failures: number): number => Math.min(MINUTE, 5_000 * 2 ** Math.min(10, failures - 1));

/** When a message is tried again; null when it is dead. `attempts` counts the one that just failed. */
export function retryAt(
  row: Pick<OutboxRow, "id" | "attempts" | "createdAt">,
  failure: { permanent: boolean; scope: "server" | "recipient" },
  now: Date,
): Date | null {
  const attempt = row.attempts + 1;
  if (now.getTime() - row.createdAt.getTime() >= HORIZON_MS) return null;
  if (failure.permanent) return attempt >= 2 ? null : new Date(now.getTime() + 10 * MINUTE); // a server may be wrong once
  const delay = failure.scope === "server" ? serverDelay(attempt) : Math.min(HOUR, MINUTE * 2 ** Math.min(10, attempt - 1));
  return new Date(now.getTime() + spread(delay, row.id, attempt));
}
