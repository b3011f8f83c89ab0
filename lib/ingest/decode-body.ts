/** The decode step: from the bytes of a body to items, each a parsed JSON value or the reason why it is none. Nothing is parsed before it is known to be small. */
import { isUtf8 } from "node:buffer";
import { AppError, malformed, type Problem } from "@/lib/errors";
import { inspectValue } from "./inspect-json";
import type { IngestLimits } from "./limits";
import { type Extent, measureValue, quoteLongIntegers, type Range, skipSpace } from "./scan-json";

/** One thing that a client sent. `problems` is absent when `value` may go on to validation. */
export interface Item {
  value: unknown;
  problems?: Problem[];
}

/** An item that is parsed when its turn comes, so that the thousand events of a body are never in memory as objects all at once. */
export interface SentItem {
  /** Throws `malformed` when the item belongs to a body that is no JSON. */
  read(): Item;
}

/** What a body held. `single`: it was one JSON object, which is answered as one event and not as a list. */
export interface DecodedBody {
  single: boolean;
  items: SentItem[];
}

/** How the text of a body is laid out. */
export type BodyFormat = "json" | "ndjson";

const formats: Record<string, BodyFormat> = {
  "application/json": "json",
  "text/json": "json",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "application/x-jsonlines": "ndjson",
};

/** Reads a Content-Type header; without one the body is taken for JSON. Throws `unsupported` for other types and character sets. */
export function bodyFormat(contentType: string | null | undefined): BodyFormat {
  if (!contentType) return "json";
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith("charset="));
  if (charset && !/^charset="?(utf-?8|us-ascii)"?$/.test(charset)) throw new AppError("unsupported", "Send the body as UTF-8.");
  const format = formats[type.trim()] ?? (type.trim().endsWith("+json") ? "json" : undefined);
  if (!format)
    throw new AppError("unsupported", "Send application/json (one event or an array) or application/x-ndjson (one event per line).");
  return format;
}

/** Splits a body into items. Throws `malformed` or `too_large` for what concerns the body as a whole; what concerns one item stays with the item. */
export function decodeBody(body: Buffer, format: BodyFormat, limits: IngestLimits): DecodedBody {
  const all = { from: 0, to: body.length };
  if (format === "ndjson") return { single: false, items: splitLines(body, limits) };
  if (!isUtf8(body)) throw malformed("The body is not valid UTF-8.");
  if (body.length >= 3 && body.readUIntBE(0, 3) === 0xefbbbf) all.from = 3; // a byte order mark is forgiven
  const from = skipSpace(body, all);
  if (from === body.length) throw malformed("The body is empty.");
  if (body[from] === OPEN) return { single: false, items: splitArray(body, from + 1, limits) };
  return { single: true, items: [new JsonItem({ body, from, to: body.length }, limits)] };
}

const [OPEN, CLOSE, COMMA, NEWLINE] = [91, 93, 44, 10];

function splitArray(body: Buffer, start: number, limits: IngestLimits): SentItem[] {
  const to = body.length;
  const items: SentItem[] = [];
  let from = skipSpace(body, { from: start, to });
  if (body[from] !== CLOSE) {
    for (;;) {
      const extent = measureValue(body, { from, to });
      if (items.push(new JsonItem({ body, from, to: extent.end, extent }, limits)) > limits.items) throw tooMany(limits);
      from = extent.end;
      if (body[from] !== COMMA) break;
      from++;
    }
  }
  if (body[from] !== CLOSE || skipSpace(body, { from: from + 1, to }) !== to)
    throw malformed("The body is not JSON: the array is not closed, or something follows it.");
  return items;
}

function splitLines(body: Buffer, limits: IngestLimits): SentItem[] {
  const items: SentItem[] = [];
  for (let from = 0; from < body.length; ) {
    const newline = body.indexOf(NEWLINE, from);
    const to = newline < 0 ? body.length : newline;
    if (skipSpace(body, { from, to }) < to && items.push(new LineItem({ body, from, to }, limits)) > limits.items) throw tooMany(limits);
    from = to + 1;
  }
  return items;
}

const refused = (detail: string): Item => ({ value: undefined, problems: [{ pointer: "", detail }] });

/** Where an item is written. `extent`: as far as it has been measured. */
interface Part extends Range {
  body: Buffer;
  extent?: Extent;
}

/** A part of a JSON body. If it is no JSON, the body is none. */
class JsonItem implements SentItem {
  constructor(
    private readonly part: Part,
    private readonly limits: IngestLimits,
  ) {}

  read(): Item {
    const item = decodeItem(this.part, this.limits);
    if (item.malformed) throw malformed(item.malformed);
    return item;
  }
}

/** A line of its own: whatever is wrong with it leaves its neighbours alone. */
class LineItem implements SentItem {
  constructor(
    private readonly part: Part,
    private readonly limits: IngestLimits,
  ) {}

  read(): Item {
    const item = decodeItem(this.part, this.limits);
    return item.malformed ? refused(item.malformed) : item;
  }
}

/** An item from a value that code built: looked at and copied as if it had come as JSON. */
export function itemOf(value: unknown, limits: IngestLimits): Item {
  const problems = inspectValue(value, undefined, limits);
  return problems.length > 0 ? { value: undefined, problems } : { value: JSON.parse(JSON.stringify(value)) };
}

const tooMany = (limits: IngestLimits) => new AppError("too_large", `More than ${limits.items} events in one request.`);

/** Parses one part of the body. `malformed` says that it is no JSON at all. */
function decodeItem(part: Part, limits: IngestLimits): Item & { malformed?: string } {
  const { body, from, to } = part;
  if (to - from > limits.itemLength) return refused(`The event is longer than ${limits.itemLength} bytes.`);
  const measured = part.extent ?? measureValue(body, part);
  if (measured.depth > limits.depth || measured.keys > limits.keys)
    return { value: undefined, problems: inspectValue(undefined, measured, limits) };
  if (!measured.ascii && !isUtf8(body.subarray(from, to))) return refused("The line is not valid UTF-8.");
  const text = body.toString(measured.ascii && measured.end === to ? "latin1" : "utf8", from, to); // the same text for ASCII, and much quicker
  let value: unknown;
  try {
    value = JSON.parse(measured.longNumbers ? quoteLongIntegers(text) : text);
  } catch (error) {
    return { value: undefined, malformed: `The body is not JSON: ${parserWords(error)}.` };
  }
  const problems = inspectValue(value, measured, limits);
  return problems.length > 0 ? { value: undefined, problems } : { value };
}

/** The parser's complaint without the excerpt of the body: a body is never echoed. */
function parserWords(error: unknown): string {
  const words = error instanceof Error ? error.message : "";
  return /position \d+/.exec(words)?.[0] ? `unexpected text at ${/position \d+/.exec(words)?.[0]}` : "unexpected text or end";
}
