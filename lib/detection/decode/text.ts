/**
 * One-step decoders of hostile text. Each is linear, never throws, and gives back its input (the same string) when there is nothing to decode, so that
 * callers can compare with `===`.
 */

const hex = (code: number): number =>
  code >= 48 && code <= 57 ? code - 48 : code >= 65 && code <= 70 ? code - 55 : code >= 97 && code <= 102 ? code - 87 : -1;

/** The value of `digits` hexadecimal digits at `at`, or -1. */
function hexAt(text: string, at: number, digits: number): number {
  let value = 0;
  for (let i = 0; i < digits; i++) {
    const digit = at + i < text.length ? hex(text.charCodeAt(at + i)) : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** How many bytes a UTF-8 sequence that begins so has, up to the six of the first definition (RFC 2279): servers were fooled by those. */
const sequenceLength = (first: number): number =>
  first < 0xc0 || first >= 0xfe ? 1 : first >= 0xfc ? 6 : first >= 0xf8 ? 5 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

/**
 * UTF-8 as attackers write it: overlong forms become the character they stand for (`C0 AE` and `F8 80 80 80 AE` are dots), with a second byte that servers
 * took although it is none (`C0 2F` is a slash, `C1 1C` a backslash), and bytes that are no UTF-8 stay as Latin-1, so that nothing disappears.
 */
export function bytesToText(bytes: readonly number[]): string {
  let out = "";
  for (let i = 0; i < bytes.length; i++) {
    const first = bytes[i] ?? 0;
    const length = sequenceLength(first);
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    let good = true;
    const second = bytes[i + 1];
    if ((first === 0xc0 || first === 0xc1) && second !== undefined && second < 0x80) {
      out += String.fromCharCode(first === 0xc0 ? second : 0x40 | (second & 0x3f));
      i++;
      continue;
    }
    for (let k = 1; good && k < length; k++) {
      const next = bytes[i + k];
      if (next === undefined || (next & 0xc0) !== 0x80) good = false;
      else code = code * 64 + (next & 0x3f);
    }
    if (!good || code > 0x10ffff) {
      out += String.fromCharCode(first);
      continue;
    }
    out += String.fromCodePoint(code);
    i += length - 1;
  }
  return out;
}

/** Percent decoding: `%41`, `%u0041` (IIS) and runs of bytes as UTF-8. `plus` also turns `+` into a space (forms and query strings). */
export function decodePercent(text: string, plus = false): string {
  if (!text.includes("%") && !(plus && text.includes("+"))) return text;
  let out = "";
  let bytes: number[] = [];
  let plainFrom = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char !== 37 && !(plus && char === 43)) continue;
    const wide = char === 37 && (text.charCodeAt(i + 1) | 32) === 117 ? hexAt(text, i + 2, 4) : -1;
    const byte = char === 37 && wide < 0 ? hexAt(text, i + 1, 2) : -1;
    if (char === 37 && wide < 0 && byte < 0) continue; // a percent sign that encodes nothing
    if (plainFrom < i || byte < 0) {
      out += bytesToText(bytes) + text.slice(plainFrom, i);
      bytes = [];
    }
    if (byte >= 0) {
      bytes.push(byte);
      i += 2;
    } else if (wide >= 0) {
      out += String.fromCharCode(wide);
      i += 5;
    } else out += " ";
    plainFrom = i + 1;
  }
  return out + bytesToText(bytes) + text.slice(plainFrom);
}

/** The named entities that matter in attacks; any other name stays as it is. */
const named: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  nbsp: " ",
  tab: "\t",
  newline: "\n",
  colon: ":",
  lpar: "(",
  rpar: ")",
  sol: "/",
  bsol: "\\",
  semi: ";",
  grave: "`",
  equals: "=",
  excl: "!",
  num: "#",
  dollar: "$",
  percnt: "%",
  comma: ",",
  period: ".",
  lbrack: "[",
  lsqb: "[",
  rbrack: "]",
  rsqb: "]",
  lbrace: "{",
  lcub: "{",
  rbrace: "}",
  rcub: "}",
  lowbar: "_",
  hyphen: "-",
  vert: "|",
  verbar: "|",
  ast: "*",
  plus: "+",
  quest: "?",
  commat: "@",
  hat: "^",
  zerowidthspace: "",
};

