/** Looking at JSON text before it is parsed: where an item ends, how deep it nests, how many keys it writes. */

/** One JSON value inside a longer text. `keys` counts every key written, doubled ones too, so that comparing it with the parsed value shows doubled keys. */
export interface Extent {
  /** Index after the last character that may belong to the value: a `,` or closing bracket of the parent, or the end of the text. */
  end: number;
  depth: number;
  keys: number;
  /** A `\u` escape is present: only then can the value hold a lone surrogate or a NUL. */
  unicodeEscapes: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Index of the quote that closes the string opened before `from`, or the length of the text; `escapes` is called for none but `\u`. */
function skipString(text: string, from: number, extent: Extent): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) {
      at++;
      if (text.charCodeAt(at) === 117) extent.unicodeEscapes = true; // u
    }
  }
  return text.length;
}

/** Measures the value that starts at `from`. Says nothing about whether it is JSON: the parser does. */
export function measureValue(text: string, from: number): Extent {
  const extent: Extent = {
    end: text.length,
    depth: 0,
    keys: 0,
    unicodeEscapes: false,
  };
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = skipString(text, at + 1, extent);
        break;
      case 58: // :
        extent.keys++;
        break;
      case 123: // {
      case 91: // [
        if (++depth > extent.depth) extent.depth = depth;
        break;
      case 125: // }
      case 93: // ]
        if (--depth < 0) return end(extent, at);
        break;
      case 44: // ,
        if (depth === 0) return end(extent, at);
        break;
    }
  }
  return extent;
}

function end(extent: Extent, at: number): Extent {
  extent.end = at;
  return extent;
}

const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;

/** Index of the first character from `from` that is no JSON white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}
