/** Honest backpressure: what we cannot take is refused before it is read, so that what is admitted stays quick and memory stays bounded. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import path from "node:path";
import { AppError } from "@/lib/errors";

const MIB = 1024 ** 2;
const LONGEST_WAIT_MS = 500; // of the second within which admitted requests are answered: some wait twice as long as the average
const FEW_BYTES = 8 * MIB; // below, a slow commit is a hiccup and not a queue
const MOST_BYTES = 96 * MIB; // bodies being read or worked on; with their rows about three times as much memory
const SPEED_LOOK_MS = 250;
const FIRST_SPEED = (20 * MIB) / 1000; // bytes a ms, until we know better: what two cores do
const DISK_LOOK_MS = 2000;
const GIB = 1024 ** 3;

const full = (message: string, retryAfterSeconds: number): AppError =>
  new AppError("unavailable", message, {
    retryAfterSeconds,
    headers: { "ratelimit-policy": '"capacity";q=1;w=1', ratelimit: `"capacity";r=0;t=${retryAfterSeconds}` },
  });

/** A request under way: what it holds of the memory. */
export interface Admission {
  /** It turned out larger: its body was inflated. Throws `unavailable`. */
  grow(bytes: number): void;
  /** It is answered. */
  release(): void;
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

  constructor(private readonly now: () => number) {
    this.#since = now();
  }

  enter(bytes: number): void {
    this.#look();
    this.bytes += bytes;
  }

  leave(bytes: number): void {
    this.bytes -= bytes;
    this.#done += bytes;
    this.#least = Math.min(this.#least, this.bytes);
    this.#look();
  }

  /** What a request coming now would wait, ms. */
  get wait(): number {
    return this.bytes / this.#speed;
  }

  /** A slow time says nothing about what could be done, unless there was much to do all the time. */
  #look(): void {
    const now = this.now();
    if (now - this.#since < SPEED_LOOK_MS) return;
    const speed = this.#done / (now - this.#since);
    this.#speed = this.#least >= FEW_BYTES ? (this.#speed + speed) / 2 : Math.max(this.#speed, speed);
    this.#since = now;
    this.#done = 0;
    this.#least = this.bytes;
  }
}

/** Guards the process against more than it can do. */
export class Capacity {
  readonly #flow: Flow;
  #disk: Space | undefined;
  readonly #timer: NodeJS.Timeout;

  /** `directory` is on the disk that holds the data. */
  constructor(
    directory: string,
    {
      spaceOf = spaceOnDisk,
      now = () => performance.now(),
    }: { spaceOf?: (directory: string) => Promise<Space | undefined>; now?: () => number } = {},
  ) {
    this.#flow = new Flow(now);
    const look = async () => {
      this.#disk = await spaceOf(directory).catch(() => undefined); // a file system without statfs has no floor
    };
    void look();
    this.#timer = setInterval(() => void look(), DISK_LOOK_MS).unref();
  }

  /** Admits a request of so many bytes as sent. Throws `unavailable`. */
  admit(bytes: number): Admission {
    if (this.#disk && (this.#disk.free < GIB || this.#disk.free < this.#disk.total * 0.1))
      throw full("The disk is nearly full: no events are taken in until there is space again.", 30);
    if (this.#flow.bytes > FEW_BYTES && this.#flow.wait > LONGEST_WAIT_MS) throw full("Too many events are waiting to be stored.", 1);
    this.#hold(bytes);
    let held = bytes;
    return {
      grow: (more) => {
        this.#hold(more);
        held += more;
      },
      release: () => {
        this.#flow.leave(held);
        held = 0;
      },
    };
  }

  /** A body larger than the whole allowance may still come alone. */
  #hold(bytes: number): void {
    if (this.#flow.bytes > 0 && this.#flow.bytes + bytes > MOST_BYTES) throw full("Too many requests are being read.", 1);
    this.#flow.enter(bytes);
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
