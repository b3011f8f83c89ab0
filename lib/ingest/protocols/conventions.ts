/**
 * Field names that the world agrees on, read into our event: the Elastic Common Schema and OpenTelemetry's semantic conventions, old and new. What has no place
 * in the event stays in `metadata` under the name it came with.
 */
import type { EventInput } from "@/lib/model/event";
import { addressIn, clip, compact, decimal, instantOf, portNumber, said, storable, wholeNumber } from "@/lib/ingest/readers/text";

/** Values by their dotted name. */
export type Flat = Map<string, unknown>;

/** Deeper members stay whole; wider documents lose what comes after. */
const MAX_DEPTH = 8;
const MAX_FIELDS = 800;

/** `{a: {b: 1}, "c.d": 2}` as `a.b` and `c.d`. Arrays are values. */
export function flatten(document: unknown): Flat {
  const flat: Flat = new Map();
  const visit = (value: Record<string, unknown>, prefix: string, depth: number) => {
    for (const [name, member] of Object.entries(value)) {
      const path = prefix === "" ? name : `${prefix}.${name}`;
      if (typeof member === "object" && member !== null && !Array.isArray(member) && depth < MAX_DEPTH)
        visit(member as Record<string, unknown>, path, depth + 1);
      else if (member !== undefined && member !== null && flat.size < MAX_FIELDS) flat.set(path.slice(0, 256), member);
    }
  };
  if (typeof document === "object" && document !== null && !Array.isArray(document)) visit(document as Record<string, unknown>, "", 0);
  return flat;
}

/** Takes fields out of a flat document: what was taken does not come again in `metadata`. */
class Taker {
  constructor(private readonly flat: Flat) {}

  /** The first of the named fields that holds something; it and its synonyms with the same value are taken. */
  raw(...names: string[]): unknown {
    let found: unknown;
    for (const name of names) {
      const value = this.flat.get(name);
      if (value === undefined || value === "") continue;
      found ??= value;
      if (value === found) this.flat.delete(name);
    }
    return found;
  }

  text(limit: number, ...names: string[]): string | undefined {
    const value = this.raw(...names);
    const text =
      typeof value === "string" ? said(value) : typeof value === "number" || typeof value === "boolean" ? String(value) : first(value);
    return text === undefined ? undefined : clip(storable(text), limit);
  }

  /** An address; a name that is none stays where it was. */
  address(...names: string[]): string | undefined {
    for (const name of names) {
      const ip = addressIn(first(this.flat.get(name)) ?? this.flat.get(name));
      if (ip === undefined) continue;
      this.flat.delete(name);
      return ip;
    }
    return undefined;
  }

  count(...names: string[]): number | undefined {
    return wholeNumber(this.raw(...names));
  }

  get left(): Flat {
    return this.flat;
  }
}

const first = (value: unknown): string | undefined => (Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined);

const OUTCOMES: Record<string, EventInput["outcome"]> = {
  success: "success",
  failure: "failure",
  unknown: "unknown",
  succeeded: "success",
  failed: "failure",
  ok: "success",
  error: "failure",
};

/** What a protocol knows beyond the document's fields. */
export interface Beside {
  id?: string | undefined;
  occurredAt?: string | undefined;
  action?: string | undefined;
  service?: string | undefined;
  message?: string | undefined;
  /** The severity says that something failed, when nothing else says how it went. */
  failed?: boolean | undefined;
}

/** The event that a document in ECS or OpenTelemetry names describes. `flat` is used up. */
export function eventOf(flat: Flat, beside: Beside): Record<string, unknown> {
  const take = new Taker(flat);
  const http = httpOf(take);
  const status = http?.status;
  const outcome = OUTCOMES[take.text(16, "event.outcome", "outcome")?.toLowerCase() ?? ""];
  const occurredAt = beside.occurredAt ?? instantOf(take.raw("@timestamp", "timestamp"));
  const action = beside.action ?? take.text(128, "event.action", "event.name", "action");
  const service = take.text(256, "service.name", "cloud.service.name") ?? beside.service;
  const known = {
    id: beside.id ?? take.text(256, "event.id", "log.record.uid"),
    occurred_at: occurredAt,
    action: action ?? (http?.method || http?.path ? "http.request" : "log.record"),
    outcome: outcome ?? (status ? (status >= 400 ? "failure" : "success") : beside.failed ? "failure" : undefined),
    reason: take.text(256, "event.reason", "error.type", "exception.type", "error.code"),
    direction: directionOf(take),
    service,
    environment: take.text(256, "deployment.environment.name", "deployment.environment", "service.environment"),
    actor: actorOf(take),
    session: sessionOf(take),
    source: sourceOf(take),
    destination: compact({
      host: take.text(256, "destination.domain", "server.address", "host.name"),
      ip: take.address("destination.ip", "server.ip"),
      port: portNumber(take.raw("destination.port", "server.port")),
    }),
    http,
  };
  const metadata = metadataOf(take.left, beside.message);
  return compact({ ...known, metadata }) ?? {};
}

