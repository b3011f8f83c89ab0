/** The redact step: no secret gets past here, neither to the database, nor to the queue, a log line, a mail or a content hash. */
import { createHmac } from "node:crypto";
import { RE2JS } from "re2js";
import type { EventInput } from "@/lib/model/event";
import { mayHoldSecret, passesLuhn, SecretNames, secretPatterns } from "./secrets";

/** What an administrator may set: further field names, and patterns in RE2 syntax (linear time). */
export interface RedactionSettings {
  names?: readonly string[];
  patterns?: readonly string[];
}

/** Masks the secrets of one event in place (copying costs more than looking). How many were masked; session ids, which always become keyed hashes, are not counted. */
export type Redact = (event: EventInput) => number;

const MASK = "[redacted]";
const REMEMBERED_HASHES = 50_000; // sessions that are alive at a time; about 10 MB

/** Keyed hash under which a session id or token is kept: the same secret always gives the same text, and without the key nobody can try guesses. */
export function keyedHash(key: Buffer, secret: string): string {
  return createHmac("sha256", key).update(secret).digest("base64url").slice(0, 22); // 132 bits
}

/** The text that stands for a session id in stored events and in queries. */
export const sessionHash = (key: Buffer, sessionId: string): string => `sh_${keyedHash(key, sessionId)}`;

/** Makes the redactor for one key and one set of settings. Throws on a pattern that is not RE2. */
export function createRedactor(key: Buffer, settings: RedactionSettings = {}): Redact {
  const redactor = new Redactor(key, settings);
  return (event) => redactor.redact(event);
}

/** Makes the mask for values that are no valid event: samples of refused items. Masks rather too much than too little. */
export function createMask(key: Buffer, settings: RedactionSettings = {}): (value: unknown) => unknown {
  const redactor = new Redactor(key, settings);
  return (value) => redactor.mask(value);
}

