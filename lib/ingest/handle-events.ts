/** `POST /api/v1/events`: the native protocol. JSON object, JSON array, or one event per line. */
import { conflict, invalid } from "@/lib/errors";
import { json, problemOf } from "@/lib/http/problem";
import type { Handler } from "@/lib/http/route";
import type { ItemResult } from "./accept-events";
import { callOf, taking } from "./call";
import { bodyFormat, decodeBody } from "./decode-body";

/** Answers with 201, 200, 409 or 422 for one event, with 200 and a result for each for many, and with a problem document for anything else. */
export const handleEvents: Handler = taking(async (request) => {
  const call = callOf(request);
  await call.admit();
  const format = bodyFormat(request.headers.get("content-type"));
  const decoded = decodeBody(await call.readBody(), format, call.limits);
  const results = await call.accept(decoded.items);
  const [only] = results;
  if (decoded.single && only) return answerOne(only);
  return json(summaryOf(results, wantsErrorsOnly(request.url)));
});

function answerOne(result: ItemResult): Response {
  if (result.status === "rejected") throw invalid("The event is not valid.", result.problems);
  if (result.status === "conflict") throw idTaken(result.id);
  return json({ id: result.id, status: result.status }, { status: result.status === "accepted" ? 201 : 200 });
}

const idTaken = (id: string) => conflict(`The id ${id} is taken by an event with another content. The first one stays.`);

const wantsErrorsOnly = (url: string): boolean => url.includes("?") && new URL(url).searchParams.get("results") === "errors";

function summaryOf(results: readonly ItemResult[], errorsOnly: boolean): object {
  const summary = { accepted: 0, duplicates: 0, rejected: 0 };
  const lines: object[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === "accepted") summary.accepted++;
    else if (result.status === "duplicate") summary.duplicates++;
    else summary.rejected++;
    if (!errorsOnly || result.status !== "accepted") lines.push(lineOf(index, result));
  }
  return { ...summary, results: lines };
}

/** One result: `status` is accepted, duplicate or rejected; what went wrong is a problem document of its own. */
function lineOf(index: number, result: ItemResult): object {
  if (result.status === "rejected")
    return {
      index,
      ...(result.id === undefined ? {} : { id: result.id }),
      status: "rejected",
      error: problemOf(invalid("The event is not valid.", result.problems)).body,
    };
  if (result.status === "conflict") return { index, id: result.id, status: "rejected", error: problemOf(idTaken(result.id)).body };
  return { index, id: result.id, status: result.status };
}
