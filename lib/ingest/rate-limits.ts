/** What a key may send in a time: tokens that refill, for events and for bytes, and a quota a day. Counted in this process; the quota starts from what the accounting says. */
import { AppError } from "@/lib/errors";
import { countAccepted } from "@/lib/store/outcomes";

/** The limits of one key; null: none. */
export interface KeyLimits {
  id: string;
  eventsPerSecond: number | null;
  bytesPerSecond: number | null;
  burst: number | null;
  dailyQuota: number | null;
}

interface Bucket {
  tokens: number;
  at: number;
}

interface Day {
  start: number;
  used: number;
}

const DAY_MS = 86_400_000;
const BURST_SECONDS = 2; // without a burst of its own a key may send two seconds' worth at once

/** `RateLimit` and `RateLimit-Policy` in the form of the IETF draft (structured fields). */
export type RateHeaders = Record<string, string>;

/** Keeps the buckets of all keys. `counted` tells how much of a day's quota is gone. */
export class RateLimits {
  readonly #events = new Map<string, Bucket>();
  readonly #bytes = new Map<string, Bucket>();
  readonly #days = new Map<string, Promise<Day>>();

  constructor(private readonly counted: (keyId: string, from: Date) => Promise<number> = countAccepted) {}

  /** Takes what a request costs, all of it or nothing. Throws `rate_limited` with the seconds to wait. The headers say what is left. */
  async take(key: KeyLimits, cost: { events: number; bytes: number }, now: number): Promise<RateHeaders> {
    const events =
      key.eventsPerSecond === null ? undefined : fill(this.#events, key.id, { rate: key.eventsPerSecond, burst: burstOf(key), now });
    const bytes =
      key.bytesPerSecond === null
        ? undefined
        : fill(this.#bytes, key.id, { rate: key.bytesPerSecond, burst: key.bytesPerSecond * BURST_SECONDS, now });
    const day = key.dailyQuota === null ? undefined : await this.#day(key.id, now);
    const headers = headersOf(key, { events, bytes, day, now });
    const waits = [
      events ? waitFor(events, cost.events, { rate: key.eventsPerSecond ?? 1, burst: burstOf(key) }) : 0,
      bytes ? waitFor(bytes, cost.bytes, { rate: key.bytesPerSecond ?? 1, burst: (key.bytesPerSecond ?? 1) * BURST_SECONDS }) : 0,
      day && key.dailyQuota !== null && day.used + cost.events > key.dailyQuota ? Math.ceil((day.start + DAY_MS - now) / 1000) : 0,
    ];
    const wait = Math.max(...waits);
    if (wait > 0)
      throw new AppError("rate_limited", "This API key has used up what it may send for now.", { retryAfterSeconds: wait, headers });
    if (events) events.tokens -= cost.events;
    if (bytes) bytes.tokens -= cost.bytes;
    if (day) day.used += cost.events;
    return headersOf(key, { events, bytes, day, now });
  }

  #day(keyId: string, now: number): Promise<Day> {
    const start = now - (now % DAY_MS);
    const known = this.#days.get(keyId);
    const fresh = known
      ? known.then((day) => (day.start === start ? day : { start, used: 0 }))
      : this.counted(keyId, new Date(start)).then((used) => ({ start, used }));
    this.#days.set(keyId, fresh);
    fresh.catch(() => this.#days.delete(keyId));
    return fresh;
  }
}

const burstOf = (key: KeyLimits): number => key.burst ?? Math.max(1, (key.eventsPerSecond ?? 1) * BURST_SECONDS);

function fill(buckets: Map<string, Bucket>, id: string, { rate, burst, now }: { rate: number; burst: number; now: number }): Bucket {
  const bucket = buckets.get(id) ?? { tokens: burst, at: now };
  bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * rate);
  bucket.at = Math.max(bucket.at, now);
  buckets.set(id, bucket);
  return bucket;
}

/** Seconds until the bucket holds the cost. A cost larger than the whole bucket passes when the bucket is full, and leaves a debt. */
function waitFor(bucket: Bucket, cost: number, { rate, burst }: { rate: number; burst: number }): number {
  const missing = Math.min(cost, burst) - bucket.tokens;
  return missing <= 0 ? 0 : Math.max(1, Math.ceil(missing / rate));
}

function headersOf(
  key: KeyLimits,
  state: { events: Bucket | undefined; bytes: Bucket | undefined; day: Day | undefined; now: number },
): RateHeaders {
  const policies: string[] = [];
  const left: string[] = [];
  if (state.events) {
    policies.push(`"events";q=${burstOf(key)};w=${Math.max(1, Math.round(burstOf(key) / (key.eventsPerSecond ?? 1)))}`);
    left.push(`"events";r=${Math.max(0, Math.floor(state.events.tokens))};t=1`);
  }
  if (state.bytes && key.bytesPerSecond !== null) {
    policies.push(`"bytes";q=${key.bytesPerSecond * BURST_SECONDS};w=${BURST_SECONDS};qu="content-bytes"`);
    left.push(`"bytes";r=${Math.max(0, Math.floor(state.bytes.tokens))};t=1`);
  }
  if (state.day && key.dailyQuota !== null) {
    policies.push(`"day";q=${key.dailyQuota};w=86400`);
    left.push(`"day";r=${Math.max(0, key.dailyQuota - state.day.used)};t=${Math.ceil((state.day.start + DAY_MS - state.now) / 1000)}`);
  }
  return policies.length === 0 ? {} : { "ratelimit-policy": policies.join(", "), ratelimit: left.join(", ") };
}
