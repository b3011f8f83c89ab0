/** Quiet hours: when mails of a route wait, in the reader's own zone and over daylight saving. Pure. */
import { TZDate } from "@date-fns/tz";
import type { QuietHours } from "@/lib/model/route";

const MINUTE_MS = 60_000;
const LONGEST = 24 * 7; // hours: no week is quiet all through

const isQuiet = ({ from, to, weekends }: QuietHours, local: TZDate): boolean => {
  if (weekends && (local.getDay() === 0 || local.getDay() === 6)) return true;
  const hour = local.getHours();
  return from < to ? hour >= from && hour < to : from > to && (hour >= from || hour < to);
};

/** When the quiet that holds at `now` (ms) ends, ms; null when it is not quiet. */
export function quietUntil(quiet: QuietHours | undefined, zone: string, now: number): number | null {
  if (!quiet || !isQuiet(quiet, new TZDate(now, zone))) return null;
  let at = now;
  for (let hops = 0; hops < LONGEST; hops++) {
    const local = new TZDate(at, zone);
    if (!isQuiet(quiet, local)) return at;
    at = Math.floor(at / MINUTE_MS) * MINUTE_MS + (60 - local.getMinutes()) * MINUTE_MS; // to the next full hour of the local clock
  }
  return at;
}
