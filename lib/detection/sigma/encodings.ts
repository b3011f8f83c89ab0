/** The encodings that Sigma's modifiers apply to search texts. Texts marked binary hold one byte per character. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const bytesOf = (text: string, binary = false): number[] =>
  binary ? Array.from(text, (char) => char.charCodeAt(0) & 0xff) : [...new TextEncoder().encode(text)];

function encode(bytes: readonly number[]): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = bytes.slice(i, i + 3);
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    out += b === undefined ? "=" : ALPHABET.charAt((group >> 6) & 63);
    out += c === undefined ? "=" : ALPHABET.charAt(group & 63);
  }
  return out;
}

/** Base64 of a text (UTF-8 unless it is binary already), with padding. */
export const base64 = (text: string, binary = false): string => encode(bytesOf(text, binary));

/** The parts of a text's base64 that do not depend on its neighbours, for the three places it may have in the encoded whole. */
export function base64Offsets(text: string, binary = false): string[] {
  const bytes = bytesOf(text, binary);
  const firstStable = [0, 2, 3]; // characters at the start that also carry bits of what stands before
  return [0, 1, 2].map((offset) => {
    const encoded = encode([...Array<number>(offset).fill(0), ...bytes]);
    const cut = [0, 3, 2][(bytes.length + offset) % 3] ?? 0; // padding, and the character that also carries bits of what follows
    return encoded.slice(firstStable[offset], encoded.length - cut);
  });
}

/** UTF-16 bytes of a text, one character per byte: `utf16le` and `wide`, `utf16be`, or `utf16` with a byte order mark. */
export function utf16(text: string, flavour: string): string {
  let out = flavour === "utf16" ? "\u00ff\u00fe" : "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const high = String.fromCharCode(code >> 8);
    const low = String.fromCharCode(code & 0xff);
    out += flavour === "utf16be" ? high + low : low + high;
  }
  return out;
}

const DASHES = ["-", "/", "\u2013", "\u2014", "\u2015"];
const PERMUTED = 3; // dashes: 5^3 spellings; longer command lines vary all their dashes together

/** A command line text with each flag dash in all its spellings. A dash counts when a word follows it and none stands before. */
export function windashVariants(text: string): string[] {
  const pieces = text.split(/((?<![\p{L}\p{N}_])[-/\u2013\u2014\u2015](?=[\p{L}\p{N}_]))/u);
  const dashes = (pieces.length - 1) / 2;
  if (dashes === 0) return [text];
  if (dashes > PERMUTED) return [text, ...DASHES.map((dash) => pieces.map((piece, index) => (index % 2 ? dash : piece)).join(""))];
  return pieces.reduce<string[]>(
    (made, piece, index) => made.flatMap((head) => (index % 2 ? DASHES : [piece]).map((next) => head + next)),
    [""],
  );
}
