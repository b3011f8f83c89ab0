/** The decode step: from the bytes of a body to items, each a parsed JSON value or the reason why it is none. Nothing is parsed before it is known to be small. */
import { isAscii, isUtf8 } from "node:buffer";
import { AppError, malformed, type Problem } from "@/lib/errors";
import { inspectValue } from "./inspect-json";
import type { IngestLimits } from "./limits";
import { measureValue, skipSpace } from "./scan-json";

/** One thing that a client sent. `problems` is absent when `value` may go on to validation. */
export interface Item {
  value: unknown;
  problems?: Problem[];
}

/** What a body held. `single`: it was one JSON object, which is answered as one event and not as a list. */
export interface DecodedBody {
  single: boolean;
  items: Item[];
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
  if (format === "ndjson") return { single: false, items: decodeLines(body, limits) };
  if (!isUtf8(body)) throw malformed("The body is not valid UTF-8.");
  const text = textOf(body);
  const from = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0); // a byte order mark is forgiven
  if (from === text.length) throw malformed("The body is empty.");
  if (text[from] === "[") return { single: false, items: decodeArray(text, from + 1, limits) };
  const item = decodeItem({ text, from, end: text.length }, limits);
  if (item.malformed) throw malformed(item.malformed);
  return { single: true, items: [item] };
}

const textOf = (bytes: Buffer): string => (isAscii(bytes) ? bytes.toString("latin1") : bytes.toString("utf8"));

function decodeArray(text: string, start: number, limits: IngestLimits): Item[] {
  const items: Item[] = [];
  let from = skipSpace(text, start);
  if (text[from] !== "]") {
    for (;;) {
      const extent = measureValue(text, from);
      const item = decodeItem({ text, from, end: extent.end }, limits, extent);
      if (item.malformed) throw malformed(item.malformed);
      if (items.push(item) > limits.items) throw tooMany(limits);
      from = extent.end;
      if (text[from] !== ",") break;
      from++;
    }
  }
  if (text[from] !== "]" || skipSpace(text, from + 1) !== text.length)
    throw malformed("The body is not JSON: the array is not closed, or something follows it.");
  return items;
}

function decodeLines(body: Buffer, limits: IngestLimits): Item[] {
  if (!isUtf8(body)) return decodeBrokenLines(body, limits);
  const text = textOf(body);
  const items: Item[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    if (skipSpace(text, from) < end && items.push(decodeLine(text.slice(from, end), limits)) > limits.items) throw tooMany(limits);
    from = end + 1;
  }
  return items;
}

/** Some line is not UTF-8: only that one is refused. */
function decodeBrokenLines(body: Buffer, limits: IngestLimits): Item[] {
  const items: Item[] = [];
  for (let from = 0; from < body.length; ) {
    const newline = body.indexOf(10, from);
    const end = newline < 0 ? body.length : newline;
    const line = body.subarray(from, end);
    from = end + 1;
    const text = textOf(line);
    if (skipSpace(text, 0) === text.length) continue;
    const item = isUtf8(line)
      ? decodeLine(text, limits)
      : { value: undefined, problems: [{ pointer: "", detail: "The line is not valid UTF-8." }] };
    if (items.push(item) > limits.items) throw tooMany(limits);
  }
  return items;
}

function decodeLine(text: string, limits: IngestLimits): Item {
  const item = decodeItem({ text, from: 0, end: text.length }, limits);
  return item.malformed ? { value: undefined, problems: [{ pointer: "", detail: item.malformed }] } : item;
}

/** An item from a value that an adapter built: looked at as if it had come as JSON. */
export function itemOf(value: unknown, limits: IngestLimits): Item {
  const problems = inspectValue(value, undefined, limits);
  return problems.length > 0 ? { value: undefined, problems } : { value };
}

const tooMany = (limits: IngestLimits) => new AppError("too_large", `More than ${limits.items} events in one request.`);

interface Slice {
  text: string;
  from: number;
  end: number;
}

/** Parses one slice of the body. `malformed` says that it is no JSON at all. */
function decodeItem({ text, from, end }: Slice, limits: IngestLimits, measured = measureValue(text, from)): Item & { malformed?: string } {
  if (end - from > limits.itemLength)
    return {
      value: undefined,
      problems: [
        {
          pointer: "",
          detail: `The event is longer than ${limits.itemLength} characters.`,
        },
      ],
    };
  if (measured.depth > limits.depth || measured.keys > limits.keys)
    return {
      value: undefined,
      problems: inspectValue(undefined, measured, limits),
    };
  let value: unknown;
  try {
    value = JSON.parse(from === 0 && end === text.length ? text : text.slice(from, end));
  } catch (error) {
    return {
      value: undefined,
      malformed: `The body is not JSON: ${parserWords(error)}.`,
    };
  }
  const problems = inspectValue(value, measured, limits);
  return problems.length > 0 ? { value: undefined, problems } : { value };
}

/** The parser's complaint without the excerpt of the body: a body is never echoed. */
function parserWords(error: unknown): string {
  const words = error instanceof Error ? error.message : "";
  return /position \d+/.exec(words)?.[0] ? `unexpected text at ${/position \d+/.exec(words)?.[0]}` : "unexpected text or end";
}
