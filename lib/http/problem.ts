/** Errors as HTTP answers, once: RFC 9457 problem details. */
import { AppError, type ErrorCode, unavailable } from "@/lib/errors";
import { log } from "@/lib/log";
import { saysDatabaseAway } from "@/lib/store/up";

const statusOf: Record<ErrorCode, { status: number; title: string }> = {
  malformed: { status: 400, title: "The request cannot be read" },
  invalid: { status: 422, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "No valid credential" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Conflict" },
  too_large: { status: 413, title: "Too large" },
  unsupported: { status: 415, title: "Not supported" },
  rate_limited: { status: 429, title: "Too many requests" },
  unavailable: { status: 503, title: "Not available right now" },
};

/** What a caller is told of an error: an AppError as it stands, a database that is away as `unavailable`; undefined for a bug. */
export function toldError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  return saysDatabaseAway(error) ? unavailable("The database is out of reach right now. Try again in a moment.", 2) : undefined;
}

/** The problem document of an error: what a caller may know. A bug says nothing of itself. */
export function problemOf(error: unknown): { status: number; headers: Record<string, string>; body: Record<string, unknown> } {
  const told = toldError(error);
  if (!told) {
    const body = {
      type: "about:blank",
      title: "Something went wrong on our side",
      status: 500,
      detail: "The failure was logged. Trying again may help.",
    };
    return { status: 500, headers: {}, body };
  }
  const { status, title } = statusOf[told.code];
  const { problems, retryAfterSeconds, type } = told.details;
  const headers: Record<string, string> = { ...told.details.headers };
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(Math.ceil(retryAfterSeconds));
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="Vedette"';
  return {
    status,
    headers,
    body: { type: type ?? "about:blank", title, status, detail: told.publicMessage, ...(problems ? { problems } : {}) },
  };
}

/** The answer to a request that failed; a bug is logged in full, with the request's method and path. */
export function problemResponse(error: unknown, request?: Request): Response {
  const { status, headers, body } = problemOf(error);
  if (status === 500) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    log.error({ method: request?.method, path: request && new URL(request.url).pathname, error: message, stack }, "a request failed");
  }
  return answer(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** JSON that no cache keeps. */
export const json = (body: unknown, init: ResponseInit = {}): Response =>
  answer(JSON.stringify(body), { ...init, headers: { "content-type": "application/json", "cache-control": "no-store", ...init.headers } });

const texts = new WeakMap<Response, string>();

function answer(text: string, init: ResponseInit): Response {
  const response = new Response(text, init);
  texts.set(response, text);
  return response;
}

/** The body of an answer of ours, when it is known without reading its stream. */
export const textOf = (response: Response): string | undefined => texts.get(response);
