/** Passwords: hashed with scrypt, checked in constant time, and refused when too easy. */
import { randomBytes, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import type { Problem } from "@/lib/errors";

// One of the equal-strength settings of the OWASP password storage cheat sheet (2^17/8/1 down to 2^13/8/10). This one takes 32 MiB a hash instead of 128:
// Node runs four at once, and a web process must stay under 512 MiB while strangers try to sign in.
const COST = { N: 2 ** 15, r: 8, p: 3 };
const KEY_BYTES = 32;

function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  // the same letters may be typed as different code points on another keyboard
  const text = password.normalize("NFKC");
  return new Promise((resolve, reject) => {
    scrypt(text, salt, KEY_BYTES, { ...cost, maxmem: 64 * 1024 * 1024 }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** A hash to store: `scrypt$N$r$p$salt$key`, the last two in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Verified against when nobody has that address, so that the answer takes as long. */
const nobody = ["scrypt", COST.N, COST.r, COST.p, randomBytes(16).toString("base64url"), randomBytes(KEY_BYTES).toString("base64url")].join(
  "$",
);

/** True when the password is the stored one. A missing hash costs the same time and is always false. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [kind, n, r, p, salt = "", key = ""] = (stored ?? nobody).split("$");
  if (kind !== "scrypt") return false;
  const expected = Buffer.from(key, "base64url");
  const found = await derive(password, Buffer.from(salt, "base64url"), { N: Number(n), r: Number(r), p: Number(p) });
  return found.length === expected.length && timingSafeEqual(found, expected) && stored !== null;
}

const MIN_LENGTH = 12;
const MAX_LENGTH = 256; // longer ones only cost time
const FIRST_TRIED =
  /password|passwort|motdepasse|qwerty|qwertz|azerty|letmein|welcome|changeme|iloveyou|admin|vedette|dragon|monkey|secret/g;

/** Few different characters, or nothing left once the words that everybody tries first, digits and signs are taken away. */
function isEasy(password: string): boolean {
  const lower = password.toLowerCase();
  return new Set(lower).size < 5 || lower.replace(FIRST_TRIED, "").replace(/[\d\W_]/g, "").length < 4;
}

/** What is wrong with a new password, in words; empty when nothing is. Length counts, forced symbols do not (NIST SP 800-63B). */
export function passwordProblems(password: string, person: { email: string; name: string }): Problem[] {
  const lower = password.toLowerCase();
  const own = [person.email.split("@")[0] ?? "", person.name].map((part) => part.toLowerCase()).filter((part) => part.length >= 4);
  const problems: Problem[] = [];
  if ([...password].length < MIN_LENGTH)
    problems.push({
      pointer: "/password",
      detail: `Use at least ${MIN_LENGTH} characters. Four unrelated words are easy to keep in mind.`,
    });
  if (password.length > MAX_LENGTH) problems.push({ pointer: "/password", detail: `Use at most ${MAX_LENGTH} characters.` });
  if (isEasy(password)) problems.push({ pointer: "/password", detail: "This is one of the first passwords that anyone would try." });
  else if (own.some((part) => lower.includes(part)))
    problems.push({ pointer: "/password", detail: "Leave your name and your address out of it." });
  return problems;
}

// no 0/O, 1/l/I: it is read from a terminal and typed
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** A password for one sign-in, easy to type: four groups of five, 99 bits. */
export function oneTimePassword(): string {
  const group = () => Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}
