/**
 * The names under which rules may ask for a field: our wire path, ECS, OCSF, and Sigma's webserver and proxy taxonomy. One table; a name in none of
 * them is a key of `metadata`, dotted or literal. `resolveField` does the looking up once per name, so that reading an event is a walk and no search.
 */
import ipaddr from "ipaddr.js";
import type { EntityType } from "@/lib/model/alert";
import type { EventDocument } from "@/lib/model/event";

/** wire path → other public names of the same thing. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  id: ["event.id", "metadata.uid"],
  occurred_at: ["@timestamp", "event.start", "time_dt"],
  action: ["event.action", "api.operation", "event.type", "activity_name"],
  outcome: ["event.outcome", "status"],
  reason: ["event.reason", "status_detail", "error.message"],
  direction: ["network.direction", "connection_info.direction"],
  service: ["service.name", "api.service.name", "observer.name"],
  environment: ["service.environment"],
  "actor.type": ["user.type", "actor.user.type"],
  "actor.id": ["user.id", "user.uid", "actor.user.uid"],
  "actor.name": ["user.name", "actor.user.name", "cs-username", "cs-user", "c-user"],
  "actor.email": ["user.email", "user.email_addr", "actor.user.email_addr"],
  "actor.role": ["user.roles", "user.groups.name", "actor.user.groups.name"],
  "actor.exists": [],
  "session.id": ["actor.session.uid", "session.uid"],
  "credential.type": ["auth_protocol", "actor.session.credential_type"],
  "credential.id": ["actor.user.credential_uid", "api_key.id"],
  "credential.scopes": ["actor.session.scopes"],
  "credential.mfa": ["is_mfa", "actor.session.is_mfa"],
  "source.ip": ["client.ip", "src_endpoint.ip", "c-ip", "src_ip", "source.address", "client.address"],
  "source.port": ["client.port", "src_endpoint.port", "c-port", "src_port"],
  "source.user_agent": ["user_agent.original", "http_request.user_agent", "cs-user-agent", "c-useragent", "cs(user-agent)", "user_agent"],
  "source.language": ["http.request.language"],
  "source.device_id": ["device.id", "device.uid", "src_endpoint.uid"],
  "source.ja4": ["tls.client.ja4", "tls.ja4_fingerprint_list.value"],
  "source.geo.country": ["source.geo.country_iso_code", "client.geo.country_iso_code", "src_endpoint.location.country"],
  "source.geo.city": ["source.geo.city_name", "client.geo.city_name", "src_endpoint.location.city"],
  "source.geo.lat": ["source.geo.location.lat", "client.geo.location.lat", "src_endpoint.location.lat"],
  "source.geo.lon": ["source.geo.location.lon", "client.geo.location.lon", "src_endpoint.location.long"],
  "source.geo.asn": ["source.as.number", "client.as.number", "src_endpoint.autonomous_system.number"],
  "source.geo.as_org": ["source.as.organization.name", "client.as.organization.name", "src_endpoint.autonomous_system.name"],
  "source.agent.family": ["user_agent.name"],
  "source.agent.version": ["user_agent.version"],
  "source.agent.os": ["user_agent.os.name", "src_endpoint.os.name"],
  "source.agent.device": ["user_agent.device.name"],
  "destination.host": ["destination.domain", "destination.address", "dst_endpoint.hostname", "r-dns"],
  "destination.ip": ["dst_endpoint.ip", "dst_ip", "server.ip"],
  "destination.port": ["dst_endpoint.port", "dst_port", "server.port"],
  "targets.type": ["resources.type", "resource.type"],
  "targets.id": ["resources.uid", "resource.uid", "resource.id"],
  "targets.name": ["resources.name", "resource.name"],
  "http.method": ["http.request.method", "http_request.http_method", "cs-method"],
  "http.host": ["url.domain", "http_request.url.hostname", "cs-host", "server.domain"],
  "http.path": ["url.path", "http_request.url.path", "cs-uri-stem", "c-uri-stem"],
  "http.route": ["url.route", "http_request.url.route"],
  "http.status": ["http.response.status_code", "http_response.code", "sc-status", "status_code"],
  "http.request_bytes": ["http.request.bytes", "http_request.length", "cs-bytes"],
  "http.response_bytes": ["http.response.bytes", "http_response.length", "sc-bytes"],
  "http.duration_ms": ["time-taken", "http_response.latency"],
  "http.referrer": ["http.request.referrer", "http_request.referrer", "cs-referrer", "cs-referer", "cs(referer)"],
  "http.body": ["http.request.body.content", "http.request.body", "http_request.body", "cs-body"],
  // Made from others; see `computed`.
  "http.query": ["url.query", "http_request.url.query_string"],
  "http.uri": ["url.full", "url.original", "http_request.url.url_string", "c-uri", "cs-uri", "http.url"],
  "http.query_or_uri": ["cs-uri-query", "c-uri-query"],
  "http.extension": ["url.extension", "c-uri-extension"],
  "http.cookies": ["http.cookie", "http.request.cookies", "cs-cookie", "cs(cookie)"],
  "http.request": [],
  "http.parameters": [],
  "http.parameter_names": [],
  "http.headers": [],
  "http.header_names": [],
  "http.files": [],
  "source.network": ["client.network"],
  actor: ["user", "related.user"],
};

type Reader = (document: EventDocument) => unknown;

/** Fields that are no path of the document. A list means that the field has several values at once. */
const computed: Readonly<Record<string, Reader>> = {
  "http.uri": ({ http }) => uriForms(http),
  // Published webserver rules look for whole request lines in cs-uri-query, which is how some servers log it.
  "http.query_or_uri": ({ http }) => [http?.query, requestLine(http)].filter((text) => text !== undefined),
  "http.extension": ({ http }) => /\.([A-Za-z0-9]{1,10})$/.exec(http?.path ?? "")?.[1],
  "http.cookies": ({ http }) => headerOf(http, "cookie"),
  "http.request": ({ http, source }) => (http ? requestTexts(http, source?.user_agent) : undefined),
  "http.headers": ({ http }) => (http?.headers ? Object.values(http.headers) : undefined),
  "http.header_names": ({ http }) => (http?.headers ? Object.keys(http.headers).map((name) => name.toLowerCase()) : undefined),
  "http.parameters": () => undefined,
  "http.parameter_names": () => undefined,
  "http.files": () => undefined,
  "source.network": ({ source }) => (source?.ip === undefined ? undefined : networkOf(source.ip)),
  actor: (document) => actorOf(document),
};

