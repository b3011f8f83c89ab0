/**
 * The web process: one node:http server. It answers the ingest paths itself (a page framework costs twenty times more per request) and hands
 * everything else to Next. Only composition: what happens to an event is in lib/ingest.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import next from "next";
import { config } from "@/lib/config";
import { configuredTls, createListener, peerOf } from "@/lib/http/listener";
import { serve } from "@/lib/http/node";
import { PAGE_BODY_MOST, refusePageRequest } from "@/lib/http/page-request";
import { PEER_HEADER, routeFinder } from "@/lib/http/route";
import { closeIngest, ingestHouse } from "@/lib/ingest/house";
import { log } from "@/lib/log";
import { createSender } from "@/lib/notify/sender";
import { createWatch } from "@/lib/notify/watch";
import { loadCatalog } from "@/lib/rules/catalog";
import { IMPORT_LIMITS } from "@/lib/rules/import-rules";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";
import { keepBeating } from "@/lib/store/heartbeats";
import { routes } from "./routes";

const WATCH_MS = 30_000;
const UPLOADS = "/api/dashboard/rules/import";
const { HOST, PORT, NODE_ENV, BASE_URL } = config();
const dev = NODE_ENV === "development";
const find = routeFinder(routes);
const isSecure = BASE_URL.startsWith("https://");

await ingestHouse(); // the IP data is open before the first event comes
const app = next({ dev, hostname: "localhost", port: PORT });
await app.prepare();
const page = app.getRequestHandler();
const upgrade = dev ? app.getUpgradeHandler() : undefined; // hot reload speaks over a web socket

// "localhost" means both families: a browser may try ::1 first
const servers = await Promise.all((HOST === "localhost" ? ["127.0.0.1", "::1"] : [HOST]).map((host) => listen(open(), host)));
const heartbeat = keepBeating("web");
log.info({ port: PORT, host: HOST }, "web is ready");
const watch = createWatch("worker");
const sender = createSender();
const watching = setInterval(() => void watchWorkers(new Date()), WATCH_MS);
void readRules();
const reading = setInterval(() => void readRules(), WATCH_MS);

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());

/** While the workers are quiet, nobody else would send the mail that says so. */
async function watchWorkers(now: Date): Promise<void> {
  try {
    if (await watch.turn(now)) await sender.turn(now);
  } catch (error) {
    log.warn({ error: (error as Error).message }, "the workers could not be looked after"); // what is thrown here is an Error
  }
}

/** Before anybody looks at them: thousands of imported rules take seconds to read, and another process may have taken them in. */
async function readRules(): Promise<void> {
  try {
    await loadCatalog();
  } catch (error) {
    log.warn({ error: (error as Error).message }, "the rules could not be read"); // what is thrown here is an Error
  }
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const path = (incoming.url ?? "/").split("?", 1)[0] ?? "/";
  const handler = find(incoming.method ?? "GET", path);
  if (isSecure) outgoing.setHeader("strict-transport-security", "max-age=31536000"); // a year; whether neighbours speak https is not ours to say
  if (!handler) {
    if (refusePageRequest(incoming, outgoing, path === UPLOADS ? IMPORT_LIMITS.bytes : PAGE_BODY_MOST)) return;
    incoming.headers[PEER_HEADER] = peerOf(incoming).ip; // replaces whatever a client wrote there
  }
  const answered = handler ? serve(handler, incoming, outgoing) : page(incoming, outgoing);
  answered.catch((error: Error) => {
    const shown = path.replace(/^((?:\/api)?\/act\/).*/, "$1…"); // the rest is the right to act
    log.warn({ path: shown, error: error.message }, "an answer could not be delivered");
    outgoing.destroy();
  });
}

function open(): Server {
  const server = createListener(answer, configuredTls());
  if (upgrade) server.on("upgrade", upgrade);
  return server;
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
  clearInterval(watching);
  clearInterval(reading);
  await heartbeat.stop();
  await closeIngest();
  await closeQueue();
  await closeStore();
  process.exit(0);
}
