/** A bounded memory for pure functions of a text: what recurs in traffic (user agents, headers, parameter names, routes) is worked out once. */

/** Remembers the results of `make` for the texts asked for last. Results are shared: nobody may change them. */
export class Memo<Value> {
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();

  /** Between `most` and twice as many results are kept; texts longer than `longest` are worked out each time. */
  constructor(
    private readonly make: (text: string) => Value,
    private readonly most = 8_192,
    private readonly longest = 512,
  ) {}

  get(text: string): Value {
    if (text.length > this.longest) return this.make(text);
    const known = this.young.get(text);
    if (known !== undefined) return known;
    const value = this.old.get(text) ?? this.make(text);
    if (this.young.size >= this.most) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(text, value);
    return value;
  }
}
