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
}

interface FastifyReply {
  statusCode: number;
  elapsedTime: number;
  getHeader(name: string): unknown;
}

interface FastifyInstance {
  addHook(name: "onResponse", hook: (request: unknown, reply: unknown, done: () => void) => void): unknown;
}

/** Records every request of the instance that it is registered with. `trustProxy` of Fastify decides what the caller's address is. */
export function fastifyPlugin<Request extends FastifyRequest = FastifyRequest>(
  client: VedetteClient,
  options: RecordOptions<Request> = {},
) {
  const plugin = (instance: FastifyInstance, _options: unknown, done: (error?: Error) => void): void => {
    instance.addHook("onResponse", (raw, reply, next) => {
      const request = raw as Request; // Fastify calls its hooks with these
      if (!skipped(options, request)) client.record(eventOf(exchangeOf(request, reply as FastifyReply), request, options));
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

function skipped<Request>(options: RecordOptions<Request>, request: Request): boolean {
  try {
    return options.skip?.(request) ?? false;
  } catch {
    return false; // recording never breaks the request
  }
}
