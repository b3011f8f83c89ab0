/** Access lines in the "common" and "combined" shape, with or without a virtual host in front: nginx, Apache, Traefik, ingress controllers, and what copied them. */
import { type HttpFacts, httpEvent, splitRequestLine } from "./http-event";
import { type ReaderOptions, type Reading, read } from "./reader";
import { addressIn, decimal, instant, monthIndex, offsetMinutes, said, unescapeLog, wholeNumber } from "./text";

const STAMP = /(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})/;
/** Both writers escape a quote inside a field, so the first stamp that is followed by a raw quote is the log's own, whatever the user name holds. */
const OPENING = new RegExp(` \\[${STAMP.source}\\] "`);

/** The event of an access line, or undefined when the line has another shape. */
export function readAccessLine(line: string, options: ReaderOptions, format: string): Reading[] | undefined {
  const opening = OPENING.exec(line);
  if (!opening) return undefined;
  const who = whoIn(line.slice(0, opening.index));
  const request = quoted(line, opening.index + opening[0].length - 1);
  if (!who || !request) return undefined;
  const numbers = /^ (\d{3}|-) (\d{1,15}|-)(?= |$)/.exec(line.slice(request.end, request.end + 32));
  if (!numbers) return undefined;
  const fields = fieldsAfter(line, request.end + numbers[0].length);
  const facts: HttpFacts = {
    ...who,
    ...splitRequestLine(unescapeLog(request.text)),
    occurredAt: stampInstant(opening),
    status: wholeNumber(numbers[1]),
    responseBytes: wholeNumber(numbers[2]),
    ...combinedPart(fields),
    ...tailPart(fields),
  };
  if (facts.malformed !== undefined) facts.malformed = request.text; // binary junk is better read with its escapes
  return read(httpEvent(facts, options, format));
}

/** RFC 3339 of an access stamp match whose groups 1 to 7 are the parts of the stamp. */
function stampInstant(parts: RegExpExecArray): string | undefined {
  const [, day, month, year, hour, minute, second, zone] = parts;
  const index = monthIndex(month ?? "");
  const offset = offsetMinutes(zone ?? "");
  if (index < 0 || offset === undefined) return undefined;
  return instant(Date.UTC(Number(year), index, Number(day), Number(hour), Number(minute), Number(second)) - offset * 60_000);
}

/** `client ident user`, `vhost client ident user`; a user name may hold spaces. */
function whoIn(text: string): Pick<HttpFacts, "client" | "user" | "host"> | undefined {
  const words = text.split(" ");
  if (words.length < 3 || words.length > 64) return undefined;
  const [first = "", second = ""] = words;
  const vhost = addressIn(first) === undefined && addressIn(second) !== undefined;
  const rest = vhost ? words.slice(1) : words;
  const [client] = rest;
  if (!client || rest.length < 3) return undefined;
  const user = said(unescapeLog(rest.slice(2).join(" ")));
  return { client, user: user === '""' ? undefined : user, host: vhost ? first.replace(/:\d{1,5}$/, "") : undefined };
}

interface Field {
  text: string;
  quoted: boolean;
}

/** Words and quoted texts from `from` to the end; 64 at most, as no known format has more. */
function fieldsAfter(line: string, from: number): Field[] {
  const fields: Field[] = [];
  let at = from;
  while (at < line.length && fields.length < 64) {
    if (line[at] === " ") {
      at += 1;
      continue;
    }
    const text = line[at] === '"' ? quoted(line, at) : undefined;
    const end = text?.end ?? wordEnd(line, at);
    fields.push({ text: text?.text ?? line.slice(at, end), quoted: text !== undefined });
    at = end;
  }
  return fields;
}

function wordEnd(line: string, from: number): number {
  const space = line.indexOf(" ", from);
  return space < 0 ? line.length : space;
}

/** The text between the quote at `from` and the next one that no backslash escapes, still escaped; undefined without an end. */
function quoted(line: string, from: number): { text: string; end: number } | undefined {
  for (let at = from + 1; at < line.length; at += 1) {
    if (line[at] === "\\") at += 1;
    else if (line[at] === '"') return { text: line.slice(from + 1, at), end: at + 1 };
  }
  return undefined;
}

function combinedPart(fields: Field[]): Pick<HttpFacts, "referrer" | "userAgent"> {
  const [referrer, userAgent] = fields;
  if (!referrer?.quoted || !userAgent?.quoted) return {};
  return { referrer: unescapeLog(referrer.text), userAgent: unescapeLog(userAgent.text) };
}

/** What often follows: a quoted X-Forwarded-For, ingress-nginx's length and time, Traefik's duration, `rt=0.123`. The rest is not guessed at. */
function tailPart(fields: Field[]): Pick<HttpFacts, "durationMs" | "requestBytes" | "metadata"> {
  const [length, time, upstream] = fields.slice(2);
  const forwarded = length?.quoted && addressIn(length.text.split(",")[0]) ? length.text.slice(0, 256) : undefined;
  const metadata = forwarded ? { metadata: { forwarded_for: forwarded } } : {};
  if (length && time && upstream?.text.startsWith("[") && !length.quoted && /^\d{1,6}\.\d{3}$/.test(time.text)) {
    return { requestBytes: wholeNumber(length.text), durationMs: milliseconds(time.text) };
  }
  const last = fields.at(-1)?.text ?? "";
  if (fields.length >= 6 && /^\d{1,9}ms$/.test(last)) return { durationMs: Number(last.slice(0, -2)), ...metadata };
  const named = fields
    .map((field) => /^(?:rt|request_time)=(\d{1,6}\.\d{1,6})$/.exec(field.text)?.[1])
    .find((seconds) => seconds !== undefined);
  return named === undefined ? metadata : { durationMs: milliseconds(named), ...metadata };
}

/** Whole microseconds, so that 0.1 s does not become 100.00000000000001 ms. */
const milliseconds = (seconds: string): number => Math.round((decimal(seconds) ?? 0) * 1e6) / 1e3;
