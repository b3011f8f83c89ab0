/**
 * The one filter language: query bar, chips, facets, saved views, suppressions, live tail and the read API all speak it. This folder is pure: text in,
 * tree, SQL text, predicate or completion out. Here is the tree.
 */

/** Where in the query text something stands, in UTF-16 units. */
export interface Span {
  offset: number;
  length: number;
}

export type Comparison = "=" | ">" | ">=" | "<" | "<=";

/** What a term asks of a value. Numbers carry milliseconds since the epoch when the field is a time. */
export type Test =
  | { op: "exists" }
  /** Literal parts with a wildcard between each two. `whole`: the value from end to end; otherwise it is enough to contain it. */
  | { op: "match"; parts: string[]; whole: boolean }
  | { op: "compare"; comparison: Comparison; value: number }
  | { op: "between"; from: number; to: number }
  /** An address or a network in CIDR notation. */
  | { op: "network"; network: string }
  | { op: "addresses"; from: string; to: string }
  | { op: "flag"; value: boolean };

/** One condition. `field: null` is free text: some text field of the record contains it. */
export interface Term {
  type: "term";
  field: string | null;
  test: Test;
  at: Span;
}

export type Query = Term | { type: "all"; nodes: Query[] } | { type: "any"; nodes: Query[] } | { type: "not"; node: Query };

/** The query that everything matches; its text is empty. */
export const EVERYTHING: Query = { type: "all", nodes: [] };

const join = (type: "all" | "any", nodes: readonly Query[]): Query => {
  const flat = nodes.flatMap((node) => (node.type === type ? node.nodes : [node]));
  const only = flat[0];
  return flat.length === 1 && only ? only : { type, nodes: flat };
};

/** Every one of them holds; nested conjunctions become one, so that a tree has one shape. */
export const all = (nodes: readonly Query[]): Query => join("all", nodes);

/** At least one of them holds. */
export const any = (nodes: readonly Query[]): Query => join("any", nodes);

/** The contrary; twice is nothing. */
export const not = (node: Query): Query => (node.type === "not" ? node.node : { type: "not", node });

/** The conditions of the outermost conjunction: what chips show, one each. */
export const topLevel = (query: Query): readonly Query[] => (query.type === "all" ? query.nodes : [query]);

/** The one field that all terms below a node ask about, or undefined when they differ or one is free text. */
export function fieldOf(query: Query): string | undefined {
  if (query.type === "term") return query.field ?? undefined;
  if (query.type === "not") return fieldOf(query.node);
  const fields = new Set(query.nodes.map(fieldOf));
  return fields.size === 1 ? [...fields][0] : undefined;
}