type Http = NonNullable<EventDocument["http"]>;

const requestLine = (http: Http | undefined): string | undefined =>
  http?.path === undefined ? undefined : http.query === undefined || http.query === "" ? http.path : `${http.path}?${http.query}`;

function uriForms(http: Http | undefined): string[] | undefined {
  const line = requestLine(http);
  if (line === undefined) return undefined;
  return http?.host ? [line, `https://${http.host}${line}`, `http://${http.host}${line}`] : [line];
}

/** Every text of a request that its sender chose: path, query, body, headers (cookies and user agent among them). */
function requestTexts(http: Http, agent: string | undefined): string[] {
  const texts = [http.path, http.query, http.body, http.referrer, agent, ...Object.values(http.headers ?? {})];
  return texts.filter((value): value is string => typeof value === "string" && value !== "");
}

function headerOf(http: Http | undefined, name: string): string | undefined {
  const headers = http?.headers;
  if (!headers) return undefined;
  const direct = headers[name];
  if (direct !== undefined) return direct;
  for (const key in headers) if (key.length === name.length && key.toLowerCase() === name) return headers[key];
  return undefined;
}

/** The best single name of the actor: id, else email, else name. */
export const actorOf = ({ actor }: EventDocument): string | undefined => actor?.id ?? actor?.email ?? actor?.name;

/** The network that an address is counted by: /24 for IPv4, /48 for IPv6, which is what one customer usually holds. */
export function networkOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return `${parsed.toString().split(".").slice(0, 3).join(".")}.0/24`;
  const [a = 0, b = 0, c = 0] = (parsed as ipaddr.IPv6).parts; // kind() has just said so
  return `${[a, b, c].map((part) => part.toString(16)).join(":")}::/48`;
}

const canonicalByName = new Map<string, string>();
for (const [canonical, others] of Object.entries(aliases))
  for (const name of [canonical, ...others]) canonicalByName.set(name.toLowerCase(), canonical);

