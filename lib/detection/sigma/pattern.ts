/** Sigma's string wildcards: `*`, `?`, and backslash as their escape. */
import type { Pattern, Wildcard } from "./expression";

export const ANY_RUN: Wildcard = { wildcard: "*" };
export const ANY_ONE: Wildcard = { wildcard: "?" };

/** Told by what it says: documents are plain data, and a copy of one is as good as the one. */
const isAnyRun = (part: string | Wildcard | undefined): boolean => typeof part === "object" && part.wildcard === "*";

/** Reads a Sigma string. A backslash escapes `*`, `?` and itself and is plain before anything else, as the standard asks. */
export function parsePattern(text: string): Pattern {
  const parts: (string | Wildcard)[] = [];
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const next = text.charAt(i + 1);
    if (char === "\\" && (next === "*" || next === "?" || next === "\\")) {
      literal += next;
      i++;
    } else if (char === "*" || char === "?") {
      if (literal) parts.push(literal);
      literal = "";
      const wildcard = char === "*" ? ANY_RUN : ANY_ONE;
      if (!(isAnyRun(wildcard) && isAnyRun(parts.at(-1)))) parts.push(wildcard);
    } else literal += char;
  }
  if (literal) parts.push(literal);
  return parts;
}

/** The text of a pattern without wildcards; undefined when it has any. */
export function plainText(pattern: Pattern): string | undefined {
  let text = "";
  for (const part of pattern) {
    if (typeof part !== "string") return undefined;
    text += part;
  }
  return text;
}

/** The same pattern with `change` applied to its literal texts. */
export const mapLiterals = (pattern: Pattern, change: (literal: string) => string): Pattern =>
  pattern.map((part) => (typeof part === "string" ? change(part) : part));

/** Opens a pattern at its start, its end or both, so that it may stand anywhere. */
export function open(pattern: Pattern, where: { start: boolean; end: boolean }): Pattern {
  const parts = [...pattern];
  if (where.start && !isAnyRun(parts[0])) parts.unshift(ANY_RUN);
  if (where.end && (!isAnyRun(parts.at(-1)) || parts.length === 0)) parts.push(ANY_RUN);
  return parts;
}

/** The longest literal that any text matching the pattern must contain. */
export function requiredLiteral(pattern: Pattern): string {
  let longest = "";
  for (const part of pattern) if (typeof part === "string" && part.length > longest.length) longest = part;
  return longest;
}

type Segment = readonly (string | Wildcard)[];

/** Compiles a pattern to a test. Linear in the text for patterns without `?`; the texts themselves are limited where they are read. */
export function compilePattern(pattern: Pattern): (text: string) => boolean {
  const plain = plainText(pattern);
  if (plain !== undefined) return (text) => text === plain;
  const starred = pattern.filter((part) => !isAnyRun(part));
  const only = starred[0];
  if (starred.length === 0) return () => true;
  if (starred.length === 1 && typeof only === "string") {
    const opensLeft = isAnyRun(pattern[0]);
    const opensRight = isAnyRun(pattern.at(-1));
    if (opensLeft && opensRight) return (text) => text.includes(only);
    return opensLeft ? (text) => text.endsWith(only) : (text) => text.startsWith(only);
  }
  return globTest(pattern);
}

function globTest(pattern: Pattern): (text: string) => boolean {
  const segments: Segment[] = [[]];
  for (const part of pattern) {
    if (isAnyRun(part)) segments.push([]);
    else segments[segments.length - 1] = [...(segments.at(-1) ?? []), part];
  }
  const first = segments[0] ?? [];
  const last = segments.at(-1) ?? [];
  const middle = segments.slice(1, -1).filter((segment) => segment.length > 0);
  return (text) => {
    if (segments.length === 1) return matchAt(first, text, 0) === text.length;
    let at = matchAt(first, text, 0);
    if (at < 0) return false;
    for (const segment of middle) {
      at = findFrom(segment, text, at);
      if (at < 0) return false;
    }
    const tail = text.length - lengthOf(last);
    return tail >= at && matchAt(last, text, tail) === text.length;
  };
}

const lengthOf = (segment: Segment): number => segment.reduce((sum, part) => sum + (typeof part === "string" ? part.length : 1), 0);

/** Where the segment ends when it starts at `from`; -1 when it does not stand there. */
function matchAt(segment: Segment, text: string, from: number): number {
  let at = from;
  for (const part of segment) {
    if (typeof part === "string") {
      if (!text.startsWith(part, at)) return -1;
      at += part.length;
    } else if (at++ >= text.length) return -1;
  }
  return at;
}

function findFrom(segment: Segment, text: string, from: number): number {
  const limit = text.length - lengthOf(segment);
  for (let start = from; start <= limit; start++) {
    const end = matchAt(segment, text, start);
    if (end >= 0) return end;
  }
  return -1;
}
