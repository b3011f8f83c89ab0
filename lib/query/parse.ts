/** Query text to tree. */
import { parseNetwork, printNetwork } from "./address";
import { EVERYTHING, all, any, not, type Query, type Span } from "./ast";
import { type Field, type FieldTable, findField, nearestField } from "./fields";
import { QueryError } from "./query-error";
import { cut, readTest } from "./read-test";
import { type RawValue, type Token, spanOf, tokenize } from "./tokenize";

/** The most conditions in one query, and the deepest nesting. */
export const TERM_LIMIT = 200;
export const DEPTH_LIMIT = 20;

/**
 * Reads a query: terms side by side are all meant (AND), `OR` is weaker, `NOT`, `-` and `!` negate, parentheses group, also the values of one field.
 * An empty text matches everything. Throws QueryError, and nothing else, at the token that cannot be read.
 */
export function parseQuery(text: string, table: FieldTable): Query {
  const reader: Reader = { text, table, tokens: tokenize(text), next: 0, terms: 0, depth: 0 };
  if (reader.tokens.length === 0) return EVERYTHING;
  const query = readAny(reader, undefined);
  const left = reader.tokens[reader.next];
  if (left) throw new QueryError("This parenthesis was never opened.", spanOf(left));
  return query;
}

interface Reader {
  text: string;
  table: FieldTable;
  tokens: Token[];
  next: number;
  terms: number;
  depth: number;
}

/** The field whose values a group lists, and the token that named it. */
type Scope = { field: Field; token: Token & { type: "field" } } | undefined;

const peek = (reader: Reader): Token | undefined => reader.tokens[reader.next];

function take(reader: Reader, type: Token["type"]): Token | undefined {
  const token = peek(reader);
  if (token?.type !== type) return undefined;
  reader.next++;
  return token;
}

function readAny(reader: Reader, scope: Scope): Query {
  const nodes = [readAll(reader, scope)];
  for (let or = take(reader, "or"); or; or = take(reader, "or")) {
    if (!startsOperand(peek(reader))) throw new QueryError("OR needs something after it.", spanOf(or));
    nodes.push(readAll(reader, scope));
  }
  return any(nodes);
}

const startsOperand = (token: Token | undefined): boolean =>
  token !== undefined && token.type !== ")" && token.type !== "or" && token.type !== "and";

function readAll(reader: Reader, scope: Scope): Query {
  const nodes = [readNot(reader, scope)];
  for (;;) {
    const and = take(reader, "and");
    if (and && !startsOperand(peek(reader))) throw new QueryError("AND needs something after it.", spanOf(and));
    if (!startsOperand(peek(reader))) return all(nodes);
    nodes.push(readNot(reader, scope));
  }
}

function readNot(reader: Reader, scope: Scope): Query {
  let negations = 0;
  for (let token = take(reader, "not"); token; token = take(reader, "not")) {
    negations++;
    if (!startsOperand(peek(reader))) throw new QueryError("There is nothing here to leave out.", spanOf(token));
  }
  const node = readOperand(reader, scope);
  return negations % 2 ? not(node) : node;
}

function readOperand(reader: Reader, scope: Scope): Query {
  const token = peek(reader);
  if (!token) throw new QueryError("Something is missing at the end.", { offset: Math.max(0, reader.text.length - 1), length: 1 });
  reader.next++;
  switch (token.type) {
    case "(":
      return readGroup(reader, token.at, scope);
    case "field":
      if (scope) throw new QueryError(`Inside ${scope.field.name}:( … ) only values are expected.`, token.at);
      return readFieldTerm(reader, token);
    case "value":
      return scope ? valueTerm(reader, scope, token.value) : freeText(reader, token.value);
    case "range":
      return scope ? rangeTerm(reader, scope, token) : fail("A range needs a field before it.", token.at);
    default:
      return fail(
        token.type === ")" ? "There is nothing in these parentheses." : `${token.type.toUpperCase()} needs something before it.`,
        spanOf(token),
      );
  }
}

