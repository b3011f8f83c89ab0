/** Events as rows: the text form of COPY, column by column, and the sums that accounting keeps. */
import { isIP } from "node:net";
import type { EventRecord } from "@/lib/model/event";
import type { Lane } from "./batches";
import { type Row, writeRow } from "./row-pages";

/** The columns of `event` in the order in which `newEvent` writes them. */
export const eventColumns = [
  "batch_id", "occurred_at", "id", "received_at", "key_id", "action", "outcome", "direction", "service", "environment", "actor_id", "session_id", "credential_id",
  "source_ip", "country", "asn", "http_method", "http_status", "http_route", "http_path", "target_type", "target_id", "destination", "request_bytes", "response_bytes",
  "duration_ms", "sample", "document",
] as const; // biome-ignore format: the order is the point, one column a line hides it

const special = /[\\\t\n\r]/;
const escapes: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

const NULL = "\\N";
const plainField = (text: string | undefined): string => text ?? NULL;

/** A text as COPY wants it; undefined becomes null. */
function field(text: string | undefined): string {
  if (text === undefined) return NULL;
  return special.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character) : text;
}

const number = (value: number | undefined): string => (value === undefined ? NULL : String(value));

/** `real` holds neither the very large nor the very small of JSON's numbers. */
const real = (value: number | undefined): string =>
  value === undefined ? NULL : value > 1e37 ? "1e37" : value < 1e-37 ? "0" : String(value);

const address = (ip: string | undefined): string =>
  ip !== undefined && (!ip.includes(":") || isIP(ip) === 6) && !ip.includes("%") ? ip : NULL;

/** What an event brings besides its record. `digest` is set when the client gave the id: then the id is guarded against being used twice. */
export interface EventOrigin {
  keyId: string | null;
  lane: Lane;
  digest?: Buffer | undefined;
}

/** An event ready to be stored: its row is written already, so that its document need not stay in memory. The rest is what the transaction adds up. */
export interface NewEvent extends EventOrigin {
  readonly id: string;
  readonly occurredAt: number;
  readonly receivedAt: number;
  readonly row: Row;
  readonly traffic: Traffic;
}

/** What `traffic_minute` tells events apart by, and what it adds up. */
interface Traffic {
  service: string;
  direction: string;
  outcome: string;
  statusClass: number;
  signIns: number;
  requestBytes: number;
  responseBytes: number;
  durationMs: number;
}

/** Writes the row of an event. Its batch is not known yet: `stampBatch` fills it in. */
export function newEvent(record: EventRecord, { keyId, lane, digest }: EventOrigin): NewEvent {
  const { id, occurredAt, receivedAt, document } = record;
  const { http } = document;
  return {
    id,
    occurredAt,
    receivedAt,
    keyId,
    lane,
    digest,
    row: rowOf(record, keyId, lane.sample),
    traffic: {
      service: document.service ?? "",
      direction: document.direction,
      outcome: document.outcome,
      statusClass: Math.min(9, Math.floor((http?.status ?? 0) / 100)),
      signIns: document.action !== "http.request" && isSignIn(document.action) ? 1 : 0,
      requestBytes: Math.min(http?.request_bytes ?? 0, LARGEST_SIZE),
      responseBytes: Math.min(http?.response_bytes ?? 0, LARGEST_SIZE),
      durationMs: Math.min(http?.duration_ms ?? 0, LARGEST_SIZE),
    },
  };
}

const BATCH_DIGITS = 16; // as many as the numbers of JavaScript hold
const NO_BATCH = "0".repeat(BATCH_DIGITS);

/** A function that writes the batch's id into rows; PostgreSQL reads leading zeros as nothing. */
export function batchStamp(batchId: number): (row: Row) => void {
  const digits = Buffer.from(String(batchId).padStart(BATCH_DIGITS, "0"), "latin1");
  return ({ page, start }) => page.bytes.set(digits, start);
}

/** One line of COPY in text form, with its newline. */
function rowOf(record: EventRecord, keyId: string | null, sample: boolean): Row {
  const { document } = record;
  const { actor, credential, http, source } = document;
  const target = document.targets?.[0];
  const json = JSON.stringify(document);
  // JSON writes tab, newline, return and backslash with a backslash: without one in it, no text of the event needs escaping
  const plain = !json.includes("\\");
  const text = plain ? plainField : field;
  const tail = `${real(http?.duration_ms)}\t${sample ? "t" : "f"}\t`;
  const head = `${NO_BATCH}\t${occurredTime(record.occurredAt)}\t${text(record.id)}\t${receivedTime(record.receivedAt)}\t${keyId ?? NULL}\t${text(document.action)}\t${document.outcome}\t${document.direction}\t${text(document.service)}\t${text(document.environment)}\t${text(actor?.id)}\t${text(document.session?.id)}\t${text(credential?.id)}\t${address(source?.ip)}\t${text(source?.geo?.country)}\t${number(source?.geo?.asn)}\t${text(http?.method)}\t${number(http?.status)}\t${text(http?.route)}\t${text(http?.path)}\t${text(target?.type)}\t${text(target?.id)}\t${text(document.destination?.host ?? document.destination?.ip)}\t${number(http?.request_bytes)}\t${number(http?.response_bytes)}\t${tail}`;
  return writeRow(head, `${plain ? json : json.replaceAll("\\", "\\\\")}\n`);
}

/** ISO 8601. Neighbouring rows often share a time: the last text is kept. */
function timeWriter(): (ms: number) => string {
  let lastMs = Number.NaN;
  let lastText = "";
  return (ms) => {
    if (ms !== lastMs) {
      lastMs = ms;
      lastText = new Date(ms).toISOString();
    }
    return lastText;
  };
}
const occurredTime = timeWriter();
const receivedTime = timeWriter();

/** One row of `traffic_minute` to be added to what is there. */
export interface TrafficSum extends Traffic {
  minute: number;
  sample: boolean;
  events: number;
}

const signIn = /(?:^|[._-])(?:log-?_?in|sign-?_?in|authenticate)(?:$|[._-])/i;

/** True for the actions that try to sign somebody in: `user.login`, `auth.sign_in`, … */
export const isSignIn = (action: string): boolean => signIn.test(action);

const MINUTE = 60_000;

const LARGEST_SIZE = 1e12; // a terabyte: what a client claims beyond it is nonsense, and must not overflow a sum

/** Adds events up by minute of event time and what `traffic_minute` tells apart. */
export class TrafficSums {
  readonly #services = new Map<string, Map<string, TrafficSum>>();

  add({ occurredAt, lane, traffic }: NewEvent): void {
    const { service, direction, outcome, statusClass } = traffic;
    const minute = occurredAt - (occurredAt % MINUTE);
    let sums = this.#services.get(service);
    if (!sums) this.#services.set(service, (sums = new Map()));
    const key = `${minute}|${statusClass}|${direction}|${outcome}|${lane.sample}`;
    const sum = sums.get(key);
    if (!sum) {
      sums.set(key, { ...traffic, minute, sample: lane.sample, events: 1 });
      return;
    }
    sum.events++;
    sum.signIns += traffic.signIns;
    sum.requestBytes += traffic.requestBytes;
    sum.responseBytes += traffic.responseBytes;
    sum.durationMs += traffic.durationMs;
  }

  /** Always in the same order, so that two writers never wait for each other in a circle. */
  rows(): TrafficSum[] {
    const rows = [...this.#services.values()].flatMap((sums) => [...sums]);
    return rows
      .sort(([a, { service: first }], [b, { service: second }]) => (a < b || (a === b && first < second) ? -1 : 1))
      .map(([, sum]) => sum);
  }
}
