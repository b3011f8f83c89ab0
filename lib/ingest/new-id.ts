/** Ids for events that came without one: UUID version 7, so that they sort by time of receipt. */
import { randomFillSync } from "node:crypto";

const pool = Buffer.alloc(4096);
let used = pool.length;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const at = (index: number): string => hex[pool[index] ?? 0] ?? "00";

/** A fresh UUIDv7 for a time in ms since the epoch. */
export function newId(now: number): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += 10;
  pool[start] = ((pool[start] ?? 0) & 0x0f) | 0x70; // version 7
  pool[start + 2] = ((pool[start + 2] ?? 0) & 0x3f) | 0x80; // variant
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-${at(start)}${at(start + 1)}-${at(start + 2)}${at(start + 3)}-${at(start + 4)}${at(start + 5)}${at(start + 6)}${at(start + 7)}${at(start + 8)}${at(start + 9)}`;
}
