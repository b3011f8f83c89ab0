/** What every protocol does with an HTTP request before and after its own decoding: who sends, may it, can we, read the body, take in, account. */
import { presentedKey } from "@/lib/access/key-ring";
import { AppError, forbidden } from "@/lib/errors";
import type { Peer } from "@/lib/http/route";
import type { Context } from "@/lib/model/user";
import type { HashedApiKey } from "@/lib/store/api-keys";
import { acceptEvents, type ItemResult } from "./accept-events";
import type { Admission } from "./capacity";
import type { Item } from "./decode-body";
import { type IngestHouse, ingestHouse } from "./house";
import { inflateBody } from "./inflate-body";
import type { IngestLimits } from "./limits";
import type { RateHeaders } from "./rate-limits";

/** How a protocol reads a body. Throws AppError for what concerns the whole body. */
export type Decode<Decoded extends { items: readonly Item[] }> = (body: Buffer, limits: IngestLimits) => Decoded | Promise<Decoded>;

/** What came of a request. */
export interface Reception<Decoded> {
  decoded: Decoded;
  /** In the order of `decoded.items`. */
  results: ItemResult[];
  /** To be added to the answer: what is left of the key's rate. */
  headers: RateHeaders;
  key: HashedApiKey;
}

/** How to receive one request. `key`: the API key, where the protocol carries it in another place than `Authorization: Bearer` and `X-Api-Key`. */
export interface Receiver<Decoded extends { items: readonly Item[] }> {
  decode: Decode<Decoded>;
  key?: string | undefined;
}

/** Takes a request in. When it resolves, every accepted item is durable. Throws AppError otherwise, and then nothing of the request is stored, or nothing confirmed. */
export async function receive<Decoded extends { items: readonly Item[] }>(
  request: Request,
  peer: Peer,
  receiver: Receiver<Decoded>,
): Promise<Reception<Decoded>> {
  const house = await ingestHouse();
  const call: Call = { house, request, peer, now: Date.now(), key: undefined, items: 1 };
  try {
    return await receiveCounted(call, receiver);
  } catch (error) {
    if (error instanceof AppError) countRefusal(call, error);
    throw error;
  }
}

/** What is known of a request so far, for the accounting of refusals. */
interface Call {
  house: IngestHouse;
  request: Request;
  peer: Peer;
  now: number;
  key: HashedApiKey | undefined;
  /** Items in it; 1 until it is decoded. */
  items: number;
}

async function receiveCounted<Decoded extends { items: readonly Item[] }>(call: Call, receiver: Receiver<Decoded>): Promise<Reception<Decoded>> {
  const { house, request, peer, now } = call;
  const key = await house.keys.recognise(receiver.key ?? presentedKey(request.headers), peer, now);
  call.key = key;
  if (!key.scopes.includes("ingest") && !key.scopes.includes("import")) throw forbidden("This API key may not send events: it needs the scope ingest.");
  const admission = house.capacity.admit(declaredLength(request, house.limits));
  try {
    const body = await readBody(call, admission);
    const decoded = await receiver.decode(body, house.limits);
    call.items = Math.max(1, decoded.items.length);
    const headers = await house.rates.take(key, { events: decoded.items.length, bytes: body.length }, now);
    const results = await acceptEvents(contextOf(key, peer, now), { items: decoded.items, policy: policyOf(key, peer) });
    return { decoded, results, headers, key };
  } finally {
    admission.release();
  }
}

const contextOf = (key: HashedApiKey, peer: Peer, now: number): Context => ({
  actor: { type: "key", id: key.id, name: key.name, scopes: key.scopes, ip: peer.ip },
  now: new Date(now),
});

const policyOf = (key: HashedApiKey, peer: Peer) => ({
  keyId: key.id,
  services: key.services,
  trustSourceIp: key.trustSourceIp,
  mayImport: key.scopes.includes("import"),
  peerIp: peer.ip || null,
});

/** The Content-Length, or the most it could be. Throws `too_large`. */
function declaredLength(request: Request, limits: IngestLimits): number {
  const declared = request.headers.get("content-length");
  if (declared === null) return limits.rawBytes;
  const length = Number(declared);
  if (length > limits.rawBytes) throw tooLarge(limits);
  return length;
}

const tooLarge = (limits: IngestLimits) => new AppError("too_large", `The body is larger than ${limits.rawBytes} bytes. Send smaller batches.`);

async function readBody(call: Call, admission: Admission): Promise<Buffer> {
  const { request, house } = call;
  const raw = await readAll(request, house.limits);
  const encoding = request.headers.get("content-encoding");
  if (!encoding || encoding === "identity") return raw;
  const body = await house.inflations.run(() => inflateBody(raw, encoding, house.limits.inflatedBytes));
  admission.grow(body.length);
  return body;
}

async function readAll(request: Request, limits: IngestLimits): Promise<Buffer> {
  if (request.headers.has("content-length")) return Buffer.from(await request.arrayBuffer()); // the server holds a client to its word
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limits.rawBytes) throw tooLarge(limits);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function countRefusal({ house, peer, now, key, items }: Call, error: AppError): void {
  const limited = error.code === "rate_limited" || error.code === "unavailable";
  const keyId = key?.id ?? null;
  const outcome = limited ? "limited" : "rejected";
  house.refusals.noteRequest(
    { at: now, keyId, peerIp: peer.ip || null, status: statusOf[error.code] ?? 400, reason: error.code, detail: error.publicMessage, sample: null },
    { at: now, keyId: keyId ?? "", service: "", outcome, reason: error.code, items },
  );
}

const statusOf: Partial<Record<AppError["code"], number>> = { unauthenticated: 401, forbidden: 403, too_large: 413, unsupported: 415, invalid: 422, rate_limited: 429, unavailable: 503 };
