/** What every HTTP handler of ours is, whoever mounts it: a Web-standard function. Errors are mapped here, so that handlers have no try/catch. */
import { problemResponse } from "./problem";

/** Who is at the other end of the connection, as the server that took it knows. */
export interface Peer {
  /** Address of the client: of the socket, or from X-Forwarded-For as configured. */
  ip: string;
  /** SHA-256 fingerprint of the client's TLS certificate, when there is one. */
  certificate?: string;
}

/** How the address of the client reaches the pages: set by our web server, never believed from outside. */
export const PEER_HEADER = "x-vedette-peer";

/** Answers a request. Throws AppError for what is the caller's fault. */
export type Handler = (request: Request, peer: Peer) => Promise<Response>;

/** One line of a route table: the method, the path (with `{name}` for one segment), and who answers. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS";
  path: string;
  handler: Handler;
}

/** A handler whose errors have become problem documents. */
export function answering(handler: Handler): Handler {
  return async (request, peer) => {
    try {
      return await handler(request, peer);
    } catch (error) {
      return problemResponse(error, request);
    }
  };
}

/** A function that finds the handler for a method and path; null when the table does not know the path. */
export function routeFinder(routes: readonly Route[]): (method: string, path: string) => Handler | null {
  const exact = new Map<string, Handler>();
  const patterns: { method: string; pattern: RegExp; handler: Handler }[] = [];
  for (const { method, path, handler } of routes) {
    const safe = answering(handler);
    if (path.includes("{"))
      patterns.push({ method, pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`), handler: safe });
    else exact.set(`${method} ${path}`, safe);
  }
  return (method, path) =>
    exact.get(`${method} ${path}`) ?? patterns.find((p) => p.method === method && p.pattern.test(path))?.handler ?? null;
}

/**
 * The address of the client: the socket's, unless `trustedProxies` proxies of ours each added one entry to X-Forwarded-For. Counting from the right
 * is what makes entries that the client wrote itself worthless (OWASP ASVS 5.0, 4.1.3).
 */
export function clientAddress(socketAddress: string, forwardedFor: string | null, trustedProxies: number): string {
  const plain = socketAddress.replace(/^::ffff:(?=\d)/, "");
  if (trustedProxies === 0 || !forwardedFor) return plain;
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  return hops[Math.max(0, hops.length - trustedProxies)]?.replace(/^\[|\](:\d+)?$/g, "") || plain;
}
