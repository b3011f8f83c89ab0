/** Recognising callers by their API key, from memory: whatever callers present, the database is asked ten times a second at most. */
import { setTimeout as wait } from "node:timers/promises";
import ipaddr from "ipaddr.js";
import { AppError, forbidden, unauthenticated } from "@/lib/errors";
import { type HashedApiKey, listUsableKeys, recordKeyUse } from "@/lib/store/api-keys";
import { hashApiKey, isWellFormedApiKey } from "./key-format";
import { Lockout } from "./lockout";

const FRESH_MS = 1000; // how long a revoked key may still work
const AGAIN_MS = 100;
const USE_NOTED_MS = 60_000;
const KNOWN_PAIRS = 10_000;

/** Who presents a key. */
export interface Caller {
  ip: string;
  /** SHA-256 fingerprint of the TLS client certificate, hexadecimal. */
  certificate?: string | undefined;
}

/** The keys that work, as one process knows them. `load` and `noteUse` are the store's; the clock is an argument. */
export class KeyRing {
  #keys = new Map<string, HashedApiKey>();
  #loadedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  readonly #lockout = new Lockout();
  /** Pairs of key and address that have worked: a neighbour behind the same address cannot lock them out. */
  readonly #proven = new Set<string>();
  readonly #noted = new Map<string, number>();

  constructor(
    private readonly load: () => Promise<HashedApiKey[]> = listUsableKeys,
    private readonly noteUse: typeof recordKeyUse = recordKeyUse,
  ) {}

  /** The key that a caller presents. Throws `unauthenticated`, `forbidden` (network, certificate), or `rate_limited` when its address is locked out. */
  async recognise(presented: string | undefined, caller: Caller, now: number): Promise<HashedApiKey> {
    const wellFormed = presented !== undefined && isWellFormedApiKey(presented);
    const hash = wellFormed ? hashApiKey(presented).toString("base64") : undefined;
    if (!(hash && this.#proven.has(`${hash}|${caller.ip}`))) this.#lockout.assertOpen(caller.ip, now);
    if (now - this.#loadedAt >= FRESH_MS) await this.#reload(now);
    const missed = presented !== undefined && !(hash && this.#keys.has(hash));
    if (missed) {
      this.#lockout.assertOpen(caller.ip, now); // again: others may have guessed while we read the keys
      this.#lockout.noteFailure(caller.ip, now); // before the miss waits: guesses made in parallel count
    }
    if (hash !== undefined && !this.#keys.has(hash)) await this.#lookAgain();
    const key = hash === undefined ? undefined : this.#keys.get(hash);
    if (hash === undefined || !key || (key.expiresAt && key.expiresAt.getTime() <= now)) {
      if (hash) this.#proven.delete(`${hash}|${caller.ip}`);
      throw unauthenticated(messageOf(presented, key));
    }
    if (missed) this.#lockout.forgive(caller.ip);
    assertPlace(key, caller);
    this.#noteSuccess(key, hash, caller, now);
    return key;
  }

  /** A key by its id, for a caller that proved by a signature that it holds the key. Throws like `recognise`. */
  async findById(id: string, caller: Caller, now: number): Promise<HashedApiKey> {
    if (now - this.#loadedAt >= FRESH_MS) await this.#reload(now);
    const find = () => [...this.#keys].find(([, candidate]) => candidate.id === id);
    let found = find();
    if (!found) {
      await this.#lookAgain();
      found = find();
    }
    const [hash, key] = found ?? [];
    if (!hash || !key || (key.expiresAt && key.expiresAt.getTime() <= now)) throw unauthenticated(messageOf("", key));
    assertPlace(key, caller);
    this.#noteSuccess(key, hash, caller, now);
    return key;
  }

  /** A key that was made this moment must work: the keys are read once more, at most ten times a second however many strangers knock. */
  #lookAgain(): Promise<void> {
    this.#again ??= wait(AGAIN_MS).then(() => {
      this.#again = undefined;
      return this.#reload(this.#loadedAt);
    });
    return this.#again;
  }

  /** One query however many callers wait; when the database is away, the keys known so far go on working. */
  async #reload(now: number): Promise<void> {
    this.#loading ??= this.load()
      .then((keys) => {
        this.#keys = new Map(keys.flatMap(secretsOf));
        this.#loadedAt = now;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    if (this.#keys.size === 0) return this.#loading;
    await this.#loading.catch(() => {
      this.#loadedAt = now;
    });
  }

  #noteSuccess(key: HashedApiKey, hash: string, caller: Caller, now: number): void {
    if (this.#proven.size >= KNOWN_PAIRS) this.#proven.clear();
    this.#proven.add(`${hash}|${caller.ip}`);
    if (now - (this.#noted.get(key.id) ?? 0) < USE_NOTED_MS) return;
    this.#noted.set(key.id, now);
    void this.noteUse([{ id: key.id, at: new Date(now), ip: caller.ip }]).catch(() => this.#noted.delete(key.id)); // told again with the next use
  }
}

/** A rotated key is known by both secrets; with the old one it ends sooner. */
function secretsOf(key: HashedApiKey): [string, HashedApiKey][] {
  const { hash, previousHash, previousUntil, expiresAt } = key;
  const current: [string, HashedApiKey] = [hash.toString("base64"), key];
  if (!previousHash || !previousUntil) return [current];
  return [
    current,
    [previousHash.toString("base64"), { ...key, expiresAt: expiresAt && expiresAt < previousUntil ? expiresAt : previousUntil }],
  ];
}

function messageOf(presented: string | undefined, key: HashedApiKey | undefined): string {
  if (presented === undefined) return "Send an API key: Authorization: Bearer vdt_… or X-Api-Key: vdt_…";
  return key ? "This API key has expired." : "This API key is not known: mistyped, revoked or never made.";
}

function assertPlace(key: HashedApiKey, caller: Caller): void {
  if (key.allowedNetworks.length > 0 && !isInNetworks(caller.ip, key.allowedNetworks))
    throw forbidden(`This API key may not be used from ${caller.ip}.`);
  if (key.certificate !== null && key.certificate !== caller.certificate?.toLowerCase().replace(/[^0-9a-f]/g, "")) {
    throw new AppError("forbidden", "This API key works only with its TLS client certificate.");
  }
}

/** True when the address is one of these addresses or inside one of these networks. */
export function isInNetworks(ip: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return networks.some((text) => {
    if (!text.includes("/")) return ipaddr.isValid(text) && ipaddr.process(text).toString() === address.toString();
    const [base, bits] = ipaddr.parseCIDR(text);
    return base.kind() === address.kind() && address.match(base, bits);
  });
}

/** The key in a request's headers: `Authorization: Bearer …` or `X-Api-Key`. Undefined when there is none. */
export function presentedKey(headers: { get(name: string): string | null }): string | undefined {
  const authorization = headers.get("authorization");
  const bearer = authorization === null ? null : /^Bearer +(\S+) *$/i.exec(authorization.slice(0, 300));
  return bearer?.[1] ?? headers.get("x-api-key")?.trim().slice(0, 300) ?? (authorization === null ? undefined : "");
}
