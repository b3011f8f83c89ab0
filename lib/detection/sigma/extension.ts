/**
 * The `vedette:` key of a Sigma document: what the standard has no words for. Every part is optional, so that any public rule works as it is, and other
 * Sigma tools ignore the key (the standard allows custom fields).
 *
 *     vedette:
 *       family: brute_force              # absent: read from the tags (see tags.ts)
 *       paranoia: 1                      # 1 quiet … 4 paranoid; the default set runs at 1
 *       entity: source.ip                # a field, or {type: ip, field: source.ip}; absent: first group-by field, else address, actor, service
 *       title: "{count} failed sign-ins from {entity}"   # {entity} {count} {measured} {value} {rule} {service} {actor} {ip}; {window}: the time it took
 *       episode: 30m                     # matches closer together than this are one alert
 *       suppress_by: [http.route]        # besides the entity: one alert per distinct value of these fields
 *       owasp: [API2]                    # also read from tags `owasp.api2`
 *       triage: ["Does the account exist?"]
 *       decision: {action: block, for: 4h}
 *       matches: [ …events… ]            # each must raise an alert; an item is one event, a list of events, or {repeat: 6, every: 10s, event: {…}}
 *       ignores: [ …events… ]            # each must stay silent
 *       default: true                    # false: shipped switched off
 *       alert: true                      # does it alert by itself? absent: a detection that a correlation names does not (unless the correlation says
 *                                        # `generate: true`); a correlation that another names does not when both stand in one file
 *
 * Inside `correlation:` of a correlation document two more types exist beside the standard's:
 *
 *     type: new_value                    # a value of condition.field never seen before in this group, once the group is older than `learning`
 *     condition: {field: source.geo.country}
 *     vedette: {learning: 14d, forget: 30d}
 *
 *     type: absence                      # a group that had an event and then had none for `timespan`
 *
 * Log sources of ours: `category: api` (every event), `authentication` (sign-ins and other credential checks), `webserver` (inbound requests), `proxy`
 * (outbound requests); any other `product`/`service` is compared with the event's `service` and with `metadata.logsource`.
 */
import { z } from "zod";
import { EntityType, Family } from "@/lib/model/alert";

// a month and a year are the mean ones of the calendar, as in other Sigma tools
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_629_746_000, y: 31_556_952_000 } as const;

/** Reads Sigma's `number + letter` time span (`90s`, `10m`, `1h`, `7d`, also `2w`, `1M`) into milliseconds; undefined when it is none. */
export function readTimespan(text: string): number | undefined {
  const parts = /^(\d{1,6})([smhdwMy])$/.exec(text.trim());
  if (!parts) return undefined;
  const ms = Number(parts[1]) * UNIT_MS[parts[2] as keyof typeof UNIT_MS]; // the expression admits only these letters
  return ms > 0 ? ms : undefined;
}

/** A time span as written in YAML, read into milliseconds. */
export const Timespan = z.string().transform((text, context) => {
  const ms = readTimespan(text);
  if (ms === undefined)
    context.addIssue({ code: "custom", message: `'${text}' is no time span; write a number and s, m, h, d or w, for example 10m` });
  return ms ?? 0;
});

const FieldName = z.string().min(1).max(256);
const EventLike = z.record(z.string(), z.unknown());

/** One example: an event in wire form, several, or one repeated at a steady pace. */
export const Example = z.union([
  z.array(EventLike).min(1),
  z.strictObject({ repeat: z.number().int().min(1).max(10_000), every: Timespan, event: EventLike }),
  EventLike,
]);
export type Example = z.infer<typeof Example>;

/** What to do with the entity of an alert, and for how long (ms). */
export const RuleDecision = z.strictObject({ action: z.enum(["block", "throttle", "challenge"]), for: Timespan });
export type RuleDecision = z.infer<typeof RuleDecision>;

/** The `vedette:` key, read. Times are milliseconds. */
export const Extension = z.strictObject({
  family: Family.optional(),
  paranoia: z.number().int().min(1).max(4).optional(),
  entity: z.union([FieldName, z.strictObject({ type: EntityType, field: FieldName })]).optional(),
  title: z.string().max(256).optional(),
  episode: Timespan.optional(),
  suppress_by: z.array(FieldName).max(5).optional(),
  owasp: z.array(z.string().regex(/^API(10|[1-9])$/)).optional(),
  triage: z.array(z.string().max(500)).max(20).optional(),
  decision: RuleDecision.optional(),
  learning: Timespan.optional(),
  forget: Timespan.optional(),
  matches: z.array(Example).max(200).optional(),
  ignores: z.array(Example).max(200).optional(),
  default: z.boolean().optional(),
  alert: z.boolean().optional(),
});
export type Extension = z.infer<typeof Extension>;