function fail(message: string, at: Span, suggestion?: string): never {
  throw new QueryError(message, at, suggestion);
}

function readGroup(reader: Reader, opened: Span, scope: Scope): Query {
  if (++reader.depth > DEPTH_LIMIT) fail(`Parentheses go at most ${DEPTH_LIMIT} deep.`, opened);
  const inside = readAny(reader, scope);
  if (!take(reader, ")")) fail("This parenthesis is never closed.", opened);
  reader.depth--;
  return inside;
}

function readFieldTerm(reader: Reader, token: Token & { type: "field" }): Query {
  const field = findField(reader.table, token.name);
  if (!field) {
    const near = nearestField(reader.table, token.name);

    fail(
      `There is no field “${cut(token.name)}”.${near ? "" : " Text with a colon goes in quotes."}`,
      { offset: token.at.offset, length: token.name.length },
      near,
    );
  }
  const scope = { field, token };
  const next = peek(reader);
  const touches = next && spanOf(next).offset === token.at.offset + token.at.length;
  if (touches && next.type === "value") {
    reader.next++;
    return valueTerm(reader, scope, next.value);
  }
  if (touches && next.type === "range") {
    reader.next++;
    return rangeTerm(reader, scope, next);
  }
  if (touches && next.type === "(" && token.operator === ":") {
    reader.next++;
    return readGroup(reader, next.at, scope);
  }
  return fail(`${field.name}: needs a value.`, token.at, `${field.name}:${field.example}`);
}

function count(reader: Reader, at: Span): void {
  if (++reader.terms > TERM_LIMIT) fail(`A query has at most ${TERM_LIMIT} conditions.`, at);
}

function valueTerm(reader: Reader, scope: NonNullable<Scope>, raw: RawValue): Query {
  const { field, token } = scope;
  const inGroup = token.at.offset + token.at.length !== raw.at.offset;
  // inside a group each value may carry its own sign: status:(>=400 <500)
  const written = reader.text.slice(raw.at.offset, raw.at.offset + raw.at.length);
  const sign = token.operator === ":" && inGroup ? /^(>=|<=|>|<|=)(?=.)/s.exec(written)?.[1] : undefined;
  const operator = sign ? (`:${sign}` as typeof token.operator) : token.operator; // cast: the pattern names them all
  const value = sign ? { ...raw, parts: [(raw.parts[0] ?? "").slice(sign.length), ...raw.parts.slice(1)] } : raw;
  const at = inGroup ? raw.at : { offset: token.at.offset, length: raw.at.offset + raw.at.length - token.at.offset };
  count(reader, at);
  return any(readTest({ field, operator, value }).map((test) => ({ type: "term", field: field.name, test, at })));
}

function rangeTerm(reader: Reader, scope: NonNullable<Scope>, token: Token & { type: "range" }): Query {
  const { field } = scope;
  const numeric = field.kind === "number" || field.kind === "time" || field.kind === "address" || field.kind === "any";
  if (!numeric) fail(`${field.name} has no ranges.`, token.at, field.example);
  const [from, to] = [token.from === "*" ? "" : token.from, token.to === "*" ? "" : token.to];
  return valueTerm(reader, scope, { parts: [`${from}..${to}`], quoted: false, at: token.at });
}

function freeText(reader: Reader, value: RawValue): Query {
  count(reader, value.at);
  if (value.parts.length > 11) fail("At most 10 wildcards in one value.", value.at);
  if (!value.quoted && value.parts.length > 1 && value.parts.every((part) => part === "")) return EVERYTHING;
  const network = value.parts.length === 1 && reader.table.addresses.length > 0 ? parseNetwork(value.parts[0] ?? "") : undefined;
  if (network) {
    // an address in free text is meant as an address: found by its index, in every spelling
    const test = { op: "network", network: printNetwork(network) } as const;
    return any(reader.table.addresses.map((field) => ({ type: "term", field, test, at: value.at })));
  }
  return { type: "term", field: null, test: { op: "match", parts: value.parts, whole: false }, at: value.at };
}
