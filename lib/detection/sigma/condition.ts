/** The `condition` of a detection: tokens, then `or` < `and` < `not` < `1 of` / `all of` < brackets, over the names of the searches beside it. */
import { allOf, anyOf, type Expression } from "./expression";

/** A fault in a condition, with the offset of the token it stands at. */
export class ConditionError extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

interface Token {
  text: string;
  offset: number;
}

const CONDITION_LIMIT = 10_000; // characters; the longest published condition has under 1,000
const DEPTH_LIMIT = 100; // brackets and nots inside each other

function tokenize(text: string): Token[] {
  if (text.length > CONDITION_LIMIT) throw new ConditionError(`The condition is longer than ${CONDITION_LIMIT} characters.`, 0);
  const tokens: Token[] = [];
  const word = /\s*(?:([()])|([^\s()|,&]+)|(\S))/gy;
  for (let found = word.exec(text); found; found = word.exec(text)) {
    const value = found[1] ?? found[2] ?? found[3] ?? "";
    const offset = word.lastIndex - value.length;
    if (value === "|")
      throw new ConditionError("Aggregations after `|` left Sigma with version 2: write a correlation document instead.", offset);
    if (found[3]) throw new ConditionError(`'${value}' has no meaning in a condition.`, offset);
    tokens.push({ text: value, offset });
  }
  return tokens;
}

/** Reads one condition against the searches it may name. Throws ConditionError; `used` collects the names that it needed. */
export function parseCondition(text: string, searches: ReadonlyMap<string, Expression>, used: Set<string>): Expression {
  const tokens = tokenize(text);
  if (tokens.length === 0) throw new ConditionError("The condition is empty.", 0);
  let at = 0;
  let depth = 0;
  const peek = () => tokens[at]?.text.toLowerCase();
  const offset = () => tokens[at]?.offset ?? text.length;

  function chain(word: "or" | "and", part: () => Expression): Expression {
    const items = [part()];
    while (peek() === word) {
      at++;
      items.push(part());
    }
    return word === "or" ? anyOf(items) : allOf(items);
  }
  const parseOr = (): Expression => chain("or", parseAnd);
  const parseAnd = (): Expression => chain("and", parseNot);

  function parseNot(): Expression {
    if (++depth > DEPTH_LIMIT) throw new ConditionError("The condition is nested too deeply.", offset());
    try {
      if (peek() !== "not") return parsePrimary();
      at++;
      return { op: "not", item: parseNot() };
    } finally {
      depth--;
    }
  }

  function parsePrimary(): Expression {
    const token = tokens[at];
    if (!token) throw new ConditionError("The condition ends where a search name was expected.", text.length);
    if (token.text === "(") {
      at++;
      const inner = parseOr();
      if (peek() !== ")") throw new ConditionError("A closing bracket is missing.", offset());
      at++;
      return inner;
    }
    if (tokens[at + 1]?.text.toLowerCase() === "of") return parseQuantified(token);
    if (token.text === ")" || ["and", "or", "not", "of", "them"].includes(token.text.toLowerCase())) {
      throw new ConditionError(`'${token.text}' stands where a search name was expected.`, token.offset);
    }
    at++;
    const search = searches.get(token.text);
    if (!search) throw new ConditionError(`There is no search named '${token.text}'.`, token.offset);
    used.add(token.text);
    return search;
  }

  function parseQuantified(token: Token): Expression {
    const quantifier = token.text.toLowerCase();
    if (!["1", "any", "all"].includes(quantifier))
      throw new ConditionError(`'${token.text} of' is not known; write '1 of', 'any of' or 'all of'.`, token.offset);
    at += 2;
    const pattern = tokens[at];
    if (!pattern || pattern.text === "(" || pattern.text === ")")
      throw new ConditionError("After 'of' comes 'them' or a search name.", offset());
    at++;
    const isLike = wildcardName(pattern.text.toLowerCase() === "them" ? "*" : pattern.text);
    const names = [...searches.keys()].filter((name) => isLike(name) && (pattern.text.startsWith("_") || !name.startsWith("_")));
    if (names.length === 0) throw new ConditionError(`No search is named like '${pattern.text}'.`, pattern.offset);
    for (const name of names) used.add(name);
    const items = names.flatMap((name) => searches.get(name) ?? []);
    return quantifier === "all" ? allOf(items) : anyOf(items);
  }

  const expression = parseOr();
  const rest = tokens[at];
  if (rest) throw new ConditionError(`'${rest.text}' was not expected here; join searches with 'and' or 'or'.`, rest.offset);
  return expression;
}

function wildcardName(pattern: string): (name: string) => boolean {
  const pieces = pattern.split("*");
  return (name) => {
    if (pieces.length === 1) return name === pattern;
    let at = 0;
    for (const [index, piece] of pieces.entries()) {
      if (index === 0 && !name.startsWith(piece)) return false;
      if (index === pieces.length - 1) return name.length - piece.length >= at && name.endsWith(piece);
      at = name.indexOf(piece, at);
      if (at < 0) return false;
      at += piece.length;
    }
    return true;
  };
}
