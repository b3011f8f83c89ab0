/** The ingest paths in a process that may be killed. `ACK=early` is a planted fault: the answer leaves before COMMIT. */
import { createListener } from "@/lib/http/listener";
import { serve } from "@/lib/http/node";
import { routeFinder } from "@/lib/http/route";
import { ingestHouse } from "@/lib/ingest/house";
import { ingestRoutes } from "@/lib/ingest/routes";

const find = routeFinder(ingestRoutes());
const house = await ingestHouse();

if (process.env.ACK === "early") {
  const commit = house.commits.commit.bind(house.commits);
  house.commits.commit = async (events, counts) => {
    commit(events, counts).catch(() => undefined);
    return events.map(() => "accepted");
  };
}

const server = createListener((incoming, outgoing) => {
  const handler = find(incoming.method ?? "GET", (incoming.url ?? "/").split("?", 1)[0] ?? "/");
  if (handler) serve(handler, incoming, outgoing).catch(() => outgoing.destroy());
  else outgoing.writeHead(404).end();
});
server.on("error", () => setTimeout(listen, 50)); // the port of a process that was killed may be held for a moment
server.on("listening", () => process.send?.("ready"));
listen();

function listen(): void {
  server.listen(Number(process.env.PORT), "127.0.0.1");
}
