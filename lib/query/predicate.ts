/** Tree to a yes-or-no function over documents: live tail, suppressions and rule exceptions. It answers exactly as the database does for the same tree. */
import { compareAddresses, inNetwork, parseAddress, parseNetwork } from "./address";
import type { Query, Term, Test } from "./ast";
import { type Field, type FieldTable, findField } from "./fields";
import { holds } from "./read-test";

type Scalar = string | number | boolean;
type Check = (document: unknown) => boolean;

/** Compiles a tree made with the same table. The function never throws and takes time linear in the document for each term. */
export function compilePredicate(query: Query, table: FieldTable): Check {
  switch (query.type) {
    case "all": {
      const checks = query.nodes.map((node) => compilePredicate(node, table));
      return (document) => checks.every((check) => check(document));
    }
    case "any": {
      const checks = query.nodes.map((node) => compilePredicate(node, table));
      return (document) => checks.some((check) => check(document));
    }
    case "not": {
      const check = compilePredicate(query.node, table);
      return (document) => !check(document);
    }
    case "term":
      return termCheck(query, table);
  }
}

function termCheck(term: Term, table: FieldTable): Check {
  const fields = term.field === null ? table.text.map((name) => findField(table, name)) : [findField(table, term.field)];
  const checks = fields.flatMap((field) => {
    if (!field) return [];
    const accepts = valueCheck(term.test, field);
    return field.paths.map(
      (path): Check =>
        (document) =>
          valuesAt(document, path).some(accepts),
    );
  });
  return (document) => checks.some((check) => check(document));
}

/** All scalars at a path; `*` goes through a list, and a list at the end stands for its elements. Own properties only. */
export function valuesAt(document: unknown, path: readonly string[]): Scalar[] {
  let found: unknown[] = [document];
  for (const step of path) {
    found = found.flatMap((value) => {
      if (step === "*") return Array.isArray(value) ? value : [];
      if (Array.isArray(value)) return /^-?\d{1,9}$/.test(step) ? [value.at(Number(step))] : [];
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
      return [(value as Record<string, unknown>)[step]]; // cast: checked to be a plain object on the line above
    });
  }
  return found.flatMap((value) => (Array.isArray(value) ? value : [value])).filter(isScalar);
}

const isScalar = (value: unknown): value is Scalar => typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** A number as free JSON may hold it; longer ones are names, not amounts. */
export const PLAIN_NUMBER = /^-?[0-9]{1,15}(\.[0-9]{1,15})?$/;

function valueCheck(test: Test, field: Field): (value: Scalar) => boolean {
  switch (test.op) {
    case "exists":
      return () => true;
    case "flag":
      return (value) => value === test.value;
    case "network": {
      const network = parseNetwork(test.network);
      return (value) => {
        const address = parseAddress(String(value));
        return address !== undefined && network !== undefined && inNetwork(address, network);
      };
    }
    case "addresses":
      return addressesCheck(test.from, test.to);
    case "compare":
      return numberCheck(field, (value) => holds(value - test.value, test.comparison));
    case "between":
      return numberCheck(field, (value) => value >= test.from && value <= test.to);
    case "match":
      return matchCheck(test, field);
  }
}

function addressesCheck(first: string, last: string): (value: Scalar) => boolean {
  const [from, to] = [parseAddress(first), parseAddress(last)];
  return (value) => {
    const address = parseAddress(String(value));
    if (!address || !from || !to || address.length !== from.length) return false;
    return compareAddresses(address, from) >= 0 && compareAddresses(address, to) <= 0;
  };
}

function numberCheck(field: Field, accepts: (value: number) => boolean): (value: Scalar) => boolean {
  return (value) => {
    if (field.kind === "time") return typeof value === "string" && accepts(Date.parse(value));
    if (field.kind === "any") return PLAIN_NUMBER.test(String(value)) && accepts(Number(value));
    return typeof value === "number" && accepts(value);
  };
}

/** Lower case for A-Z only, as the database does in every locale. */
export const foldCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

function matchCheck(test: Test & { op: "match" }, field: Field): (value: Scalar) => boolean {
  const fold = field.exact ? (text: string) => text : foldCase;
  const pattern = test.whole ? test.parts.map(fold) : ["", ...test.parts.map(fold), ""];
  const [only] = pattern;
  if (pattern.length === 1) return (value) => fold(String(value)) === only;
  return (value) => matchesPattern(fold(String(value)), pattern);
}

/** Whether the text is the literal parts in this order with anything between each two. Leftmost matching suffices, so nothing is tried twice. */
function matchesPattern(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  const stop = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > stop) return false;
    at = found + part.length;
  }
  return true;
}
