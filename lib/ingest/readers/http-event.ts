/** Turns the facts of one HTTP exchange, whoever logged it, into an event: the one place where a request becomes `http.request`. */
import type { EventInput } from "@/lib/model/event";
import type { ReaderOptions } from "./reader";
import { addressIn, clip, compact, portIn, said, storable } from "./text";

/** What access logs know of a request. Everything is as the log wrote it, with its escapes undone. */
export interface HttpFacts {
  occurredAt?: string | undefined;
  client?: string | undefined;
  clientPort?: number | undefined;
  user?: string | undefined;
  method?: string | undefined;
  /** Path and query, or what the client sent in their place. */
  target?: string | undefined;
  /** The whole request line when it could not be split. */
  malformed?: string | undefined;
  protocol?: string | undefined;
  host?: string | undefined;
  route?: string | undefined;
  status?: number | undefined;
  requestBytes?: number | undefined;
  responseBytes?: number | undefined;
  durationMs?: number | undefined;
  referrer?: string | undefined;
  userAgent?: string | undefined;
  headers?: Record<string, string> | undefined;
  id?: string | undefined;
  reason?: string | undefined;
  actorId?: string | undefined;
  credential?: EventInput["credential"];
  service?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** The event of one logged request. Texts are cut to the wire form's limits; `metadata.truncated` names what was cut. */
export function httpEvent(facts: HttpFacts, options: ReaderOptions, format: string): EventInput {
  const cut: string[] = [];
  const fit = (value: string | undefined, limit: number, name: string) => {
    if (value === undefined) return undefined;
    if (value.length > limit) cut.push(name);
    return clip(storable(value), limit);
  };
  const place = placeOf(facts.target);
  const ip = addressIn(facts.client);
  const http = compact({
    method: fit(facts.method, 32, "http.method"),
    host: fit(said(facts.host) ?? place.host, 256, "http.host"),
    path: fit(place.path, 8192, "http.path"),
    route: fit(facts.route, 2048, "http.route"),
    query: fit(place.query, 8192, "http.query"),
    status: facts.status !== undefined && facts.status <= 999 ? facts.status : undefined,
    request_bytes: facts.requestBytes,
    response_bytes: facts.responseBytes,
    duration_ms: facts.durationMs,
    referrer: fit(said(facts.referrer), 2048, "http.referrer"),
    headers: facts.headers,
  });
  const source = compact({
    ip,
    port: ip ? (facts.clientPort ?? portIn(facts.client)) : undefined,
    user_agent: fit(said(facts.userAgent), 2048, "source.user_agent"),
  });
  const metadata = compact({
    ...facts.metadata,
    protocol: facts.protocol,
    request_line: fit(facts.malformed, 8192, "metadata.request_line"),
    client: ip ? undefined : fit(said(facts.client), 256, "metadata.client"),
    truncated: cut.length > 0 ? cut : undefined,
  }) as EventInput["metadata"]; // as: built of strings, numbers and parsed JSON only
  return compact({
    id: clip(facts.id, 256),
    occurred_at: facts.occurredAt,
    action: "http.request",
    outcome: outcomeOf(facts.status),
    reason: clip(facts.reason ?? (facts.malformed === undefined ? undefined : "malformed_request"), 256),
    service: clip(options.service ?? facts.service ?? format, 256),
    environment: clip(options.environment, 256),
    actor: actorOf(facts, fit),
    credential: facts.credential,
    source,
    http,
    metadata,
  }) as EventInput; // as: action is always there
}

function actorOf(
  facts: HttpFacts,
  fit: (value: string | undefined, limit: number, name: string) => string | undefined,
): EventInput["actor"] {
  const name = fit(said(facts.user), 256, "actor.name");
  const id = fit(said(facts.actorId), 256, "actor.id") ?? name;
  return id === undefined ? undefined : compact({ type: "user", id, name: name === id ? undefined : name });
}

const outcomeOf = (status: number | undefined) =>
  status === undefined || status === 0 ? "unknown" : status >= 400 ? "failure" : "success";

function placeOf(target: string | undefined): { host?: string; path?: string; query?: string } {
  if (target === undefined) return {};
  const absolute = /^[a-zA-Z][a-zA-Z0-9+.-]{0,15}:\/\/([^/?#]{1,256})(.*)$/s.exec(target);
  const host = absolute?.[1]?.replace(/^.{0,256}@/, "");
  const local = absolute ? absolute[2] || "/" : target;
  const mark = local.indexOf("?");
  const place = mark < 0 ? { path: local } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
  return host ? { host, ...place } : place;
}

const REQUEST_LINE = /^([A-Za-z][A-Za-z_-]{0,31}) (\S.{0,32767}?)(?: (HTTP\/\d(?:\.\d)?))?$/s;

/**
 * Splits a request line. A target may hold raw spaces (clients send what they like). What has neither a protocol nor a path-like target is no request: TLS
 * handshakes and binary junk come back whole as `malformed`; an empty line (a connection closed without a word) as `malformed: ""`.
 */
export function splitRequestLine(line: string): Pick<HttpFacts, "method" | "target" | "protocol" | "malformed"> {
  const parts = REQUEST_LINE.exec(line.length > 40_000 ? line.slice(0, 40_000) : line);
  const [, method, target, protocol] = parts ?? [];
  if (method === undefined || target === undefined) return { malformed: line };
  if (protocol === undefined && !/^(\/|https?:\/\/|\*$)/.test(target)) return { malformed: line };
  return { method, target, protocol };
}
