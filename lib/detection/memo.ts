/** A bounded memory for pure functions of a text: what recurs in traffic (user agents, headers, parameter names, routes) is worked out once. */

const CLOSE = 192; // characters that are all read; of longer texts about so many

function hashOf(text: string): number {
  const { length } = text;
  const stride = length > CLOSE ? Math.ceil(length / CLOSE) : 1;
  let hash = length;
  for (let i = 0; i < length; i += stride) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

interface Entry<Value> {
  readonly text: string;
  readonly value: Value;
}

/**
 * Remembers the results of `make`, two texts to a place: one that was asked for again, and the newest. What comes only once (most of an attacker's texts, ids
 * of requests) puts out nothing but another newest, and the memory never grows. Results are shared: what they say must not depend on who asks.
 */
export class Memo<Value> {
  private readonly known: Entry<Value>[];
  private readonly newest: Entry<Value>[];

  /** `places` is a power of two; texts longer than `longest` are worked out each time. */
  constructor(
    private readonly make: (text: string) => Value,
    private readonly places = 8_192,
    private readonly longest = 512,
  ) {
    const empty: Entry<Value> = { text: "", value: make("") };
    this.known = Array.from({ length: places }, () => empty);
    this.newest = Array.from({ length: places }, () => empty);
  }

  get(text: string): Value {
    if (text.length > this.longest) return this.make(text);
    const { known, newest } = this;
    const place = hashOf(text) & (this.places - 1);
    const old = known[place] as Entry<Value>; // every place is filled from the start
    if (old.text === text) return old.value;
    const entry = newest[place] as Entry<Value>;
    if (entry.text === text) {
      known[place] = entry;
      newest[place] = old;
      return entry.value;
    }
    const value = this.make(text);
    newest[place] = { text, value };
    return value;
  }
}
