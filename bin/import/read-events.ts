/** The events of one file in its order, each with an id that the same line gets again whenever and under whatever name the file is read. */
import { createHash } from "node:crypto";
import type { LogFormat, Reading as LineReading } from "@/lib/ingest/readers/reader";
import type { EventInput } from "@/lib/model/event";
import { linesOf, type Reading, textOf } from "./read-lines";

/** How to read: as which format, and what the lines do not say. */
export interface EventSource {
  file: string;
  format: LogFormat;
  referenceTime: number;
  service: string | undefined;
  environment: string | undefined;
  utcOffsetMinutes: number | undefined;
}

/** A line that gave no event although it should have. `text` is the line's own: never print it unescaped. */
interface NotUnderstood {
  line: number;
  why: string;
  text: string;
}

/** What a file came to. Filled while it is read. */
export interface FileTally {
  file: string;
  format: string;
  lines: number;
  events: number;
  skipped: number;
  notUnderstood: number;
  samples: NotUnderstood[];
  reading: Reading;
}

/** An event and its time in ms; events without a time of their own get the one before them. */
export interface TimedEvent {
  at: number;
  event: EventInput;
}

const MOST_SAMPLES = 3;

export const newTally = (source: EventSource): FileTally => ({
  file: source.file,
  format: source.format.name,
  lines: 0,
  events: 0,
  skipped: 0,
  notUnderstood: 0,
  samples: [],
  reading: { bytes: 0 },
});

/**
 * Reads a file from its beginning. An event without an id gets one from the file's first event line (which stays when a file grows, is rotated, renamed or
 * compressed), the line's number and its text: the same file twice gives the same ids, two servers' files differ from their first line on.
 */
export async function* eventsOf(source: EventSource, tally: FileTally): AsyncGenerator<TimedEvent> {
  const { format, referenceTime, service, environment, utcOffsetMinutes } = source;
  const read = format.open({ referenceTime, service, environment, utcOffsetMinutes });
  const ids = new LineIds(format.name);
  let at = 0;
  for await (const text of format.unit === "document" ? once(textOf(source.file, tally.reading)) : linesOf(source.file, tally.reading)) {
    tally.lines += 1;
    for (const [part, reading] of read(text).entries()) {
      if (reading.kind !== "event") {
        note(tally, reading, text);
        continue;
      }
      tally.events += 1;
      const id = reading.event.id ?? ids.of(format.unit === "document" ? JSON.stringify(reading.event) : text, tally.lines, part);
      at = reading.event.occurred_at === undefined ? at : Date.parse(reading.event.occurred_at);
      yield { at, event: { ...reading.event, id } };
    }
  }
}

async function* once(text: Promise<string>): AsyncGenerator<string> {
  yield await text;
}

/** The ids of the lines of one file; see `eventsOf`. */
export class LineIds {
  /** The hash of the file's first event line, known once that was seen. */
  constructor(
    private readonly format: string,
    public identity?: string,
  ) {}

  of(text: string, line: number, part: number): string {
    this.identity ??= createHash("sha256").update(text).digest("base64url");
    const hash = createHash("sha256").update(`${this.format}\n${this.identity}\n${line}\n${part}\n`).update(text);
    return `log_${hash.digest("base64url").slice(0, 32)}`; // 192 bits
  }
}

function note(tally: FileTally, reading: Exclude<LineReading, { kind: "event" }>, text: string): void {
  if (reading.kind === "skip") {
    if (reading.why !== "blank") tally.skipped += 1;
    return;
  }
  tally.notUnderstood += 1;
  if (tally.samples.length < MOST_SAMPLES) tally.samples.push({ line: tally.lines, why: reading.why, text: text.slice(0, 200) });
}
