/** Pure decisions about charts: bucket size, ticks, tops. Components only draw what is decided here. */
import { dayKey, formatClock, formatDay, formatWeekday, type Zone } from "@/lib/model/format";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
];

/** The smallest step (ms) that cuts the span into at most `most` columns; never below one minute, the grain of the rollups. */
export function bucketSize(spanMs: number, most = 120): number {
  return STEPS.find((step) => spanMs / step <= most) ?? Math.ceil(spanMs / most / DAY) * DAY;
}

/** A top for the axis and its ticks: at most `count` steps of 1, 2 or 5 times a power of ten, from zero. */
export function niceTicks(max: number, count = 4): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough, max >= count ? 1 : 0);
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

const TICK_STEPS = [
  ...STEPS.slice(0, 6),
  HOUR,
  2 * HOUR,
  3 * HOUR,
  4 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  28 * DAY,
];

/** Where the viewer's clock stands from UTC at that instant, ms. */
function offsetMs(at: number, zone: Zone): number {
  const wall = Date.parse(`${dayKey(at, zone)}T${formatClock(at, zone, "second")}Z`);
  return wall - Math.floor(at / 1000) * 1000;
}

/**
 * Ticks for a time axis at round moments of the viewer's clock, at most `most`, each with its words: clock inside a day, weekday or date across days.
 * A change of the clock inside the span moves later ticks with it, so that 08:00 stays 08:00.
 */
export function timeTicks(from: number, to: number, zone: Zone, most = 8): { at: number; text: string }[] {
  const step = TICK_STEPS.find((size) => (to - from) / size <= most) ?? 28 * DAY;
  const ticks: { at: number; text: string }[] = [];
  const start = from + offsetMs(from, zone);
  for (let wall = Math.ceil(start / step) * step; ; wall += step) {
    const guess = wall - offsetMs(from, zone);
    const at = wall - offsetMs(guess, zone);
    if (at > to) return ticks;
    if (at >= from && at !== ticks.at(-1)?.at) ticks.push({ at, text: tickText(at, step, zone) });
  }
}

function tickText(at: number, step: number, zone: Zone): string {
  if (step >= 7 * DAY) return formatDay(at, zone, at);
  if (step >= DAY || formatClock(at, zone) === "00:00") return `${formatWeekday(at, zone)} ${formatDay(at, zone, at).split(" ")[0]}`;
  return formatClock(at, zone);
}
