/** Honest backpressure: what we cannot take is refused before it is read, so that what is admitted stays quick and memory stays bounded. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import path from "node:path";
import { AppError } from "@/lib/errors";

const MIB = 1024 ** 2;
const LONGEST_WAIT_MS = 350; // of the second within which admitted requests are answered: some wait three times as long as the average
const FEW_BYTES = 6 * MIB; // below, a slow commit is a hiccup and not a queue
const HOPELESS_WAIT_MS = 450; // by the speed of the last seconds: no hiccup, however few the bytes
const BUSY_BYTES = MIB; // with so much waiting all the time, how fast it goes is how fast it can go
const MOST_BYTES = 96 * MIB; // bodies being read or worked on; with their rows about three times as much memory
const MOST_BYTES_OF_STRANGERS = 16 * MIB; // bodies being read before we know who sends them: a webhook's signature is over its body
const PATIENCE_MS = 1000; // a sender has what it announced kept free for so long, longer while it sends
const SLOW = (32 * 1024) / 1000; // bytes a ms: less is slow even on a bad line, and far less than when we are the slow ones
const SPEED_LOOK_MS = 250;
const STEADY_MS = 2000; // the last seconds
const FIRST_SPEED = (20 * MIB) / 1000; // bytes a ms, until we know better: what two cores do
const DISK_LOOK_MS = 2000;
const GIB = 1024 ** 3;

const full = (message: string, retryAfterSeconds: number): AppError =>
  new AppError("unavailable", message, {
    retryAfterSeconds,
    headers: { "ratelimit-policy": '"capacity";q=1;w=1', ratelimit: `"capacity";r=0;t=${retryAfterSeconds}` },
  });

/** A request under way: what it holds of the memory, and of the work that waits. */
export interface Admission {
  /** So many more bytes of its body came. Throws `unavailable`. */
  receive(bytes: number): void;
  /** All of the body is here, inflated to so many bytes if it was compressed. Throws `unavailable`. */
  whole(inflated?: number): void;
  /** It is answered. */
  release(): void;
}

/** The account of one request. */
interface Body {
  /** We know whose it is. */
  known: boolean;
  readonly since: number;
  received: number;
  /** Bytes of memory that are its own: what it announced, later what came. */
  held: number;
  /** Bytes of the work that waits. */
  queued: number;
}

/** Free and total bytes of a disk. */
interface Space {
  free: number;
  total: number;
}

/** How many bytes are under way, and how fast they go: what waits is what is under way by how fast it goes (Little's law). */
class Flow {
  bytes = 0;
  #done = 0;
  #since: number;
  /** Under way at once since the last look, at least. */
  #least = 0;
  /** Bytes a ms when there is more than enough to do. */
  #speed = FIRST_SPEED;
  /** The same over some seconds. */
  #steady = FIRST_SPEED;

  constructor(private readonly now: () => number) {
    this.#since = now();
  }

  enter(bytes: number): void {
    this.#look();
    this.bytes += bytes;
  }

  /** They are not work after all, or not yet. */
  withdraw(bytes: number): void {
    this.bytes -= bytes;
    this.#least = Math.min(this.#least, this.bytes);
  }

  leave(bytes: number): void {
    this.bytes -= bytes;
    this.#done += bytes;
    this.#least = Math.min(this.#least, this.bytes);
    this.#look();
  }

