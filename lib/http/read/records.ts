/** What the read API returns, as schemas: the handlers make it, the OpenAPI document shows it. */
import { z } from "zod";
import { Agent, EventInput, Mark } from "@/lib/model/event";
import { Entity, Explanation, Family, Level } from "@/lib/model/alert";
import { IncidentEntity, IncidentState, Verdict } from "@/lib/model/incident";
import { RISK_TYPES } from "@/lib/incidents/risk";

const instant = z.iso.datetime();

/** An event as it is kept: what was sent, after redaction, defaults and enrichment. */
export const EventOutput = EventInput.omit({ source: true }).extend({
  id: z.string(),
  occurred_at: z.string(),
  received_at: instant.describe("When we took it in."),
  source: EventInput.shape.source.unwrap().extend({ agent: Agent.optional() }).optional(),
  marks: z.array(Mark).optional().describe("What was noticed while taking it in."),
});

/** An alert. */
export const AlertOutput = z.object({
  id: z.number().int(),
  incident: z.number().int().describe("Number of its incident: 42 for INC-42."),
  rule_id: z.string(),
  family: Family,
  level: Level,
  title: z.string(),
  entity: Entity,
  first_at: instant,
  last_at: instant,
  event_count: z.number().int(),
  evidence: z.array(z.string()).describe("Ids of the events that raised it, at most 100."),
  source_ips: z.array(z.string()),
  techniques: z.array(z.string()).describe("MITRE ATT&CK."),
  owasp: z.array(z.string()).describe("OWASP API Security Top 10 (2023)."),
  explanation: Explanation,
  historical: z.boolean().describe("About the past: raised by an import, never mailed."),
  sample: z.boolean(),
});

/** An incident. */
export const IncidentOutput = z.object({
  number: z.number().int(),
  name: z.string().describe("INC-42."),
  state: IncidentState,
  level: Level,
  title: z.string(),
  grouped_by: z.string().describe("Why its alerts belong together."),
  verdict: Verdict.nullable(),
  assignee: z.object({ id: z.string(), name: z.string() }).nullable(),
  regressed: z.boolean().describe("It came back after it was resolved."),
  event_count: z.number().int(),
  entities: z
    .array(z.object({ type: z.string(), value: z.string(), role: z.string(), events: z.number().int() }))
    .describe("The 20 that it touches most."),
  first_at: instant,
  last_at: instant,
  opened_at: instant,
  acknowledged_at: instant.nullable(),
  resolved_at: instant.nullable(),
  historical: z.boolean(),
  sample: z.boolean(),
});

/** How much an entity has to do with what went wrong in the last 14 days. */
export const RiskOutput = z.object({
  type: z.enum(RISK_TYPES),
  value: z.string(),
  score: z.number().describe("0 to 100."),
  level: Level,
  sample: z.boolean(),
  contributions: z
    .array(
      z.object({
        incident: z.number().int(),
        title: z.string(),
        level: Level.describe("Of the worst alert that names the entity."),
        role: IncidentEntity.shape.role,
        about_it: z.boolean().describe("An alert is about the entity, not only near it."),
        verdict: Verdict.nullable(),
        at: instant.describe("When the last alert that names it happened."),
        base: z.number().describe("Points of the level."),
        role_factor: z.number(),
        verdict_factor: z.number(),
        decay: z.number().describe("What is left by age: half after 3.5 days."),
        adds: z.number().describe("What it raises the score by; these add up to the score."),
      }),
    )
    .describe("Most telling first, at most 50."),
});
export const RiskList = z.object({ data: z.array(RiskOutput) });

/** A session of the monitored APIs, by the keyed hash of its id. */
export const SessionOutput = z.object({
  id: z.string().describe("The keyed hash under which its events are kept."),
  state: z
    .enum(["active", "idle", "signed_out", "expired", "ended", "replayed"])
    .describe("`ended`: by a person, refuse it. `replayed`: it was let in since."),
  actors: z.array(z.string()),
  roles: z.array(z.string()),
  credential: z.object({ type: z.string().nullable(), id: z.string().nullable() }),
  started_at: instant,
  last_at: instant,
  requests: z.number().int(),
  failures: z.number().int(),
  privilege_changes: z.number().int(),
  addresses: z.array(z.string()).describe("The first 20, as in the lists below."),
  countries: z.array(z.string()),
  networks: z.array(z.string()),
  devices: z.array(z.string()),
  services: z.array(z.string()),
  ended_at: instant.nullable(),
  ended_by: z.string().nullable(),
  ended_reason: z.string().nullable(),
  used_after_end: z.number().int(),
  sample: z.boolean(),
});

/** A page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable().describe("Send it as `cursor` for the next page; null at the end.") });

/** RFC 9457. */
export const ProblemOutput = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  problems: z
    .array(z.object({ pointer: z.string().optional(), line: z.number().optional(), column: z.number().optional(), detail: z.string() }))
    .optional()
    .describe("Everything that is wrong, each with its place."),
});