/** `name=` of a query, a form or the query inside a query; and the value that follows it. */
const pairName = /(?:[?&;]|^)([^=&;?\s"<>]{1,64})=/g;
const pairValue = /[^&;\s"#]*/y;
/** `name=value` in a sentence or a log line, the value in quotes or not. */
const freePairs = /(^|[?&;,\s([{'"])([\w.-]{1,64})=("[^"]{1,1000}"|'[^']{1,1000}'|[^&;,\s"'#]+)/g;
const jsonPairs = /"([^"\\]{1,64})"(\s*:\s*)(?:"(?:[^"\\]|\\.)*"|-?\d[\d.]*)/g;
/** No token is written with these, so a credential header that holds one is an attack to be seen, not a secret. */
const neverInTokens = /[<>${}|`\\]|^\[redacted/;

const HTTP_TEXTS = ["method", "host", "path", "route", "query", "referrer", "body"] as const;
const LONGEST_NAME = 64; // as in `pairName`
/** What stands before a name in `pairName`. */
const separators: ReadonlySet<number> = new Set(Buffer.from("?&;"));

/** Parts of an event that hold free text. */
const PARTS = [
  "action",
  "reason",
  "service",
  "environment",
  "actor",
  "source",
  "credential",
  "destination",
  "targets",
  "metadata",
] as const;

class Redactor {
  readonly #names: SecretNames;
  readonly #patterns: RegExp;
  readonly #custom: RE2JS[];
  readonly #hashes = new Map<string, string>();
  #count = 0;

  constructor(
    private readonly key: Buffer,
    settings: RedactionSettings,
  ) {
    this.#names = new SecretNames(settings.names);
    this.#patterns = new RegExp(secretPatterns.map((pattern) => `(?<${pattern.name}>${pattern.source})`).join("|"), "g");
    this.#custom = (settings.patterns ?? []).map((pattern) => RE2JS.compile(pattern));
  }

  redact(event: EventInput): number {
    this.#count = 0;
    for (const part of PARTS) {
      const value = event[part];
      if (value === undefined) continue;
      const safe = this.#value(value);
      if (safe !== value) event[part] = safe as never; // only texts change, never the shape
    }
    if (event.http) this.#http(event.http);
    if (event.session) event.session.id = `sh_${this.#hashOf(event.session.id)}`;
    return this.#count;
  }

  mask(value: unknown): unknown {
    if (typeof value === "string") return this.#body(this.#free(value));
    if (Array.isArray(value)) return value.slice(0, 100).map((child) => this.mask(child));
    if (typeof value !== "object" || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [name, child] of Object.entries(value)) {
      if (name === "__proto__") continue;
      copy[this.#name(name)] = this.#names.has(name, "form") && typeof child !== "boolean" ? MASK : this.mask(child);
    }
    return copy;
  }

  #http(http: NonNullable<EventInput["http"]>): void {
    for (const part of HTTP_TEXTS) {
      const text = http[part];
      if (text === undefined) continue;
      const safe = this.#body(this.#text(text));
      if (safe !== text) http[part] = safe;
    }
    if (http.headers) http.headers = this.#headers(http.headers);
  }

  /** Names of headers come out in lower case, so that a question about one finds it however the client wrote it. */
  #headers(headers: Record<string, string>): Record<string, string> {
    const masked: Record<string, string> = {};
    for (const written in headers) {
      if (written === "__proto__") continue;
      const name = this.#name(written).toLowerCase();
      const value = this.#header(name, headers[written] ?? "");
      masked[name] = Object.hasOwn(masked, name) ? `${masked[name]}, ${value}` : value;
    }
    return masked;
  }

  #header(name: string, value: string): string {
    if (name === "cookie" || name === "set-cookie") return this.#cookies(value, name === "set-cookie");
    if (value !== "" && this.#names.has(name, "field") && !neverInTokens.test(value)) return this.#token(value);
    const text = this.#free(value);
    return text.includes("?") ? this.#pairs(text) : text; // an address: Referer, X-Original-URL
  }

  /** Cookie names stay: they tell one client from another. Attributes of Set-Cookie stay: posture rules read them. */
  #cookies(text: string, isSet: boolean): string {
    const parts = text.split(";");
    return parts.map((part, index) => (isSet && index > 0 ? part : this.#cookie(part))).join(";");
  }

  #cookie(part: string): string {
    const equals = part.indexOf("=");
    const value = part.slice(equals + 1);
    if (value.trim() === "" || neverInTokens.test(value)) return part;
    return part.slice(0, equals + 1) + this.#token(value.trim());
  }

  #pairs(text: string): string {
    if (!this.#namesSecret(text)) return text;
    let safe = "";
    let kept = 0;
    pairName.lastIndex = 0;
    for (let found = pairName.exec(text); found; found = pairName.exec(text)) {
      if (!this.#names.has(found[1] ?? "", "form")) continue;
      pairValue.lastIndex = pairName.lastIndex;
      const value = pairValue.exec(text)?.[0] ?? "";
      if (value === "" || value === MASK) continue;
      safe += text.slice(kept, pairName.lastIndex) + this.#mask();
      kept = pairName.lastIndex += value.length;
    }
    return safe + text.slice(kept);
  }

  /** Whether some `name=` in a text is a secret's: most texts have none, and need no replacing. */
  #namesSecret(text: string): boolean {
    for (let equals = text.indexOf("="); equals >= 0; equals = text.indexOf("=", equals + 1)) {
      const least = Math.max(0, equals - LONGEST_NAME);
      let start = equals;
      while (start > least && !separators.has(text.charCodeAt(start - 1))) start--;
      if (start < equals && this.#names.has(text.slice(start, equals), "form")) return true;
    }
    return false;
  }

  #body(body: string): string {
    return this.#json(this.#pairs(body));
  }

  #json(text: string): string {
    if (!text.includes('"')) return text;
    return text.replace(jsonPairs, (whole: string, name: string, colon: string) =>
      this.#names.has(name, "field") && !whole.endsWith(`"${MASK}"`) ? `"${name}"${colon}"${this.#mask()}"` : whole,
    );
  }

  /** Text of any kind: what a shape gives away, or a name before `=` or in JSON. */
  #free(text: string): string {
    const masked = this.#json(this.#text(text));
    if (!masked.includes("=")) return masked;
    return masked.replace(freePairs, (whole: string, before: string, name: string, value: string) =>
      value === MASK || neverInTokens.test(value) || !this.#names.has(name, "field") ? whole : `${before}${name}=${this.#mask()}`,
    );
  }

  /** A field's name; some clients make names of what they got. */
  #name(name: string): string {
    return mayHoldSecret(name) ? this.#text(name) : name;
  }

  #mask(): string {
    this.#count++;
    return MASK;
  }

  /** A random token keeps a keyed hash, so that somebody who holds it finds its events by pasting it. */
  #token(secret: string): string {
    this.#count++;
    const bare = secret.replace(/^[A-Za-z]+ +/, ""); // Bearer, Basic …: the token alone is what people paste
    return `[redacted:${this.#hashOf(bare)}]`;
  }

  #hashOf(secret: string): string {
    let hash = this.#hashes.get(secret);
    if (hash === undefined) {
      hash = keyedHash(this.key, secret);
      if (this.#hashes.size >= REMEMBERED_HASHES) this.#hashes.clear();
      this.#hashes.set(secret, hash);
    }
    return hash;
  }

  /** The safe text for a text; whatever holds texts is changed in place. */
  #value(value: unknown): unknown {
    if (typeof value === "string") return this.#free(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) this.#array(value);
    else this.#object(value as Record<string, unknown>);
    return value;
  }

  #array(values: unknown[]): void {
    for (let index = 0; index < values.length; index++) {
      const child = values[index];
      const safe = this.#value(child);
      if (safe !== child) values[index] = safe;
    }
  }

  #object(entries: Record<string, unknown>): void {
    for (const name in entries) {
      if (name === "__proto__") continue; // assigning it would change the prototype
      const child = entries[name];
      const isLeaf = typeof child === "string" || typeof child === "number";
      const safe = isLeaf && child !== "" && child !== MASK && this.#names.has(name, "field") ? this.#mask() : this.#value(child);
      const safeName = this.#name(name);
      if (safeName !== name) delete entries[name];
      if (safeName !== name || safe !== child) entries[safeName] = safe;
    }
  }

  #text(text: string): string {
    const masked = mayHoldSecret(text) ? this.#patternText(text) : text;
    return this.#custom.length > 0 ? this.#customText(masked) : masked;
  }

  #patternText(text: string): string {
    this.#patterns.lastIndex = 0;
    return text.replace(this.#patterns, (found: string, ...rest: unknown[]) => {
      const groups = rest.at(-1) as Record<string, string | undefined>; // named groups come last
      if (groups.card !== undefined && !passesLuhn(found)) return found;
      if (groups.jwt !== undefined && !found.includes(".")) return found;
      return secretPatterns.some((pattern) => pattern.hashed && groups[pattern.name] !== undefined) ? this.#token(found) : this.#mask();
    });
  }

  #customText(text: string): string {
    let masked = text;
    for (const pattern of this.#custom) {
      if (!pattern.matcher(masked).find()) continue;
      this.#count++;
      masked = pattern.matcher(masked).replaceAll(MASK, true);
    }
    return masked;
  }
}
