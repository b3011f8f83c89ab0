/** Several files as one stream in the order of event time: detection runs on event time, and a rotated log, or the logs of two hosts, must not come to it mixed up. */
import type { TimedEvent } from "./read-events";

/** One file: when it begins, and how to open it. */
export interface Strand {
  firstAt: number;
  open: () => AsyncGenerator<TimedEvent>;
}

/** Merges strands by time. A file is opened only when the stream has come to its beginning, so that a thousand rotated files need one open at a time. */
export async function* mergeByTime(strands: readonly Strand[]): AsyncGenerator<TimedEvent> {
  const waiting = [...strands].sort((a, b) => a.firstAt - b.firstAt);
  const running: { head: TimedEvent; rest: AsyncGenerator<TimedEvent> }[] = [];
  const start = async (strand: Strand) => {
    const rest = strand.open();
    const first = await rest.next();
    if (!first.done) running.push({ head: first.value, rest });
  };
  while (running.length > 0 || waiting.length > 0) {
    const earliest = running.reduce((least, one) => Math.min(least, one.head.at), Number.POSITIVE_INFINITY);
    const [next] = waiting;
    if (next && next.firstAt <= earliest) {
      waiting.shift();
      await start(next);
      continue;
    }
    const place = running.findIndex((one) => one.head.at === earliest);
    const strand = running[place];
    if (!strand) continue;
    yield strand.head;
    const following = await strand.rest.next();
    if (following.done) running.splice(place, 1);
    else strand.head = following.value;
  }
}
