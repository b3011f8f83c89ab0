/**
 * The event: an immutable record of something that happened at a monitored API. This file is the wire form (snake_case JSON, as clients send it) and
 * the record that the rest of the house passes around. Nothing here knows HTTP or SQL.
 */
import { z } from "zod";

/** What became of the thing that was tried. */
export const Outcome = z.enum(["success", "failure", "unknown"]);
export type Outcome = z.infer<typeof Outcome>;

/** `inbound`: someone called us. `outbound`: one of our services called a third party. */
export const Direction = z.enum(["inbound", "outbound"]);
export type Direction = z.infer<typeof Direction>;

/** What the actor proved itself with. */
export const CredentialType = z.enum(["password", "api_key", "oauth", "session", "mtls", "none"]);

const short = z.string().max(256);
const text = z.string().max(2048);
const long = z.string().max(8192); // 8 KiB: what the wire form promises of a body
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Where an address is, as far as anyone knows. Degrees WGS 84, `radius_km` is the accuracy of `lat`/`lon`. */
export const Geo = z.strictObject({
  country: z.string().length(2).optional(),
  city: short.optional(),
  lat: z.number().min(-90).max(90).optional(),
  lon: z.number().min(-180).max(180).optional(),
  radius_km: z.number().min(0).max(20_100).optional(),
  asn: count.optional(),
  as_org: short.optional(),
});
export type Geo = z.infer<typeof Geo>;

/** The user agent, read into words. Made by us from `source.user_agent`; a client never sends it. */
export const Agent = z.strictObject({
  family: short.optional(),
  version: short.optional(),
  os: short.optional(),
  device: short.optional(),
});
export type Agent = z.infer<typeof Agent>;

/** RFC 3339 date-time with an offset. */
const instant = z.iso.datetime({ offset: true });

/** One event as a client sends it. Unknown fields are refused by name, so that a typo never loses data silently; anything free goes to `metadata`. */
export const EventInput = z.strictObject({
  id: z.string().min(1).max(256).optional(),
  occurred_at: instant.optional(),
  action: z.string().min(1).max(128),
  outcome: Outcome.optional(),
  reason: short.optional(),
  direction: Direction.optional(),
  service: short.optional(),
  environment: short.optional(),
  actor: z
    .strictObject({
      type: short.optional(),
      id: short.optional(),
      name: short.optional(),
      email: z.string().max(320).optional(),
      role: short.optional(),
      exists: z.boolean().optional(),
    })
    .optional(),
  session: z.strictObject({ id: z.string().min(1).max(4096) }).optional(),
  credential: z
    .strictObject({
      type: CredentialType.optional(),
      id: short.optional(),
      scopes: z.array(short).max(100).optional(),
      mfa: z.boolean().optional(),
    })
    .optional(),
  source: z
    .strictObject({
      ip: z.union([z.ipv4(), z.ipv6()]).optional(),
      port: z.number().int().min(0).max(65_535).optional(),
      user_agent: text.optional(),
      language: short.optional(),
      device_id: short.optional(),
      ja4: short.optional(),
      geo: Geo.optional(),
    })
    .optional(),
  destination: z
    .strictObject({
      host: short.optional(),
      ip: z.union([z.ipv4(), z.ipv6()]).optional(),
      port: z.number().int().min(0).max(65_535).optional(),
    })
    .optional(),
  targets: z
    .array(z.strictObject({ type: short.optional(), id: short.optional(), name: short.optional() }))
    .max(100)
    .optional(),
  http: z
    .strictObject({
      method: z.string().max(32).optional(),
      host: short.optional(),
      path: long.optional(),
      route: text.optional(),
      query: long.optional(),
      status: z.number().int().min(0).max(999).optional(),
      request_bytes: count.optional(),
      response_bytes: count.optional(),
      duration_ms: z.number().min(0).optional(),
      referrer: text.optional(),
      headers: z.record(short, z.string().max(8192)).optional(),
      body: long.optional(),
    })
    .optional(),
  metadata: z.record(z.string().max(256), z.json()).optional(),
});
export type EventInput = z.infer<typeof EventInput>;

/**
 * What we noticed about an event while taking it in. `late`/`future`: outside the accepted clock range. `test`: made by "send a test attack".
 * `sample`: belongs to the sample data. `redacted`: at least one secret was masked. `truncated`: a text was cut to its limit.
 */
export const Mark = z.enum(["late", "future", "test", "sample", "redacted", "truncated"]);
export type Mark = z.infer<typeof Mark>;

/**
 * The document we keep: the client's event after redaction, defaults and enrichment. `session.id` is a keyed hash, never the token itself.
 * `source.agent` and missing parts of `source.geo` are ours.
 */
export type EventDocument = Omit<EventInput, "id" | "occurred_at" | "outcome" | "direction" | "source"> & {
  id: string;
  occurred_at: string;
  outcome: Outcome;
  direction: Direction;
  source?: EventInput["source"] & { agent?: Agent };
  marks?: Mark[];
};

/** An event on its way through the house. Times are milliseconds since the epoch, UTC. */
export interface EventRecord {
  id: string;
  occurredAt: number;
  receivedAt: number;
  /** The API key that it was sent with: the log source. Unknown in replays and for what the house makes itself. */
  sender?: { id: string; name: string };
  document: EventDocument;
}
