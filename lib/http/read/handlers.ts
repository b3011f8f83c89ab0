/** The read API: events, alerts and incidents for programs, with a key of scope `read`. */
import { z } from "zod";
import { notFound } from "@/lib/errors";
import { json } from "@/lib/http/problem";
import type { Handler } from "@/lib/http/route";
import { incidentName } from "@/lib/model/incident";
import { percentDecoded } from "@/lib/percent";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { ALERT_FIELDS, INCIDENT_FIELDS } from "@/lib/query/work-fields";
import { findEvent, listEvents, type StoredEvent } from "@/lib/store/event-reads";
import { withinTime } from "@/lib/store/reading";
import { type AlertRow, type IncidentRow, listAlertRows, listIncidentRows } from "@/lib/store/work-reads";
import { listHandler, onePerKey, recognise } from "./asked";
import type { AlertOutput, IncidentOutput } from "./records";

const iso = (at: Date): string => at.toISOString();
const isoOrNull = (at: Date | null): string | null => at && iso(at);

const eventOutput = ({ document, receivedAt }: StoredEvent) => ({ ...document, received_at: new Date(receivedAt).toISOString() });

function alertOutput({
  id,
  incident,
  level,
  facts,
  event_count,
  first_at,
  last_at,
  historical,
  sample,
}: AlertRow): z.infer<typeof AlertOutput> {
  const { ruleId, family, title, entity, evidence, sourceIps, techniques, owasp, explanation } = facts;
  return {
    id,
    incident,
    rule_id: ruleId,
    family,
    level,
    title,
    entity,
    first_at: iso(first_at),
    last_at: iso(last_at),
    event_count,
    evidence,
    source_ips: sourceIps,
    techniques,
    owasp,
    explanation,
    historical,
    sample,
  };
}

function incidentOutput({ id: _id, entities, ...row }: IncidentRow): z.infer<typeof IncidentOutput> {
  return {
    ...row,
    name: incidentName(row.number),
    entities: entities ?? [],
    first_at: iso(row.first_at),
    last_at: iso(row.last_at),
    opened_at: iso(row.opened_at),
    acknowledged_at: isoOrNull(row.acknowledged_at),
    resolved_at: isoOrNull(row.resolved_at),
  };
}

/** GET /api/v1/events: events by `occurred_at`, newest first. */
export const readEvents: Handler = listHandler({
  permission: "event:read",
  fields: EVENT_FIELDS,
  list: async ({ filter, paging }, on) => {
    const page = await listEvents(filter, { ...paging, on });
    return { data: page.events.map(eventOutput), next: page.next };
  },
});

/** GET /api/v1/events/{id}: one event. */
export const readEvent: Handler = async (request, peer) => {
  const ctx = await recognise(request, peer, "event:read");
  const id = lastSegment(request.url);
  return await onePerKey(ctx, async () => {
    const event = await withinTime((on) => findEvent(id, undefined, on));
    if (!event) throw notFound("There is no such event, or its day is no longer kept.");
    return json(eventOutput(event));
  });
};

/** The last part of the path; what is no UTF-8 is no id. */
function lastSegment(url: string): string {
  return percentDecoded(new URL(url).pathname.split("/").at(-1) ?? "") ?? "";
}

/** GET /api/v1/alerts: alerts by their last event, newest first. */
export const readAlerts: Handler = listHandler({
  permission: "incident:read",
  fields: ALERT_FIELDS,
  list: async ({ filter, paging }, on) => {
    const page = await listAlertRows(filter, { ...paging, on });
    return { data: page.rows.map(alertOutput), next: page.next };
  },
});

/** GET /api/v1/incidents: incidents by their last event, newest first. */
export const readIncidents: Handler = listHandler({
  permission: "incident:read",
  fields: INCIDENT_FIELDS,
  list: async ({ filter, paging }, on) => {
    const page = await listIncidentRows(filter, { ...paging, on });
    return { data: page.rows.map(incidentOutput), next: page.next };
  },
});
