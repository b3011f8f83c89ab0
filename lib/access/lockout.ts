/** Refusing an address that keeps guessing, without asking anybody: bounded memory, no query. */
import { AppError } from "@/lib/errors";

const FREE_TRIES = 10;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 15 * 60_000;
const FORGOTTEN_MS = 15 * 60_000;
const REMEMBERED = 100_000; // addresses; about 15 MB

interface Tries {
  failures: number;
  lastAt: number;
  openAt: number;
}

/** Counts failures by address; after ten, each further one doubles the wait, from 2 s to 15 min. */
export class Lockout {
  #tries = new Map<string, Tries>();

  /** Throws `rate_limited` with the seconds to wait while the address is locked out. */
  assertOpen(address: string, now: number): void {
    const openAt = this.#tries.get(networkOf(address))?.openAt ?? 0;
    if (now >= openAt) return;
    throw new AppError("rate_limited", "Too many requests with a wrong API key from this address.", {
      retryAfterSeconds: Math.ceil((openAt - now) / 1000),
    });
  }

  /** Takes one failure back: it was a key that had only just been made. */
  forgive(address: string): void {
    const tries = this.#tries.get(networkOf(address));
    if (tries && --tries.failures < FREE_TRIES) tries.openAt = 0;
  }

  noteFailure(address: string, now: number): void {
    const network = networkOf(address);
    const known = this.#tries.get(network);
    const tries = known && now - known.lastAt < FORGOTTEN_MS ? known : { failures: 0, lastAt: now, openAt: 0 };
    tries.failures++;
    tries.lastAt = now;
    if (tries.failures >= FREE_TRIES) tries.openAt = now + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries.failures - FREE_TRIES));
    this.#tries.delete(network); // to the end: the map is in order of the last failure
    this.#tries.set(network, tries);
    if (this.#tries.size > REMEMBERED) for (const oldest of this.#tries.keys()) return void this.#tries.delete(oldest);
  }
}

/** One IPv6 customer has a /64 of addresses to guess from. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const front = head.split(":");
  const back = tail === undefined ? [] : tail.split(":");
  const middle = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  return [...front, ...middle, ...back].slice(0, 4).join(":");
}
