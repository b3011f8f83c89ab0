/** Times as people read them: in the reader's zone, with the offset printed, so that two readers can compare. All input is ms since the epoch. */

const formats = new Map<string, Intl.DateTimeFormat>();
function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}|${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    ...options,
  });
  formats.set(key, made);
  return made;
}

/** True when the runtime knows the IANA zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** "UTC", "UTC+1", "UTC-3:30": what the zone was at that instant. */
export function offsetAt(at: number, zone: string): string {
  const part = format(zone, { timeZoneName: "shortOffset", year: "numeric" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName");
  return (part?.value ?? "UTC")
    .replace("GMT", "UTC")
    .replace("\u2212", "-")
    .replace(/^UTC[+-]0$/, "UTC");
}

/** "14:02" or, with seconds, "14:02:07". */
export function clockAt(at: number, zone: string, seconds = false): string {
  return format(zone, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
  }).format(at);
}

/** "Mon 23 Nov 2026"; without the year "Mon 23 Nov". */
export function dayAt(at: number, zone: string, year = true): string {
  const parts = format(zone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
  }).formatToParts(at);
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${get("weekday")} ${get("day")} ${get("month").slice(0, 3)}${year ? ` ${get("year")}` : ""}`;
}

/** "Monday". */
export function weekdayAt(at: number, zone: string): string {
  return format(zone, { weekday: "long" }).format(at);
}

/** "Mon 23 Nov 2026, 14:02:07 to 14:05:29 UTC+1": the day once when both ends share it. */
export function spanOf(from: number, to: number, zone: string): string {
  const offset = offsetAt(to, zone);
  const start = `${dayAt(from, zone)}, ${clockAt(from, zone, true)}`;
  if (Math.abs(to - from) < 1000) return `${start} ${offset}`;
  if (dayAt(from, zone) === dayAt(to, zone)) return `${start} to ${clockAt(to, zone, true)} ${offset}`;
  return `${start} to ${dayAt(to, zone)}, ${clockAt(to, zone, true)} ${offset}`;
}

/** "45 s", "14 min", "3 h 10 min", "2 days": how long, in the two units that matter. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  if (days < 7 && hours % 24) return `${days} d ${hours % 24} h`;
  return `${days} ${days === 1 ? "day" : "days"}`;
}
