/** Pinned events: copies that stay as long as their incident, whatever becomes of the day they were in. */
import { z } from "zod";
import type { EventDocument } from "@/lib/model/event";
import { asJson, db, type Executor, execute, query, queryOne, sql, type Tx } from "./db";
import { Document } from "./event-documents";

const PinRow = z
  .object({ incident: z.number(), id: z.string(), at: z.date(), document: Document, by: z.string(), pinnedAt: z.date(), note: z.string() })
  .transform((row) => ({ ...row, at: row.at.getTime(), pinnedAt: row.pinnedAt.getTime() }));
/** A pinned event: `at` is its event time, ms. */
export type Pin = z.infer<typeof PinRow>;

const columns = sql`i.number as incident, p.event_id as id, p.occurred_at as at, p.document, p.pinned_by as by, p.pinned_at as "pinnedAt", p.note`;

/** The pinned events of an incident in order of event time. */
export function listPins(on: Executor, incidentId: number, limit = 500): Promise<Pin[]> {
  return query(
    on,
    sql`select ${columns} from pinned_event p join incident i on i.id = p.incident_id where p.incident_id = ${incidentId}
        order by p.occurred_at, p.event_id limit ${limit}`,
    PinRow,
  );
}

/** Where an event is pinned. */
export function listPinsOf(on: Executor, eventId: string): Promise<Pin[]> {
  return query(
    on,
    sql`select ${columns} from pinned_event p join incident i on i.id = p.incident_id where p.event_id = ${eventId} limit 20`,
    PinRow,
  );
}

/** Pins an event, or writes another note on its pin. */
export async function savePin(
  tx: Tx,
  pin: { incidentId: number; eventId: string; occurredAt: Date; document: EventDocument; by: string; note: string },
  now: Date,
): Promise<void> {
  await execute(
    tx,
    sql`insert into pinned_event (incident_id, event_id, occurred_at, document, pinned_by, pinned_at, note)
        values (${pin.incidentId}, ${pin.eventId}, ${pin.occurredAt}, ${asJson(pin.document)}, ${pin.by}, ${now}, ${pin.note})
        on conflict (incident_id, event_id) do update set note = excluded.note, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at`,
  );
}

/** Takes a pin away; false when there was none. */
export async function deletePin(tx: Tx, pin: { incidentId: number; eventId: string }): Promise<boolean> {
  return (await execute(tx, sql`delete from pinned_event where incident_id = ${pin.incidentId} and event_id = ${pin.eventId}`)) > 0;
}

/** How many events an incident has pinned. */
export async function countPins(on: Executor, incidentId: number): Promise<number> {
  const found = await queryOne(
    on,
    sql`select count(*) as n from pinned_event where incident_id = ${incidentId}`,
    z.object({ n: z.number() }),
  );
  return found?.n ?? 0;
}

/**
 * Keeps the evidence of a day that is about to go, for incidents that are not settled or were found to be real attacks: each alert names at most 100 events.
 * How many were kept.
 */
export function pinEvidenceOf(day: { from: Date; to: Date }, now: Date, on: Executor = db): Promise<number> {
  return execute(
    on,
    sql`insert into pinned_event (incident_id, event_id, occurred_at, document, pinned_by, pinned_at, note)
        select distinct on (a.incident_id, e.id) a.incident_id, e.id, e.occurred_at, e.document, 'Vedette', ${now}::timestamptz, 'Evidence of an alert, kept when its day was dropped'
        from alert a join incident i on i.id = a.incident_id
        cross join lateral json_array_elements_text(a.facts -> 'evidence') as evidence(id)
        join event e on e.id = evidence.id and e.occurred_at >= ${day.from} and e.occurred_at < ${day.to}
        where a.first_at < ${day.to} and a.last_at >= ${day.from} and not a.sample and (i.state <> 'resolved' or i.verdict = 'true')
        on conflict do nothing -- no-op if a person had pinned it`,
  );
}

const EvidenceRow = z.object({ id: z.string(), at: z.date(), document: Document }).transform((row) => ({ ...row, at: row.at.getTime() }));
/** An event that raised an alert. */
export type EvidenceEvent = z.infer<typeof EvidenceRow>;

/** The events with these ids in a span of event time, oldest first. */
export function listEventsById(on: Executor, ids: readonly string[], span: { from: Date; to: Date }): Promise<EvidenceEvent[]> {
  return query(
    on,
    sql`select id, occurred_at as at, document from event where occurred_at >= ${span.from} and occurred_at <= ${span.to} and id = any(${ids})
        order by occurred_at, id limit 200`,
    EvidenceRow,
  );
}
