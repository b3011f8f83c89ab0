/** A worker process under the clock of the scale suite: takes its turns when it is told to, and says what they cost. Its argument is the module of the turns. */
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";

const { detectEvents } = (await import(process.argv[2] ?? "")) as { detectEvents(now: Date): Promise<void> }; // what the suite names

process.on("message", (message: { until: number } | "stop") => {
  if (message === "stop") void stop();
  else void turn(message.until);
});

async function turn(until: number): Promise<void> {
  const before = process.cpuUsage();
  await detectEvents(new Date(until));
  const { user, system } = process.cpuUsage(before);
  process.send?.({ cpuMs: (user + system) / 1000, peakRss: process.resourceUsage().maxRSS * 1024, rss: process.memoryUsage().rss });
}

async function stop(): Promise<void> {
  await closeQueue();
  await closeStore();
  process.exit(0);
}
process.send?.("ready");
