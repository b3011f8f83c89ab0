/**
 * What a series usually is at this time of the day: the lowest, highest and mean value of each slot on each of the last days. Which of those days count is learnt:
 * weekdays whose level is like today's weekday (a Saturday is told from a Friday only where they differ). Bounded, plain JSON.
 */

/** One slot of the day on one day: day number since the epoch, lowest and highest value, mean and number of values. */
export type SlotDay = readonly [day: number, low: number, high: number, mean: number, count: number];

/** Slots of the day (at most SLOT_LIMIT), each with its last DAYS days; the level of each weekday; and the day that is being counted. */
export interface DailyProfile {
  slots: readonly (readonly SlotDay[])[];
  /** Mean value by weekday (days since the epoch modulo 7), smoothed over weeks; null before the first. */
  weekdays: readonly (number | null)[];
  today: { day: number; count: number };
  /** Most values that a day ever had: a day with less than half of them has no level. */
  most: number;
}

const DAY_MS = 86_400_000;
const SLOT_LIMIT = 96; // a quarter of an hour: what changes faster within a day is not a habit
const DAYS = 8; // one week and the same weekday before it
const NEIGHBOURS = 1; // slots on each side: habits are not punctual
const DAYS_NEEDED = 1.9; // two days, minus a gap
const ALIKE = 1.5; // weekdays whose levels differ by less are one kind of day
const LEVEL_FLOOR = 0.1; // of the busiest weekday: below it a ratio of levels says nothing
const WEEK_SHARE = 0.5; // of the newest week in a weekday's level: a change of habit is believed within two weeks

/** An empty profile for a series that speaks about every `cadenceMs`. */
export function emptyProfile(cadenceMs: number): DailyProfile {
  const slots = Math.max(1, Math.min(SLOT_LIMIT, Math.round(DAY_MS / cadenceMs)));
  return { slots: Array.from({ length: slots }, () => []), weekdays: Array(7).fill(null), today: { day: -1, count: 0 }, most: 0 };
}

const weekdayOf = (day: number): number => ((day % 7) + 7) % 7;

/** Tells whether a day was of the same kind as the day of `t`; every day is until a week is known. */
function likeness(profile: DailyProfile, t: number): (day: number) => boolean {
  const { weekdays } = profile;
  const mine = weekdays[weekdayOf(Math.floor(t / DAY_MS))];
  if (mine === null || mine === undefined || weekdays.includes(null)) return () => true;
  const floor = LEVEL_FLOOR * Math.max(...weekdays.map((level) => Math.abs(level ?? 0)));
  const alike = weekdays.map((level) => {
    const [a, b] = [Math.abs(level ?? 0) + floor, Math.abs(mine) + floor];
    return a <= ALIKE * b && b <= ALIKE * a;
  });
  return (day) => alike[weekdayOf(day)] ?? true;
}

