/** What an id stands for: the content of an event, whatever the order of its keys. */
import { hash } from "node:crypto";
import type { EventInput } from "@/lib/model/event";

/** SHA-256 over the event as it was sent, after redaction: a retry has the same, any other event another. */
export const contentDigest = (event: EventInput): Buffer => hash("sha256", unambiguous(event), "buffer");

/** A text that two values share only when they are equal but for the order of keys. Lengths instead of quotes: nothing needs escaping. */
function unambiguous(value: unknown): string {
  if (typeof value === "string") return `${value.length}:${value}`;
  if (typeof value !== "object" || value === null) return `=${value};`;
  if (Array.isArray(value)) {
    let text = "[";
    for (const child of value) text += unambiguous(child);
    return `${text}]`;
  }
  const entries = value as Record<string, unknown>;
  let text = "{";
  for (const key of inOrder(Object.keys(entries)))
    if (entries[key] !== undefined) text += `${key.length}:${key}${unambiguous(entries[key])}`;
  return `${text}}`;
}

/** Sorts in place, by insertion: an event's objects have a handful of keys, and often in order. */
function inOrder(keys: string[]): string[] {
  if (keys.length > 20) return keys.sort();
  for (let end = 1; end < keys.length; end++) {
    const key = keys[end] as string; // below the length
    let at = end;
    while (at > 0 && (keys[at - 1] as string) > key) {
      keys[at] = keys[at - 1] as string;
      at--;
    }
    keys[at] = key;
  }
  return keys;
}
