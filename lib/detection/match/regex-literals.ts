/** Reads out of a regular expression literals of which at least one is in every text that it matches. Careful: when in doubt, undefined. */

/** What a piece of an expression is sure to contain: alternatives of literals, or nothing certain. */
type Sure = readonly string[] | undefined;

const ALTERNATIVES = 200; // more than this and the guard is dearer than the expression

class Reader {
  at = 0;
  constructor(readonly source: string) {}

  /** `a|b|…` up to a closing bracket or the end. */
  alternatives(): Sure {
    const all: Sure[] = [this.sequence()];
    while (this.source[this.at] === "|") {
      this.at++;
      all.push(this.sequence());
    }
    return all.every((sure) => sure !== undefined) && all.flat().length <= ALTERNATIVES ? (all.flat() as string[]) : undefined; // every() has just looked
  }

  private sequence(): Sure {
    let best: Sure;
    let run = "";
    const offer = (sure: Sure) => {
      if (sure !== undefined && (best === undefined || commonest(sure) > commonest(best))) best = sure;
    };
    const endRun = () => {
      if (run) offer([run]);
      run = "";
    };
    while (this.at < this.source.length && this.source[this.at] !== "|" && this.source[this.at] !== ")") {
      const atom = this.atom();
      const certain = this.quantifier();
      if (atom.char !== undefined && certain === "once") run += atom.char;
      else {
        if (atom.char !== undefined && typeof certain === "number") run += atom.char.repeat(certain);
        endRun();
        if (certain !== "maybe") offer(atom.sure);
      }
    }
    endRun();
    return best;
  }

  /** One atom: a plain character, or something with its own sure literals. */
  private atom(): { char?: string; sure?: Sure } {
    const char = this.source.charAt(this.at++);
    if (char === "(") return { sure: this.group() };
    if (char === "[") {
      const from = this.at;
      this.characterClass();
      return { sure: fewOf(this.source.slice(from, this.at - 1)) };
    }
    if (char === "\\") return this.escape();
    return ".^$*+?{".includes(char) ? {} : { char };
  }

  private group(): Sure {
    if (this.source[this.at] === "?") {
      const kind = /^\?(?:[imsU-]*:|P?<[^>=!]+>)/.exec(this.source.slice(this.at));
      if (!kind) throw new Error("a group that says nothing certain");
      this.at += kind[0].length;
    }
    const sure = this.alternatives();
    this.at++; // the closing bracket
    return sure;
  }

  private characterClass(): void {
    if (this.source[this.at] === "^") this.at++;
    if (this.source[this.at] === "]") this.at++;
    while (this.at < this.source.length && this.source[this.at] !== "]") {
      if (this.source[this.at] === "\\") this.at++;
      else if (this.source.startsWith("[:", this.at)) this.at = Math.max(this.at, this.source.indexOf(":]", this.at)) + 1;
      this.at++;
    }
    this.at++;
  }

  private escape(): { char?: string } {
    const char = this.source.charAt(this.at++);
    if (char === "x" && /^[0-9a-fA-F]{2}/.test(this.source.slice(this.at))) {
      this.at += 2;
      return { char: String.fromCharCode(Number.parseInt(this.source.slice(this.at - 2, this.at), 16)) };
    }
    if ("xupPQ".includes(char) || /[0-9]/.test(char)) throw new Error("an escape that is not read here");
    const control = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" }[char];
    if (control) return { char: control };
    return /[A-Za-z]/.test(char) ? {} : { char };
  }

  /** How often the atom just read must be there: exactly once, at least so often, or perhaps not at all. */
  private quantifier(): "once" | number | "maybe" {
    const found = /^(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?/.exec(this.source.slice(this.at, this.at + 16));
    if (!found) return "once";
    this.at += found[0].length;
    const least = found[0].startsWith("+") ? 1 : Number(/^\{(\d+)/.exec(found[0])?.[1] ?? 0);
    return least > 0 ? Math.min(least, 16) : "maybe";
  }
}

const CONTROL: Readonly<Record<string, string>> = { "\\r": "\r", "\\n": "\n", "\\t": "\t" };

/** The characters of a class that only lists a few: `\r\n`, `oc`, `<&`; undefined for ranges, negations and named classes. */
function fewOf(inside: string): Sure {
  if (!/^(?:[^\\^\]-]|\\[rnt]){1,4}$/.test(inside) || inside.includes("[:")) return undefined;
  return (inside.match(/\\?[\s\S]/g) ?? []).map((char) => CONTROL[char] ?? char);
}

/** How seldom a literal is in ordinary texts: by its length, more for characters that those do without. */
export function rarity(literal: string): number {
  let sum = 0;
  for (const char of literal) sum += char < " " ? 6 : char === "/" ? 1.5 : /[\w\s.:=,;&?@+-]/.test(char) ? 1 : 3;
  return sum;
}

const commonest = (sure: readonly string[]): number =>
  sure.reduce((least, literal) => Math.min(least, rarity(literal)), Number.POSITIVE_INFINITY);

/** Literals (in the spelling of the expression) of which a match must contain at least one; undefined when none is certain. */
export function requiredLiterals(source: string): readonly string[] | undefined {
  try {
    const reader = new Reader(source.replace(/^\(\?[ims]+\)/, ""));
    const sure = reader.alternatives();
    return reader.at < reader.source.length ? undefined : sure;
  } catch {
    return undefined; // an expression that says nothing certain is simply always tried
  }
}
