/** Error logs of nginx and Apache: they name refused users and requests that the access log tells less about. Only lines with a client are events. */
import type { EventInput } from "@/lib/model/event";
import { splitRequestLine } from "./http-event";
import { type ReaderOptions, type Reading, read, skip } from "./reader";
import { addressIn, clip, compact, instant, monthIndex, portIn, storable, unescapeLog } from "./text";

const APACHE =
  /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ( ?\d{1,2}) (\d\d):(\d\d):(\d\d)(\.\d{1,6})? (\d{4})\] \[([\w-]{0,32}:?[\w-]{1,32})\] (.*)$/s;
const APACHE_CLIENT = /^(?:\[[^\]]{0,128}\] ){0,4}?\[(?:client|remote) ([^\]]{2,64})\] (?:(AH\d{5}): )?(.*)$/s;
const NGINX = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) \[([a-z]{2,8})\] \d{1,10}#\d{1,10}: (.*)$/s;

interface ErrorFacts {
  occurredAt: string | undefined;
  client: string | undefined;
  message: string;
  code?: string | undefined;
  request?: string | undefined;
  host?: string | undefined;
  referrer?: string | undefined;
}

/** The event of an Apache or nginx error line, `skip` for lines without a client, undefined when the line has another shape. */
export function readErrorLine(line: string, options: ReaderOptions, format: string): Reading[] | undefined {
  const facts = apacheFacts(line, options) ?? nginxFacts(line, options);
  if (!facts) return undefined;
  if (facts.client === undefined) return skip("the server's own message: it names no client");
  return read(errorEvent(facts, options, format));
}

function apacheFacts(line: string, options: ReaderOptions): ErrorFacts | undefined {
  const parts = APACHE.exec(line);
  if (!parts) return undefined;
  const [, month = "", day, hour, minute, second, fraction, year, , rest = ""] = parts;
  const local =
    Date.UTC(Number(year), monthIndex(month), Number(day), Number(hour), Number(minute), Number(second)) +
    Math.floor(Number(fraction ?? 0) * 1000);
  const said = APACHE_CLIENT.exec(rest);
  const message = said?.[3] ?? rest;
  return {
    occurredAt: inUtc(local, options),
    client: said?.[1],
    code: said?.[2],
    message,
    request: /\brequest (.{1,32768})$/s.exec(message)?.[1]?.trim(),
  };
}

function nginxFacts(line: string, options: ReaderOptions): ErrorFacts | undefined {
  const parts = NGINX.exec(line);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, , text = ""] = parts;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const from = text.lastIndexOf(", client: ");
  const tail = from < 0 ? "" : text.slice(from);
  return {
    occurredAt: inUtc(local, options),
    client: /^, client: ([^\s,]{2,64})/.exec(tail)?.[1],
    message: (from < 0 ? text : text.slice(0, from)).replace(/^\*\d{1,20} /, ""),
    request: /, request: "((?:[^"\\]|\\.){0,32768})"/s.exec(tail)?.[1],
    host: /, host: "([^"]{1,256})"/.exec(tail)?.[1],
    referrer: /, referrer: "([^"]{1,4096})"/.exec(tail)?.[1],
  };
}

const inUtc = (local: number, options: ReaderOptions) => instant(local - (options.utcOffsetMinutes ?? 0) * 60_000);

/** Refused passwords and unknown users of basic authentication: Apache's AH01617/AH01618 and nginx's wording. */
const REFUSED_USER: [RegExp, string][] = [
  [/^user "?([^":]{1,256})"?: (?:authentication failure|password mismatch)/i, "bad_password"],
  [/^user "?([^":]{1,256}?)"? (?:was )?not found/i, "unknown_user"],
];

function errorEvent(facts: ErrorFacts, options: ReaderOptions, format: string): EventInput {
  const refused = REFUSED_USER.map(([pattern, reason]) => ({ name: pattern.exec(facts.message)?.[1], reason })).find(
    (one) => one.name !== undefined,
  );
  const line = facts.request === undefined ? {} : splitRequestLine(unescapeLog(facts.request));
  const mark = line.target?.indexOf("?") ?? -1;
  const target = line.target;
  const ip = addressIn(facts.client);
  return compact({
    occurred_at: facts.occurredAt,
    action: refused ? "user.login" : "http.error",
    outcome: "failure",
    reason: refused?.reason ?? facts.code,
    service: clip(options.service ?? format, 256),
    environment: clip(options.environment, 256),
    actor: refused
      ? compact({
          type: "user",
          id: clip(storable(refused.name ?? ""), 256),
          exists: refused.reason === "unknown_user" ? false : undefined,
        })
      : undefined,
    credential: refused ? { type: "password" } : undefined,
    source: compact({ ip, port: ip ? portIn(facts.client) : undefined }),
    http: compact({
      method: line.method,
      path: clip(target === undefined ? undefined : storable(mark < 0 ? target : target.slice(0, mark)), 8192),
      query: clip(mark < 0 || target === undefined ? undefined : storable(target.slice(mark + 1)), 8192),
      host: facts.host,
      referrer: clip(facts.referrer, 2048),
    }),
    metadata: compact({
      message: clip(storable(facts.message), 2048),
      client: ip ? undefined : clip(facts.client, 256),
    }) as EventInput["metadata"], // as: strings only
  } satisfies EventInput as EventInput) as EventInput; // as: action is always there
}
