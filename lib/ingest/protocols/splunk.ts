/** Splunk's HTTP Event Collector at /services/collector: events, raw lines, health, and acknowledgements that are true. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type AppError, invalid } from "@/lib/errors";
import { EventInput } from "@/lib/model/event";
import { clip, instantOf, parseJson, record, said, storable } from "@/lib/ingest/readers/text";
import { findFormat } from "@/lib/ingest/readers/formats";
import { eventOf, flatten } from "./conventions";
import { fromLogLine, itemsOfLine, type LineReaders } from "./log-lines";
import {
  acceptGroups,
  type Intake,
  inWordsOf,
  isRefused,
  type ItemOutcome,
  jsonResponse,
  linesIn,
  type ProtocolItem,
  type ProtocolRoute,
  presentedKey,
  recordCounter,
  type Sender,
  statusOf,
  unmapped,
} from "./protocol";

export function splunkRoutes(intake: Intake, readers: LineReaders): ProtocolRoute[] {
  const events = told(async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const envelopes = valuesIn((await intake.readBody(request)).toString("utf8"));
    if (envelopes.length === 0) return hec(5, "No data", 400);
    const outcomes = await acceptGroups(
      intake,
      sender,
      envelopes.map((one) => itemsOf(one, sender.keyId, readers)),
    );
    return outcomeAnswer(outcomes, acknowledgement(intake, sender, request));
  });
  const raw = told(async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const text = (await intake.readBody(request)).toString("utf8");
    if (text.trim() === "") return hec(5, "No data", 400);
    const groups = rawItems(text, new URL(request.url).searchParams, sender.keyId, readers);
    return outcomeAnswer(await acceptGroups(intake, sender, groups), acknowledgement(intake, sender, request));
  });
  const ack = told(async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const channel = channelOf(request);
    if (channel === undefined) return hec(10, "Data channel is missing", 400);
    const asked = record(parseJson((await intake.readBody(request)).toString("utf8"))).acks;
    if (!Array.isArray(asked) || asked.length > 10_000) return hec(6, "Invalid data format", 400);
    const secret = intake.webhookSecret(sender.keyId);
    return jsonResponse({ acks: Object.fromEntries(asked.map((id) => [String(id), isAckId(secret, channel, id)])) });
  });
  const health = told(async () =>
    (await intake.ready()) ? hec(17, "HEC is healthy", 200) : hec(18, "HEC is unhealthy, the database is out of reach", 503),
  );
  const under = "/services/collector";
  return [
    ...["", "/event", "/event/1.0"].map((end): ProtocolRoute => ({ method: "POST", path: under + end, handler: events })),
    ...["/raw", "/raw/1.0"].map((end): ProtocolRoute => ({ method: "POST", path: under + end, handler: raw })),
    { method: "POST", path: `${under}/ack`, handler: ack },
    ...["/health", "/health/1.0"].map((end): ProtocolRoute => ({ method: "GET", path: under + end, handler: health })),
  ];
}

/** The JSON values of a body that has them one after the other, with or without white space between; an array counts as its elements. */
function valuesIn(body: string): unknown[] {
  const values: unknown[] = [];
  const count = recordCounter();
  for (let at = skipSpace(body, 0); at < body.length; at = skipSpace(body, at)) {
    const end = valueEnd(body, at);
    const value = parseJson(body.slice(at, end));
    if (value === undefined) throw invalid(`Invalid data format at event ${values.length}`);
    for (const one of count([value].flat())) values.push(one);
    at = end;
  }
  return values;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text[at] ?? "")) at += 1;
  return at;
}

/** The end of the object or array that starts here: where its brackets close, strings left aside. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    } else if (sign === "{" || sign === "[") depth += 1;
    else if (sign === "}" || sign === "]") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** Source types of Splunk's world, by the reader that knows their lines. */
const SOURCE_TYPES: Record<string, string> = {
  access_combined: "apache",
  access_common: "apache",
  "nginx:plus:access": "nginx",
  nginx_access: "nginx",
  linux_secure: "sshd",
  "aws:cloudtrail": "cloudtrail",
  _json: "ndjson",
  "kong:access": "kong",
};

const formatOf = (sourceType: string | undefined): string | undefined => {
  const name = SOURCE_TYPES[sourceType ?? ""] ?? sourceType;
  return name !== undefined && findFormat(name) ? name : undefined;
};

/** Who sent it: `source` when it is a name and no path, else the source type, else the host. */
const serviceOf = (envelope: Record<string, unknown>): string | undefined => {
  const source = said(envelope.source);
  return clip(source !== undefined && !/[/\\]/.test(source) ? source : (said(envelope.sourcetype) ?? said(envelope.host)), 256);
};

