/** Carries a node:http request to a Web-standard handler and its answer back. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { config } from "@/lib/config";
import { clientAddress, type Handler } from "./route";

/** Serves one request. A client that goes away ends the body's stream; the handler then fails, and nobody is told. */
export async function serve(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
  const method = incoming.method ?? "GET";
  const url = `http://${incoming.headers.host ?? "localhost"}${incoming.url ?? "/"}`;
  const body = method === "GET" || method === "HEAD" ? null : (Readable.toWeb(incoming) as unknown as BodyInit);
  const request = new Request(url, { method, headers, body, ...(body ? { duplex: "half" } : {}) } as RequestInit);
  const ip = clientAddress(incoming.socket.remoteAddress ?? "", headers.get("x-forwarded-for"), config().TRUSTED_PROXIES);
  await reply(await handler(request, { ip }), outgoing);
}

async function reply(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    headers[name] = value;
  });
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, { ...headers, "content-length": body.length });
  outgoing.end(body);
}
