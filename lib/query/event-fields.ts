/** The public names of an event's fields, for people and for API callers. */
import { CredentialType, Direction, Mark, Outcome } from "@/lib/model/event";
import type { Field, FieldTable } from "./fields";

const path = (dotted: string): readonly string[] => dotted.split(".");
type More = Partial<Omit<Field, "name" | "paths">>;
const field =
  (group: string, kind: Field["kind"]) =>
  (name: string, label: string, at: string, example: string, more: More = {}): Field => ({
    name,
    kind,
    label,
    group,
    example,
    paths: at.split(" ").map(path),
    ...more,
  });

const who = field("Who", "keyword");
const where = field("Where", "keyword");
const what = field("What", "keyword");
const request = field("Request", "keyword");
const prose = field("Request", "text");
const measure = field("Request", "number");

const fields: Field[] = [
  what("action", "Action", "action", "user.login"),
  what("outcome", "Outcome", "outcome", "failure", { values: Outcome.options }),
  what("reason", "Reason", "reason", "bad_password"),
  what("service", "Service", "service", "orders-api"),
  what("environment", "Environment", "environment", "production", { aliases: ["env"] }),
  what("direction", "Direction", "direction", "inbound", { values: Direction.options }),
  what("target", "Target", "targets.*.id targets.*.name", "o_1", { exact: true }),
  what("target.type", "Kind of target", "targets.*.type", "order"),
  what("mark", "Mark", "marks.*", "late", { values: Mark.options, aliases: ["marks"] }),
  what("id", "Event", "id", "0199…", { exact: true }),
  field("What", "time")("occurred_at", "Time", "occurred_at", "2026-11-23", { aliases: ["time"] }),

  who("actor", "Account", "actor.id actor.email actor.name", "ana@example.com", { aliases: ["account", "user"] }),
  who("actor.id", "Account id", "actor.id", "u_42", { exact: true }),
  who("actor.email", "Mail address", "actor.email", "ana@example.com", { aliases: ["email"] }),
  who("actor.name", "Name", "actor.name", "Ana"),
  who("actor.type", "Kind of account", "actor.type", "user"),
  who("role", "Role", "actor.role", "admin"),
  field("Who", "boolean")("exists", "Account exists", "actor.exists", "no"),
  who("session", "Session", "session.id", "3f9c…", { exact: true }),
  who("key", "Key", "credential.id", "key_9f2", { exact: true }),
  who("credential", "Credential", "credential.type", "password", { values: CredentialType.options }),
  who("scope", "Scope", "credential.scopes.*", "read"),
  field("Who", "boolean")("mfa", "Second factor", "credential.mfa", "no"),

  field("Where", "address")("ip", "Address", "source.ip", "203.0.113.0/24", { aliases: ["address"] }),
  where("country", "Country", "source.geo.country", "de"),
  where("city", "City", "source.geo.city", "Berlin"),
  field("Where", "number")("asn", "Network number", "source.geo.asn", "24940", { prefix: "AS" }),
  where("network", "Network", "source.geo.as_org", "Hetzner*"),
  field("Where", "text")("user_agent", "User agent", "source.user_agent", "curl", { aliases: ["ua"] }),
  where("agent", "Agent", "source.agent.family", "Chrome", { aliases: ["browser"] }),
  where("os", "System", "source.agent.os", "macOS"),
  where("device", "Device", "source.device_id", "d_1", { exact: true }),
  where("ja4", "TLS fingerprint", "source.ja4", "t13d*", { exact: true }),
  where("language", "Language", "source.language", "de*"),
  where("destination", "Called host", "destination.host", "api.stripe.com"),
  field("Where", "address")("destination.ip", "Called address", "destination.ip", "198.51.100.0/24"),
  field("Where", "number")("destination.port", "Called port", "destination.port", "443"),

  request("method", "Method", "http.method", "POST"),
  request("host", "Host", "http.host", "api.example.com"),
  request("path", "Path", "http.path", "/v1/*"),
  request("route", "Route", "http.route", "/v1/orders/{id}"),
  measure("status", "Status", "http.status", ">=400"),
  prose("query", "Query string", "http.query", "select"),
  prose("body", "Body", "http.body", "script"),
  prose("referrer", "Referrer", "http.referrer", "example.com", { aliases: ["referer"] }),
  measure("request_bytes", "Bytes in", "http.request_bytes", ">10000"),
  measure("response_bytes", "Bytes out", "http.response_bytes", ">1000000"),
  measure("duration", "Duration in ms", "http.duration_ms", ">1000", { aliases: ["duration_ms"] }),
];

/** Everything an event can be asked. `metadata.…` and `header.…` are open: any name under them is a field. */
export const EVENT_FIELDS: FieldTable = {
  records: "events",
  fields,
  text: ["action", "reason", "service", "actor.id", "actor.email", "actor.name", "path", "query", "user_agent", "host", "destination"],
  addresses: ["ip"],
  open: [
    { prefix: "metadata.", root: ["metadata"], group: "Metadata" },
    { prefix: "header.", root: ["http", "headers"], group: "Request", fold: true },
  ],
};
