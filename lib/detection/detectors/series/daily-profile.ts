/** What a series usually is at this time of the day: the lowest and highest value of each slot on each of the last days. Bounded, plain JSON. */

/** One slot of the day on one day: day number since the epoch, lowest and highest value. */
export type SlotDay = readonly [day: number, low: number, high: number];

/** Slots of the day (at most SLOT_LIMIT), each with its last DAYS days. */
export interface DailyProfile {
  slots: readonly (readonly SlotDay[])[];
}

const DAY_MS = 86_400_000;
const SLOT_LIMIT = 96; // a quarter of an hour: what changes faster within a day is not a habit
const DAYS = 8; // one week and the same weekday before it
const NEIGHBOURS = 1; // slots on each side: habits are not punctual
const DAYS_NEEDED = 1.9; // two days, minus a gap

/** An empty profile for a series that speaks about every `cadenceMs`. */
export function emptyProfile(cadenceMs: number): DailyProfile {
  const slots = Math.max(1, Math.min(SLOT_LIMIT, Math.round(DAY_MS / cadenceMs)));
  return { slots: Array.from({ length: slots }, () => []) };
}

const slotOf = (profile: DailyProfile, t: number): number =>
  Math.min(profile.slots.length - 1, Math.floor((((t % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / profile.slots.length)));

/** The band and the middle of what was seen around this time on the days before `t`; undefined until two days are known. */
export function usualAt(profile: DailyProfile, t: number): { low: number; high: number; middle: number } | undefined {
  const count = profile.slots.length;
  const at = slotOf(profile, t);
  const width = DAY_MS / count;
  const seen: number[] = [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let offset = -NEIGHBOURS; offset <= NEIGHBOURS; offset++) {
    const index = (at + offset + count) % count;
    for (const [day, slotLow, slotHigh] of profile.slots[index] ?? []) {
      // Values of the last few slots belong to the present: a slow anomaly must not excuse itself.
      if (t - (day * DAY_MS + index * width) <= (2 * NEIGHBOURS + 1) * width) continue;
      if (slotLow < low) low = slotLow;
      if (slotHigh > high) high = slotHigh;
      seen.push((slotLow + slotHigh) / 2);
    }
  }
  if (seen.length < DAYS_NEEDED * (2 * NEIGHBOURS + 1)) return undefined;
  seen.sort((a, b) => a - b);
  return { low, high, middle: seen[seen.length >> 1] ?? 0 };
}

/** Adds one value to its slot of its day. */
export function rememberValue(profile: DailyProfile, t: number, value: number): DailyProfile {
  const at = slotOf(profile, t);
  const day = Math.floor(t / DAY_MS);
  const days = profile.slots[at] ?? [];
  const last = days[days.length - 1];
  const today: SlotDay = last?.[0] === day ? [day, Math.min(last[1], value), Math.max(last[2], value)] : [day, value, value];
  const next = [...(last?.[0] === day ? days.slice(0, -1) : days), today].slice(-DAYS);
  const slots = [...profile.slots];
  slots[at] = next;
  return { slots };
}
