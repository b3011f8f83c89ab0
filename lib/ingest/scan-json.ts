/** Looking at the bytes of JSON before they are parsed: where an item ends, how deep it nests, how many keys it writes. */

/** One JSON value inside a body. `keys` counts every key written, doubled ones too, so that comparing it with the parsed value shows doubled keys. */
export interface Extent {
  /** Index after the last byte that may belong to the value: a `,` or closing bracket of the parent, or the end. */
  end: number;
  depth: number;
  keys: number;
  /** A `\u` escape is present: only then can the value hold a lone surrogate or a NUL. */
  unicodeEscapes: boolean;
  /** Every byte is ASCII: then it is a character, too. */
  ascii: boolean;
  /** A number of so many digits is present that a double may not hold it. */
  longNumbers: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;
const LONG_DIGITS = 16; // 2^53 has sixteen digits

// what a byte means outside of strings: 0 is nothing, a digit has a class of its own, so that most bytes cost one look into the table
const DIGIT = 1;
const meaning = new Uint8Array(256);
for (const byte of Buffer.from('":{}[],')) meaning[byte] = byte;
meaning.fill(DIGIT, 48, 58);
meaning.fill(255, 128);

// what ends the quick run through a string: its quote, a backslash, a byte that is not ASCII
const stops = new Uint8Array(256).fill(1, 128);
stops[QUOTE] = 1;
stops[BACKSLASH] = 1;

/** Index of the quote that closes the string opened before `from`, or `to`. */
function skipString(bytes: Uint8Array, { from, to }: Range, extent: Extent): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (stops[byte] === 0) continue;
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH) extent.ascii = false;
    else if (bytes[++at] === 117) extent.unicodeEscapes = true; // u
  }
  return to;
}

/** Index of the last digit of the number whose first digit is at `from`. */
function skipDigits(bytes: Uint8Array, { from, to }: Range, extent: Extent): number {
  let at = from + 1;
  while (at < to && meaning[bytes[at] ?? 0] === DIGIT) at++;
  if (at - from >= LONG_DIGITS) extent.longNumbers = true;
  return at - 1;
}

/** A part of a body: the bytes from `from` on, before `to`. */
export interface Range {
  from: number;
  to: number;
}

/** Measures the value that starts a range. Says nothing about whether it is JSON: the parser does. */
export function measureValue(bytes: Uint8Array, { from, to }: Range): Extent {
  const extent: Extent = { end: to, depth: 0, keys: 0, unicodeEscapes: false, ascii: true, longNumbers: false };
  let depth = 0;
  for (let at = from; at < to; at++) {
    switch (meaning[bytes[at] ?? 0]) {
      case 0:
        break;
      case QUOTE:
        at = skipString(bytes, { from: at + 1, to }, extent);
        break;
      case DIGIT:
        at = skipDigits(bytes, { from: at, to }, extent);
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
        if (--depth < 0) return endAt(extent, at);
        break;
      case 44: // ,
        if (depth === 0) return endAt(extent, at);
        break;
      default:
        extent.ascii = false;
    }
  }
  return extent;
}

function endAt(extent: Extent, at: number): Extent {
  extent.end = at;
  return extent;
}

const isSpace = (byte: number | undefined) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** Index of the first byte of a range that is no JSON white space, or its end. */
export function skipSpace(bytes: Uint8Array, { from, to }: Range): number {
  let at = from;
  while (at < to && isSpace(bytes[at])) at++;
  return at;
}

// what opens as a string matches in any case, up to the end if nothing closes it: no text makes it look twice
const stringOrNumber = /"[^"\\]*(?:\\(?:.|$)[^"\\]*)*(?:"|$)|-?\d[\d.eE+-]*/gs;
const longInteger = /^-?[1-9]\d{15,}$/;

/** JSON text in which integers that a double cannot hold are texts: an id of twenty digits must not silently become another id. */
export const quoteLongIntegers = (text: string): string =>
  text.replace(stringOrNumber, (token) => (longInteger.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token));
