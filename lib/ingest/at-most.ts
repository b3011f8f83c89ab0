/** Letting only so many run at a time. */

/** Runs work, at most `places` at once; the rest waits in line. */
export class AtMost {
  #running = 0;
  readonly #line: (() => void)[] = [];

  constructor(private readonly places: number) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.places) await new Promise<void>((resolve) => this.#line.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
