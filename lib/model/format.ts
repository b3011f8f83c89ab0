/** How numbers, spans and instants are said to people: one place for pages, charts and mails. Nothing here reads the clock or the machine's zone. */

/** IANA name of the zone in which a person reads times, for example `Europe/Berlin`. */
export type Zone = string;

/** True when this runtime knows the zone: what a browser or a form says is checked before it is used. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making an Intl format costs a hundred times more than using it, so each is made once. */
function partsOf(ms: number, zone: Zone): Record<string, string> {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      weekday: "short",
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value]));
}

/** The zone's distance from UTC at that instant: `UTC`, `UTC+1`, `UTC-3:30`. */
export function formatOffset(ms: number, zone: Zone): string {
  const match = /([+-])(\d\d):(\d\d)/.exec(partsOf(ms, zone).timeZoneName ?? "");
  if (!match || (match[2] === "00" && match[3] === "00")) return "UTC";
  return `UTC${match[1]}${Number(match[2])}${match[3] === "00" ? "" : `:${match[3]}`}`;
}

/** The calendar day there, as `2026-11-23`: the same text for the same day, so that days can be compared and grouped. */
export function dayKey(ms: number, zone: Zone): string {
  const p = partsOf(ms, zone);
  const month = "JanFebMarAprMayJunJulAugSepOctNovDec".indexOf((p.month ?? "").slice(0, 3)) / 3 + 1;
  return `${p.year}-${String(month).padStart(2, "0")}-${(p.day ?? "").padStart(2, "0")}`;
}

/** Hours and minutes there, `14:05`; with seconds `14:05:26`; with milliseconds `14:05:26.914`. */
export function formatClock(ms: number, zone: Zone, precision: "minute" | "second" | "ms" = "minute"): string {
  const p = partsOf(ms, zone);
  const minute = `${p.hour}:${p.minute}`;
  if (precision === "minute") return minute;
  return precision === "second" ? `${minute}:${p.second}` : `${minute}:${p.second}.${p.fractionalSecond}`;
}

/** What `datetime-local` fields hold: the wall clock there, without a zone. */
export const toLocal = (at: number, zone: Zone, precision: "minute" | "second" = "minute"): string =>
  `${dayKey(at, zone)}T${formatClock(at, zone, precision)}`;

/** The instant at which the clock there shows that; tried twice because the offset itself depends on the instant. NaN for what is no time. */
export function fromLocal(text: string, zone: Zone): number {
  const wall = Date.parse(`${text}Z`);
  const shift = (at: number) => Date.parse(`${toLocal(at, zone, "second")}Z`) - Math.floor(at / 1000) * 1000;
  if (Number.isNaN(wall)) return Number.NaN;
  const guess = wall - shift(wall);
  return wall - shift(guess);
}

/** The day there in words: `23 Nov`, with the year when it is not the year of `now`. */
export function formatDay(ms: number, zone: Zone, now: number): string {
  const p = partsOf(ms, zone);
  const day = `${p.day} ${(p.month ?? "").slice(0, 3)}`;
  return p.year === partsOf(now, zone).year ? day : `${day} ${p.year}`;
}

/** Day of the week there, `Mon`. */
export const formatWeekday = (ms: number, zone: Zone): string => partsOf(ms, zone).weekday ?? "";

/** The instant in the viewer's zone: the clock alone for today, day and clock otherwise. The offset is not in it; print it once nearby. */
export function formatInstant(ms: number, zone: Zone, now: number, precision: "minute" | "second" | "ms" = "minute"): string {
  const clock = formatClock(ms, zone, precision);
  return dayKey(ms, zone) === dayKey(now, zone) ? clock : `${formatDay(ms, zone, now)} ${clock}`;
}

const units: [string, number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A span in the two largest units that matter: `4 ms`, `52 s`, `14 min`, `2 h 5 min`, `3 d`. */
export function formatSpan(ms: number): string {
  const span = Math.abs(ms);
  if (span < 1000) return `${Math.round(span)} ms`;
  const index = units.findIndex(([, size]) => span >= size);
  const [unit, size] = units[index] ?? ["s", 1000];
  const whole = Math.floor(span / size);
  const next = units[index + 1];
  const rest = next && whole < 10 && unit !== "min" ? Math.floor((span - whole * size) / next[1]) : 0;
  return rest > 0 && next ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`;
}

/** How long ago, or until: `just now`, `14 min ago`, `in 2 h`. */
export function formatRelative(ms: number, now: number): string {
  const distance = now - ms;
  if (Math.abs(distance) < 1000) return "just now";
  return distance > 0 ? `${formatSpan(distance)} ago` : `in ${formatSpan(distance)}`;
}

/** A count with thousands separators: `1,238,420`. */
export const formatCount = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A count in little room: `950`, `1.2k`, `88k`, `3.4M`. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size < 1000) return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(2)));
  const [divisor, unit] = size < 999_500 ? [1000, "k"] : size < 999_500_000 ? [1_000_000, "M"] : [1_000_000_000, "B"];
  const short = value / (divisor as number);
  return `${Math.abs(short) < 9.95 ? Number(short.toFixed(1)) : Math.round(short)}${unit}`;
}

/** Bytes in decimal units, as disks and networks are sold: `18.2 MB`. */
export function formatBytes(value: number): string {
  const names = ["B", "kB", "MB", "GB", "TB", "PB"];
  const step = value < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(value) / 3));
  const short = value / 1000 ** step;
  return `${short >= 100 || step === 0 ? Math.round(short) : Number(short.toFixed(1))} ${names[step]}`;
}

/** A share of 1 as percent: `0.4 %`, `38 %`. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  return `${Math.abs(percent) < 10 && percent !== 0 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** A change against `before`: in percent once there is enough to compare with, as a plain difference while numbers are small. */
export function formatDelta(value: number, before: number): string {
  if (value === before) return "as before";
  const sign = value > before ? "+" : "−";
  if (before < 20) return `${sign}${formatCount(Math.abs(value - before))}`;
  return `${sign}${formatPercent(Math.abs(value - before) / before)}`;
}

/** `1 event`, `2 events`; the plural is given when it is not an added s. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${formatCount(count)} ${count === 1 ? one : many}`;

const small = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];

/** A count that begins a sentence: words to twelve, figures beyond. */
export const formatOpening = (count: number): string => small[count] ?? formatCount(count);
