/** When digests are due, in a person's own zone and over daylight saving. Pure. */
import { TZDate } from "@date-fns/tz";
import { z } from "zod";

/** How often, and when: the hour (0 to 23) and for weekly ones the ISO weekday (1 is Monday). */
export const DigestChoice = z.object({
  kind: z.enum(["none", "hourly", "daily", "weekly"]),
  hour: z.number().int().min(0).max(23).default(7),
  weekday: z.number().int().min(1).max(7).default(1),
});
export type DigestChoice = z.infer<typeof DigestChoice>;

/** What people get who never chose: those who work on incidents a daily one at seven, the others none. */
export function digestChoiceOf(person: { role: string; preferences: Record<string, unknown> }): DigestChoice {
  const chosen = DigestChoice.safeParse(person.preferences.digest);
  if (chosen.success) return chosen.data;
  return { kind: person.role === "admin" || person.role === "responder" ? "daily" : "none", hour: 7, weekday: 1 };
}

const HOUR_MS = 3_600_000;

/** The instant of an hour on a local day; an hour that daylight saving skips is the next one that exists. */
function instantOf(day: TZDate, hour: number, zone: string): number {
  return new TZDate(day.getFullYear(), day.getMonth(), day.getDate(), hour, 0, 0, zone).getTime();
}

/** One digest: it tells of [from, to) and is due at `to`. Both ms. */
export interface DigestPeriod {
  from: number;
  to: number;
}

/** The latest digest that is due at `now`; null for those who want none. Periods follow each other without gap and without overlap. */
export function latestDigest(choice: DigestChoice, zone: string, now: number): DigestPeriod | null {
  if (choice.kind === "none") return null;
  if (choice.kind === "hourly") {
    const to = Math.floor(now / HOUR_MS) * HOUR_MS;
    return { from: to - HOUR_MS, to };
  }
  const isDay = (day: TZDate) => choice.kind === "daily" || (day.getDay() || 7) === choice.weekday;
  const due: number[] = [];
  for (let back = 0; back <= 15 && due.length < 2; back++) {
    const today = new TZDate(now, zone);
    const day = new TZDate(today.getFullYear(), today.getMonth(), today.getDate() - back, 12, 0, 0, zone);
    if (!isDay(day)) continue;
    const at = instantOf(day, choice.hour, zone);
    if (at <= now) due.push(at);
  }
  const [to, from] = due;
  return to === undefined || from === undefined ? null : { from, to };
}