function directionOf(take: Taker): EventInput["direction"] {
  const said = take.text(32, "network.direction", "direction")?.toLowerCase();
  if (said === "outbound" || said === "egress") return "outbound";
  return said === "inbound" || said === "ingress" ? "inbound" : undefined;
}

function actorOf(take: Taker): EventInput["actor"] {
  const id = take.text(256, "user.id", "enduser.id", "actor.id");
  const name = take.text(256, "user.name", "actor.name", "actor");
  const roles = take.raw("user.roles", "enduser.role");
  return compact({
    id: id ?? name,
    name: id === undefined ? undefined : name,
    email: take.text(320, "user.email", "actor.email"),
    role: clip(typeof roles === "string" ? roles : first(roles), 256),
  });
}

function sessionOf(take: Taker): EventInput["session"] {
  const id = take.text(4096, "session.id");
  return id === undefined ? undefined : { id };
}

function sourceOf(take: Taker): EventInput["source"] {
  const ip = take.address(
    "source.ip",
    "client.ip",
    "client.address",
    "source.address",
    "http.client_ip",
    "net.sock.peer.addr",
    "net.peer.ip",
    "network.peer.address",
    "actor_ip",
  );
  const country = take.text(2, "source.geo.country_iso_code", "client.geo.country_iso_code", "geo.country.iso_code");
  return compact({
    ip,
    port: portNumber(take.raw("source.port", "client.port", "net.peer.port", "network.peer.port")),
    user_agent: take.text(2048, "user_agent.original", "http.user_agent"),
    device_id: take.text(256, "device.id"),
    ja4: take.text(256, "tls.client.ja4", "tls.client.ja3"),
    geo: country?.length === 2 ? { country: country.toUpperCase() } : undefined,
  });
}

function httpOf(take: Taker): EventInput["http"] {
  const whole = splitUrl(take.text(16_384, "url.full", "url.original", "http.url"));
  const target = splitUrl(take.text(16_384, "http.target"));
  const headers = headersOf(take);
  return compact({
    method: take.text(32, "http.request.method", "http.method"),
    host: take.text(256, "url.domain", "http.host", "net.host.name") ?? whole.host,
    path: clip(take.text(8192, "url.path") ?? target.path ?? whole.path, 8192),
    route: take.text(2048, "http.route"),
    query: clip(take.text(8192, "url.query")?.replace(/^\?/, "") ?? target.query ?? whole.query, 8192),
    status: statusIn(take.raw("http.response.status_code", "http.status_code")),
    request_bytes: take.count(
      "http.request.bytes",
      "http.request.body.bytes",
      "http.request.body.size",
      "http.request_content_length",
      "http.request.size",
    ),
    response_bytes: take.count(
      "http.response.bytes",
      "http.response.body.bytes",
      "http.response.body.size",
      "http.response_content_length",
      "http.response.size",
    ),
    duration_ms: durationOf(take),
    referrer: take.text(2048, "http.request.referrer"),
    headers,
    body: take.text(8192, "http.request.body.content"),
  });
}

const statusIn = (value: unknown): number | undefined => {
  const status = wholeNumber(value);
  return status !== undefined && status <= 999 ? status : undefined;
};

/** ECS writes nanoseconds, OpenTelemetry's metric name means seconds. */
function durationOf(take: Taker): number | undefined {
  const nanoseconds = decimal(take.raw("event.duration"));
  if (nanoseconds !== undefined) return Math.round(nanoseconds / 1000) / 1000;
  const seconds = decimal(take.raw("http.server.request.duration"));
  return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1000;
}

function headersOf(take: Taker): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const name of take.left.keys()) {
    const header = name.startsWith("http.request.header.") ? name.slice("http.request.header.".length) : undefined;
    if (!header || Object.keys(headers).length >= 100) continue;
    const value = take.raw(name);
    headers[clip(header, 256)] = clip(storable([value].flat().map(String).join(", ")), 8192);
  }
  return Object.keys(headers).length === 0 ? undefined : headers;
}

function splitUrl(url: string | undefined): { host?: string | undefined; path?: string | undefined; query?: string | undefined } {
  if (url === undefined) return {};
  const [, host, local = ""] = /^(?:[a-z][a-z0-9+.-]{0,15}:\/\/([^/?#]{0,512}))?(.*)$/is.exec(url) ?? [];
  const mark = local.indexOf("?");
  return {
    host: clip(host?.replace(/^.{0,256}@/, "") || undefined, 256),
    path: (mark < 0 ? local : local.slice(0, mark)) || undefined,
    query: mark < 0 ? undefined : local.slice(mark + 1),
  };
}

function metadataOf(left: Flat, message: string | undefined): Record<string, unknown> | undefined {
  const entries = [...left].filter(([name]) => name !== "message" || message === undefined);
  if (message !== undefined) entries.push(["message", clip(storable(message), 8192)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
