/** Memory for the lines of COPY: pages that are used again, because fresh memory costs more than what is written into it. */

const PAGE = 256 * 1024;
const SPARE_PAGES = 64; // 16 MiB
const spare: Buffer[] = [];

/** Writes lines into pages. */
export class CopyPages {
  readonly #pages: Buffer[] = [];
  #page = this.#take();
  #used = 0;

  /** Adds a line. Gives back a filled page that must be sent before the next line's. */
  write(line: string): Buffer | undefined {
    const most = line.length * 3; // UTF-8 of one UTF-16 unit
    if (this.#used + most <= PAGE) {
      this.#used += this.#page.write(line, this.#used);
      return undefined;
    }
    const filled = this.#page.subarray(0, this.#used);
    if (most > PAGE) {
      this.#page = this.#take();
      this.#used = 0;
      return Buffer.concat([filled, Buffer.from(line)]);
    }
    this.#page = this.#take();
    this.#used = this.#page.write(line, 0);
    return filled;
  }

  /** What is left in the last page. */
  rest(): Buffer {
    return this.#page.subarray(0, this.#used);
  }

  /** Once everything has been sent: the pages may be written again. */
  giveBack(): void {
    for (const page of this.#pages) if (spare.length < SPARE_PAGES) spare.push(page);
  }

  #take(): Buffer {
    const page = spare.pop() ?? Buffer.allocUnsafeSlow(PAGE);
    this.#pages.push(page);
    return page;
  }
}
