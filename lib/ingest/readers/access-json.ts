/** Access logs written as one JSON object a line: nginx (whatever names the administrator chose), Caddy, Traefik, Envoy and Kong. */
import type { EventInput } from "@/lib/model/event";
import { type HttpFacts, httpEvent, splitRequestLine } from "./http-event";
import { type ReaderOptions, type Reading, read, skip, unread } from "./reader";
import { addressIn, clip, decimal, instantOf, parseJson, portNumber, record, said, storable, wholeNumber } from "./text";

type Fields = Record<string, unknown>;
type Mapper = (fields: Fields) => HttpFacts | { skip: string } | undefined;

/** A line reader for JSON objects that `mapper` turns into facts of a request. */
export function jsonAccessReader(format: string, mapper: Mapper): (line: string, options: ReaderOptions) => Reading[] {
  return (line, options) => {
    const value = parseJson(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return unread("not a JSON object");
    const facts = mapper(value as Fields); // as: checked on the line above
    if (facts === undefined) return unread(`JSON, but not a request as ${format} logs it`);
    return "skip" in facts ? skip(facts.skip) : read(httpEvent(facts, options, format));
  };
}

/** The first of the named fields that says something, as text. */
function pick(fields: Fields, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    const text = typeof value === "number" ? String(value) : said(value);
    if (text !== undefined) return text;
  }
  return undefined;
}

const seconds = (value: unknown) => scaled(value, 1000);
const scaled = (value: unknown, factor: number): number | undefined => {
  const number = decimal(value);
  return number === undefined ? undefined : Math.round(number * factor * 1000) / 1000;
};

/** nginx `log_format … escape=json` with the variables' own names, or the usual short ones. */
export const nginxFacts: Mapper = (fields) => {
  const line = pick(fields, "request", "request_line");
  const client = pick(fields, "remote_addr", "client_ip", "client", "remote_ip", "ip", "clientip", "http_x_real_ip");
  const target = pick(fields, "request_uri", "uri", "path", "url");
  if (line === undefined && target === undefined && client === undefined) return undefined;
  const parts = line === undefined ? {} : splitRequestLine(line);
  const args = pick(fields, "args", "query_string", "query");
  const whole = target !== undefined && args !== undefined && !target.includes("?") ? `${target}?${args}` : target;
  return {
    ...parts,
    ...(whole === undefined ? {} : { target: whole, malformed: undefined }),
    occurredAt: instantOf(pick(fields, "time_iso8601", "msec", "timestamp", "@timestamp", "time", "ts", "date")),
    client,
    clientPort: portNumber(fields.remote_port),
    user: pick(fields, "remote_user", "user"),
    method: pick(fields, "request_method", "method") ?? parts.method,
    protocol: pick(fields, "server_protocol", "protocol") ?? parts.protocol,
    host: pick(fields, "host", "http_host", "server_name", "vhost"),
    status: wholeNumber(fields.status ?? fields.response_status),
    requestBytes: wholeNumber(fields.request_length),
    responseBytes: wholeNumber(fields.body_bytes_sent ?? fields.bytes_sent ?? fields.bytes ?? fields.size),
    durationMs: seconds(fields.request_time),
    referrer: pick(fields, "http_referer", "http_referrer", "referer", "referrer"),
    userAgent: pick(fields, "http_user_agent", "user_agent", "agent"),
    id: undefined,
    metadata: {
      request_id: pick(fields, "request_id", "req_id"),
      forwarded_for: clip(pick(fields, "http_x_forwarded_for", "x_forwarded_for"), 256),
    },
  };
};

/** Caddy's `http.log.access` (JSON encoder). The `client_ip` is the one that Caddy trusts; `remote_ip` the peer. */
export const caddyFacts: Mapper = (fields) => {
  const request = record(fields.request);
  if (request.method === undefined && request.uri === undefined) {
    return fields.logger !== undefined || fields.level !== undefined ? { skip: "Caddy's own message, no request" } : undefined;
  }
  const headers = firstValues(request.headers);
  return {
    occurredAt: instantOf(fields.ts),
    client: pick(request, "client_ip", "remote_ip", "remote_addr"),
    clientPort: portNumber(request.remote_port),
    user: said(fields.user_id),
    method: said(request.method),
    target: said(request.uri),
    protocol: said(request.proto),
    host: said(request.host),
    status: wholeNumber(fields.status),
    requestBytes: wholeNumber(fields.bytes_read),
    responseBytes: wholeNumber(fields.size),
    durationMs: typeof fields.duration === "string" ? durationText(fields.duration) : seconds(fields.duration),
    referrer: headers?.referer,
    userAgent: headers?.["user-agent"],
    headers: withoutKnown(headers),
  };
};

/** Caddy can write durations as `1.5ms`. */
function durationText(text: string): number | undefined {
  const parts = /^(\d{1,12}(?:\.\d{1,9})?)(ns|µs|us|ms|s|m)$/.exec(text);
  const factor = { ns: 1e-6, µs: 1e-3, us: 1e-3, ms: 1, s: 1000, m: 60_000 }[parts?.[2] ?? ""];
  return parts && factor !== undefined ? scaled(parts[1], factor) : undefined;
}

