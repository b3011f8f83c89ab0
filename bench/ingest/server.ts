/** The ingest paths in a process of their own, as the web process serves them. `STORE=off`: everything but the transaction, the ceiling for single events. */
import type { AddressInfo } from "node:net";
import { createListener } from "@/lib/http/listener";
import { serve } from "@/lib/http/node";
import { routeFinder } from "@/lib/http/route";
import { closeIngest, ingestHouse } from "@/lib/ingest/house";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";
import { ingestRoutes } from "@/lib/ingest/routes";
import { sampleProcess, type Shares } from "./steps";

const find = routeFinder(ingestRoutes());
const house = await ingestHouse();
if (process.env.STORE === "off") house.commits.commit = async (events) => events.map(() => "accepted");

const server = createListener((incoming, outgoing) => {
  const handler = find(incoming.method ?? "GET", (incoming.url ?? "/").split("?", 1)[0] ?? "/");
  if (handler)
    serve(handler, incoming, outgoing).catch((error: Error) => {
      process.stderr.write(`${error.stack}\n`);
      outgoing.destroy();
    });
  else outgoing.writeHead(404).end();
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

let sampled: (() => Promise<Shares>) | undefined;

process.on("message", (question) => {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  if (question === "usage")
    process.send?.({ rss, heapUsed, cpuMs: (user + system) / 1000, peakRss: process.resourceUsage().maxRSS * 1024 });
  if (question === "sample") void sampleProcess().then((end) => process.send?.({ sampling: Boolean((sampled = end)) }));
  if (question === "shares") void sampled?.().then((shares) => process.send?.(shares));
  if (question === "stop") void stop();
});

async function stop(): Promise<void> {
  server.closeAllConnections();
  await closeIngest();
  await closeQueue();
  await closeStore();
  process.exit(0);
}
