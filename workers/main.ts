/**
 * The worker process: which bell is answered by what, and how often without a ring. Only composition; each answer claims what is due from
 * PostgreSQL, so that any number of workers may run and a lost ring costs a tick.
 */
import { runBacktests } from "@/lib/backtest/run-backtest";
import { runBulk } from "@/lib/incidents/bulk-task";
import { log } from "@/lib/log";
import { answer, closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";
import { keepBeating } from "@/lib/store/heartbeats";
import { detectEvents } from "./detect-events";
import { doUpkeep } from "./do-upkeep";
import { callWebhooks, sendNotifications } from "./send-notifications";

const leaving = new AbortController();
const working = [
  answer("detect", detectEvents, { everyMs: 2_000 }),
  answer("notify", sendNotifications, { everyMs: 2000 }),
  answer("backtest", (now) => runBacktests(now, leaving.signal), { everyMs: 5_000 }),
  answer("call", callWebhooks, { everyMs: 1000 }), // nobody rings it: a second's delay is nothing to a receiver
  answer("decide", runBulk, { everyMs: 5_000 }),
  answer("upkeep", doUpkeep, { everyMs: 60_000 }),
];
const heartbeat = keepBeating("worker");
log.info("worker is ready");

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());

/** Turns under way are finished, long work goes back in line; then the connections go. */
async function stop(): Promise<void> {
  leaving.abort();
  await Promise.all(working.map((worker) => worker.close()));
  await heartbeat.stop();
  await closeQueue();
  await closeStore();
  process.exit(0);
}
