/** What a course was expected to be, column by column: the daily profile that the anomaly detector learns, fed with the same columns and without look-ahead. */
import { emptyProfile, rememberValue, usualAt } from "./daily-profile";

/** So much of the past is worth reading before the first column that is shown, ms: what the profile keeps, and a week more to tell weekdays apart. */
export const BAND_HISTORY_MS = 15 * 86_400_000;

const ROOM = 1.5; // times the band: what a flood had beyond is not learnt as usual, and a new habit is believed within days

/** For each column (start in ms, ascending; null is a gap and teaches nothing) the lowest and highest value usual there; null while that is still learnt. */
export function expectedBands(
  columns: readonly { at: number; value: number | null }[],
  widthMs: number,
): ([low: number, high: number] | null)[] {
  let profile = emptyProfile(widthMs);
  return columns.map(({ at, value }) => {
    const usual = usualAt(profile, at);
    if (value !== null)
      profile = rememberValue(profile, at, usual ? Math.min(Math.max(value, usual.low / ROOM), Math.max(1, usual.high) * ROOM) : value);
    return usual ? [usual.low, usual.high] : null;
  });
}
