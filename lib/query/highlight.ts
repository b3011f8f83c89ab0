/** Cuts query text into pieces with a meaning, for colouring it while one types. Works on unfinished text; the pieces joined are the text. */
import { spanOf, tokenize } from "./tokenize";

export interface Piece {
  text: string;
  /** `field` and `value` of one condition share a `term` number, so that they are drawn as one. */
  kind: "space" | "field" | "value" | "word" | "operator" | "paren";
  negated: boolean;
  term?: number;
}

/** The pieces of a text, in order. A text that cannot be cut is one word. */
export function highlightQuery(text: string): Piece[] {
  let tokens: ReturnType<typeof tokenize>;
  try {
    tokens = tokenize(text);
  } catch {
    return text === "" ? [] : [{ text, kind: "word", negated: false }];
  }
  const pieces: Piece[] = [];
  let end = 0;
  let term = 0;
  tokens.forEach((token, i) => {
    const { offset, length } = spanOf(token);
    if (offset > end) pieces.push({ text: text.slice(end, offset), kind: "space", negated: false });
    const before = tokens[i - 1];
    const touches = before !== undefined && spanOf(before).offset + spanOf(before).length === offset;
    const negated = touches && (before.type === "not" || (before.type === "field" && (pieces.at(-1)?.negated ?? false)));
    const valueOf = touches && before.type === "field" && (token.type === "value" || token.type === "range");
    if (!valueOf && token.type !== "(" && token.type !== ")" && !(touches && before.type === "not")) term++;
    pieces.push({
      text: text.slice(offset, offset + length),
      kind: kindOf(token.type, valueOf),
      negated: negated || token.type === "not",
      term,
    });
    end = offset + length;
  });
  if (end < text.length) pieces.push({ text: text.slice(end), kind: "space", negated: false });
  return pieces;
}

function kindOf(type: ReturnType<typeof tokenize>[number]["type"], valueOf: boolean): Piece["kind"] {
  if (type === "field") return "field";
  if (type === "value" || type === "range") return valueOf ? "value" : "word";
  return type === "(" || type === ")" ? "paren" : type === "not" ? "field" : "operator";
}