/** The wire path behind a public name; the name itself when no table knows it. Names of headers come as `http.header.<lower case>`. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  const known = canonicalByName.get(lower);
  if (known) return known;
  const header = /^(?:http\.headers?|http\.request\.headers|http_request\.http_headers)\.(.+)$/.exec(lower)?.[1];
  return header ? `http.header.${header}` : name;
}

/** Whether decoding may add readings to a field: texts that an attacker writes, and the scores made from them. */
export const isDecoded = (canonical: string): boolean =>
  /^http\.(path|query|uri|query_or_uri|referrer|body|cookies|request|parameters|parameter_names|headers|header_names|files|header\..*)$/.test(
    canonical,
  ) || canonical.startsWith("vedette.");

/** Compiles a field name to its reader. What the table finds nothing for is looked up in `metadata`, literally and then dotted. */
export function resolveField(name: string): Reader {
  const canonical = canonicalName(name);
  const fallback = metadataReader(name);
  const own = computed[canonical] ?? specialReader(canonical);
  if (own) return canonical.startsWith("vedette.") ? own : (document) => own(document) ?? fallback(document);
  if (!canonicalByName.has(canonical.toLowerCase())) return fallback;
  const ofDocument = documentReader(canonical);
  return (document) => ofDocument(document) ?? fallback(document);
}

type Tree = Readonly<Record<string, unknown>> | undefined;

/** Reads a path of the table above: its names are ours, so that a plain property access is safe. Lists are walked. */
function documentReader(canonical: string): Reader {
  const path = canonical.split(".");
  const [first = "", second = "", third = "", ...deeper] = path;
  if (first === "targets" || deeper.length > 0) return (document) => walk(document, path, 0);
  if (path.length === 1) return (document) => (document as Tree)?.[first];
  if (path.length === 2) return (document) => ((document as Tree)?.[first] as Tree)?.[second];
  return (document) => (((document as Tree)?.[first] as Tree)?.[second] as Tree)?.[third];
}

function specialReader(canonical: string): Reader | undefined {
  if (canonical.startsWith("vedette.")) return () => undefined; // made by decoding alone; never from what a client calls so
  if (!canonical.startsWith("http.header.")) return undefined;
  const header = canonical.slice("http.header.".length);
  if (header === "user-agent") return ({ http, source }) => headerOf(http, header) ?? source?.user_agent;
  if (header === "referer") return ({ http }) => headerOf(http, header) ?? http?.referrer;
  return ({ http }) => headerOf(http, header);
}

function metadataReader(name: string): Reader {
  const bare = name.startsWith("metadata.") ? name.slice("metadata.".length) : name;
  const path = bare.split(".");
  const [first = ""] = path;
  if (isOfLanguage(bare) || isOfLanguage(first)) return ({ metadata }) => metadata && (own(metadata, bare) ?? walk(metadata, path, 0));
  return ({ metadata }) => {
    if (metadata === undefined) return undefined;
    const literal = metadata[bare];
    return literal === undefined && path.length > 1 && metadata[first] !== undefined ? walk(metadata, path, 0) : literal;
  };
}

/** Names that every object answers to without having been given them. */
const isOfLanguage = (name: string): boolean => name in Object.prototype;

/** Own properties only: `__proto__` or `constructor` in a rule must not reach the language. */
const own = (holder: object, key: string): unknown => (Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined);

/** Follows a path; a list on the way gives the values of all its members. */
function walk(value: unknown, path: readonly string[], from: number): unknown {
  let current = value;
  for (let i = from; i < path.length; i++) {
    if (current === null || typeof current !== "object") return undefined;
    if (Array.isArray(current)) {
      const found = current.slice(0, 100).flatMap((member) => walk(member, path, i) ?? []);
      return found.length > 0 ? found : undefined;
    }
    current = own(current, path[i] ?? "");
  }
  return current;
}

const entityTypes: Readonly<Record<string, EntityType>> = {
  "source.ip": "ip",
  "destination.ip": "ip",
  "source.network": "network",
  "source.geo.asn": "asn",
  "source.geo.country": "country",
  actor: "actor",
  "actor.id": "actor",
  "actor.name": "actor",
  "actor.email": "actor",
  "session.id": "session",
  "credential.id": "key",
  service: "service",
  "http.route": "route",
  "http.path": "route",
  "http.host": "host",
  "destination.host": "host",
  "source.device_id": "device",
  "source.ja4": "device",
  "source.user_agent": "agent",
  "source.agent.family": "agent",
};

/** The kind of entity that a field names; undefined when it names none. */
export const entityTypeOf = (field: string): EntityType | undefined => entityTypes[canonicalName(field)];
