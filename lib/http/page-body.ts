/** How much a request may carry that is not ours to read: pages and their actions read whole bodies into memory, also for people who have not signed in. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "@/lib/errors";
import { problemOf } from "./problem";

/** A form or an action: what the page framework itself allows for an action. */
export const PAGE_BODY_MOST = 1024 * 1024;

/** Answers a request whose body is longer than `most` bytes, or does not say how long it is; true when it did. Nothing of the body is read. */
export function refuseLargeBody(incoming: IncomingMessage, outgoing: ServerResponse, most = PAGE_BODY_MOST): boolean {
  const { "content-length": length = "0", "transfer-encoding": coding } = incoming.headers;
  if (coding === undefined && Number(length) <= most) return false;
  const { status, headers, body } = problemOf(new AppError("too_large", `Say how long the body is; it may have at most ${most} bytes.`));
  outgoing.writeHead(status, { ...headers, "content-type": "application/problem+json", "cache-control": "no-store", connection: "close" });
  outgoing.end(JSON.stringify(body));
  return true;
}
