/** The paths that the web process answers itself, on a real socket, without the dashboard: the same table, served by the same code as in the product. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApiKey } from "@/lib/access/api-keys";
import { createListener, type TlsFiles } from "@/lib/http/listener";
import { serve } from "@/lib/http/node";
import { routeFinder } from "@/lib/http/route";
import { closeIngest, ingestHouse } from "@/lib/ingest/house";
import { routes } from "@/web/routes";

export interface IngestServer {
  url: string;
  server: Server;
  close(): Promise<void>;
}

/** Serves on a free port; with `tls` over HTTPS. */
export async function startIngestServer(tls?: TlsFiles): Promise<IngestServer> {
  await ingestHouse(); // as the product: the IP data is open before the first request
  const find = routeFinder(routes);
  const server = createListener((incoming, outgoing) => {
    const handler = find(incoming.method ?? "GET", (incoming.url ?? "/").split("?", 1)[0] ?? "/");
    if (handler) serve(handler, incoming, outgoing).catch(() => outgoing.destroy());
    else outgoing.writeHead(404).end();
  }, tls);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has a port
  return {
    url: `http${tls ? "s" : ""}://127.0.0.1:${port}`,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await closeIngest();
    },
  };
}

/** A fresh key with these terms; the secret. */
export async function makeKey(terms: Partial<Parameters<typeof createApiKey>[1]> = {}): Promise<{ id: string; secret: string }> {
  return createApiKey({ actor: { type: "system", name: "test" }, now: new Date() }, { name: "test", scopes: ["ingest"], ...terms });
}
