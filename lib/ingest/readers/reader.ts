/**
 * Log readers: pure functions from a line (or a whole JSON document) of somebody's log to events in our wire form. What does not read a log file does not
 * belong here; files, clocks and the network are the callers' business.
 */
import type { EventInput } from "@/lib/model/event";

/** What a reader needs to know that the line does not say. */
export interface ReaderOptions {
  /** Epoch milliseconds close after the last line was written (the file's modification time); gives the year to stamps that have none. */
  referenceTime: number;
  /** The sending application; the format's own name otherwise. */
  service?: string | undefined;
  environment?: string | undefined;
  /** Minutes east of UTC of stamps that name no zone (syslog, error logs). UTC otherwise. */
  utcOffsetMinutes?: number | undefined;
}

/** What became of one record: an event, a line that is known and says nothing worth keeping, or one the reader cannot read, with the reason. */
export type Reading = { kind: "event"; event: EventInput } | { kind: "skip"; why: string } | { kind: "unread"; why: string };

/** A log format by its command-line name. `document` formats are read as one text, the others line by line. */
export interface LogFormat {
  readonly name: string;
  readonly title: string;
  readonly unit: "line" | "document";
  /** Makes a reader; it may remember a bounded amount of earlier lines (sshd tells one attempt in several lines). Never throws. */
  open(options: ReaderOptions): (text: string) => Reading[];
}

/** Longer lines are not logs: 64 KiB holds an 8 KiB request line with every byte escaped, a referrer and a user agent. */
export const MAX_LINE_LENGTH = 65_536;

export const read = (event: EventInput): Reading[] => [{ kind: "event", event }];
export const skip = (why: string): Reading[] => [{ kind: "skip", why }];
export const unread = (why: string): Reading[] => [{ kind: "unread", why }];
