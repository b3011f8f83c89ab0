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

/** Masks the secrets of one event. `count` is how many were masked; session ids, which always become keyed hashes, are not counted. */
export type Redact = (event: EventInput) => { event: EventInput; count: number };

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

const pairs = /([?&;]|^)([^=&;?\s"<>]{1,64})=([^&;\s"#]*)/g;
/** `name=value` in a sentence or a log line, the value in quotes or not. */
const freePairs = /(^|[?&;,\s([{'"])([\w.-]{1,64})=("[^"]{1,1000}"|'[^']{1,1000}'|[^&;,\s"'#]+)/g;
const jsonPairs = /"([^"\\]{1,64})"(\s*:\s*)(?:"(?:[^"\\]|\\.)*"|-?\d[\d.]*)/g;
/** No token is written with these, so a credential header that holds one is an attack to be seen, not a secret. */
const neverInTokens = /[<>${}|`\\]|^\[redacted/;

const HTTP_TEXTS = ["method", "host", "path", "route", "query", "referrer", "body"] as const;

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

  redact(input: EventInput): { event: EventInput; count: number } {
    this.#count = 0;
    const event = { ...input };
    for (const part of PARTS) {
      const value = input[part];
      if (value !== undefined) event[part] = this.#value(value) as never; // only texts change, never the shape
    }
    if (input.http) event.http = this.#http(input.http);
    if (input.session) event.session = { id: `sh_${this.#hashOf(input.session.id)}` };
    return { event, count: this.#count };
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

  #http(http: NonNullable<EventInput["http"]>): NonNullable<EventInput["http"]> {
    const { headers } = http;
    const masked = { ...http };
    for (const part of HTTP_TEXTS) {
      const text = http[part];
      if (text !== undefined) masked[part] = this.#body(this.#text(text));
    }
    if (headers) masked.headers = this.#headers(headers);
    return masked;
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
    return text.includes("=") && text.includes("?") ? this.#pairs(text) : text; // an address: Referer, X-Original-URL
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
    return text.replace(pairs, (whole: string, before: string, name: string, value: string) =>
      value === "" || value === MASK || !this.#names.has(name, "form") ? whole : `${before}${name}=${this.#mask()}`,
    );
  }

  #body(body: string): string {
    return this.#json(body.includes("=") ? this.#pairs(body) : body);
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

  /** The value itself when nothing in it is secret: ordinary events are not copied. */
  #value(value: unknown): unknown {
    if (typeof value === "string") return this.#free(value);
    if (typeof value !== "object" || value === null) return value;
    return Array.isArray(value) ? this.#array(value) : this.#object(value as Record<string, unknown>);
  }

  #array(values: unknown[]): unknown[] {
    let copy: unknown[] | undefined;
    for (const [index, child] of values.entries()) {
      const safe = this.#value(child);
      if (safe === child) continue;
      copy ??= [...values];
      copy[index] = safe;
    }
    return copy ?? values;
  }

  #object(entries: Record<string, unknown>): Record<string, unknown> {
    let copy: Record<string, unknown> | undefined;
    for (const name in entries) {
      const child = entries[name];
      const isLeaf = typeof child === "string" || typeof child === "number";
      const safe = isLeaf && child !== "" && child !== MASK && this.#names.has(name, "field") ? this.#mask() : this.#value(child);
      const safeName = this.#name(name);
      if ((safe === child && safeName === name) || name === "__proto__") continue; // assigning __proto__ would change the copy's prototype
      copy ??= { ...entries };
      if (safeName !== name) delete copy[name];
      copy[safeName] = safe;
    }
    return copy ?? entries;
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
