/** “Paste anything”: what a pasted text probably is. Pure; whether such a thing exists is the store's to say. */
import { parseAddress, parseNetwork, printNetwork } from "./address";

export type Guess =
  | { kind: "incident"; number: number }
  | { kind: "entity"; type: "ip" | "network" | "asn" | "actor" | "session" | "key" | "service"; value: string; why: string }
  | { kind: "event"; id: string }
  /** A whole API key: `hash` it where it was pasted and send only that. */
  | { kind: "secret" }
  | { kind: "query"; query: string }
  | { kind: "text"; text: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Guesses in order of likelihood, the last being plain text search; empty for an empty text. */
export function classifyPaste(pasted: string): Guess[] {
  const text = pasted.trim().slice(0, 2048);
  if (text === "") return [];
  const certain = certainGuess(text);
  if (certain?.kind === "secret") return [certain];
  return [...(certain ? [certain] : likelyGuesses(text)), { kind: "text", text }];
}

function certainGuess(text: string): Guess | undefined {
  if (/^vdt_[A-Za-z0-9_-]{20,}$/.test(text)) return { kind: "secret" };
  const incident = /^(?:INC-?|#)(\d{1,9})$/i.exec(text)?.[1];
  if (incident) return { kind: "incident", number: Number(incident) };
  if (parseAddress(unwrapped(text))) return { kind: "entity", type: "ip", value: spelled(unwrapped(text)), why: "an address" };
  const network = text.includes("/") || text.endsWith(".*") ? parseNetwork(text) : undefined;
  if (network) return { kind: "entity", type: "network", value: printNetwork(network), why: "a network" };
  const asn = /^ASN?\s?(\d{1,10})$/i.exec(text)?.[1];
  if (asn) return { kind: "entity", type: "asn", value: asn, why: "a network number" };
  if (/^[^\s@:]+@[^\s@:]+\.[^\s@:]+$/.test(text)) return { kind: "entity", type: "actor", value: text, why: "a mail address" };
  return undefined;
}

/** `[2001:db8::1]:443` and `203.0.113.7:51234`, as logs write them, are the address. */
const unwrapped = (text: string): string =>
  /^\[([0-9a-fA-F:.]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text;
const spelled = (text: string): string => {
  const bytes = parseAddress(text);
  return bytes ? printNetwork({ bytes, bits: bytes.length * 8 }) : text;
};

function likelyGuesses(text: string): Guess[] {
  if (/\s/.test(text) || /^-?[a-z_.]+:./i.test(text)) return /[a-z_.]+:\S/i.test(text) ? [{ kind: "query", query: text }] : [];
  const guesses: Guess[] = [];
  if (UUID.test(text)) guesses.push({ kind: "event", id: text });
  if (/^[0-9a-f]{32,64}$/i.test(text) || (text.length >= 32 && /^[\w.~+/=-]+$/.test(text)))
    guesses.push({ kind: "entity", type: "session", value: text, why: "a session" });
  if (/^(key|vdt)[_-]/i.test(text)) guesses.push({ kind: "entity", type: "key", value: text, why: "a key" });
  if (text.length <= 256) {
    guesses.push({ kind: "entity", type: "actor", value: text, why: "an account" });
    guesses.push({ kind: "entity", type: "service", value: text, why: "a service" });
    if (!UUID.test(text)) guesses.push({ kind: "event", id: text });
  }
  return guesses;
}