/** Splunk's own loggers wrap what they are given: `{message, severity}`. */
function unwrapped(event: unknown): unknown {
  const { message, severity, ...rest } = record(event);
  return typeof severity === "string" && message !== undefined && message !== null && Object.keys(rest).length === 0 ? message : event;
}

function itemsOf(value: unknown, sender: string, readers: LineReaders): ProtocolItem[] {
  const envelope = record(value);
  const event = unwrapped(envelope.event);
  if (event === undefined || event === null || event === "") return [unmapped("Event field is required", value)];
  const occurredAt = instantOf(envelope.time);
  if (typeof event === "string") {
    const format = formatOf(said(envelope.sourcetype));
    if (format) return fromLogLine(readers, { sender, format, line: event, service: serviceOf(envelope) });
    return [{ value: eventOf(flatten(envelope.fields), { occurredAt, service: serviceOf(envelope), message: event }) }];
  }
  const native = {
    ...(occurredAt ? { occurred_at: occurredAt } : {}),
    ...(serviceOf(envelope) ? { service: serviceOf(envelope) } : {}),
    ...record(event),
  };
  if (EventInput.safeParse(native).success) return [{ value: native }];
  const flat = flatten(event);
  for (const [name, member] of flatten(envelope.fields)) if (!flat.has(name)) flat.set(name, member);
  return [
    {
      value: eventOf(flat, { occurredAt, service: serviceOf(envelope), ...(typeof event === "object" ? {} : { message: String(event) }) }),
    },
  ];
}

function rawItems(text: string, search: URLSearchParams, sender: string, readers: LineReaders): ProtocolItem[][] {
  const format = formatOf(said(search.get("sourcetype")));
  const service = serviceOf({ source: search.get("source"), sourcetype: search.get("sourcetype"), host: search.get("host") });
  const lines = format !== undefined && findFormat(format)?.unit === "document" ? [text] : linesIn(text);
  return lines.map((sent) => {
    const line = sent.replace(/\r$/, "");
    if (format) return itemsOfLine(readers, { sender, format, line, service });
    const flat = flatten(parseJson(line));
    return [{ value: eventOf(flat, flat.size > 0 ? { service } : { service, message: storable(line) }) }];
  });
}

function outcomeAnswer(outcomes: readonly ItemOutcome[], ackId: number | undefined): Response {
  const first = outcomes.findIndex(isRefused);
  if (first < 0) return jsonResponse({ text: "Success", code: 0, ...(ackId === undefined ? {} : { ackId }) });
  const refused = outcomes.filter(isRefused).length;
  const text = `Invalid data format: ${refused} of ${outcomes.length} refused, the others are stored; the first: ${outcomes[first]?.error ?? outcomes[first]?.status}`;
  return jsonResponse({ text: text.slice(0, 500), code: 6, "invalid-event-number": first }, 400);
}

const channelOf = (request: Request): string | undefined =>
  said(request.headers.get("x-splunk-request-channel")) ?? said(new URL(request.url).searchParams.get("channel"));

/**
 * Our answer leaves after COMMIT, so an acknowledgement id that we have given out is always true. The id proves by itself that it is ours (21 bits of time, 32 of a
 * MAC over key and channel): it needs no memory, holds over restarts, and any of our processes can tell.
 */
function acknowledgement(intake: Intake, sender: Sender, request: Request): number | undefined {
  const channel = channelOf(request);
  return channel === undefined ? undefined : ackIdOf(intake.webhookSecret(sender.keyId), channel, Math.floor(intake.now()) % 2 ** 21);
}

function ackIdOf(secret: string, channel: string, nonce: number): number {
  return nonce * 2 ** 32 + createHmac("sha256", secret).update(`ack ${nonce} ${channel}`).digest().readUInt32BE(0);
}

function isAckId(secret: string, channel: string, id: unknown): boolean {
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) return false;
  const bytes = (value: number) => Buffer.from(String(value).padStart(20, "0"));
  return timingSafeEqual(bytes(ackIdOf(secret, channel, Math.floor(id / 2 ** 32))), bytes(id));
}

const hec = (code: number, text: string, status: number) => jsonResponse({ text, code }, status);

const CODES: Partial<Record<AppError["code"], number>> = { forbidden: 4, rate_limited: 9, unavailable: 9 };

/** Splunk tells a missing token (401, code 2) from a wrong one (403, code 4). */
const told =
  (handler: ProtocolRoute["handler"]): ProtocolRoute["handler"] =>
  (request, peer) =>
    inWordsOf((error) => {
      if (error.code === "unauthenticated") return presentedKey(request) ? hec(4, "Invalid token", 403) : hec(2, "Token is required", 401);
      return hec(CODES[error.code] ?? 6, error.publicMessage, statusOf(error));
    }, handler)(request, peer);
