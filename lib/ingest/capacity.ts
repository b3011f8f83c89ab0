/** Honest backpressure: what we cannot take is refused before it is read, so that what is admitted stays quick and memory stays bounded. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import path from "node:path";
import { AppError } from "@/lib/errors";
import type { GroupCommit } from "./group-commit";

const LONGEST_WAIT_SECONDS = 0.7; // of the second within which admitted requests are answered
const FEW_EVENTS = 10_000; // below, a slow commit is a hiccup and not a queue
const BYTES_UNDER_WAY = 96 * 1024 * 1024; // bodies being read or worked on; with their parsed form about three times as much memory
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

/** Guards the process against more than it can do. */
export class Capacity {
  #bytes = 0;
  #diskFree: { free: number; total: number } | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly directory: string,
    private readonly commits: Pick<GroupCommit, "expectedWait" | "load">,
  ) {
    void this.#lookAtDisk();
    this.#timer = setInterval(() => void this.#lookAtDisk(), DISK_LOOK_MS).unref();
  }

  /** Admits a request of so many bytes as sent. Throws `unavailable`. */
  admit(bytes: number): Admission {
    const disk = this.#diskFree;
    if (disk && (disk.free < GIB || disk.free < disk.total * 0.1)) {
      throw full("The disk is nearly full: no events are taken in until there is space again.", 30);
    }
    if (this.commits.load > FEW_EVENTS && this.commits.expectedWait > LONGEST_WAIT_SECONDS)
      throw full("Too many events are waiting to be stored.", 1);
    this.#hold(bytes);
    let held = bytes;
    return {
      grow: (more) => {
        this.#hold(more);
        held += more;
      },
      release: () => {
        this.#bytes -= held;
        held = 0;
      },
    };
  }

  /** A body larger than the whole allowance may still come alone. */
  #hold(bytes: number): void {
    if (this.#bytes > 0 && this.#bytes + bytes > BYTES_UNDER_WAY) throw full("Too many requests are being read.", 1);
    this.#bytes += bytes;
  }

  /** Free and total bytes of the disk that holds the data, as last seen. */
  get disk(): { free: number; total: number } | undefined {
    return this.#diskFree;
  }

  async #lookAtDisk(): Promise<void> {
    let directory = path.resolve(this.directory);
    while (!existsSync(directory) && directory !== path.dirname(directory)) directory = path.dirname(directory);
    const seen = await statfs(directory).catch(() => undefined); // a file system without statfs has no floor
    this.#diskFree = seen && { free: seen.bavail * seen.bsize, total: seen.blocks * seen.bsize };
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
