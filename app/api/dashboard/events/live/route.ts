import { askedFilter } from "@/app/api/dashboard/events/asked";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { summarize } from "@/lib/model/event-words";
import type { Query } from "@/lib/query/ast";
import { listArrivals, newestBatch } from "@/lib/store/event-reads";

const TICK_MS = 1000;
const PER_TICK = 200; // more than that a second nobody reads; that some were left out is said
const LIFE_MS = 10 * 60_000; // then the browser comes again, and is asked again who it is

/** Matching events as they arrive, as server-sent events. The condition is the page's own, compiled once, asked of every batch. */
export const GET = forSignedIn(async (request, ctx) => {
  const { filter } = askedFilter(request, ctx);
  const stream = tail(filter.query, { since: filter.from, signal: request.signal, batchId: await newestBatch() });
  // no-transform: compression would hold lines back
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" },
  });
});

function tail(
  query: Query,
  { since, signal, batchId }: { since: number; signal: AbortSignal; batchId: number },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const until = performance.now() + LIFE_MS;
  let seen = batchId;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode("retry: 2000\n\n")),
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      if (signal.aborted || performance.now() > until) {
        controller.close();
        return;
      }
      const page = await listArrivals(query, { batchId: seen, limit: PER_TICK + 1, since });
      seen = page.batchId;
      const events = page.events.slice(0, PER_TICK).map(({ id, occurredAt, document }) => summarize(id, occurredAt, document));
      // a comment keeps the line open through proxies, and finds out who has gone
      const text = events.length === 0 ? ": \n\n" : `data: ${JSON.stringify({ events, thinned: page.events.length > PER_TICK })}\n\n`;
      controller.enqueue(encoder.encode(text));
    },
  });
}
