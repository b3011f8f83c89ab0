/** One HTTP request on its way in: who sends, may it, can we, read the body, take in, account. Every protocol uses these same steps around its own decoding. */
import { presentedKey } from "@/lib/access/key-ring";
import { AppError, type ErrorCode, forbidden } from "@/lib/errors";
import { IncomingRequest } from "@/lib/http/node";
import { problemOf, toldError } from "@/lib/http/problem";
import type { Handler, Peer } from "@/lib/http/route";
import type { HashedApiKey } from "@/lib/store/api-keys";
import { acceptEvents, type ItemResult } from "./accept-events";
import type { Admission } from "./capacity";
import type { Item, SentItem } from "./decode-body";
import { type IngestHouse, ingestHouse } from "./house";
import { inflateBody } from "./inflate-body";
import type { IngestLimits } from "./limits";
import type { RateHeaders } from "./rate-limits";

const calls = new WeakMap<Request, IngestCall>();

/** The call of a request that came through `taking`. */
export function callOf(request: Request): IngestCall {
  const call = calls.get(request);
  if (!call) throw new Error("This route takes events in, but was mounted without taking().");
  return call;
}

/** Makes a handler one that may take events in: opens its call, lets go of the memory it held, and counts what was refused as a whole. */
export function taking(handler: Handler): Handler {
  return async (request, peer) => {
    const call = new IngestCall(await ingestHouse(), request, peer);
    calls.set(request, call);
    try {
      const response = await handler(request, peer);
      if (response.status >= 400) call.countRefusal(response.status);
      for (const [name, value] of Object.entries(call.rateHeaders)) response.headers.set(name, value);
      return response;
    } catch (error) {
      const told = toldError(error);
      if (told) call.countRefusal(problemOf(told).status, told);
      throw error;
    } finally {
      call.release();
    }
  };
}

/** A request and what is known of it so far. */
export class IngestCall {
  readonly #now = Date.now();
  #key: HashedApiKey | undefined;
  #admission: Admission | undefined;
  #bodyLength = 0;
  /** Items in it; 1 until it is decoded. */
  #items = 1;
  #accounted = false;
  #refusal: AppError | undefined;
  #rateHeaders: RateHeaders = {};

  constructor(
    private readonly house: IngestHouse,
    private readonly request: Request,
    private readonly peer: Peer,
  ) {}

  get limits(): IngestLimits {
    return this.house.limits;
  }

  /** What is left of the key's rate, or of our own capacity when that was the reason; every protocol answers with these. */
  get rateHeaders(): RateHeaders {
    return this.#rateHeaders;
  }

  /** Recognises the sender by its API key: the one given, or the one in the usual headers. Throws `unauthenticated`, `forbidden`, `rate_limited`. */
  async admit(presented: string | undefined = presentedKey(this.request.headers)): Promise<HashedApiKey> {
    return this.#noting(async () => this.#enter(await this.house.keys.recognise(presented, this.peer, this.#now)));
  }

  /** For a sender that proved by a signature that it holds the key. */
  async admitSigned(keyId: string): Promise<HashedApiKey> {
    return this.#noting(async () => this.#enter(await this.house.keys.findById(keyId, this.peer, this.#now)));
  }

  #enter(key: HashedApiKey): HashedApiKey {
    this.#key = key;
    if (key.scopes.includes("ingest") || key.scopes.includes("import")) return key;
    throw forbidden("This API key may not send events: it needs the scope ingest.");
  }

  /** The body, inflated. Throws `unavailable` when we cannot take it now, `too_large`, `malformed`, `unsupported`. */
  async readBody(): Promise<Buffer> {
    return this.#noting(async () => {
      const admission = this.house.capacity.admit(announcedLength(this.request, this.limits), { known: this.#key !== undefined });
      this.#admission = admission;
      const raw = await readAll(this.request, { limits: this.limits, admission });
      const encoding = this.request.headers.get("content-encoding");
      if (!encoding || encoding === "identity") {
        admission.whole();
        return this.#measured(raw);
      }
      const body = await this.house.inflations.run(() => inflateBody(raw, encoding, this.limits.inflatedBytes));
      admission.whole(body.length);
      return this.#measured(body);
    });
  }

  #measured(body: Buffer): Buffer {
    this.#bodyLength = body.length;
    return body;
  }

  /** Takes the items in, all of them within the key's rate or none. Results in order. */
  async accept(items: readonly (Item | SentItem)[]): Promise<ItemResult[]> {
    return this.#noting(async () => {
      const key = this.#key;
      if (!key) throw new Error("accept() before admit()");
      this.#items = Math.max(1, items.length);
      this.#rateHeaders = await this.house.rates.take(key, { events: items.length, bytes: this.#bodyLength }, this.#now);
      const results = await acceptEvents(
        { actor: { type: "key", id: key.id, name: key.name, scopes: key.scopes, ip: this.peer.ip }, now: new Date(this.#now) },
        { items, policy: this.#policyOf(key) },
      );
      this.#accounted = true;
      return results;
    });
  }

  #policyOf(key: HashedApiKey) {
    const { id: keyId, services, trustSourceIp, scopes } = key;
    return { keyId, services, trustSourceIp, mayImport: scopes.includes("import"), peerIp: this.peer.ip || null };
  }

  /** Adapters answer errors in their protocol's words: the reason is kept here for the accounting. */
  async #noting<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError) {
        this.#refusal = error;
        this.#rateHeaders = error.details.headers ?? this.#rateHeaders;
      }
      throw error;
    }
  }

  /** Counts a request that was refused as a whole; nothing when its items are accounted for already. */
  countRefusal(status: number, thrown?: AppError): void {
    if (this.#accounted) return;
    this.#accounted = true;
    const error = thrown ?? this.#refusal;
    const reason: ErrorCode = error?.code ?? "malformed";
    const at = this.#now;
    const keyId = this.#key?.id ?? null;
    const items = reason === "malformed" ? 1 : this.#items; // what is no JSON has no items
    const outcome = reason === "rate_limited" || reason === "unavailable" ? "limited" : "rejected";
    const detail = error?.publicMessage ?? "The body cannot be read in this protocol.";
    this.house.refusals.noteRequest(
      { at, keyId, service: "", peerIp: this.peer.ip || null, status, reason, detail, sample: null },
      { at, keyId: keyId ?? "", service: "", outcome, reason, items },
    );
  }

  release(): void {
    this.#admission?.release();
  }
}

/** The Content-Length; 0 when the sender does not say. Throws `too_large`. */
function announcedLength(request: Request, limits: IngestLimits): number {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limits.rawBytes) throw tooLarge(limits);
  return announced;
}

const tooLarge = (limits: IngestLimits) =>
  new AppError("too_large", `The body is larger than ${limits.rawBytes} bytes. Send smaller batches.`);

async function readAll(request: Request, { limits, admission }: { limits: IngestLimits; admission: Admission }): Promise<Buffer> {
  let length = 0;
  const note = (bytes: number) => {
    length += bytes;
    if (length > limits.rawBytes) throw tooLarge(limits);
    admission.receive(bytes);
  };
  if (request instanceof IncomingRequest) return request.read(note);
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body ?? []) {
    note(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
