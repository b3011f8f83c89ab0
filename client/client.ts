/**
 * The client: keeps events in a bounded buffer and sends them in batches. `record` never waits and never throws; an event that was taken is sent until it is
 * stored, refused for good, or pushed out by newer ones while Vedette cannot be reached. Ids are given here, so that sending twice stores once.
 */
import type { VedetteEvent } from "./event.ts";

/** Where to send, and how much to hold. Only `url` and `key` are required. */
export interface ClientOptions {
  /** The installation: `https://vedette.example.com`. */
  url: string;
  key: string;
  /** Written into events that name none. */
  service?: string;
  environment?: string;
  /** Events in one request. Default 500. */
  batchSize?: number;
  /** Longest time that an event waits for company, ms. Default 1000. */
  flushAfterMs?: number;
  /** What the buffer may hold: events (default 10,000) and bytes of JSON (default 16 MiB). Beyond, the oldest are dropped and counted. */
  maxEvents?: number;
  maxBytes?: number;
  /** Patience with one request, ms. Default 10,000. */
  timeoutMs?: number;
  /** Flush before the process ends, also on SIGTERM and SIGINT when nobody else handles them. Default true. */
  flushOnExit?: boolean;
  /** Told once per failed request: what went wrong, and whether it will be tried again. */
  onError?: (error: Error, willRetry: boolean) => void;
  fetch?: typeof fetch;
}

/** Counts since the client was made. `recorded` = sent + rejected + dropped + waiting. */
export interface ClientStats {
  recorded: number;
  /** Stored by Vedette, or there already. */
  sent: number;
  /** Refused by Vedette for good. */
  rejected: number;
  /** Never sent: pushed out of a full buffer, or not to be written as JSON. */
  dropped: number;
  waiting: number;
}

export interface VedetteClient {
  /** Takes an event. Never throws; false when it was dropped at once. */
  record(event: VedetteEvent): boolean;
  /** Sends what waits; resolves when all of it is sent or given up, at the latest after `withinMs` (default 10 s). */
  flush(withinMs?: number): Promise<void>;
  /** Flushes and lets go of timers and signal handlers. */
  close(withinMs?: number): Promise<void>;
  stats(): ClientStats;
  /** The host that events go to; middleware for outgoing calls leaves it out. */
  readonly host: string;
}

interface Waiting {
  line: string;
}

const BATCH_BYTES = 1024 * 1024; // the installation takes 8 MiB; smaller requests are answered sooner
const LONGEST_WAIT_MS = 60_000;

export function createClient(options: ClientOptions): VedetteClient {
  return new BufferedClient(options);
}

class BufferedClient implements VedetteClient {
  readonly host: string;
  private readonly address: string;
  private readonly waiting: Waiting[] = [];
  private bytes = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> | undefined;
  private failures = 0;
  /** Before this time nothing is sent: back-off, or what Retry-After asked for. */
  private notBefore = 0;
  private closed = false;
  private untold = 0;
  private readonly counts = { recorded: 0, sent: 0, rejected: 0, dropped: 0 };
  private readonly leave: () => void;

  constructor(private readonly options: ClientOptions) {
    const url = new URL(options.url);
    this.host = url.host;
    this.address = `${url.href.replace(/\/$/, "")}/api/v1/events?results=errors`;
    this.leave = options.flushOnExit === false ? () => undefined : flushOnExit(this);
  }

  record(event: VedetteEvent): boolean {
    this.counts.recorded += 1;
    const line = this.lineOf(event);
    if (line === undefined || this.closed) return this.drop(1);
    this.waiting.push({ line });
    this.bytes += line.length;
    this.makeRoom();
    if (this.waiting.length >= (this.options.batchSize ?? 500)) this.schedule(0);
    else this.schedule(this.options.flushAfterMs ?? 1000);
    return true;
  }

  async flush(withinMs = 10_000): Promise<void> {
    const until = Date.now() + withinMs;
    while (this.waiting.length > 0 && Date.now() < until) {
      // timers of a busy process fire early, measured by the clock: hence a loop
      for (let pause = this.pauseUntil(until); pause > 0; pause = this.pauseUntil(until))
        await new Promise((resolve) => setTimeout(resolve, pause));
      await this.send();
    }
  }

  private pauseUntil(end: number): number {
    return Math.min(this.notBefore, end) - Date.now();
  }

  async close(withinMs?: number): Promise<void> {
    this.leave();
    await this.flush(withinMs);
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    this.drop(this.waiting.splice(0).length);
  }

  stats(): ClientStats {
    return { ...this.counts, waiting: this.waiting.length };
  }

  private lineOf(event: VedetteEvent): string | undefined {
    const { service, environment } = this.options;
    const whole = {
      id: globalThis.crypto.randomUUID(),
      occurred_at: new Date().toISOString(),
      ...(service === undefined ? {} : { service }),
      ...(environment === undefined ? {} : { environment }),
      ...event,
    };
    try {
      return JSON.stringify(whole);
    } catch {
      return undefined; // circular, or a BigInt: an event must not break the request it tells of
    }
  }

