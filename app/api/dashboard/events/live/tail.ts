import { summarize } from "@/lib/model/event-words";
import type { Query } from "@/lib/query/ast";
import { listArrivals } from "@/lib/store/event-reads";

const TICK_MS = 1000;
const PER_TICK = 200; // more than that a second nobody reads; that some were left out is said
const LIFE_MS = 10 * 60_000; // then the browser comes again, and is asked again who it is

/** What a tail follows, and until when. `stillIn`: whether whoever watches is still signed in, asked before each look. */
interface Watched {
  batchId: number;
  /** Event time, ms: what is older came late and is not shown. */
  since: number;
  signal: AbortSignal;
  stillIn: () => Promise<boolean>;
}

/** Matching events as they arrive, once a second, as lines of server-sent events. */
export function tail(query: Query, { batchId, since, signal, stillIn }: Watched): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const until = performance.now() + LIFE_MS;
  let seen = batchId;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode("retry: 2000\n\n")),
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      if (signal.aborted || performance.now() > until || !(await stillIn())) {
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
