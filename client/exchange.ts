/** One HTTP exchange as an event, whatever framework it came through. */
import type { Actor, Credential, VedetteEvent } from "./event.ts";

/** What a person says about the requests of an application. Each function gets the framework's own request; one that throws is ignored. */
export interface RecordOptions<Request> {
  service?: string;
  /** Who is signed in. Without it an event has no name to it. */
  actor?: (request: Request) => Actor | undefined | null | false;
  session?: (request: Request) => string | undefined | null;
  credential?: (request: Request) => Credential | undefined | null;
  /** The caller's address, when the framework's own answer is not right. */
  ip?: (request: Request) => string | undefined;
  /** The first part of the body, for the detection of injections. At most 8 KiB are sent. */
  body?: (request: Request) => string | undefined;
  /** Request headers to send along, in lower case. Default: the few that detection looks at and that hold no secret. */
  headers?: readonly string[];
  /** Requests not to record: health checks. */
  skip?: (request: Request) => boolean;
}

/** Headers in which attacks travel and secrets do not. */
const HEADERS = [
  "content-type",
  "origin",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-original-url",
  "x-rewrite-url",
  "x-http-method-override",
  "range",
];

/** What the frameworks tell of an exchange when it is over. */
export interface Exchange {
  method: string;
  /** Path with query, as the client sent it. */
  url: string;
  route?: string | undefined;
  host?: string | undefined;
  status: number;
  startedAt: number;
  durationMs: number;
  requestBytes?: number | undefined;
  responseBytes?: number | undefined;
  ip?: string | undefined;
  /** True when the client went away before the answer was complete. */
  aborted?: boolean;
  header: (name: string) => string | undefined;
}

/** The event of an exchange. */
export function eventOf<Request>(exchange: Exchange, request: Request, options: RecordOptions<Request>): VedetteEvent {
  const { status, header } = exchange;
  const [path = "", query] = splitOnce(exchange.url, "?");
  const asked = <T>(ask: ((request: Request) => T) | undefined): T | undefined => {
    try {
      return ask?.(request);
    } catch {
      return undefined; // recording never breaks the request
    }
  };
  const actor = asked(options.actor);
  const session = asked(options.session);
  const credential = asked(options.credential);
  const names = options.headers ?? HEADERS;
  const headers = names.flatMap((name): [string, string][] => {
    const value = header(name);
    return value === undefined ? [] : [[name, value.slice(0, 8192)]];
  });
  return {
    occurred_at: new Date(exchange.startedAt).toISOString(),
    action: "http.request",
    outcome: status >= 400 ? "failure" : "success",
    ...(exchange.aborted ? { reason: "client_aborted" } : {}),
    ...(options.service ? { service: options.service } : {}),
    ...(actor ? { actor } : {}),
    ...(session ? { session: { id: session } } : {}),
    ...(credential ? { credential } : {}),
    source: present({
      ip: plainAddress(asked(options.ip) ?? exchange.ip),
      user_agent: header("user-agent")?.slice(0, 2048),
      language: header("accept-language")?.slice(0, 256),
    }),
    http: present({
      method: exchange.method,
      host: exchange.host?.slice(0, 256),
      path: path.slice(0, 8192),
      route: exchange.route?.slice(0, 2048),
      query: query?.slice(0, 8192),
      status,
      request_bytes: exchange.requestBytes,
      response_bytes: exchange.responseBytes,
      duration_ms: Math.round(exchange.durationMs * 1000) / 1000,
      referrer: header("referer")?.slice(0, 2048),
      headers: headers.length > 0 ? Object.fromEntries(headers) : undefined,
      body: asked(options.body)?.slice(0, 8192),
    }),
  };
}

/** `1.2.3.4` from `::ffff:1.2.3.4` and `fe80::1%eth0` without its zone. */
function plainAddress(ip: string | undefined): string | undefined {
  return ip?.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
}

/** The client's address in X-Forwarded-For when `proxies` of ours each added one entry: counted from the right, because the left is the client's own writing. */
export function forwardedAddress(header: string | undefined, proxies: number): string | undefined {
  const hops = header?.split(",").map((hop) => hop.trim()) ?? [];
  return proxies > 0 ? hops[Math.max(0, hops.length - proxies)]?.replace(/^\[|\](:\d+)?$/g, "") || undefined : undefined;
}

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Without the members that are undefined. */
export function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T; // only undefined members went
}

/** A Content-Length as a number. */
export function lengthIn(value: unknown): number | undefined {
  const length = Number(value ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
