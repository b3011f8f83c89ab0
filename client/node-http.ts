/** Middleware over node:http's request and response: plain servers, and Express, which is one underneath. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { VedetteClient } from "./client.ts";
import { eventOf, forwardedAddress, lengthIn, type RecordOptions } from "./exchange.ts";

/** How node:http requests are recorded. `trustedProxies`: how many proxies of yours add to X-Forwarded-For; 0 takes the socket's address. */
export type HttpOptions = RecordOptions<IncomingMessage> & { trustedProxies?: number };

interface Watch<Request extends IncomingMessage> {
  client: VedetteClient;
  request: Request;
  response: ServerResponse;
  options: RecordOptions<Request>;
  ip: (request: Request) => string | undefined;
  route: (request: Request) => string | undefined;
  url: (request: Request) => string;
}

/** Records the exchange when it is over. Counts what is written, because not every answer has a Content-Length. */
function watch<Request extends IncomingMessage>({ client, request, response, options, ip, route, url }: Watch<Request>): void {
  const startedAt = Date.now();
  const started = performance.now();
  let written = 0;
  const { write, end } = response;
  const size = (chunk: unknown) => (typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk instanceof Uint8Array ? chunk.length : 0);
  response.write = function (this: ServerResponse, ...args: unknown[]) {
    written += size(args[0]);
    return write.apply(this, args as Parameters<typeof write>);
  } as typeof response.write;
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    written += size(args[0]);
    return end.apply(this, args as Parameters<typeof end>);
  } as typeof response.end;
  response.once("close", () => {
    if (skipped(options, request)) return;
    const header = (name: string) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    };
    const exchange = {
      method: request.method ?? "GET",
      url: url(request),
      route: route(request),
      host: request.headers.host,
      status: response.statusCode,
      startedAt,
      durationMs: performance.now() - started,
      requestBytes: lengthIn(request.headers["content-length"]),
      responseBytes: written,
      ip: ip(request),
      aborted: !response.writableFinished,
      header,
    };
    client.record(eventOf(exchange, request, options));
  });
}

function skipped<Request>(options: RecordOptions<Request>, request: Request): boolean {
  try {
    return options.skip?.(request) ?? false;
  } catch {
    return false; // recording never breaks the request
  }
}

/** Wraps a listener of `http.createServer`. */
export function httpListener(client: VedetteClient, listener: RequestListener, options: HttpOptions = {}): RequestListener {
  const ip = (request: IncomingMessage) =>
    forwardedAddress(headerOf(request, "x-forwarded-for"), options.trustedProxies ?? 0) ?? request.socket.remoteAddress;
  return (request, response) => {
    watch({ client, request, response, options, ip, route: () => undefined, url: (one) => one.url ?? "/" });
    return listener(request, response);
  };
}

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
};

/** The parts of an Express request (4 and 5) that are read. */
export interface ExpressRequest extends IncomingMessage {
  ip?: string | undefined;
  originalUrl?: string;
  baseUrl?: string;
  route?: unknown;
}

/** Middleware for Express; put it first. `app.set("trust proxy", …)` decides what the caller's address is. */
export function expressMiddleware<Request extends ExpressRequest = ExpressRequest>(
  client: VedetteClient,
  options: RecordOptions<Request> = {},
) {
  return (raw: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const request = raw as Request; // Express calls its middleware with these
    const ip = (one: Request) => one.ip ?? one.socket.remoteAddress;
    watch({ client, request, response, options, ip, route: routeOf, url: (one) => one.originalUrl ?? one.url ?? "/" });
    next();
  };
}

function routeOf({ route, baseUrl }: ExpressRequest): string | undefined {
  const path: unknown = typeof route === "object" && route !== null && "path" in route ? route.path : undefined;
  return typeof path === "string" ? `${baseUrl ?? ""}${path}` : undefined;
}
