/** The incident: the alerts that a person works on together. */
import { z } from "zod";
import { Entity, EntityType, Family, Level } from "./alert";

export const IncidentState = z.enum(["open", "acknowledged", "snoozed", "resolved"]);
export type IncidentState = z.infer<typeof IncidentState>;

/** What a person found it to be. `benign`: real, but allowed. `false`: the rule is wrong. */
export const Verdict = z.enum(["true", "benign", "false", "duplicate"]);
export type Verdict = z.infer<typeof Verdict>;

/** The name people say and mails carry: INC-42. */
export const incidentName = (number: number): string => `INC-${number}`;

/** Until when an incident sleeps: a time, a number of further events, or until it becomes worse. The first that comes true wakes it. */
export const Snooze = z.object({
  until: z.string().optional(),
  events: z.number().int().optional(),
  untilWorse: z.boolean().default(true),
});
export type Snooze = z.infer<typeof Snooze>;

/** One alert as its incident remembers it. Times are ms of event time. */
export const LeadAlert = z.object({
  key: z.string(),
  ruleId: z.string(),
  family: Family,
  level: Level,
  title: z.string(),
  sentence: z.string(),
  entity: Entity,
  firstAt: z.number(),
  eventCount: z.number(),
});
export type LeadAlert = z.infer<typeof LeadAlert>;

/** What one rule contributed to an incident. */
export const IncidentRule = z.object({
  id: z.string(),
  version: z.number(),
  title: z.string(),
  family: Family,
  level: Level,
  alerts: z.number(),
  events: z.number(),
  /** Speaks of somebody who got in (ATT&CK T1078, valid accounts), not of tries. */
  entry: z.boolean().default(false),
});
export type IncidentRule = z.infer<typeof IncidentRule>;

/** What an incident's alerts add up to. The lists are bounded: leads 6 worst alerts, rules 30, services 30, techniques 30. */
export const IncidentSummary = z.object({
  leads: z.array(LeadAlert).default([]),
  rules: z.array(IncidentRule).default([]),
  services: z.array(z.string()).default([]),
  environments: z.array(z.string()).default([]),
  techniques: z.array(z.string()).default([]),
  owasp: z.array(z.string()).default([]),
  alerts: z.number().default(0),
  /** Distinct entities, in all and by what they are. */
  attackers: z.number().default(0),
  victims: z.number().default(0),
});
export type IncidentSummary = z.infer<typeof IncidentSummary>;

/** One entity of an incident. `subject`: an alert of the incident is about it, not only near it. */
export const IncidentEntity = z.object({
  type: EntityType,
  value: z.string(),
  role: z.enum(["attacker", "victim", "context"]),
  subject: z.boolean(),
  /** The worst level of the alerts that name it. */
  level: Level,
  events: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
});
export type IncidentEntity = z.infer<typeof IncidentEntity>;

/** An incident as it is stored. Times are dates; `firstAt` and `lastAt` are event time. */
export const Incident = z.object({
  id: z.number(),
  number: z.number(),
  state: IncidentState,
  level: Level,
  title: z.string(),
  groupedBy: z.string(),
  assigneeId: z.string().nullable(),
  verdict: Verdict.nullable(),
  verdictReason: z.string().nullable(),
  mergedIntoId: z.number().nullable(),
  snoozedUntil: z.date().nullable(),
  snooze: Snooze.nullable(),
  regressed: z.boolean(),
  historical: z.boolean(),
  sample: z.boolean(),
  firstAt: z.date(),
  lastAt: z.date(),
  eventCount: z.number(),
  openedAt: z.date(),
  acknowledgedAt: z.date().nullable(),
  resolvedAt: z.date().nullable(),
  updatedAt: z.date(),
  version: z.number(),
  summary: IncidentSummary,
  leadRuleId: z.string().nullable(),
  wave: z.boolean(),
  /** Split off by a person: never merged by itself again. */
  apart: z.boolean(),
});
export type Incident = z.infer<typeof Incident>;

/** What happened to an incident, one line of its log each. */
export const ActivityKind = z.enum([
  "opened",
  "alert",
  "worse",
  "regressed",
  "acknowledged",
  "assigned",
  "resolved",
  "reopened",
  "snoozed",
  "woke",
  "note",
  "merged",
  "split",
  "pinned",
  "unpinned",
  "mail",
  "exported",
]);
export type ActivityKind = z.infer<typeof ActivityKind>;