/** Something that `decodeEntities` may change: query strings are full of ampersands that it does not. */
const reference = /&(?:#|[a-z]{2,16};|lt|gt|quot|amp)/i;

/** HTML character references, with or without the semicolon, as browsers accept them: `&#0000040`, `&#X41`, `&lt`, `&Tab;`. */
export function decodeEntities(text: string): string {
  if (!reference.test(text)) return text;
  return text.replace(
    /&(?:#[xX]([0-9a-fA-F]{1,10})|#([0-9]{1,10})|([a-zA-Z]{2,16}));?/g,
    (whole, hexadecimal?: string, decimal?: string, name?: string) => {
      if (name !== undefined) {
        const found = named[name.toLowerCase()];
        return found === undefined || (!whole.endsWith(";") && found !== "<" && found !== ">" && found !== '"' && found !== "&")
          ? whole
          : found;
      }
      const code = hexadecimal === undefined ? Number.parseInt(decimal ?? "", 10) : Number.parseInt(hexadecimal, 16);
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
    },
  );
}

const simpleEscapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "'": "'", "/": "/", "`": "`" };

/** Escapes of JavaScript, JSON, C and CSS: `\u0041`, `\u{41}`, `\x41`, `\n`, `\"`. Runs of `\xNN` are read as UTF-8 bytes. */
export function decodeEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /((?:\\x[0-9a-fA-F]{2})+)|\\[uU]([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{1,6})\}|\\([nrt"'/`])/g,
    (whole, run?: string, four?: string, braced?: string, simple?: string) => {
      if (run !== undefined)
        return bytesToText(
          run
            .split("\\x")
            .slice(1)
            .map((digits) => Number.parseInt(digits, 16)),
        );
      if (simple !== undefined) return simpleEscapes[simple] ?? whole;
      const code = Number.parseInt(four ?? braced ?? "", 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** UTF-7 shifts (`+ADw-script+AD4-`); only when it yields characters that an attack needs, because ordinary text has plus signs too. */
export function decodeUtf7(text: string): string {
  if (!text.includes("+A")) return text;
  return text.replace(/\+(A[A-Za-z0-9+/]{2,64})-?/g, (whole, body: string) => {
    const bytes = base64Bytes(body);
    if (bytes === undefined || bytes.length < 2) return whole;
    let out = "";
    for (let i = 0; i + 1 < bytes.length; i += 2) out += String.fromCharCode((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0));
    return /[<>"'&(){}]/.test(out) ? out : whole;
  });
}

/** Look-alikes to plain ASCII: full-width and circled letters (compatibility form), zero-width characters and null bytes removed, US-ASCII with the eighth bit set. */
export function foldText(text: string): string {
  if (!/[^\u0001-\u007f]/.test(text)) return text;
  let out = text;
  if (/[\u0000\u00ad\u200b-\u200f\u2060\ufeff]/.test(out)) out = out.replace(/[\u0000\u00ad\u200b-\u200f\u2060\ufeff]/g, "");
  if (/[\u00a0\u2000-\u206f\u2100-\u2bff\u3000\ufe50-\ufe6f\uff01-\uffee]/.test(out)) out = out.normalize("NFKC");
  if (/[\u2044\u2215\u2216\u29f5\u29f8\uefc8\uf025]/.test(out))
    out = out.replace(/[\u2044\u2215\u29f8\uf025]/g, "/").replace(/[\u2216\u29f5\uefc8]/g, "\\"); // the last of each: IIS's best fit
  if (/[‘’“”]/.test(out)) out = out.replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
  if (/¼\s*\/?[a-zA-Z]/.test(out)) out = out.replaceAll("¼", "<").replaceAll("¾", ">").replaceAll("¢", '"');
  return out;
}

const alphabet = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) alphabet["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".charCodeAt(i)] = i;
alphabet[45] = 62; // base64url: - and _
alphabet[95] = 63;

/** The bytes of base64 or base64url text (padding optional), or undefined when a character or the length is wrong. */
function base64Bytes(text: string): number[] | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  const end = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  if (end % 4 === 1) return undefined;
  for (let i = 0; i < end; i++) {
    const char = text.charCodeAt(i);
    const six = char < 128 ? (alphabet[char] ?? -1) : -1;
    if (six < 0) return undefined;
    held = (held << 6) | six;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
      held &= (1 << bits) - 1;
    }
  }
  return bytes;
}

/** Fewest characters that we take for base64: 8 carry 6 bytes, and shorter words decode to something readable by chance. */
const BASE64_SHORTEST = 8;

/**
 * Text hidden in base64 or base64url, or undefined. Only when the whole value is base64 and what comes out is readable text: random tokens and keys decode to
 * noise and stay what they are. UTF-16LE (PowerShell's -EncodedCommand) is read too.
 */
export function decodeBase64(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length < BASE64_SHORTEST || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed)) return undefined;
  if (!mayBeText(trimmed)) return undefined;
  const bytes = base64Bytes(trimmed);
  if (bytes === undefined || bytes.length < 5) return undefined;
  if (bytes.length >= 8 && bytes.length % 2 === 0 && bytes.every((byte, i) => (i % 2 === 1 ? byte === 0 : byte !== 0))) {
    return bytesToText(bytes.filter((_, i) => i % 2 === 0));
  }
  return readable(bytes) ? bytesToText(bytes) : undefined;
}

/** A quick no for random tokens, from the first bytes alone: control characters, or more above ASCII than readable text of this length has. */
function mayBeText(text: string): boolean {
  if (byteIn(text, 1) === 0) return true; // every second byte may be zero: two-byte characters
  const most = Math.floor((text.length * 3) / 40);
  const looked = Math.min(12, Math.floor(((text.length - 2) * 3) / 4)); // the last two characters may be padding
  let high = 0;
  for (let at = 0; at < looked; at++) {
    const byte = byteIn(text, at);
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false;
    if (byte > 127 && ++high > most) return false;
  }
  return true;
}

/** One byte of what base64 text stands for. */
function byteIn(text: string, at: number): number {
  const from = Math.floor((at * 4) / 3);
  const left = alphabet[text.charCodeAt(from)] ?? 0;
  const right = alphabet[text.charCodeAt(from + 1)] ?? 0;
  const shift = 4 - 2 * (at % 3); // 4, 2, 0 bits of the right one are the next byte's
  return ((left << (6 - shift)) | (right >> shift)) & 0xff;
}

/** Whether bytes look like written text: no control characters but white space, and hardly anything above ASCII. */
function readable(bytes: readonly number[]): boolean {
  let high = 0;
  for (const byte of bytes) {
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false;
    if (byte > 127) high++;
  }
  return high * 10 <= bytes.length;
}

/** SQL and C comments to one space (what stands in MySQL's versioned comments stays: the server runs it), runs of white space to one space. */
export function squeeze(text: string): string {
  let out = text;
  if (out.includes("/*"))
    out = out
      .replace(/\/\*!\d{0,6}/g, " ")
      .replace(/\/\*[^*]{0,512}\*\//g, " ")
      .replaceAll("*/", " ");
  if (/[\s\u0000-\u001f]{2}|[\t\n\r\v\f]/.test(out)) out = out.replace(/[\s\u0000-\u001f]+/g, " ");
  return out;
}

/** A path as the file system would resolve it: backslashes turned, `;parameters`, `.`, `..` and doubled slashes taken away. */
export function normalisePath(path: string): string {
  if (!/[\\;]|\/\/|\/\.\.?(?:\/|$)/.test(path)) return path;
  const kept: string[] = [];
  for (const part of path.replaceAll("\\", "/").split("/")) {
    const name = part.split(";", 1)[0] ?? "";
    if (name === "..") kept.pop();
    else if (name !== "" && name !== ".") kept.push(name);
  }
  return `/${kept.join("/")}`;
}
