/** Log lines over HTTP at /api/logs/{format}: plain text, or the JSON envelopes in which Fluent Bit, Vector and Kong put lines and records. */
import { notFound } from "@/lib/errors";
import { findFormat, logFormats } from "@/lib/ingest/readers/formats";
import { parseJson, record } from "@/lib/ingest/readers/text";
import { itemsOfLine, type LineReaders } from "./log-lines";
import {
  acceptGroups,
  type Intake,
  isRefused,
  jsonResponse,
  linesIn,
  type ProtocolItem,
  type ProtocolRoute,
  presentedKey,
  recordCounter,
} from "./protocol";

/** Refusals told in one answer. */
const MOST_ERRORS = 20;

export function logRoutes(intake: Intake, readers: LineReaders): ProtocolRoute[] {
  const handler: ProtocolRoute["handler"] = async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const url = new URL(request.url);
    const name = url.pathname.split("/").at(-1) ?? "";
    const format = findFormat(name);
    if (!format) throw notFound(`There is no log format "${name.slice(0, 64)}". Formats: ${logFormats.map((one) => one.name).join(", ")}.`);
    const text = (await intake.readBody(request)).toString("utf8");
    const type = request.headers.get("content-type") ?? "";
    const lines = /json/.test(type) ? enveloped(text) : format.unit === "document" ? [text] : linesIn(text);
    const groups = lines.map((line): ProtocolItem[] =>
      itemsOfLine(readers, { sender: sender.keyId, format: format.name, line, service: url.searchParams.get("service") }),
    );
    const outcomes = await acceptGroups(intake, sender, groups);
    const said = outcomes.map((outcome, at) => ({ line: at + 1, skipped: groups[at]?.length === 0, ...outcome }));
    const refused = said.filter((one) => !one.skipped && isRefused(one));
    const body = {
      accepted: said.filter((one) => !one.skipped && one.status === "accepted").length,
      duplicates: said.filter((one) => one.status === "duplicate").length,
      rejected: refused.length,
      skipped: said.filter((one) => one.skipped).length,
      errors: refused.slice(0, MOST_ERRORS).map(({ line, error, status }) => ({ line, error: error ?? status })),
    };
    return jsonResponse(body, refused.length > 0 && refused.length === said.length ? 422 : 200);
  };
  return [{ method: "POST", path: "/api/logs/{format}", handler }];
}

/** The lines inside JSON: an array or one value a line; each the line itself, an envelope with the line in `log` or `message`, or a record that is the line. */
function enveloped(text: string): string[] {
  const whole = parseJson(text);
  const values = whole === undefined ? linesIn(text).map((line) => parseJson(line) ?? line) : recordCounter()([whole].flat());
  return values.map((value) => {
    if (typeof value === "string") return value;
    const { log, message } = record(value);
    if (typeof log === "string") return log.replace(/\n$/, "");
    return typeof message === "string" && Object.keys(record(value)).length <= 3 ? message : JSON.stringify(value);
  });
}
