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

/** What to do with a message: send it, put it off until a time, or fold all that is held back into a storm mail. */
export type Pace = { do: "send" } | { do: "put_off"; until: Date } | { do: "storm" };

const urgent = (row: Pick<OutboxRow, "level" | "reason">): boolean =>
  row.level === "critical" && /^(opened|worse:critical|regressed)/.test(row.reason);

/** Decides by what the recipient got in the last hour. A critical incident passes once. */
export function paceOf(
  row: Pick<OutboxRow, "level" | "reason" | "createdAt" | "kind">,
  got: { sent: number; lastStorm: Date | null; criticals: number },
  now: Date,
): Pace {
  if (row.kind !== "incident" || got.sent < HOURLY_SHARE) return { do: "send" };
  if (urgent(row) && got.criticals === 0) return { do: "send" };
  const next = got.lastStorm ? new Date(got.lastStorm.getTime() + HOUR) : now;
  if (next > now) return { do: "put_off", until: next };
  const gathered = new Date(row.createdAt.getTime() + GATHER_MS);
  return gathered > now ? { do: "put_off", until: gathered } : { do: "storm" };
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
