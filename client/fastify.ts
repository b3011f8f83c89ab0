/** A Fastify plugin (4 and 5). */
import type { VedetteClient } from "./client.ts";
import { eventOf, lengthIn, type RecordOptions } from "./exchange.ts";

/** The parts of a Fastify request that are read. */
export interface FastifyRequest {
  method: string;
  url: string;
  originalUrl?: string;
  ip?: string;
  host?: string;
  hostname?: string;
  headers: Record<string, string | string[] | undefined>;
  routeOptions?: { url?: string | undefined };
  [member: string]: any; // any: what the application hangs on its request is its own
}

interface FastifyReply {
  statusCode: number;
  elapsedTime: number;
  getHeader(name: string): unknown;
}

interface FastifyInstance {
  addHook(name: "onResponse", hook: (request: any, reply: any, done: () => void) => void): unknown; // any: Fastify's own types are generic over the application's
}

/** Records every request of the instance that it is registered with. `trustProxy` of Fastify decides what the caller's address is. */
export function fastifyPlugin(client: VedetteClient, options: RecordOptions<FastifyRequest> = {}) {
  const plugin = (instance: FastifyInstance, _options: unknown, done: (error?: Error) => void): void => {
    instance.addHook("onResponse", (request: FastifyRequest, reply: FastifyReply, next: () => void) => {
      if (!skipped(options, request)) client.record(eventOf(exchangeOf(request, reply), request, options));
      next();
    });
    done();
  };
  // Fastify's mark for "no scope of its own": hooks then hold for the whole application
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true, [Symbol.for("fastify.display-name")]: "vedette" });
}

function exchangeOf(request: FastifyRequest, reply: FastifyReply) {
  const durationMs = reply.elapsedTime;
  return {
    method: request.method,
    url: request.originalUrl ?? request.url,
    route: request.routeOptions?.url,
    host: request.host ?? request.hostname,
    status: reply.statusCode,
    startedAt: Date.now() - durationMs,
    durationMs,
    requestBytes: lengthIn(request.headers["content-length"]),
    responseBytes: lengthIn(reply.getHeader("content-length")),
    ip: request.ip,
    header: (name: string) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

function skipped(options: RecordOptions<FastifyRequest>, request: FastifyRequest): boolean {
  try {
    return options.skip?.(request) ?? false;
  } catch {
    return false; // recording never breaks the request
  }
}