  /** The oldest go first: what happens now matters more than what could not be told. */
  private makeRoom(): void {
    const { maxEvents = 10_000, maxBytes = 16 * 1024 * 1024 } = this.options;
    while (this.waiting.length > maxEvents || (this.bytes > maxBytes && this.waiting.length > 0)) {
      this.bytes -= this.waiting.shift()?.line.length ?? 0;
      this.drop(1);
    }
  }

  private drop(count: number): false {
    this.counts.dropped += count;
    this.untold += count;
    return false;
  }

  private schedule(afterMs: number): void {
    if (this.timer || this.sending || this.closed) return;
    const wait = Math.max(afterMs, this.notBefore - Date.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (Date.now() < this.notBefore) this.schedule(0);
      else void this.send();
    }, wait);
    (this.timer as { unref?: () => void }).unref?.(); // a waiting event does not keep the process alive: flush on exit does that
  }

  /** One request at a time: the order stays, and a struggling installation is not asked by many. */
  private send(): Promise<void> {
    this.sending ??= this.sendBatch().finally(() => {
      this.sending = undefined;
      if (this.waiting.length > 0)
        this.schedule(this.waiting.length >= (this.options.batchSize ?? 500) ? 0 : (this.options.flushAfterMs ?? 1000));
    });
    return this.sending;
  }

  private async sendBatch(limit = this.options.batchSize ?? 500): Promise<void> {
    const batch = this.take(limit);
    if (batch.length === 0) return;
    const answer = await this.post(batch);
    if (answer === "again") return this.putBack(batch);
    if (answer === "smaller" && batch.length > 1) {
      this.putBack(batch);
      return this.sendBatch(Math.ceil(batch.length / 2));
    }
    const rejected = typeof answer === "number" ? answer : batch.length;
    this.counts.rejected += rejected;
    this.counts.sent += batch.length - rejected;
    if (typeof answer === "number") this.tellDropped();
  }

  private take(limit: number): Waiting[] {
    let count = 0;
    for (let size = 0; count < Math.min(limit, this.waiting.length); count += 1) {
      size += this.waiting[count]?.line.length ?? 0;
      if (size > BATCH_BYTES && count > 0) break;
    }
    const batch = this.waiting.splice(0, count);
    for (const { line } of batch) this.bytes -= line.length;
    return batch;
  }

  private putBack(batch: readonly Waiting[]): void {
    this.waiting.unshift(...batch);
    for (const { line } of batch) this.bytes += line.length;
    this.makeRoom();
  }

  /** A gap that nobody can see is worse than a gap: the next batch says how many events are missing. */
  private tellDropped(): void {
    if (this.untold === 0 || this.closed) return;
    const dropped = this.untold;
    this.untold = 0;
    this.record({ action: "vedette.client.dropped", outcome: "failure", metadata: { dropped } });
  }

  /** How many were rejected, or what to do instead: send again later, send less at once, give up. */
  private async post(batch: readonly Waiting[]): Promise<number | "again" | "smaller" | "never"> {
    const { key, timeoutMs = 10_000, fetch: send = globalThis.fetch } = this.options;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson" };
    const body = batch.map(({ line }) => line).join("\n");
    try {
      const response = await send(this.address, { method: "POST", headers, body, signal: AbortSignal.timeout(timeoutMs) });
      if (response.ok) return await this.rejectedIn(response);
      void response.body?.cancel().catch(() => undefined);
      if (response.status === 413) return "smaller";
      const again = response.status === 429 || response.status === 408 || response.status >= 500;
      this.fail(new Error(`Vedette answered ${response.status}.`), again, retryAfterMs(response));
      return again ? "again" : "never";
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)), true, undefined);
      return "again";
    }
  }

  private async rejectedIn(response: Response): Promise<number> {
    this.failures = 0;
    this.notBefore = 0;
    const answer: unknown = await response.json().catch(() => undefined);
    const rejected = typeof answer === "object" && answer !== null && "rejected" in answer ? Number(answer.rejected) : 0;
    if (rejected > 0)
      this.options.onError?.(new Error(`Vedette refused ${rejected} events: ${JSON.stringify(answer).slice(0, 500)}`), false);
    return rejected;
  }

  /** Full jitter over a doubling range, and never sooner than Retry-After says. */
  private fail(error: Error, willRetry: boolean, asked: number | undefined): void {
    this.failures += 1;
    const range = Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(this.failures, 16));
    const jitter = Math.random() * range;
    this.notBefore = willRetry ? Date.now() + (asked === undefined ? jitter : asked + jitter / 4) : 0;
    this.options.onError?.(error, willRetry);
  }
}

/** Retry-After in ms: seconds or a date. */
function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get("retry-after");
  if (text === null) return undefined;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(3_600_000, Math.max(0, ms)) : undefined;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Flushes when the process has nothing left to do, and on signals that nobody else handles. Returns how to stop that. Does nothing outside Node. */
function flushOnExit(client: VedetteClient): () => void {
  const { process } = globalThis;
  if (typeof process?.once !== "function") return () => undefined;
  const beforeExit = () => {
    if (client.stats().waiting > 0) void client.flush(3000);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    const alone = process.listenerCount(signal) === 0; // once() has taken ours away
    void client.flush(3000).finally(() => {
      if (alone) process.kill(process.pid, signal);
    });
  };
  process.on("beforeExit", beforeExit);
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return () => {
    process.off("beforeExit", beforeExit);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
