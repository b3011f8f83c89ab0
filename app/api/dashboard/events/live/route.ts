import { askedFilter } from "@/app/api/dashboard/events/asked";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { isStillIn } from "@/lib/access/sign-in";
import { newestBatch } from "@/lib/store/event-reads";
import { tail } from "./tail";

/** Matching events as they arrive, as server-sent events. The condition is the page's own, compiled once, asked of every batch. */
export const GET = forSignedIn(async (request, ctx, sessionId) => {
  const { filter } = askedFilter(request, ctx);
  const stream = tail(filter.query, {
    batchId: await newestBatch(),
    since: filter.from,
    signal: request.signal,
    stillIn: () => isStillIn(sessionId, new Date()),
  });
  // no-transform: compression would hold lines back
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" },
  });
});
