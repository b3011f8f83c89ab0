/** Changes of a query as the page makes them: chips, facets and “filter for / filter out”. Text in, text out; the text stays the only truth. */
import { EVERYTHING, all, any, fieldOf, not, type Query, type Span, type Term, topLevel } from "./ast";
import { type Field, type FieldTable, findField } from "./fields";
import { parseQuery } from "./parse";
import { printQuery } from "./print";
import { readTest } from "./read-test";

const NOWHERE: Span = { offset: 0, length: 0 };

/** The term that asks a field for exactly this value, as a click on the value means it. Throws QueryError when the value is not of the field's kind. */
export function termFor(table: FieldTable, name: string, value: string): Query {
  const field = findField(table, name);
  if (!field) return { type: "term", field: null, test: { op: "match", parts: [value], whole: false }, at: NOWHERE };
  const raw = { parts: [value], quoted: true, at: { offset: 0, length: value.length } };
  const operator = field.kind === "text" || field.kind === "keyword" || field.kind === "any" ? ":=" : ":";
  const tests = field.values && !field.values.includes(value) ? [] : readTest({ field, operator, value: raw });
  return any(tests.map((test): Term => ({ type: "term", field: field.name, test, at: NOWHERE })));
}

const same = (a: Query, b: Query, table: FieldTable): boolean => printQuery(a, table) === printQuery(b, table);

/** Keeps or drops records with the value, taking back the contrary wish; asking twice changes nothing. */
export function withTerm(text: string, table: FieldTable, change: { field: string; value: string; negate?: boolean }): string {
  const term = termFor(table, change.field, change.value);
  const wanted = change.negate ? not(term) : term;
  const kept = topLevel(parseQuery(text, table)).filter((node) => !same(node, wanted, table) && !same(node, not(wanted), table));
  return printQuery(all([...kept, wanted]), table);
}

/** The query without its top-level condition number `index`: what the cross on a chip does. */
export function withoutPart(text: string, table: FieldTable, index: number): string {
  const parts = topLevel(parseQuery(text, table));
  return printQuery(all(parts.filter((_, i) => i !== index)), table);
}

/** The query without the top-level conditions on one field: what that field's facet counts under. */
export function withoutField(query: Query, field: string): Query {
  const kept = topLevel(query).filter((node) => fieldOf(node) !== field);
  return kept.length === 0 ? EVERYTHING : all(kept);
}

/** What a query asks of one field at the top: values wanted (any of them) and values left out, as texts. */
export interface Choice {
  wanted: string[];
  excluded: string[];
}

/** Reads the choice of a facet out of the query, hand-typed terms included. Tests that name no single value are not part of it. */
export function choiceOf(query: Query, table: FieldTable, field: string): Choice {
  const choice: Choice = { wanted: [], excluded: [] };
  for (const node of topLevel(query)) {
    if (fieldOf(node) !== field) continue;
    const negative = node.type === "not";
    const inner = negative ? node.node : node;
    const terms = inner.type === "any" ? inner.nodes : [inner];
    const values = terms.map((term) => (term.type === "term" ? valueOf(term, table) : undefined));
    if (values.every((value) => value !== undefined)) choice[negative ? "excluded" : "wanted"].push(...values);
  }
  return choice;
}

function valueOf(term: Term, table: FieldTable): string | undefined {
  const { test } = term;
  if (test.op === "match")
    return test.parts.length === 1 && (test.whole || findField(table, term.field ?? "")?.kind === "text") ? test.parts[0] : undefined;
  if (test.op === "flag") return String(test.value);
  if (test.op === "compare") return test.comparison === "=" ? String(test.value) : undefined;
  return test.op === "network" ? test.network : undefined;
}

/** The query with the choice of one facet put in place of what it asked of that field before. */
export function withChoice(text: string, table: FieldTable, { field, wanted, excluded }: Choice & { field: string }): string {
  const kept = withoutField(parseQuery(text, table), field);
  const yes = wanted.map((value) => termFor(table, field, value));
  const no = excluded.map((value) => not(termFor(table, field, value)));
  return printQuery(all([kept, ...(yes.length > 0 ? [any(yes)] : []), ...no]), table);
}

/** One chip: a top-level condition in words. */
export interface Chip {
  index: number;
  text: string;
  label: string;
  verb: string;
  value: string;
  negated: boolean;
}

/** The top-level conditions in words, in the order of the query. */
export function chipsOf(query: Query, table: FieldTable): Chip[] {
  return topLevel(query).map((node, index) => {
    const negated = node.type === "not";
    const inner = negated ? node.node : node;
    const field = findField(table, fieldOf(inner) ?? "");
    return { index, text: printQuery(node, table), label: field?.label ?? "", negated, ...words(inner, field, table) };
  });
}

function words(node: Query, field: Field | undefined, table: FieldTable): { verb: string; value: string } {
  if (node.type === "any" && field) {
    return {
      verb: "is",
      value: node.nodes.map((part) => (part.type === "term" ? words(part, field, table).value : printQuery(part, table))).join(" or "),
    };
  }
  if (node.type !== "term") return { verb: "", value: printQuery(node, table) };
  const { test } = node;
  if (node.field === null) return { verb: "contains", value: test.op === "match" ? test.parts.join("*") : "" };
  switch (test.op) {
    case "exists":
      return { verb: "is", value: "present" };
    case "network":
      return { verb: test.network.includes("/") ? "in" : "is", value: test.network };
    case "match":
      return { verb: test.parts.length > 1 ? "like" : test.whole ? "is" : "contains", value: test.parts.join("*") };
    default:
      return {
        verb: "is",
        value: printQuery({ ...node }, table)
          .slice(node.field.length + 1)
          .replace("..", " to "),
      };
  }
}
