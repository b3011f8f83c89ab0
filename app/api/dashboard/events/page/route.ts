import { askedFilter } from "@/app/api/dashboard/events/asked";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { json } from "@/lib/http/problem";
import { unavailable } from "@/lib/errors";
import { summarize } from "@/lib/model/event-words";
import { listEvents } from "@/lib/store/event-reads";
import { withinTime } from "@/lib/store/reading";

/** The next page of the table. */
export const GET = forSignedIn(async (request, ctx) => {
  const { filter, params } = askedFilter(request, ctx);
  const cursor = params.get("cursor");
  const page = await withinTime((on) => listEvents(filter, { limit: 100, on, ...(cursor !== null && { cursor }) }));
  if (!page) throw unavailable("This took too long. Narrow the time range or the query.");
  return json({ events: page.events.map(({ id, occurredAt, document }) => summarize(id, occurredAt, document)), next: page.next });
});
