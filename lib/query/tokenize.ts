/** Cuts query text into tokens. Every character is looked at a fixed number of times, so the time is linear in the length. */
import type { Span } from "./ast";
import { isFieldName } from "./fields";
import { QueryError } from "./query-error";

/** A value as written. `parts`: literal text, with a wildcard between each two. `quoted`: some of it stood in quotes or after a backslash, so signs in it mean nothing. */
export interface RawValue {
  parts: string[];
  quoted: boolean;
  at: Span;
}

export type Operator = ":" | ":=" | ":>" | ":>=" | ":<" | ":<=";

export type Token =
  | { type: "(" | ")" | "not" | "and" | "or"; at: Span }
  /** `name:`, and the sign after it. What follows is a value, a parenthesis, or nothing (an unfinished text). */
  | { type: "field"; name: string; operator: Operator; at: Span }
  | { type: "range"; from: string; to: string; at: Span }
  | { type: "value"; value: RawValue };

/** The longest query text: 4,096 characters. */
export const QUERY_LENGTH_LIMIT = 4096;

const SPACE = /\s/;
const UNSTORABLE = /[\0\p{Surrogate}]/u; // NUL and halves of characters: no text of the database holds them
const WORDS = new Map<string, "and" | "or" | "not">([
  ["AND", "and"],
  ["OR", "or"],
  ["NOT", "not"],
]);
const BRACKETS = /\[\s*([^\s\][]+)\s+TO\s+([^\s\][]+)\s*\]/y;

/** Reads the whole text; throws QueryError at an open quote or when the text is too long. */
export function tokenize(text: string): Token[] {
  if (text.length > QUERY_LENGTH_LIMIT) {
    throw new QueryError(`A query has at most ${QUERY_LENGTH_LIMIT} characters; this one has ${text.length}.`, {
      offset: QUERY_LENGTH_LIMIT,
      length: 1,
    });
  }
  const bad = UNSTORABLE.exec(text);
  if (bad) throw new QueryError("This character cannot stand in an event.", { offset: bad.index, length: 1 });
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (SPACE.test(character)) at++;
    else {
      const token = nextToken(text, at, tokens.at(-1));
      tokens.push(token);
      at = end(token);
    }
  }
  return tokens;
}

/** The place of a token in the text. */
export const spanOf = (token: Token): Span => (token.type === "value" ? token.value.at : token.at);
const end = (token: Token): number => spanOf(token).offset + spanOf(token).length;

function nextToken(text: string, offset: number, before: Token | undefined): Token {
  const character = text.charAt(offset);
  if (character === "(" || character === ")") return { type: character, at: { offset, length: 1 } };
  // a value must touch its field: `status: 400` asks for the status first and for a word then
  const valueOf = before?.type === "field" && end(before) === offset ? before : undefined;
  if (!valueOf) {
    if ((character === "-" || character === "!") && offset + 1 < text.length && !SPACE.test(text.charAt(offset + 1))) {
      return { type: "not", at: { offset, length: 1 } };
    }
    const field = readField(text, offset);
    if (field) return field;
  }
  if (character === "[") {
    BRACKETS.lastIndex = offset;
    const found = BRACKETS.exec(text);
    if (found) return { type: "range", from: found[1] ?? "*", to: found[2] ?? "*", at: { offset, length: found[0].length } };
  }
  const value = readValue(text, offset);
  const word = valueOf || value.quoted || value.parts.length > 1 ? undefined : WORDS.get(text.slice(offset, offset + value.at.length));
  return word ? { type: word, at: value.at } : { type: "value", value };
}

const FIELD = /([A-Za-z_][\w.@/-]{0,127}):(=|>=|<=|>|<)?/y;

const ADDRESS = /[0-9a-fA-F]{1,4}:[0-9a-fA-F]*:[0-9a-fA-F:./]*(?=[\s()]|$)/y;

function readField(text: string, offset: number): Token | undefined {
  FIELD.lastIndex = offset;
  const found = FIELD.exec(text);
  const name = found?.[1];
  if (!found || !name || !isFieldName(name)) return undefined;
  ADDRESS.lastIndex = offset;
  if (ADDRESS.test(text)) return undefined; // `fe80::1` is an address, not the field `fe80`
  return { type: "field", name, operator: `:${found[2] ?? ""}` as Operator, at: { offset, length: found[0].length } }; // cast: the pattern names them all
}

/** Reads up to the next space or parenthesis outside quotes. A backslash makes the next character literal. */
function readValue(text: string, offset: number): RawValue {
  const parts: string[] = [];
  let part = "";
  let quoted = false;
  let quoteAt = -1;
  let i = offset;
  for (; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '"') {
      quoteAt = quoteAt < 0 ? i : -1;
      quoted = true;
    } else if (character === "\\" && i + 1 < text.length) {
      part += text.charAt(++i);
      quoted = true;
    } else if (quoteAt >= 0) part += character;
    else if (SPACE.test(character) || character === "(" || character === ")") break;
    else if (character === "*") {
      if (part !== "" || parts.length === 0) parts.push(part);
      part = "";
    } else part += character;
  }
  if (quoteAt >= 0)
    throw new QueryError("This quote is never closed.", { offset: quoteAt, length: text.length - quoteAt }, `${text.slice(quoteAt)}"`);
  return { parts: [...parts, part], quoted, at: { offset, length: i - offset } };
}
