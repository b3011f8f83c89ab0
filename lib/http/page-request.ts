/** What the page framework need not see: it reads whole bodies into memory, also for people who have not signed in, and fails over paths that are no UTF-8. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError, malformed } from "@/lib/errors";
import { percentDecoded } from "@/lib/percent";
import { problemOf } from "./problem";

/** A form or an action: what the page framework itself allows for an action. */
export const PAGE_BODY_MOST = 1024 * 1024;

/** Answers a request whose path cannot be read, or whose body is longer than `most` bytes or does not say how long it is; true when it did. Reads nothing of the body. */
export function refusePageRequest(incoming: IncomingMessage, outgoing: ServerResponse, most = PAGE_BODY_MOST): boolean {
  const fault = faultOf(incoming, most);
  if (!fault) return false;
  const { status, headers, body } = problemOf(fault);
  outgoing.writeHead(status, { ...headers, "content-type": "application/problem+json", "cache-control": "no-store", connection: "close" });
  outgoing.end(JSON.stringify(body));
  return true;
}

function faultOf({ url = "/", headers }: IncomingMessage, most: number): AppError | null {
  const { "content-length": length = "0", "transfer-encoding": coding } = headers;
  if (coding !== undefined || Number(length) > most)
    return new AppError("too_large", `Say how long the body is; it may have at most ${most} bytes.`);
  return percentDecoded(url.split("?", 1)[0] ?? "/") === undefined ? malformed("The path is not well-formed.") : null;
}
