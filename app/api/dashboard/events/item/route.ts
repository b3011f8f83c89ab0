import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { may, requirePermission } from "@/lib/access/require-permission";
import { notFound } from "@/lib/errors";
import { json } from "@/lib/http/problem";
import { eventSentence, eventTitle } from "@/lib/model/event-words";
import { findNovelty, listAlertsOf, type Novelty, type RaisedAlert } from "@/lib/store/event-context";
import { findEvent, type StoredEvent } from "@/lib/store/event-reads";
import { db } from "@/lib/store/db";
import { listPinsOf, type Pin } from "@/lib/store/pins";
import { withinTime } from "@/lib/store/reading";

/** One event with everything that its drawer shows. `alerts` or `novelty` null: took too long. */
export interface EventItem extends StoredEvent {
  title: string;
  sentence: string;
  alerts: RaisedAlert[] | null;
  novelty: Novelty | null;
  /** Where it is pinned, and whether this person may change that. */
  pins: { incident: number; note: string; by: string }[];
  mayPin: boolean;
  /** Its day is no longer kept: this is the copy of a pin. */
  copy: boolean;
}

export const GET = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "event:read");
  const params = new URL(request.url).searchParams;
  const near = Number(params.get("at") ?? Number.NaN);
  const id = params.get("id") ?? "";
  const pins = await listPinsOf(db, id);
  const stored = await withinTime((on) => findEvent(id, Number.isSafeInteger(near) ? near : undefined, on));
  const found = stored ?? copyOf(pins);
  if (!found) throw notFound("There is no such event, or its day is no longer kept.");
  const [alerts, novelty] = await Promise.all([
    withinTime((on) => listAlertsOf(found, on), 3000),
    withinTime((on) => findNovelty(found, on), 3000),
  ]);
  return json({
    ...found,
    title: eventTitle(found.document),
    sentence: eventSentence(found.document),
    alerts,
    novelty,
    pins: pins.map(({ incident, note, by }) => ({ incident, note, by })),
    mayPin: may(ctx, "incident:write"),
    copy: !stored,
  } satisfies EventItem);
});

/** The event as a pin keeps it. */
function copyOf([pin]: Pin[]): StoredEvent | null {
  return pin ? { id: pin.id, occurredAt: pin.at, receivedAt: pin.at, batchId: 0, document: pin.document } : null;
}
