/**
 * The web process: one node:http server. It answers the ingest paths itself (a page framework costs twenty times more per request) and hands
 * everything else to Next. Only composition: what happens to an event is in lib/ingest.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import next from "next";
import { config } from "@/lib/config";
import { serve } from "@/lib/http/node";
import { clientAddress, PEER_HEADER, routeFinder } from "@/lib/http/route";
import { closeIngest, ingestHouse } from "@/lib/ingest/house";
import { log } from "@/lib/log";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";
import { keepBeating } from "@/lib/store/heartbeats";
import { routes } from "./routes";

const { HOST, PORT, NODE_ENV, TRUSTED_PROXIES } = config();
const dev = NODE_ENV === "development";
const find = routeFinder(routes);

await ingestHouse(); // the IP data is open before the first event comes
const app = next({ dev, hostname: "localhost", port: PORT });
await app.prepare();
const page = app.getRequestHandler();
const upgrade = dev ? app.getUpgradeHandler() : undefined; // hot reload speaks over a web socket

const listener = createListener();
// "localhost" means both families: a browser may try ::1 first
const servers = await Promise.all((HOST === "localhost" ? ["127.0.0.1", "::1"] : [HOST]).map((host) => listen(listener(), host)));
const heartbeat = keepBeating("web");
log.info({ port: PORT, host: HOST }, "web is ready");

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());

function createListener() {
  return () => {
    const server = createServer({ connectionsCheckingInterval: 1000 }, (incoming, outgoing) => {
      const path = (incoming.url ?? "/").split("?", 1)[0] ?? "/";
      const handler = find(incoming.method ?? "GET", path);
      if (!handler) incoming.headers[PEER_HEADER] = addressOf(incoming); // replaces whatever a client wrote there
      const answered = handler ? serve(handler, incoming, outgoing) : page(incoming, outgoing);
      answered.catch((error: Error) => {
        log.warn({ path, error: error.message }, "an answer could not be delivered");
        outgoing.destroy();
      });
    });
    if (upgrade) server.on("upgrade", upgrade);
    // slow clients: headers within 10 s, the whole request within 30 s, looked at every second
    server.headersTimeout = 10_000;
    server.requestTimeout = 30_000;
    server.keepAliveTimeout = 65_000;
    return server;
  };
}

function addressOf(incoming: IncomingMessage): string {
  const forwarded = incoming.headers["x-forwarded-for"];
  return clientAddress(
    incoming.socket.remoteAddress ?? "",
    Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? null),
    TRUSTED_PROXIES,
  );
}

function listen(server: Server, host: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      // a machine without IPv6 is served on IPv4 alone
      if (host === "::1" && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT")) resolve(null);
      else reject(error);
    });
    server.listen(PORT, host, () => resolve(server));
  });
}

/** Requests under way are answered, new ones refused; then the connections go. */
async function stop(): Promise<void> {
  const open = servers.filter((server) => server !== null);
  await Promise.race([
    Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve)))),
    new Promise((resolve) => setTimeout(resolve, 5000)),
  ]);
  for (const server of open) server.closeAllConnections();
  heartbeat.stop();
  await closeIngest();
  await closeQueue();
  await closeStore();
  process.exit(0);
}
