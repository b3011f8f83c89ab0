/** Envoy's default text access log: `[2016-04-15T20:17:00.310Z] "POST /api HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "agent" "request-id" "authority" "upstream"`. */
import { envoyClient } from "./access-json";
import { httpEvent, splitRequestLine } from "./http-event";
import { type ReaderOptions, type Reading, read } from "./reader";
import { instant, said, wholeNumber } from "./text";

const HEAD = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)\] "/;
/** Status, flags, (Istio: details, failure reason), bytes received and sent, duration, upstream time. */
const NUMBERS = /^" (\d{1,3}) (\S{1,64}) (?:(\S{1,128}) (\S{1,128}) "([^"]{0,256})" )?(\d{1,15}) (\d{1,15}) (\d{1,15}|-) (\d{1,15}|-) "/;

/** The event of an Envoy (or Istio) access line; undefined when the line has another shape. */
export function readEnvoyLine(line: string, options: ReaderOptions, format: string): Reading[] | undefined {
  const head = HEAD.exec(line);
  if (!head) return undefined;
  // Envoy does not escape: the last quote before a status and numbers ends the request, so look from each quote on
  for (
    let quote = line.indexOf('"', head[0].length), tries = 0;
    quote >= 0 && tries < 64;
    quote = line.indexOf('"', quote + 1), tries += 1
  ) {
    const numbers = NUMBERS.exec(line.slice(quote, quote + 1024));
    if (!numbers) continue;
    const [forwarded, userAgent, requestId, authority, upstream] = line.slice(quote + numbers[0].length).split('" "');
    const facts = {
      ...splitRequestLine(line.slice(head[0].length, quote)),
      occurredAt: instant(Date.parse(head[1] ?? "")),
      client: envoyClient(undefined, said(forwarded)),
      status: wholeNumber(numbers[1]),
      requestBytes: wholeNumber(numbers[6]),
      responseBytes: wholeNumber(numbers[7]),
      durationMs: wholeNumber(numbers[8]),
      userAgent: said(userAgent),
      host: said(authority?.replace(/"$/, "")),
      metadata: { request_id: said(requestId), response_flags: said(numbers[2]), upstream: said(upstream?.split('"')[0]) },
    };
    return read(httpEvent(facts, options, format));
  }
  return undefined;
}
