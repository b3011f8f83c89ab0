/** Tree to the canonical text: what chips edit, links carry and saved views keep. Reading it again gives the same tree. */
import type { Query, Term, Test } from "./ast";
import { fieldOf } from "./ast";
import { type FieldTable, findField } from "./fields";

const PLAIN = /^[\p{L}\p{N}_/.@%+~#$&][\p{L}\p{N}_/.@%+~#$&:=,;!?'<>{}[\]|^`-]*$/u;
const KEYWORDS = new Set(["AND", "OR", "NOT"]);

/** The canonical text of a tree made with the same table. */
export function printQuery(query: Query, table: FieldTable): string {
  if (query.type === "all") return query.nodes.map((node) => printPart(node, table)).join(" ");
  if (query.type === "any" && groupField(query) === undefined) return query.nodes.map((node) => printPart(node, table)).join(" OR ");
  return printPart(query, table);
}

function printPart(query: Query, table: FieldTable): string {
  if (query.type === "term") return query.field === null ? printFree(query.test) : `${query.field}:${printTest(query, table)}`;
  if (query.type === "not") return `-${printPart(query.node, table)}`;
  if (query.type === "all" && query.nodes.length === 0) return "*";
  const field = groupField(query);
  if (field === undefined) return `(${printQuery(query, table)})`;
  return `${field}:(${query.nodes.map((node) => printInGroup(node, table)).join(" OR ")})`;
}

/** Alternatives that all ask about one field are written as a group of its values. */
function groupField(query: Query): string | undefined {
  const flat =
    query.type === "any" && query.nodes.every((node) => node.type === "term" || (node.type === "not" && node.node.type === "term"));
  return flat ? fieldOf(query) : undefined;
}

function printInGroup(node: Query, table: FieldTable): string {
  if (node.type === "not") return `-${printInGroup(node.node, table)}`;
  return node.type === "term" ? printTest(node, table, true) : "";
}

function printFree(test: Test): string {
  return test.op === "match" ? printPattern(test.parts, true) : "*";
}

function printTest(term: Term, table: FieldTable, inGroup = false): string {
  const field = findField(table, term.field ?? "");
  const { test } = term;
  const number = (value: number) => (field?.kind === "time" ? new Date(value).toISOString() : decimal(value));
  switch (test.op) {
    case "exists":
      return "*";
    case "flag":
      return test.value ? "yes" : "no";
    case "network":
      return test.network;
    case "addresses":
      return `${test.from}..${test.to}`;
    case "between":
      // inside a group a leading minus would negate
      return inGroup && test.from < 0 ? `[${number(test.from)} TO ${number(test.to)}]` : `${number(test.from)}..${number(test.to)}`;
    case "compare":
      if (test.comparison === "=" && !(inGroup && test.value < 0)) return number(test.value);
      return `${test.comparison}${number(test.value)}`;
    case "match":
      return test.whole && field?.kind === "text" ? `=${printPattern(test.parts, inGroup)}` : printPattern(test.parts, inGroup);
  }
}

/** Never in exponents: the language has none. */
const decimal = (value: number): string => (/e/.test(String(value)) ? value.toFixed(15).replace(/\.?0+$/, "") : String(value));

/** `bare`: no field stands before it, so a colon would make one. */
function printPattern(parts: readonly string[], bare: boolean): string {
  const only = parts[0] ?? "";
  if (parts.length === 1) return needsQuotes(only, bare) ? quote(only) : only;
  return parts.map(escapePart).join("*");
}

const needsQuotes = (text: string, bare: boolean): boolean =>
  !PLAIN.test(text) || KEYWORDS.has(text) || text.includes("..") || (bare && text.includes(":"));

const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
const escapePart = (part: string): string => part.replace(/[^\p{L}\p{N}_/.@%+~#$&,;?'{}|^`]/gu, "\\$&");