const slotOf = (profile: DailyProfile, t: number): number =>
  Math.min(profile.slots.length - 1, Math.floor((((t % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / profile.slots.length)));

/**
 * What was seen around this time on the days before: the band, its middle; and what an ordinary day has even when it is a little early or late: its level
 * in the quietest slot, and how far apart the lowest and the highest value of a slot are. Half of the days had less, so odd days do not count.
 */
export interface Usual {
  low: number;
  high: number;
  middle: number;
  ordinary: { level: number; range: number };
}

const brief = (value: number): number => Number(value.toPrecision(6)); // state is stored as text
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const middleOf = (values: readonly number[]): number => ascending(values)[values.length >> 1] ?? 0;
/** Of an even number the lower: of a Saturday and a Sunday, neither is the odd one. */
const lowerMiddleOf = (values: readonly number[]): number => ascending(values)[(values.length - 1) >> 1] ?? 0;

/** What is usual at `t`; undefined until two days are known. */
export function usualAt(profile: DailyProfile, t: number): Usual | undefined {
  const isWeekKnown = !profile.weekdays.includes(null);
  // Where nobody knows whether today is like a Sunday, the quietest day counts.
  return (
    usualOn(profile, t, { counts: likeness(profile, t), level: isWeekKnown ? lowerMiddleOf : quietestOf }) ?? usualOn(profile, t, ANY_DAY)
  );
}

const quietestOf = (levels: readonly number[]): number => Math.min(...levels);
const ANY_DAY = { counts: () => true, level: quietestOf };

/** Which days count, and what their levels come to. */
interface Reading {
  counts(day: number): boolean;
  level(levels: readonly number[]): number;
}

function usualOn(profile: DailyProfile, t: number, { counts, level }: Reading): Usual | undefined {
  const count = profile.slots.length;
  const at = slotOf(profile, t);
  const width = DAY_MS / count;
  const seen: number[] = [];
  const levels = new Map<number, number>();
  const ranges: number[] = [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let offset = -NEIGHBOURS; offset <= NEIGHBOURS; offset++) {
    const index = (at + offset + count) % count;
    for (const [day, slotLow, slotHigh, mean] of profile.slots[index] ?? []) {
      // Values of the last few slots belong to the present: a slow anomaly must not excuse itself.
      if (t - (day * DAY_MS + index * width) <= (2 * NEIGHBOURS + 1) * width || !counts(day)) continue;
      if (slotLow < low) low = slotLow;
      if (slotHigh > high) high = slotHigh;
      seen.push((slotLow + slotHigh) / 2);
      levels.set(day, Math.min(levels.get(day) ?? mean, mean));
      ranges.push(slotHigh - slotLow);
    }
  }
  if (seen.length < DAYS_NEEDED * (2 * NEIGHBOURS + 1)) return undefined;
  return { low, high, middle: middleOf(seen), ordinary: { level: level([...levels.values()]), range: middleOf(ranges) } };
}

/** Adds one value to its slot of its day. */
export function rememberValue(profile: DailyProfile, t: number, value: number): DailyProfile {
  const at = slotOf(profile, t);
  const day = Math.floor(t / DAY_MS);
  const days = profile.slots[at] ?? [];
  const last = days[days.length - 1];
  const [, low, high, mean, count] = last?.[0] === day ? last : [day, value, value, value, 0];
  const today: SlotDay = [day, Math.min(low, value), Math.max(high, value), brief(mean + (value - mean) / (count + 1)), count + 1];
  const next = [...(last?.[0] === day ? days.slice(0, -1) : days), today].slice(-DAYS);
  const slots = [...profile.slots];
  slots[at] = next;
  return { slots, ...rememberLevel(profile, day) };
}

/** Counts one value into its day; a day that is over gives its weekday a level. */
function rememberLevel({ slots, weekdays, today, most }: DailyProfile, day: number): Omit<DailyProfile, "slots"> {
  if (today.day === day) return { weekdays, today: { day, count: today.count + 1 }, most };
  const next = { day, count: 1 };
  if (today.count < most / 2 || today.count === 0) return { weekdays, today: next, most };
  const at = weekdayOf(today.day);
  const [seen, known] = [levelOf(slots, today.day), weekdays[at]];
  const level = known === null || known === undefined ? seen : known + WEEK_SHARE * (seen - known);
  return { weekdays: weekdays.with(at, Number(level.toPrecision(4))), today: next, most: Math.max(most, today.count) };
}

/** The mean of a day, each slot read as the middle of the hour before and the hour after it: neither a flood nor an outage makes a Saturday of a Tuesday. */
function levelOf(slots: DailyProfile["slots"], day: number): number {
  const means = slots.flatMap((days) => days.find(([at]) => at === day)?.[3] ?? []);
  const hour = Math.round(slots.length / 24);
  const calm = means.map((_, i) => middleOf(means.slice(Math.max(0, i - hour), i + hour + 1)));
  return calm.reduce((sum, mean) => sum + mean, 0) / calm.length;
}
