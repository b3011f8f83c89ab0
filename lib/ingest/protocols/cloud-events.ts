/** CloudEvents 1.0 over HTTP at /api/cloudevents: binary, structured and batched. */
import { createHash } from "node:crypto";
import { invalid } from "@/lib/errors";
import { EventInput } from "@/lib/model/event";
import { clip, compact, instantOf, parseJson, record, said } from "@/lib/ingest/readers/text";
import { percentDecoded } from "@/lib/percent";
import { eventOf, flatten } from "./conventions";
import {
  type Intake,
  isRefused,
  type ItemOutcome,
  jsonResponse,
  type ProtocolItem,
  type ProtocolRoute,
  presentedKey,
  recordCounter,
  unmapped,
} from "./protocol";

export function cloudEventRoutes(intake: Intake): ProtocolRoute[] {
  const handler: ProtocolRoute["handler"] = async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const body = await intake.readBody(request);
    const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    const batch = type === "application/cloudevents-batch+json";
    const sent = batch || type === "application/cloudevents+json" ? structured(body, batch) : [binary(request, body, type)];
    const outcomes = sent.length === 0 ? [] : await intake.accept(sender, sent.map(itemOf));
    return batch ? batchAnswer(outcomes) : singleAnswer(outcomes[0] ?? { status: "rejected" });
  };
  return [
    { method: "POST", path: "/api/cloudevents", handler },
    { method: "OPTIONS", path: "/api/cloudevents", handler: async (request) => permission(request) },
  ];
}

/**
 * The handshake of the CloudEvents webhook specification: may this origin deliver here, and how often? Anybody may ask and is told yes, because a delivery needs a
 * key all the same and is held to that key's rate.
 */
function permission(request: Request): Response {
  const origin = request.headers.get("webhook-request-origin");
  const headers: Record<string, string> = { allow: "POST, OPTIONS", "cache-control": "no-store" };
  if (origin === null) return new Response(null, { status: 204, headers });
  if (!/^[\w.-]{1,253}(:\d{1,5})?$/.test(origin)) throw invalid("WebHook-Request-Origin is the name of a host.");
  headers["webhook-allowed-origin"] = origin;
  if (request.headers.has("webhook-request-rate")) headers["webhook-allowed-rate"] = "*";
  return new Response(null, { status: 200, headers });
}

/** The context attributes and the data of one event. */
type CloudEvent = Record<string, unknown>;

function structured(body: Buffer, batch: boolean): CloudEvent[] {
  const value = parseJson(body.toString("utf8"));
  if (batch ? !Array.isArray(value) : typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(batch ? "A batch is a JSON array of CloudEvents." : "The body is no CloudEvent in JSON.");
  }
  return recordCounter()([value].flat()).map((one) => {
    const event = record(one);
    return typeof event.data_base64 === "string"
      ? { ...event, data: decoded(Buffer.from(event.data_base64, "base64"), String(event.datacontenttype ?? "")), data_base64: undefined }
      : event;
  });
}

function binary(request: Request, body: Buffer, type: string): CloudEvent {
  const event: CloudEvent = { datacontenttype: type || undefined };
  request.headers.forEach((value, name) => {
    if (name.startsWith("ce-")) event[name.slice(3)] = percentDecoded(value) ?? value; // a lone percent sign: taken as it stands
  });
  if (event.specversion === undefined) throw invalid("No CloudEvent: neither ce- headers nor application/cloudevents+json.");
  return body.length === 0 ? event : { ...event, data: decoded(body, type) };
}

const decoded = (body: Buffer, type: string): unknown =>
  /json/.test(type) || type === "" ? (parseJson(body.toString("utf8")) ?? body.toString("utf8")) : body.toString("utf8");

const ATTRIBUTES = ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data", "data_base64"];

/** Source and id together name an event; one that is too long for our id is kept by its hash. */
function idOf(source: string, id: string): string {
  const whole = `${source}#${id}`;
  return whole.length <= 256 ? whole : createHash("sha256").update(whole).digest("base64url");
}

function itemOf(event: CloudEvent): ProtocolItem {
  const [id, source, type] = [said(event.id), said(event.source), said(event.type)];
  if (event.specversion !== "1.0") return unmapped("specversion is not 1.0.", event);
  if (id === undefined || source === undefined || type === undefined) return unmapped("A CloudEvent needs id, source and type.", event);
  const subject = said(event.subject);
  const extensions = Object.entries(event).filter(([name, value]) => !ATTRIBUTES.includes(name) && value !== undefined);
  const context = compact({
    id: idOf(source, id),
    occurred_at: instantOf(event.time),
    action: clip(type, 128),
    service: clip(source, 256),
    targets: subject === undefined ? undefined : [{ id: clip(subject, 256) }],
  });
  const metadata = extensions.length === 0 ? {} : { metadata: Object.fromEntries(extensions) };
  const native = { ...metadata, ...record(event.data), ...context };
  if (EventInput.safeParse(native).success) return { value: native };
  const data = typeof event.data === "string" ? { message: event.data } : event.data;
  const flat = flatten(data);
  for (const [name, value] of extensions) if (!flat.has(name)) flat.set(name, value);
  return { value: { ...eventOf(flat, {}), ...context } };
}

const STATUS: Record<ItemOutcome["status"], number> = { accepted: 201, duplicate: 200, conflict: 409, rejected: 422 };

const singleAnswer = (outcome: ItemOutcome): Response => jsonResponse(outcome, STATUS[outcome.status]);

function batchAnswer(outcomes: readonly ItemOutcome[]): Response {
  const count = (status: ItemOutcome["status"]) => outcomes.filter((one) => one.status === status).length;
  const refused = outcomes.filter(isRefused).length;
  const body = {
    accepted: count("accepted"),
    duplicates: count("duplicate"),
    rejected: refused,
    results: outcomes.map((one, index) => ({ index, ...one })),
  };
  return jsonResponse(body, refused > 0 && refused === outcomes.length ? 422 : 200);
}
