/** Events as rows: the text form of COPY, column by column, and the sums that accounting keeps. */
import { isIP } from "node:net";
import type { EventDocument, EventRecord } from "@/lib/model/event";

/** The columns of `event` in the order in which `copyLine` writes them. */
export const eventColumns = [
  "occurred_at", "id", "batch_id", "received_at", "key_id", "action", "outcome", "direction", "service", "environment", "actor_id", "session_id", "credential_id",
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

/** What a row says besides its record. */
export interface RowContext {
  batchId: number;
  keyId: string | null;
  sample: boolean;
}

/** One line of COPY in text form, with its newline. */
export function copyLine(record: EventRecord, { batchId, keyId, sample }: RowContext): string {
  const { document } = record;
  const { actor, credential, http, source } = document;
  const target = document.targets?.[0];
  const json = JSON.stringify(document);
  // JSON writes tab, newline, return and backslash with a backslash: without one in it, no text of the event needs escaping
  const plain = !json.includes("\\");
  const text = plain ? plainField : field;
  const tail = `${real(http?.duration_ms)}\t${sample ? "t" : "f"}\t${plain ? json : json.replaceAll("\\", "\\\\")}\n`;
  return `${occurredTime(record.occurredAt)}\t${text(record.id)}\t${batchId}\t${receivedTime(record.receivedAt)}\t${keyId ?? NULL}\t${text(document.action)}\t${document.outcome}\t${document.direction}\t${text(document.service)}\t${text(document.environment)}\t${text(actor?.id)}\t${text(document.session?.id)}\t${text(credential?.id)}\t${address(source?.ip)}\t${text(source?.geo?.country)}\t${number(source?.geo?.asn)}\t${text(http?.method)}\t${number(http?.status)}\t${text(http?.route)}\t${text(http?.path)}\t${text(target?.type)}\t${text(target?.id)}\t${text(document.destination?.host ?? document.destination?.ip)}\t${number(http?.request_bytes)}\t${number(http?.response_bytes)}\t${tail}`;
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
export interface TrafficSum {
  minute: number;
  service: string;
  direction: string;
  outcome: string;
  statusClass: number;
  sample: boolean;
  events: number;
  signIns: number;
  requestBytes: number;
  responseBytes: number;
  durationMs: number;
}

const signIn = /(?:^|[._-])(?:log-?_?in|sign-?_?in|authenticate)(?:$|[._-])/i;

/** True for the actions that try to sign somebody in: `user.login`, `auth.sign_in`, … */
export const isSignIn = (action: string): boolean => signIn.test(action);

const MINUTE = 60_000;

/** Adds events up by minute of event time and what `traffic_minute` tells apart. */
export class TrafficSums {
  readonly #sums = new Map<string, TrafficSum>();

  add(record: EventRecord, sample: boolean): void {
    const { document } = record;
    const minute = record.occurredAt - (record.occurredAt % MINUTE);
    const statusClass = Math.min(9, Math.floor((document.http?.status ?? 0) / 100));
    const key = `${minute}|${statusClass}|${document.direction}|${document.outcome}|${sample}|${document.service ?? ""}`;
    let sum = this.#sums.get(key);
    if (!sum) {
      const { direction, outcome, service = "" } = document;
      sum = {
        minute,
        service,
        direction,
        outcome,
        statusClass,
        sample,
        events: 0,
        signIns: 0,
        requestBytes: 0,
        responseBytes: 0,
        durationMs: 0,
      };
      this.#sums.set(key, sum);
    }
    sum.events++;
    if (document.action !== "http.request" && isSignIn(document.action)) sum.signIns++;
    addSizes(sum, document);
  }

  /** In the order of the primary key, so that two writers never wait for each other in a circle. */
  rows(): TrafficSum[] {
    return [...this.#sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  }
}

const LARGEST_SIZE = 1e12; // a terabyte: what a client claims beyond it is nonsense, and must not overflow a sum

function addSizes(sum: TrafficSum, { http }: EventDocument): void {
  if (!http) return;
  sum.requestBytes += Math.min(http.request_bytes ?? 0, LARGEST_SIZE);
  sum.responseBytes += Math.min(http.response_bytes ?? 0, LARGEST_SIZE);
  sum.durationMs += Math.min(http.duration_ms ?? 0, LARGEST_SIZE);
}
