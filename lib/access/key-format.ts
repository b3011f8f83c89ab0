/** How an API key is written: `vdt_`, 32 base62 characters of secret (190 bits), 6 of CRC-32. A typo or a guess is refused by the checksum alone. */
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const PREFIX = "vdt_";
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6; // 62^6 > 2^32
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const shape = /^vdt_[0-9A-Za-z]{38}$/;

function checksum(text: string): string {
  let rest = crc32(text);
  let written = "";
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    written = base62.charAt(rest % 62) + written;
    rest = Math.floor(rest / 62);
  }
  return written;
}

/** A fresh API key. It is shown once; only `hashApiKey` of it is kept. */
export function generateApiKey(): string {
  let secret = "";
  while (secret.length < SECRET_LENGTH) {
    for (const byte of randomBytes(SECRET_LENGTH)) if (byte < 248 && secret.length < SECRET_LENGTH) secret += base62.charAt(byte % 62); // 248 = 4 × 62: no bias
  }
  return PREFIX + secret + checksum(PREFIX + secret);
}

/** True when the text is written like a key and its checksum holds: worth looking up. */
export function isWellFormedApiKey(key: string): boolean {
  return shape.test(key) && checksum(key.slice(0, -CHECKSUM_LENGTH)) === key.slice(-CHECKSUM_LENGTH);
}

/** What is stored and looked up: SHA-256. The secret is random, so no salt and no slow hash are needed. */
export const hashApiKey = (key: string): Buffer => createHash("sha256").update(key).digest();

/** The part of a key that may be shown to tell keys apart. */
export const keyHint = (key: string): string => `${key.slice(0, PREFIX.length + 4)}…${key.slice(-4)}`;