  /** Whether a request coming now would wait longer than answers may take. */
  get isFull(): boolean {
    return (this.bytes > FEW_BYTES && this.bytes / this.#speed > LONGEST_WAIT_MS) || this.bytes / this.#steady > HOPELESS_WAIT_MS;
  }

  /** A slow time says nothing about what could be done, unless there was much to do all the time. */
  #look(): void {
    const now = this.now();
    if (now - this.#since < SPEED_LOOK_MS) return;
    const speed = this.#done / (now - this.#since);
    this.#speed = this.#least >= FEW_BYTES ? (this.#speed + speed) / 2 : Math.max(this.#speed, speed);
    const weight = Math.min(1, (now - this.#since) / STEADY_MS);
    this.#steady = this.#least >= BUSY_BYTES ? this.#steady * (1 - weight) + speed * weight : Math.max(this.#steady, speed);
    this.#since = now;
    this.#done = 0;
    this.#least = this.bytes;
  }
}

/** Guards the process against more than it can do. */
export class Capacity {
  readonly #flow: Flow;
  /** Those whose body is still coming, the oldest first. */
  readonly #coming = new Set<Body>();
  #held = 0;
  #heldByStrangers = 0;
  #disk: Space | undefined;
  readonly #timer: NodeJS.Timeout;

  readonly #now: () => number;

  /** `directory` is on the disk that holds the data. */
  constructor(
    directory: string,
    {
      spaceOf = spaceOnDisk,
      now = () => performance.now(),
    }: { spaceOf?: (directory: string) => Promise<Space | undefined>; now?: () => number } = {},
  ) {
    this.#now = now;
    this.#flow = new Flow(now);
    const look = async () => {
      this.#disk = await spaceOf(directory).catch(() => undefined); // a file system without statfs has no floor
    };
    void look();
    this.#timer = setInterval(() => void look(), DISK_LOOK_MS).unref();
  }

  /** Admits a request that announces so many bytes. `known`: we know who sends it; a stranger holds only what came. Throws `unavailable`. */
  admit(announced: number, { known = true } = {}): Admission {
    if (this.#disk && (this.#disk.free < GIB || this.#disk.free < this.#disk.total * 0.1))
      throw full("The disk is nearly full: no events are taken in until there is space again.", 30);
    if (!this.#unlessSlow(() => !this.#flow.isFull)) throw full("Too many events are waiting to be stored.", 1);
    const body: Body = { known, since: this.#now(), received: 0, held: 0, queued: 0 };
    if (known) this.#hold(body, announced);
    if (known) this.#queue(body, announced);
    this.#coming.add(body);
    return {
      receive: (bytes) => this.#receive(body, bytes),
      whole: (inflated = 0) => {
        this.#settle(body);
        this.#hold(body, inflated);
        this.#queue(body, body.held);
      },
      release: () => {
        this.#settle(body);
        this.#give(body, body.held);
        this.#flow.leave(body.queued);
        body.queued = 0;
      },
    };
  }

  /** Bytes that requests under way hold. */
  get held(): { bytes: number; ofStrangers: number; queued: number } {
    return { bytes: this.#held, ofStrangers: this.#heldByStrangers, queued: this.#flow.bytes };
  }

  #receive(body: Body, bytes: number): void {
    body.received += bytes;
    if (body.received > body.held) this.#hold(body, body.received - body.held);
    if (body.known && this.#coming.has(body)) this.#queue(body, Math.max(body.queued, body.received));
  }

  /** Nothing of it is only announced any more: what it holds is what came. */
  #settle(body: Body): void {
    this.#coming.delete(body);
    if (!body.known) this.#heldByStrangers -= body.held;
    body.known = true;
    if (body.held > body.received) this.#give(body, body.held - body.received);
  }

  /** Those who announce much and send slowly are in nobody's way: they hold what came of it, and are work when all of it is here. */
  #forgetSlow(): void {
    const now = this.#now();
    for (const body of this.#coming) {
      const time = now - body.since;
      if (time < PATIENCE_MS) return;
      if (body.received >= time * SLOW) continue;
      this.#coming.delete(body);
      if (body.held > body.received) this.#give(body, body.held - body.received);
      this.#flow.withdraw(body.queued);
      body.queued = 0;
    }
  }

  #unlessSlow(fits: () => boolean): boolean {
    if (fits()) return true;
    this.#forgetSlow();
    return fits();
  }

  /** A body larger than the whole allowance may still come alone. */
  #hold(body: Body, bytes: number): void {
    const fits =
      (body.known || this.#heldByStrangers + bytes <= MOST_BYTES_OF_STRANGERS) &&
      this.#unlessSlow(() => this.#held === body.held || this.#held + bytes <= MOST_BYTES);
    if (!fits) throw full("Too many requests are being read.", 1);
    this.#held += bytes;
    if (!body.known) this.#heldByStrangers += bytes;
    body.held += bytes;
  }

  #give(body: Body, bytes: number): void {
    this.#held -= bytes;
    if (!body.known) this.#heldByStrangers -= bytes;
    body.held -= bytes;
  }

  #queue(body: Body, bytes: number): void {
    if (bytes >= body.queued) this.#flow.enter(bytes - body.queued);
    else this.#flow.withdraw(body.queued - bytes);
    body.queued = bytes;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

async function spaceOnDisk(directory: string): Promise<Space> {
  let existing = path.resolve(directory);
  while (!existsSync(existing) && existing !== path.dirname(existing)) existing = path.dirname(existing);
  const { bavail, blocks, bsize } = await statfs(existing);
  return { free: bavail * bsize, total: blocks * bsize };
}
