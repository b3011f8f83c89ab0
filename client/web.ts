/** Middleware over the Web's Request and Response: Hono, Next.js route handlers, anything with `fetch`-like handlers; and a `fetch` that records outgoing calls. */
import type { VedetteClient } from "./client.ts";
import type { VedetteEvent } from "./event.ts";
import { eventOf, forwardedAddress, lengthIn, present, type RecordOptions } from "./exchange.ts";

/** How Web requests are recorded. `trustedProxies`: how many proxies of yours add to X-Forwarded-For (default 1: the platform or server in front does). */
export type WebOptions = RecordOptions<Request> & { route?: string; trustedProxies?: number };

interface Watched {
  client: VedetteClient;
  request: Request;
  options: WebOptions;
  startedAt: number;
  started: number;
}

function recordExchange(
  { client, request, options, startedAt, started }: Watched,
  status: number,
  more: { route?: string | undefined; bytes?: number | undefined; ip?: string | undefined },
): void {
  try {
    if (options.skip?.(request)) return;
  } catch {
    // recording never breaks the request
  }
  const { pathname, search, host } = new URL(request.url);
  const exchange = {
    method: request.method,
    url: pathname + search,
    route: options.route ?? more.route,
    host: request.headers.get("host") ?? host,
    status,
    startedAt,
    durationMs: performance.now() - started,
    requestBytes: lengthIn(request.headers.get("content-length")),
    responseBytes: more.bytes,
    ip: more.ip ?? forwardedAddress(request.headers.get("x-forwarded-for") ?? undefined, options.trustedProxies ?? 1),
    header: (name: string) => request.headers.get(name) ?? undefined,
  };
  client.record(eventOf(exchange, request, options));
}

const lengthOf = (response: Response): number | undefined => lengthIn(response.headers.get("content-length"));

/** Wraps a route handler of Next.js, or any function from Request to Response. An error is recorded as 500 and thrown on. */
export function nextHandler<Rest extends unknown[]>(
  client: VedetteClient,
  options: WebOptions,
  handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const watched = { client, request, options, startedAt: Date.now(), started: performance.now() };
    try {
      const response = await handler(request, ...rest);
      recordExchange(watched, response.status, { bytes: lengthOf(response) });
      return response;
    } catch (error) {
      recordExchange(watched, 500, {});
      throw error;
    }
  };
}

/** The parts of a Hono context that are read. */
interface HonoContext {
  req: { raw: Request; matchedRoutes?: { path: string; method?: string }[]; routePath?: string };
  res: Response;
  env?: unknown;
}

/** Middleware for Hono. On Node's server the socket's address is used when no proxy is trusted (`trustedProxies: 0`). */
export function honoMiddleware(client: VedetteClient, options: WebOptions = {}) {
  return async (context: unknown, next: () => Promise<void>): Promise<void> => {
    const { req } = context as HonoContext;
    const watched = { client, request: req.raw, options, startedAt: Date.now(), started: performance.now() };
    await next();
    const { res, env } = context as HonoContext;
    const socket = (env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket;
    const ip = (options.trustedProxies ?? 1) === 0 ? socket?.remoteAddress : undefined;
    const route = routeOf(req);
    recordExchange(watched, res.status, { bytes: lengthOf(res), ip, route });
  };
}

/** The handler's own path: the last match that is no wildcard. */
function routeOf(req: HonoContext["req"]): string | undefined {
  return req.matchedRoutes
    ?.map(({ path }) => path)
    .filter((path) => !path.endsWith("*"))
    .at(-1);
}

/** How outgoing calls are recorded. */
export interface OutgoingOptions {
  service?: string;
  /** Whose key or account the call uses, so that Third parties can tell which credential goes where. */
  credential?: (request: Request) => VedetteEvent["credential"];
}

/** A `fetch` that records each call as an outbound event: where to, what came back, how long it took. Calls to Vedette itself are left out. */
export function recordedFetch(client: VedetteClient, options: OutgoingOptions = {}, send: typeof fetch = globalThis.fetch): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.host === client.host) return send(request);
    const startedAt = Date.now();
    const started = performance.now();
    const told = (status: number | undefined, more: { bytes?: number | undefined; reason?: string }) =>
      client.record(outgoing({ request, url, options, startedAt, durationMs: performance.now() - started, status, ...more }));
    try {
      const response = await send(request);
      told(response.status, { bytes: lengthOf(response) });
      return response;
    } catch (error) {
      told(undefined, {
        reason:
          error instanceof Error
            ? error.cause instanceof Error && "code" in error.cause
              ? String(error.cause.code)
              : error.name
            : "failed",
      });
      throw error;
    }
  };
}

interface Outgoing {
  request: Request;
  url: URL;
  options: OutgoingOptions;
  startedAt: number;
  durationMs: number;
  status: number | undefined;
  bytes?: number | undefined;
  reason?: string;
}

function outgoing({ request, url, options, startedAt, durationMs, status, bytes, reason }: Outgoing): VedetteEvent {
  const credential = options.credential?.(request);
  return {
    occurred_at: new Date(startedAt).toISOString(),
    action: "http.request",
    direction: "outbound",
    outcome: status === undefined || status >= 400 ? "failure" : "success",
    ...(reason === undefined ? {} : { reason: reason.slice(0, 256) }),
    ...(options.service ? { service: options.service } : {}),
    ...(credential ? { credential } : {}),
    destination: { host: url.hostname.slice(0, 256), port: Number(url.port) || (url.protocol === "https:" ? 443 : 80) },
    http: present({
      method: request.method,
      host: url.host.slice(0, 256),
      path: url.pathname.slice(0, 8192),
      query: url.search.slice(1, 8193) || undefined,
      status,
      request_bytes: lengthIn(request.headers.get("content-length")),
      response_bytes: bytes,
      duration_ms: Math.round(durationMs * 1000) / 1000,
    }),
  };
}