/** Traefik's JSON access log; durations are nanoseconds. `request_*` members are the headers that the administrator chose to keep. */
export const traefikFacts: Mapper = (fields) => {
  if (fields.RequestMethod === undefined && fields.RequestPath === undefined) {
    return fields.level !== undefined && fields.message !== undefined ? { skip: "Traefik's own message, no request" } : undefined;
  }
  const status = wholeNumber(fields.DownstreamStatus) ?? wholeNumber(fields.OriginStatus);
  return {
    occurredAt: instantOf(fields.StartUTC ?? fields.StartLocal ?? fields.time),
    client: pick(fields, "ClientHost", "ClientAddr"),
    clientPort: portNumber(fields.ClientPort),
    user: said(fields.ClientUsername),
    method: said(fields.RequestMethod),
    target: said(fields.RequestPath),
    protocol: said(fields.RequestProtocol),
    host: pick(fields, "RequestHost", "RequestAddr"),
    status,
    requestBytes: wholeNumber(fields.RequestContentSize),
    responseBytes: wholeNumber(fields.DownstreamContentSize ?? fields.OriginContentSize),
    durationMs: scaled(fields.Duration, 1e-6),
    referrer: pick(fields, "request_Referer", "request_referer"),
    userAgent: pick(fields, "request_User-Agent", "request_user-agent"),
    metadata: { router: said(fields.RouterName), upstream: said(fields.ServiceName) },
  };
};

/** Envoy's JSON access log with the operators' usual names. A peer that Envoy itself saw comes before what a header claims. */
export const envoyFacts: Mapper = (fields) => {
  const target = pick(fields, "path", "x_envoy_original_path", ":path", "x-envoy-original-path");
  const method = pick(fields, "method", ":method");
  if (target === undefined && method === undefined && fields.response_code === undefined) return undefined;
  return {
    occurredAt: instantOf(pick(fields, "start_time", "@timestamp", "time")),
    client: envoyClient(
      pick(fields, "downstream_remote_address", "downstream_direct_remote_address", "client_ip"),
      pick(fields, "x_forwarded_for", "x-forwarded-for"),
    ),
    method,
    target,
    protocol: pick(fields, "protocol"),
    host: pick(fields, "authority", ":authority", "host"),
    status: wholeNumber(fields.response_code ?? fields.status),
    requestBytes: wholeNumber(fields.bytes_received),
    responseBytes: wholeNumber(fields.bytes_sent),
    durationMs: decimal(fields.duration),
    referrer: pick(fields, "referer"),
    userAgent: pick(fields, "user_agent", "user-agent"),
    route: undefined,
    metadata: {
      request_id: pick(fields, "request_id", "x-request-id"),
      response_flags: pick(fields, "response_flags"),
      upstream: pick(fields, "upstream_host"),
      route_name: pick(fields, "route_name"),
    },
  };
};

/** Envoy appends the peer to X-Forwarded-For, so the last entry is what Envoy saw; earlier ones are claims. */
export function envoyClient(peer: string | undefined, forwarded: string | undefined): string | undefined {
  const last = forwarded?.slice(-256).split(",").at(-1)?.trim();
  return addressIn(peer) === undefined ? last : peer;
}

/** Kong's `file-log`, `http-log` and friends. */
export const kongFacts: Mapper = (fields) => {
  const request = record(fields.request);
  const response = record(fields.response);
  const consumer = record(fields.consumer);
  const entity = said(record(fields.authenticated_entity).id);
  if (request.method === undefined || response.status === undefined) return undefined;
  const headers = firstValues(request.headers);
  return {
    occurredAt: instantOf(fields.started_at),
    client: said(fields.client_ip),
    user: pick(consumer, "username", "custom_id"),
    actorId: pick(consumer, "custom_id", "username", "id"),
    credential: entity === undefined ? undefined : ({ type: "api_key", id: clip(entity, 256) } satisfies EventInput["credential"]),
    method: said(request.method),
    target: said(request.uri),
    host: headers?.host ?? hostOf(said(request.url)),
    status: wholeNumber(response.status),
    requestBytes: wholeNumber(request.size),
    responseBytes: wholeNumber(response.size),
    durationMs: decimal(record(fields.latencies).request),
    referrer: headers?.referer,
    userAgent: headers?.["user-agent"],
    headers: withoutKnown(headers),
    service: said(record(fields.service).name),
    metadata: { request_id: said(request.id), route_name: said(record(fields.route).name), upstream: said(record(fields.service).host) },
  };
};

const hostOf = (url: string | undefined): string | undefined => /^[a-z]{2,8}:\/\/([^/:]{1,256})/.exec(url ?? "")?.[1];

/** Request headers by lower-case name; of repeated ones all values, joined as HTTP does. At most 100. */
function firstValues(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(record(value)).slice(0, 100);
  const texts = entries.map(([name, content]): [string, string] => [
    clip(name.toLowerCase(), 256),
    clip(storable([content].flat().map(String).join(", ")), 8192),
  ]);
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

/** Headers that have a field of their own are not kept twice. */
function withoutKnown(headers: Record<string, string> | undefined): Record<string, string> | undefined {
  const kept = Object.entries(headers ?? {}).filter(([name]) => !["user-agent", "referer", "host"].includes(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
