/** What an exception would have hidden, judged by the alerts of the last 30 days, and which conditions an alert suggests for one. Nothing is changed here. */
import { requirePermission } from "@/lib/access/require-permission";
import { unavailable } from "@/lib/errors";
import type { EventDocument } from "@/lib/model/event";
import type { Context } from "@/lib/model/user";
import { termFor } from "@/lib/query/edit";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { findField } from "@/lib/query/fields";
import { compilePredicate, valuesAt } from "@/lib/query/predicate";
import { printQuery } from "@/lib/query/print";
import { withinTime } from "@/lib/store/reading";
import { findAlertEvidence, findEvidence, listAlertsWithEvidence } from "@/lib/store/rule-figures";
import { db } from "@/lib/store/db";
import { readSuppressionQuery } from "./suppressions";

const DAY_MS = 86_400_000;

/** What an exception would have done. `unknown`: alerts whose events are no longer kept. */
export interface SuppressionPreview {
  days: number;
  alerts: number;
  /** Alerts all of whose looked-at events match. */
  hidden: number;
  /** Alerts some of whose events match: they would have counted fewer. */
  smaller: number;
  unknown: number;
  /** Incidents judged true among those hidden. */
  confirmed: number[];
}

/** Looks at the alerts of a rule (of all: null) over the last 30 days. Throws `invalid` when the query cannot be read. */
export async function previewSuppression(ctx: Context, input: { ruleId: string | null; query: string }): Promise<SuppressionPreview> {
  requirePermission(ctx, "rule:read");
  const test = compilePredicate(readSuppressionQuery(input.query.slice(0, 2_000)), EVENT_FIELDS);
  const found = await withinTime(async (on) => {
    const alerts = await listAlertsWithEvidence(on, input.ruleId, new Date(ctx.now.getTime() - 30 * DAY_MS));
    return { alerts, events: await findEvidence(on, alerts) };
  });
  if (!found) throw unavailable("Looking at 30 days took too long.");
  const byId = new Map(found.events.map(({ id, document }) => [id, document]));
  const preview: SuppressionPreview = { days: 30, alerts: found.alerts.length, hidden: 0, smaller: 0, unknown: 0, confirmed: [] };
  for (const { ids, incident, verdict } of found.alerts) {
    const documents = ids.flatMap((id) => byId.get(id) ?? []);
    const matching = documents.filter(test).length;
    if (documents.length === 0) preview.unknown++;
    else if (matching === documents.length) {
      preview.hidden++;
      if (verdict === "true" && !preview.confirmed.includes(incident)) preview.confirmed.push(incident);
    } else if (matching > 0) preview.smaller++;
  }
  return preview;
}

/** Fields whose common value is worth a condition, the least general first. */
const SUGGESTED = [
  "device",
  "session",
  "key",
  "actor.id",
  "ip",
  "target",
  "path",
  "route",
  "user_agent",
  "agent",
  "action",
  "reason",
  "service",
];

/** One condition that all events of an alert share. */
export interface SuggestedCondition {
  label: string;
  text: string;
}

/** Conditions for an exception out of an alert: what all its events have in common. Null when there is no such alert any more. */
export async function suggestSuppression(
  ctx: Context,
  alertKey: string,
): Promise<{ title: string; incident: number | null; conditions: SuggestedCondition[] } | null> {
  requirePermission(ctx, "rule:read");
  const alert = await findAlertEvidence(db, alertKey);
  if (!alert) return null;
  const documents = (await findEvidence(db, [alert])).map(({ document }) => document);
  const conditions = SUGGESTED.flatMap((name) => conditionOf(name, documents) ?? []);
  return { title: alert.title, incident: alert.incident, conditions };
}

function conditionOf(name: string, documents: readonly EventDocument[]): SuggestedCondition | undefined {
  const field = findField(EVENT_FIELDS, name);
  if (!field || documents.length === 0) return undefined;
  const values = documents.map((document) => field.paths.flatMap((path) => valuesAt(document, path))[0]);
  const [first] = values;
  if (first === undefined || !values.every((value) => value === first)) return undefined;
  return { label: field.label, text: printQuery(termFor(EVENT_FIELDS, name, String(first)), EVENT_FIELDS) };
}
