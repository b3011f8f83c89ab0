import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { requirePermission } from "@/lib/access/require-permission";
import { notFound } from "@/lib/errors";
import { json } from "@/lib/http/problem";
import { eventSentence, eventTitle } from "@/lib/model/event-words";
import { findNovelty, listAlertsOf, type Novelty, type RaisedAlert } from "@/lib/store/event-context";
import { findEvent, type StoredEvent } from "@/lib/store/event-reads";
import { withinTime } from "@/lib/store/reading";

/** One event with everything that its drawer shows. `alerts` or `novelty` null: took too long. */
export interface EventItem extends StoredEvent {
  title: string;
  sentence: string;
  alerts: RaisedAlert[] | null;
  novelty: Novelty | null;
}

export const GET = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "event:read");
  const params = new URL(request.url).searchParams;
  const near = Number(params.get("at") ?? Number.NaN);
  const id = params.get("id") ?? "";
  const found = await withinTime((on) => findEvent(id, Number.isSafeInteger(near) ? near : undefined, on));
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
  } satisfies EventItem);
});
