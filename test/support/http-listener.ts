/** A real HTTP server that keeps what it was sent and answers as it is told. */
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface HttpListener {
  port: number;
  url: string;
  calls: Call[];
  /** The status of the next answers; "hang" never answers. `location` is sent with it. */
  answer: number | "hang";
  location: string | undefined;
  /** Breaks every connection. */
  hangUp(): void;
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startHttpListener(): Promise<HttpListener> {
  const listener = { calls: [] as Call[], answer: 200 as HttpListener["answer"] } as HttpListener;
  const server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      listener.calls.push({
        method: request.method ?? "",
        path: request.url ?? "",
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        body,
      });
      if (listener.answer === "hang") return;
      response.writeHead(listener.answer, listener.location ? { location: listener.location } : {});
      response.end("noted");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  listener.port = (server.address() as AddressInfo).port;
  listener.url = `http://127.0.0.1:${listener.port}`;
  listener.hangUp = () => server.closeAllConnections();
  listener.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return listener;
}
