/** Small pure helpers that all readers share: addresses, numbers, escapes, limits, times. */
import { measureValue, quoteLongIntegers } from "@/lib/ingest/scan-json";
import ipaddr from "ipaddr.js";

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/;

/** The address in `text` in its shortest form, without port, brackets or IPv4-in-IPv6 mapping; undefined when it is none. */
export function addressIn(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > 64) return undefined;
  const bare = withoutPort(text.trim());
  if (IPV4.test(bare) && !bare.endsWith(".")) return bare;
  if (!bare.includes(":") || bare.includes("%") || !ipaddr.IPv6.isValid(bare)) return undefined;
  const six = ipaddr.IPv6.parse(bare);
  return six.isIPv4MappedAddress() ? six.toIPv4Address().toString() : six.toString();
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]{2,45})\](?::\d{1,5})?$/.exec(text);
  if (bracketed) return bracketed[1] ?? "";
  return /^\d[\d.]{6,14}:\d{1,5}$/.test(text) ? text.slice(0, text.indexOf(":")) : text;
}

/** The port of `1.2.3.4:567` or `[::1]:567`. */
export function portIn(text: unknown): number | undefined {
  return typeof text === "string" ? portNumber(/^(?:\[[^\]]{2,45}\]|[\d.]{7,15}):(\d{1,5})$/.exec(text)?.[1]) : undefined;
}

/** A port number from text or number, undefined when out of range. */
export function portNumber(value: unknown): number | undefined {
  const port = wholeNumber(value);
  return port !== undefined && port <= 65_535 ? port : undefined;
}

/** A count from `12`, `"12"`; undefined from `-`, negatives, and anything else. */
export function wholeNumber(value: unknown): number | undefined {
  const number =
    typeof value === "number" ? Math.round(value) : typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A non-negative decimal number, undefined otherwise. */
export function decimal(value: unknown): number | undefined {
  const number =
    typeof value === "number" ? value : typeof value === "string" && /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Text that says something: not empty, not the log writers' `-`. */
export function said(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value !== "-" ? value : undefined;
}

/** `value` as an object to look into; an empty one when it is none. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}; // as: checked on this line
}

/** The lines that say something, one after the other: a body may hold millions of empty ones. */
export function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const to = newline < 0 ? text.length : newline;
    const line = text.slice(from, to);
    if (line.trim() !== "") yield line;
    from = to + 1;
  }
}

/** At most `limit` characters, never half a surrogate pair. */
export function clip(text: string, limit: number): string;
export function clip(text: string | undefined, limit: number): string | undefined;
export function clip(text: string | undefined, limit: number): string | undefined {
  if (text === undefined || text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}

/** A copy without undefined members, or undefined when nothing is left: absent beats empty in the wire form. */
export function compact<T extends object>(value: T): T | undefined {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined);
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as T); // as: only undefined members were dropped
}

const ESCAPES: Record<string, number> = { n: 10, r: 13, t: 9, b: 8, f: 12, v: 11, '"': 34, "\\": 92, "/": 47 };
const HEX = /^[0-9a-fA-F]{2}$/;

/**
 * Undoes the escapes of nginx (`\x22`) and Apache (`\"`, `\\`, `\xHH`, `\n`), whose bytes are read as UTF-8. NUL stays escaped, because no database takes
 * it; so does a run of bytes that is not UTF-8, because it is better seen than replaced.
 */
export function unescapeLog(text: string): string {
  if (!text.includes("\\")) return text;
  let out = "";
  for (let at = 0; at < text.length; ) {
    const byte = byteAt(text, at);
    if (byte === undefined) {
      out += text[at];
      at += 1;
    } else if (byte.value < 0x80) {
      out += byte.value === 0 ? text.slice(at, byte.end) : String.fromCharCode(byte.value);
      at = byte.end;
    } else {
      const run = bytesFrom(text, at);
      out += utf8(run.bytes) ?? text.slice(at, run.end);
      at = run.end;
    }
  }
  return out;
}

function byteAt(text: string, at: number): { value: number; end: number } | undefined {
  if (text[at] !== "\\") return undefined;
  const next = text[at + 1] ?? "";
  if (next === "x" && HEX.test(text.slice(at + 2, at + 4))) return { value: Number.parseInt(text.slice(at + 2, at + 4), 16), end: at + 4 };
  const value = ESCAPES[next];
  return value === undefined ? undefined : { value, end: at + 2 };
}

function bytesFrom(text: string, start: number): { bytes: number[]; end: number } {
  const bytes: number[] = [];
  let end = start;
  for (let byte = byteAt(text, end); byte && byte.value >= 0x80; byte = byteAt(text, end)) {
    bytes.push(byte.value);
    end = byte.end;
  }
  return { bytes, end };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function utf8(bytes: number[]): string | undefined {
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined; // not UTF-8: the caller keeps what was written
  }
}

const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** Text that any database and JSON reader takes: NUL becomes a visible escape, half a surrogate pair the replacement character. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, (one) => (one === "\0" ? "\\x00" : "\uFFFD"));
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 0 to 11 from an English three-letter month, -1 otherwise. */
export const monthIndex = (name: string): number => MONTHS.indexOf(name);

/** `+02:00`, `-0400` or `Z` as minutes east of UTC. */
export function offsetMinutes(text: string): number | undefined {
  if (text === "Z" || text === "z") return 0;
  const parts = /^([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (!parts || Number(parts[2]) > 14 || Number(parts[3]) > 59) return undefined;
  return (parts[1] === "-" ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3]));
}

/** The instant as RFC 3339 in UTC with milliseconds; undefined outside the years 1970 to 9999. */
export function instant(epochMs: number): string | undefined {
  return Number.isFinite(epochMs) && epochMs >= 0 && epochMs < 253_402_300_800_000
    ? new Date(Math.floor(epochMs)).toISOString()
    : undefined;
}

/** The instant of any stamp that JSON logs carry: RFC 3339, epoch seconds, milliseconds, microseconds or nanoseconds. */
export function instantOf(value: unknown): string | undefined {
  if (typeof value === "string" && !/^\d+(\.\d+)?$/.test(value))
    return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? instant(Date.parse(zoned(value))) : undefined;
  const number = Number(value ?? Number.NaN);
  if (!Number.isFinite(number) || number <= 0) return undefined;
  const scale = number < 1e11 ? 1000 : number < 1e14 ? 1 : number < 1e17 ? 1e-3 : 1e-6;
  return instant(number * scale);
}

/** JavaScript reads a date-time without zone as local time; a log means UTC. */
const zoned = (stamp: string): string => (/(Z|z|[+-]\d\d:?\d\d)$/.test(stamp) ? stamp : `${stamp}Z`);

/** An event of the deepest kind, wrapped as deeply as any protocol does. What nests deeper is made to exhaust whoever walks through it. */
const DEEPEST = 128;

/**
 * The parsed JSON value, or undefined: log files end in half lines. Nothing that nests deeper than 128 levels. Integers that a double cannot hold become
 * texts, as in events sent to us.
 */
export function parseJson(text: string): unknown {
  const bytes = Buffer.from(text);
  const { depth, longNumbers } = measureValue(bytes, { from: 0, to: bytes.length });
  if (depth > DEEPEST) return undefined;
  try {
    return JSON.parse(longNumbers ? quoteLongIntegers(text) : text);
  } catch {
    return undefined;
  }
}
