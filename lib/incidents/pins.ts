/** Pinning events to an incident: they stay as long as it does, whatever retention drops. */
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, invalid, notFound } from "@/lib/errors";
import { eventTitle } from "@/lib/model/event-words";
import type { EventDocument } from "@/lib/model/event";
import { incidentName } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
import { findEvent } from "@/lib/store/event-reads";
import { appendActivity, getIncidentForChange } from "@/lib/store/incidents";
import { countPins, deletePin, listPinsOf, savePin } from "@/lib/store/pins";

/** The most events that people pin to one incident: a selection, not a copy of the log. */
const MOST = 500;
const NOTE_LIMIT = 1000;

/** Which event of which incident. `at`: its event time, ms, so that only its day is opened. */
export interface PinInput {
  number: number;
  eventId: string;
  at?: number;
}

async function logged(
  tx: Tx,
  ctx: Context,
  line: { incidentId: number; number: number; kind: "pinned" | "unpinned"; details: Record<string, unknown> },
) {
  const by = { ...(ctx.actor.type === "user" ? { actorId: ctx.actor.id } : {}), actorName: ctx.actor.name };
  await appendActivity(tx, [{ incidentId: line.incidentId, kind: line.kind, ...by, details: line.details }], ctx.now);
  await recordAudit(tx, ctx, `incident.${line.kind}`, { target: { type: "incident", id: incidentName(line.number) }, after: line.details });
}

/** Pins an event with a note. Again: the note is written anew. Throws notFound for an event that is not kept. */
export async function pinEvent(ctx: Context, { number, eventId, at, note = "" }: PinInput & { note?: string }): Promise<void> {
  requirePermission(ctx, "incident:write");
  await inTransaction(async (tx) => {
    const incident = await getIncidentForChange(tx, number);
    if (incident.mergedIntoId !== null) throw conflict("This incident was merged into another.");
    const found = await findPinnable(tx, eventId, at);
    if (!found) throw notFound("There is no such event, or its day is no longer kept.");
    if ((await countPins(tx, incident.id)) >= MOST) throw invalid(`At most ${MOST} events can be pinned to one incident.`);
    const text = note.trim().slice(0, NOTE_LIMIT);
    await savePin(
      tx,
      {
        incidentId: incident.id,
        eventId,
        occurredAt: new Date(found.occurredAt),
        document: found.document,
        by: ctx.actor.name,
        note: text,
      },
      ctx.now,
    );
    await logged(tx, ctx, {
      incidentId: incident.id,
      number,
      kind: "pinned",
      details: { event: eventId, title: eventTitle(found.document), ...(text ? { note: text } : {}) },
    });
  });
}

/** The event itself, or the copy that another pin keeps of it. */
async function findPinnable(tx: Tx, eventId: string, at?: number): Promise<{ occurredAt: number; document: EventDocument } | null> {
  const stored = await findEvent(eventId, at, tx);
  if (stored) return stored;
  const [copy] = await listPinsOf(tx, eventId);
  return copy ? { occurredAt: copy.at, document: copy.document } : null;
}

/** Takes a pin away; the event stays as long as retention keeps it. */
export async function unpinEvent(ctx: Context, { number, eventId }: PinInput): Promise<void> {
  requirePermission(ctx, "incident:write");
  await inTransaction(async (tx) => {
    const incident = await getIncidentForChange(tx, number);
    if (!(await deletePin(tx, { incidentId: incident.id, eventId }))) throw notFound("This event is not pinned here.");
    await logged(tx, ctx, { incidentId: incident.id, number, kind: "unpinned", details: { event: eventId } });
  });
}
