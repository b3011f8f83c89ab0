/** The frame of a syslog line: RFC 3164 (`Sep  6 09:57:21 host sshd[581]: …`), RFC 5424, and the ISO stamps of rsyslog and journald. */
import type { ReaderOptions } from "./reader";
import { instant, monthIndex } from "./text";

export interface SyslogLine {
  occurredAt: string | undefined;
  host: string;
  program: string;
  pid: string;
  message: string;
}

const RFC3164 =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(\.\d{1,9})? (\S{1,255}) ([^\s:[]{1,128})(?:\[(\d{1,10})\])?: ?(.*)$/s;
const ISO =
  /^(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(Z|[+-]\d\d:?\d\d)? (\S{1,255}) ([^\s:[]{1,128})(?:\[(\d{1,10})\])?: ?(.*)$/s;
const RFC5424 = /^<\d{1,3}>1 (\S{1,40}) (\S{1,255}) (\S{1,128}) (\S{1,128}) \S{1,32} (?:-|\[(?:[^\]\\]|\\.){0,4096}\]) ?(.*)$/s;

/** Takes a syslog line apart; undefined when it is none. */
export function readSyslogLine(line: string, options: ReaderOptions): SyslogLine | undefined {
  const structured = RFC5424.exec(line);
  if (structured) {
    const [, stamp = "", host = "", program = "", pid = "", message = ""] = structured;
    return { occurredAt: instant(Date.parse(stamp)), host, program, pid, message: message.replace(/^\uFEFF/, "") };
  }
  const iso = ISO.exec(line);
  if (iso) {
    const [, stamp = "", zone, host = "", program = "", pid = "", message = ""] = iso;
    const local = Date.parse(`${stamp.replace(" ", "T").replace(",", ".")}${zone ?? "Z"}`);
    return { occurredAt: instant(zone === undefined ? local - offset(options) : local), host, program, pid, message };
  }
  const classic = RFC3164.exec(line);
  if (!classic) return undefined;
  const [, , , , , , , , host = "", program = "", pid = "", message = ""] = classic;
  return { occurredAt: classicInstant(classic, options), host, program, pid, message };
}

const offset = (options: ReaderOptions): number => (options.utcOffsetMinutes ?? 0) * 60_000;

/** How far a stamp may lie past the reference and still be of its year: clocks are wrong and zones unknown. */
const AHEAD_MS = 36 * 3_600_000;

/** A stamp without a year is of the latest year that does not put it after the reference. */
function classicInstant(parts: RegExpExecArray, options: ReaderOptions): string | undefined {
  const [, monthName = "", day, year, hour, minute, second, fraction] = parts;
  const month = monthIndex(monthName);
  if (month < 0) return undefined;
  const at = (inYear: number) =>
    Date.UTC(inYear, month, Number(day), Number(hour), Number(minute), Number(second)) +
    Math.floor(Number(fraction ?? 0) * 1000) -
    offset(options);
  if (year !== undefined) return instant(at(Number(year)));
  for (let guess = new Date(options.referenceTime + AHEAD_MS).getUTCFullYear(), tries = 0; tries < 8; guess -= 1, tries += 1) {
    const when = at(guess);
    // 29 February exists only in leap years; Date.UTC would make it 1 March
    if (when <= options.referenceTime + AHEAD_MS && new Date(when + offset(options)).getUTCMonth() === month) return instant(when);
  }
  return undefined;
}
