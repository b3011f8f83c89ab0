/** Finds which of many literals occur in a text, in one pass over it (Aho and Corasick, 1975), whatever the number of literals. */

/** Beyond this many characters a literal is known by its beginning: enough to tell rules apart, and it bounds the automaton. */
const DEPTH = 16;

interface Node {
  next: Map<number, number>;
  fail: number;
  found: number[];
}

/** Each character in lower case, as far as that is one character. */
const lowerCase = Uint16Array.from({ length: 65_536 }, (_, code) => {
  const lower = String.fromCharCode(code).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : code;
});

export class LiteralFinder {
  /** By character, upper or lower case, its column in `transitions`. */
  private readonly classOf = new Uint16Array(65_536);
  private readonly width: number;
  /** A row a state. A state is named by where its row begins, and is negative where a literal ends in it. */
  private readonly transitions: Int32Array;
  private readonly outputs: (Int32Array | undefined)[];
  private readonly stamps: Uint32Array;
  private stamp = 0;

  /** `literals` in lower case; none is empty. */
  constructor(literals: readonly string[]) {
    const classOf = new Uint16Array(65_536);
    let classes = 1; // 0: a character that no literal has
    for (const literal of literals) {
      for (let i = 0; i < Math.min(literal.length, DEPTH); i++) {
        const code = literal.charCodeAt(i);
        if (classOf[code] === 0) classOf[code] = classes++;
      }
    }
    for (let code = 0; code < classOf.length; code++) this.classOf[code] = classOf[lowerCase[code] ?? code] ?? 0;
    this.width = classes;
    const nodes = link(grow(literals, classOf));
    this.transitions = new Int32Array(nodes.length * classes);
    this.outputs = nodes.map((node) => (node.found.length > 0 ? Int32Array.from(node.found) : undefined));
    this.stamps = new Uint32Array(literals.length);
    fillTransitions(nodes, this.transitions, classes);
    for (let at = 0; at < this.transitions.length; at++) {
      const state = this.transitions[at] ?? 0;
      this.transitions[at] = (this.outputs[state] ? -1 : 1) * state * classes;
    }
  }

  /** The numbers of the literals that occur in `text`, in whatever case, each once and in no order. */
  find(text: string): readonly number[] {
    const { transitions, classOf } = this;
    let hits: number[] | undefined;
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      state = transitions[state + (classOf[text.charCodeAt(i)] ?? 0)] ?? 0;
      if (state >= 0) continue;
      state = -state;
      hits ??= this.begin();
      this.collect(state, hits);
    }
    return hits ?? NONE;
  }

  private begin(): number[] {
    if (this.stamp === 0xffff_fffe) this.stamps.fill((this.stamp = 0)); // the counter is about to leave its 32 bits
    this.stamp++;
    return [];
  }

  private collect(state: number, hits: number[]): void {
    const { stamps, stamp } = this;
    for (const literal of this.outputs[state / this.width] ?? []) {
      if (stamps[literal] === stamp) continue;
      stamps[literal] = stamp;
      hits.push(literal);
    }
  }
}

const NONE: readonly number[] = [];

function grow(literals: readonly string[], classOf: Uint16Array): Node[] {
  const nodes: Node[] = [{ next: new Map(), fail: 0, found: [] }];
  for (const [number, literal] of literals.entries()) {
    let state = 0;
    for (let i = 0; i < Math.min(literal.length, DEPTH); i++) {
      const symbol = classOf[literal.charCodeAt(i)] ?? 0;
      const known = nodes[state]?.next.get(symbol);
      if (known === undefined) {
        nodes[state]?.next.set(symbol, nodes.length);
        state = nodes.length;
        nodes.push({ next: new Map(), fail: 0, found: [] });
      } else state = known;
    }
    nodes[state]?.found.push(number);
  }
  return nodes;
}

/** Sets each node's failure link, breadth first, and hands what the link's node has found on to it. */
function link(nodes: Node[]): Node[] {
  const queue = [...(nodes[0]?.next.values() ?? [])];
  for (let at = 0; at < queue.length; at++) {
    const node = nodes[queue[at] ?? 0];
    if (!node) continue;
    for (const [symbol, child] of node.next) {
      queue.push(child);
      let fail = node.fail;
      while (fail !== 0 && !nodes[fail]?.next.has(symbol)) fail = nodes[fail]?.fail ?? 0;
      const childNode = nodes[child];
      if (!childNode) continue;
      childNode.fail = nodes[fail]?.next.get(symbol) ?? 0;
      childNode.found.push(...(nodes[childNode.fail]?.found ?? []));
    }
  }
  return nodes;
}

function fillTransitions(nodes: readonly Node[], transitions: Int32Array, width: number): void {
  const order = [0];
  for (let at = 0; at < order.length; at++) {
    const state = order[at] ?? 0;
    const node = nodes[state];
    if (!node) continue;
    for (let symbol = 1; symbol < width; symbol++) {
      const child = node.next.get(symbol);
      if (child !== undefined) order.push(child);
      transitions[state * width + symbol] = child ?? (state === 0 ? 0 : (transitions[node.fail * width + symbol] ?? 0));
    }
  }
}
