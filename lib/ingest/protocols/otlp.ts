/** OTLP/HTTP logs at /api/otlp/v1/logs: protobuf and JSON, with partial success, errors as google.rpc.Status in the client's own encoding. */
import { AppError, invalid } from "@/lib/errors";
import { defaultLimits } from "@/lib/ingest/limits";
import { EventInput } from "@/lib/model/event";
import { instant, parseJson } from "@/lib/ingest/readers/text";
import { eventOf, flatten } from "./conventions";
import { fromLogLine, type LineReaders } from "./log-lines";
import { field } from "./protobuf";
import {
  acceptGroups,
  type Intake,
  inWordsOf,
  isRefused,
  type ItemOutcome,
  type ProtocolItem,
  type ProtocolRoute,
  presentedKey,
  statusOf,
} from "./protocol";
import { type LogRecord, recordsOfJson, recordsOfProtobuf } from "./otlp-records";

const PROTOBUF = "application/x-protobuf";

/** From which severity number on a record tells of a failure: ERROR. */
const ERROR = 17;

/**
 * The items of one log record: a body that is one of our events is taken as it is; a body that is a log line of a known format (attribute `log.format`) is read; anything
 * else is mapped by the semantic conventions.
 */
function itemsOf(one: LogRecord, sender: string, readers: LineReaders): ProtocolItem[] {
  if (EventInput.safeParse(one.body).success) return [{ value: one.body }];
  const flat = flatten({ ...one.resource, ...one.attributes });
  const format = flat.get("log.format");
  if (typeof format === "string" && typeof one.body === "string")
    return fromLogLine(readers, { sender, format, line: one.body, service: one.resource["service.name"] });
  const body = typeof one.body === "object" && one.body !== null && !Array.isArray(one.body) ? flatten(one.body) : undefined;
  for (const [name, value] of body ?? []) if (!flat.has(name)) flat.set(name, value);
  for (const [name, value] of Object.entries({ trace_id: one.traceId, span_id: one.spanId, "otel.scope": one.scope }))
    if (value !== undefined) flat.set(name, value);
  const message = body || one.body === undefined ? undefined : typeof one.body === "string" ? one.body : JSON.stringify(one.body);
  const occurredAt = one.time === undefined ? undefined : instant(one.time);
  return [{ value: eventOf(flat, { occurredAt, action: one.eventName, message, failed: one.severity >= ERROR }) }];
}

export function otlpRoutes(intake: Intake, readers: LineReaders): ProtocolRoute[] {
  const handler: ProtocolRoute["handler"] = async (request, peer) => {
    const protobuf = isProtobuf(request);
    return inWordsOf(
      (error) => status(error, protobuf),
      async () => {
        const sender = await intake.admit(request, peer, presentedKey(request));
        const body = await intake.readBody(request);
        const records = protobuf ? recordsOfProtobuf(body) : recordsOfJson(jsonBody(body));
        assertBearable(records);
        const outcomes = await acceptGroups(
          intake,
          sender,
          records.map((one) => itemsOf(one, sender.keyId, readers)),
        );
        return partialSuccess(outcomes, protobuf);
      },
    )(request, peer);
  };
  return [{ method: "POST", path: "/api/otlp/v1/logs", handler }];
}

/** True for protobuf, false for JSON; throws `unsupported` for anything else, as the specification asks. */
function isProtobuf(request: Request): boolean {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === PROTOBUF) return true;
  if (type === "application/json") return false;
  throw new AppError("unsupported", `Send ${PROTOBUF} or application/json.`);
}

/** What a resource says is said of each of its records: a small body must not become gigabytes of events. */
function assertBearable(records: readonly LogRecord[]): void {
  const sizes = new Map<LogRecord["resource"], number>();
  let characters = 0;
  for (const { resource, scope = "" } of records) {
    const size = sizes.get(resource) ?? JSON.stringify(resource).length;
    sizes.set(resource, size);
    characters += size + scope.length;
  }
  if (characters > defaultLimits.inflatedBytes)
    throw new AppError("too_large", "The attributes of the resources, said of each of their records, are too much. Send smaller batches.");
}

function jsonBody(body: Buffer): unknown {
  const value = parseJson(body.toString("utf8"));
  if (value === undefined) throw invalid("The body is not JSON.");
  return value;
}

/** Duplicates are successes: the event is there. */
function partialSuccess(outcomes: readonly ItemOutcome[], protobuf: boolean): Response {
  const refused = outcomes.filter(isRefused);
  const [example] = refused;
  const message = example
    ? `${refused.length} of ${outcomes.length} records were refused; the first: ${example.error ?? example.status}`.slice(0, 500)
    : "";
  if (protobuf) return binary(example ? field(1, Buffer.concat([field(1, refused.length), field(2, message)])) : Buffer.alloc(0), 200);
  return json(example ? { partialSuccess: { rejectedLogRecords: String(refused.length), errorMessage: message } } : {}, 200);
}

/** gRPC codes: INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const GRPC: Partial<Record<AppError["code"], number>> = {
  forbidden: 7,
  unauthenticated: 16,
  rate_limited: 8,
  too_large: 8,
  unavailable: 14,
};

function status(error: AppError, protobuf: boolean): Response {
  const code = GRPC[error.code] ?? 3;
  const message = error.publicMessage;
  return protobuf ? binary(Buffer.concat([field(1, code), field(2, message)]), statusOf(error)) : json({ code, message }, statusOf(error));
}

const binary = (body: Buffer, statusCode: number) =>
  new Response(new Uint8Array(body), { status: statusCode, headers: { "content-type": PROTOBUF, "cache-control": "no-store" } });
const json = (body: unknown, statusCode: number) =>
  new Response(JSON.stringify(body), { status: statusCode, headers: { "content-type": "application/json", "cache-control": "no-store" } });
