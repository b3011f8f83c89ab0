/**
 * Protocols that others speak: each an adapter that turns what arrives into items of our wire form and the outcomes into the answer its clients expect. Who may
 * send, how much, and what becomes of an item is decided by the intake, the same for all.
 */
import { AppError, type Problem } from "@/lib/errors";
import { defaultLimits } from "@/lib/ingest/limits";
import { linesOf } from "@/lib/ingest/readers/text";

/** Who is at the other end of the connection. */
interface Peer {
  ip: string;
  certificate?: string;
}

/** One line of a route table: a method, a path with `{name}` for one segment, and who answers. */
export interface ProtocolRoute {
  method: "GET" | "POST" | "PUT" | "HEAD" | "OPTIONS";
  path: string;
  handler: (request: Request, peer: Peer) => Promise<Response>;
}

/** One thing that a client sent, in our wire form; with `problems` it could not be mapped and is rejected and counted as such. */
export interface ProtocolItem {
  value: unknown;
  problems?: Problem[];
}

/** What became of one item. `id` is the event's, also when the intake assigned it. */
export interface ItemOutcome {
  id?: string | undefined;
  status: "accepted" | "duplicate" | "conflict" | "rejected";
  error?: string | undefined;
}

/** A sender that the intake has admitted: one key, seen from one address. */
export interface Sender {
  readonly keyId: string;
}

/** The way into the house that all protocols share: authentication, limits, decompression, validation, redaction, commit. Throws AppError. */
export interface Intake {
  /** Admits the bearer of `key`; undefined when the client presented none. */
  admit(request: Request, peer: Peer, key: string | undefined): Promise<Sender>;
  /** Admits on behalf of a key whose holder proved itself by a signature over the body. */
  admitSigned(request: Request, peer: Peer, keyId: string): Promise<Sender>;
  /** The body, decompressed, within the size limits. */
  readBody(request: Request): Promise<Buffer>;
  /** Takes the items in; resolves after COMMIT with one outcome per item, in order. */
  accept(sender: Sender, items: readonly ProtocolItem[]): Promise<ItemOutcome[]>;
  /** The secret that signs the webhooks of a key: known to us and to the one who set the webhook up. */
  webhookSecret(keyId: string): string;
  /** The YAML of an administrator's webhook mapping. Throws `not_found`. */
  webhookMapping(name: string): Promise<string>;
  /** An event sent now would be stored. */
  ready(): Promise<boolean>;
  now(): number;
}

/** Counts the records of one request on their way to be mapped, which costs more than reading them: throws `too_large` past what the intake takes. */
export function recordCounter(most = defaultLimits.items): <Record>(records: readonly Record[]) => readonly Record[] {
  let counted = 0;
  return (records) => {
    counted += records.length;
    if (counted > most) throw new AppError("too_large", `More than ${defaultLimits.items} events in one request.`);
    return records;
  };
}

/** The lines of a body that say something. Throws `too_large`; `each` is how many of them make an event. */
export function linesIn(body: string, each = 1): string[] {
  const count = recordCounter(defaultLimits.items * each);
  const lines: string[] = [];
  for (const line of linesOf(body)) {
    count([line]);
    lines.push(line);
  }
  return lines;
}

/** One outcome for each group of items (one record of the client may be several events): the worst of its items. */
export async function acceptGroups(intake: Intake, sender: Sender, groups: readonly (readonly ProtocolItem[])[]): Promise<ItemOutcome[]> {
  const items = groups.flat();
  const outcomes = items.length === 0 ? [] : await intake.accept(sender, items);
  let at = 0;
  return groups.map((group) => {
    const mine = outcomes.slice(at, at + group.length);
    at += group.length;
    return mine.reduce<ItemOutcome>(
      (worst, one) => (GRAVITY[one.status] > GRAVITY[worst.status] ? one : worst),
      mine[0] ?? { status: "accepted" },
    );
  });
}

const GRAVITY: Record<ItemOutcome["status"], number> = { duplicate: 0, accepted: 1, conflict: 2, rejected: 3 };

/** True when the event is not in the house: rejected, or another event has its id. */
export const isRefused = (outcome: ItemOutcome): boolean => outcome.status === "rejected" || outcome.status === "conflict";

/** A handler whose refusals are told in the protocol's own words. Anything that is not an AppError is a bug and goes on to the server's own handling. */
export function inWordsOf(tell: (error: AppError) => Response, handler: ProtocolRoute["handler"]): ProtocolRoute["handler"] {
  return async (request, peer) => {
    try {
      return await handler(request, peer);
    } catch (error) {
      if (error instanceof AppError) return withRetryAfter(tell(error), error);
      throw error;
    }
  };
}

function withRetryAfter(response: Response, error: AppError): Response {
  const { retryAfterSeconds } = error.details;
  if (retryAfterSeconds !== undefined) response.headers.set("retry-after", String(Math.ceil(retryAfterSeconds)));
  return response;
}

const STATUS: Record<AppError["code"], number> = {
  malformed: 400,
  invalid: 400, // shippers know 400 as "do not send again"; 422 is ours alone
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  rate_limited: 429,
  unavailable: 503,
};

/** The HTTP status by which shippers decide whether to send again. */
export const statusOf = (error: AppError): number => STATUS[error.code];

export const jsonResponse = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", "cache-control": "no-store", ...headers } });

/** An item whose mapping failed, with the reason. `value` is what was sent: the latest refusals show it, with secrets masked. */
export const unmapped = (detail: string, value?: unknown): ProtocolItem => ({ value, problems: [{ pointer: "", detail }] });

/**
 * The key in the headers, wherever the client's protocol puts it: `Bearer`, `Splunk`, a bare Authorization value (Okta and Auth0 send what they were told),
 * `X-Api-Key`, the password of `Basic`, or the second half of Elasticsearch's `ApiKey`.
 */
export function presentedKey(request: Request): string | undefined {
  const direct = request.headers.get("x-api-key");
  if (direct) return direct.trim();
  const header = request.headers.get("authorization")?.trim();
  if (!header) return undefined;
  const [, scheme = "", rest = ""] = /^(\S{1,32})(?:\s+(.{1,1024}))?$/s.exec(header) ?? [];
  if (rest === "") return header.slice(0, 512);
  const decoded = () => Buffer.from(rest, "base64").toString("utf8");
  if (/^basic$/i.test(scheme)) return decoded().slice(decoded().indexOf(":") + 1);
  if (/^apikey$/i.test(scheme)) return rest.startsWith("vdt_") ? rest : decoded().slice(decoded().indexOf(":") + 1);
  return rest.trim();
}
