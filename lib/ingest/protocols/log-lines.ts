/** Log lines that arrive over the network: the same readers as `import`, kept open per sender so that lines about one attempt are understood together. */
import { findFormat, logFormats } from "@/lib/ingest/readers/formats";
import type { Reading } from "@/lib/ingest/readers/reader";
import { clip, storable } from "@/lib/ingest/readers/text";
import { type ProtocolItem, unmapped } from "./protocol";

/** Open readers by sender, format, service and day (a reader learns the year when it is opened); the longest unused goes. */
const MOST_READERS = 500;
const DAY_MS = 86_400_000;

export class LineReaders {
  private readonly open = new Map<string, (text: string) => Reading[]>();

  constructor(private readonly now: () => number) {}

  /** The readings of one line; undefined when no format has that name. */
  read(line: SentLine): Reading[] | undefined {
    const format = findFormat(line.format);
    if (!format) return undefined;
    const service = typeof line.service === "string" && line.service !== "" ? clip(line.service, 256) : undefined;
    const key = JSON.stringify([line.sender, line.format, service, Math.floor(this.now() / DAY_MS)]);
    const reader = this.open.get(key) ?? format.open({ referenceTime: this.now() + DAY_MS, service });
    this.open.delete(key); // to the end: the map's order is the order of use
    this.open.set(key, reader);
    const [oldest] = this.open.size > MOST_READERS ? this.open.keys() : [];
    if (oldest !== undefined) this.open.delete(oldest);
    return reader(line.line);
  }
}

export interface SentLine {
  /** Whose reader: the id of the sender's key. */
  sender: string;
  format: string;
  line: string;
  service?: unknown;
}

/** All items of one line. A line that is known and says nothing worth keeping gives none. */
export function itemsOfLine(readers: LineReaders, line: SentLine): ProtocolItem[] {
  const readings = readers.read(line);
  if (!readings)
    return [unmapped(`There is no log format "${line.format.slice(0, 64)}". Formats: ${logFormats.map((one) => one.name).join(", ")}.`)];
  return readings.flatMap((reading) =>
    reading.kind === "event"
      ? [{ value: reading.event }]
      : reading.kind === "unread"
        ? [unmapped(reading.why, clip(storable(line.line), 2048))]
        : [],
  );
}

/** Items for a protocol that answers every record: a skipped line is kept as a plain record, because "accepted" must mean stored. */
export function fromLogLine(readers: LineReaders, line: SentLine): ProtocolItem[] {
  const items = itemsOfLine(readers, line);
  if (items.length > 0) return items;
  const service = typeof line.service === "string" ? clip(line.service, 256) : line.format;
  return [{ value: { action: "log.record", service, metadata: { message: clip(storable(line.line), 8192) } } }];
}
