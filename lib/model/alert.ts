/** The alert: a de-duplicated open condition on an entity, with everything needed to explain it. */
import { z } from "zod";

/** What kind of attack or trouble an alert speaks of. A closed list: pages, routes and mails switch on it. */
export const Family = z.enum([
  "brute_force",
  "credential_stuffing",
  "scanning",
  "injection",
  "rate_abuse",
  "session_hijack",
  "impossible_travel",
  "new_context",
  "enumeration",
  "privilege",
  "key_abuse",
  "traffic_anomaly",
  "data_egress",
  "outbound",
  "contract",
  "posture",
  "silence",
  "audit",
]);
export type Family = z.infer<typeof Family>;

/** Sigma's levels, weakest first. */
export const Level = z.enum(["informational", "low", "medium", "high", "critical"]);
export type Level = z.infer<typeof Level>;

/** Orders levels: a positive number when `a` is worse than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return Level.options.indexOf(a) - Level.options.indexOf(b);
}

/** The kinds of thing that an alert, an incident or an entity page can be about. */
export const EntityType = z.enum([
  "ip",
  "network",
  "asn",
  "country",
  "actor",
  "session",
  "key",
  "service",
  "route",
  "host",
  "device",
  "agent",
  "series",
]);
export type EntityType = z.infer<typeof EntityType>;

/** Somebody or something. `value` is text written by whoever sent the event. */
export const Entity = z.object({ type: EntityType, value: z.string() });
export type Entity = z.infer<typeof Entity>;

/** One line of the reckoning: what was looked at, what it usually is, what it was now, and how much it weighed (0 when it did not count). */
export const Factor = z.object({
  name: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
  weight: z.number(),
  note: z.string().optional(),
});
export type Factor = z.infer<typeof Factor>;

/** Why an alert exists, in words and numbers that a person can check against the evidence. */
export const Explanation = z.object({
  /** One sentence: what happened, to whom, how much, in which time. Plain text. */
  sentence: z.string(),
  /** The number that was measured, and what it was measured against. */
  measured: z.number().optional(),
  threshold: z.number().optional(),
  /** Expected band for behaviour detectors: [low, high]. */
  expected: z.tuple([z.number(), z.number()]).optional(),
  unit: z.string().optional(),
  windowMs: z.number().optional(),
  factors: z.array(Factor).default([]),
  /** For pattern matches: where the pattern was found, and the excerpt (at most 200 characters, after redaction). */
  matches: z.array(z.object({ field: z.string(), excerpt: z.string(), decoded: z.string().optional() })).default([]),
});
export type Explanation = z.infer<typeof Explanation>;

/** The most event ids that one alert carries as evidence: first and last ones stay, the middle is thinned. */
export const EVIDENCE_LIMIT = 100;

/**
 * One alert as detection speaks of it. The same (rule, entity, episode) always has the same `key`, so that saying it twice changes nothing; a later
 * saying with a larger count replaces an earlier one.
 */
export const Alert = z.object({
  /** Stable identity: `<rule id>|<entity type>|<entity value>|<episode start ms>`. */
  key: z.string(),
  ruleId: z.string(),
  ruleVersion: z.number().int().default(1),
  family: Family,
  level: Level,
  title: z.string(),
  entity: Entity,
  /** Other entities in it: attackers, victims, services. The first 20 by number of events. */
  related: z.array(Entity.extend({ role: z.enum(["attacker", "victim", "context"]), events: z.number().int() })).default([]),
  /** How many attackers and victims there are in all, when it knows of more than it names. */
  totals: z.object({ attackers: z.number().int(), victims: z.number().int() }).optional(),
  /** Event time, ms since the epoch. */
  firstAt: z.number(),
  lastAt: z.number(),
  eventCount: z.number().int(),
  /** Ids of the events that raised it, in order of event time, at most EVIDENCE_LIMIT. */
  evidence: z.array(z.string()),
  sourceIps: z.array(z.string()),
  services: z.array(z.string()).default([]),
  /** MITRE ATT&CK, for example `T1110.003`, and OWASP API Security Top 10 2023, for example `API2`. */
  techniques: z.array(z.string()),
  owasp: z.array(z.string()).default([]),
  explanation: Explanation,
});
export type Alert = z.infer<typeof Alert>;
