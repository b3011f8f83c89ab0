/** What an id stands for: the content of an event, whatever the order of its keys. */
import { createHash } from "node:crypto";
import type { EventInput } from "@/lib/model/event";

/** SHA-256 over the event as it was sent, after redaction: a retry has the same, any other event another. */
export function contentDigest(event: EventInput): Buffer {
  return createHash("sha256").update(canonical(event)).digest();
}

/** JSON with the keys of every object in order. */
export function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = value as Record<string, unknown>;
  let text = "{";
  for (const key of Object.keys(entries).sort()) {
    if (entries[key] !== undefined) text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${canonical(entries[key])}`;
  }
  return `${text}}`;
}
