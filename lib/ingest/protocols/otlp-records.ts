/** Log records of an OTLP export request, from protobuf or from its JSON form, in one shape. */
import { invalid } from "@/lib/errors";
import { record } from "@/lib/ingest/readers/text";
import { recordCounter } from "./protocol";
import { bytesOf, doubleOf, fieldsOf, integerOf, textOf, unsigned64Of, type WireValue } from "./protobuf";

type Attributes = Record<string, unknown>;

export interface LogRecord {
  /** Epoch milliseconds, undefined when the record has no time. */
  time: number | undefined;
  severity: number;
  eventName: string | undefined;
  body: unknown;
  attributes: Attributes;
  resource: Attributes;
  scope: string | undefined;
  traceId: string | undefined;
  spanId: string | undefined;
}

/** AnyValue may nest; deeper than this it is cut. */
const MAX_DEPTH = 16;

const milliseconds = (nanoseconds: bigint): number | undefined => (nanoseconds === 0n ? undefined : Number(nanoseconds / 1_000_000n));

/** Reads `ExportLogsServiceRequest` from protobuf. */
export function recordsOfProtobuf(body: Buffer): LogRecord[] {
  const count = counters();
  return children(body, 1).flatMap((resourceLogs) => {
    const resource = attributesOf(children(resourceLogs, 1)[0], 1);
    return count.scopes(children(resourceLogs, 2)).flatMap((scopeLogs) => {
      const scope = scopeName(children(scopeLogs, 1)[0]);
      return count.records(children(scopeLogs, 2)).map((bytes) => recordOf(bytes, resource, scope));
    });
  });
}

/** Scopes and records of a whole request, counted before they are read. */
const counters = () => ({ scopes: recordCounter(), records: recordCounter() });

function children(message: Buffer, number: number): Buffer[] {
  const count = recordCounter();
  const found: Buffer[] = [];
  for (const one of fieldsOf(message)) {
    if (one.number !== number) continue;
    count([one]);
    found.push(bytesOf(one.wire));
  }
  return found;
}

function attributesOf(message: Buffer | undefined, number: number): Attributes {
  return message === undefined ? {} : keyValues(children(message, number), 0);
}

function scopeName(scope: Buffer | undefined): string | undefined {
  const name = scope && children(scope, 1)[0]?.toString("utf8");
  return name || undefined;
}

function keyValues(entries: Buffer[], depth: number): Attributes {
  const pairs = entries.map((entry): [string, unknown] => {
    let key = "";
    let value: unknown;
    for (const { number, wire } of fieldsOf(entry)) {
      if (number === 1) key = textOf(wire);
      if (number === 2) value = anyValue(bytesOf(wire), depth);
    }
    return [key, value];
  });
  return Object.fromEntries(pairs);
}

function anyValue(message: Buffer, depth: number): unknown {
  let value: unknown;
  if (depth > MAX_DEPTH) return undefined;
  for (const { number, wire } of fieldsOf(message)) {
    if (number === 1) value = textOf(wire);
    else if (number === 2) value = unsigned64Of(wire) !== 0n;
    else if (number === 3) value = integerOf(wire);
    else if (number === 4) value = finite(doubleOf(wire));
    else if (number === 5) value = children(bytesOf(wire), 1).map((one) => anyValue(one, depth + 1));
    else if (number === 6) value = keyValues(children(bytesOf(wire), 1), depth + 1);
    else if (number === 7) value = bytesOf(wire).toString("base64");
  }
  return value;
}

/** JSON has no NaN: it stays visible as text. */
const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

const hex = (wire: WireValue): string | undefined => (bytesOf(wire).length === 0 ? undefined : bytesOf(wire).toString("hex"));

function recordOf(message: Buffer, resource: Attributes, scope: string | undefined): LogRecord {
  const attributes: Buffer[] = [];
  const found: LogRecord = {
    time: undefined,
    severity: 0,
    eventName: undefined,
    body: undefined,
    attributes: {},
    resource,
    scope,
    traceId: undefined,
    spanId: undefined,
  };
  let observed: number | undefined;
  for (const { number, wire } of fieldsOf(message)) {
    if (number === 1) found.time = milliseconds(unsigned64Of(wire));
    else if (number === 2) found.severity = Number(integerOf(wire));
    else if (number === 5) found.body = anyValue(bytesOf(wire), 0);
    else if (number === 6) attributes.push(bytesOf(wire));
    else if (number === 9) found.traceId = hex(wire);
    else if (number === 10) found.spanId = hex(wire);
    else if (number === 11) observed = milliseconds(unsigned64Of(wire));
    else if (number === 12) found.eventName = textOf(wire) || undefined;
  }
  return { ...found, time: found.time ?? observed, attributes: keyValues(attributes, 0) };
}

/** Reads `ExportLogsServiceRequest` from its JSON form (lowerCamelCase, 64-bit integers as text). */
export function recordsOfJson(value: unknown): LogRecord[] {
  const request = record(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("The body is not an OTLP export request.");
  const count = counters();
  return recordCounter()(list(request.resourceLogs)).flatMap((resourceLogs) => {
    const resource = jsonAttributes(record(record(resourceLogs).resource).attributes, 0);
    return count.scopes(list(record(resourceLogs).scopeLogs)).flatMap((scopeLogs) => {
      const scope = text(record(record(scopeLogs).scope).name);
      return count.records(list(record(scopeLogs).logRecords)).map((one) => jsonRecord(record(one), resource, scope));
    });
  });
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

function jsonRecord(one: Record<string, unknown>, resource: Attributes, scope: string | undefined): LogRecord {
  return {
    time: jsonTime(one.timeUnixNano) ?? jsonTime(one.observedTimeUnixNano),
    severity: typeof one.severityNumber === "number" ? one.severityNumber : 0,
    eventName: text(one.eventName),
    body: jsonValue(one.body, 0),
    attributes: jsonAttributes(one.attributes, 0),
    resource,
    scope,
    traceId: text(one.traceId),
    spanId: text(one.spanId),
  };
}

function jsonTime(value: unknown): number | undefined {
  if (typeof value === "number" && value > 0) return Math.floor(value / 1e6);
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? milliseconds(BigInt(value)) : undefined;
}

function jsonAttributes(value: unknown, depth: number): Attributes {
  return Object.fromEntries(
    list(value).map((one): [string, unknown] => [String(record(one).key ?? ""), jsonValue(record(one).value, depth)]),
  );
}

function jsonValue(value: unknown, depth: number): unknown {
  const any = record(value);
  if (depth > MAX_DEPTH) return undefined;
  if ("stringValue" in any) return any.stringValue;
  if ("boolValue" in any) return any.boolValue;
  if ("intValue" in any) return Number.isSafeInteger(Number(any.intValue)) ? Number(any.intValue) : any.intValue;
  if ("doubleValue" in any) return any.doubleValue;
  if ("arrayValue" in any) return list(record(any.arrayValue).values).map((one) => jsonValue(one, depth + 1));
  if ("kvlistValue" in any) return jsonAttributes(record(any.kvlistValue).values, depth + 1);
  return any.bytesValue;
}
