/** What a Sigma detection becomes once read: a tree of logic over matches of single fields. Plain data; `match/` runs it. */

/** A wildcard pattern: literal texts, `*` (any run) and `?` (one character), in order. */
export type Wildcard = { readonly wildcard: "*" | "?" };
export type Pattern = readonly (string | Wildcard)[];

export type CompareOperator = "lt" | "lte" | "gt" | "gte" | "eq" | "neq";
export type TimePart = "minute" | "hour" | "day" | "week" | "month" | "year";
export type Anchor = "equals" | "contains" | "startswith" | "endswith";

/** How one value of a field is looked at. */
export type Match =
  | { is: "text"; pattern: Pattern; cased: boolean }
  | { is: "number"; value: number }
  | { is: "null" }
  | { is: "exists"; value: boolean }
  | { is: "compare"; operator: CompareOperator; value: number }
  | { is: "time"; part: TimePart; operator: CompareOperator; value: number }
  | { is: "regex"; source: string; flags: string }
  | { is: "cidr"; network: string }
  | { is: "fieldref"; field: string; anchor: Anchor; cased: boolean };

/** `field: undefined` is a keyword: any text of the event. */
export type Expression =
  | { op: "and" | "or"; items: readonly Expression[] }
  | { op: "not"; item: Expression }
  | { op: "match"; field: string | undefined; match: Match };

export const NEVER: Expression = { op: "or", items: [] };

/** Joins with `and`, without nesting a single item. */
export const allOf = (items: readonly Expression[]): Expression => (items.length === 1 && items[0] ? items[0] : { op: "and", items });
/** Joins with `or`, without nesting a single item. */
export const anyOf = (items: readonly Expression[]): Expression => (items.length === 1 && items[0] ? items[0] : { op: "or", items });

/** Calls `visit` for each match in the tree, telling whether it stands under an odd number of `not`. */
export function eachMatch(
  expression: Expression,
  visit: (leaf: Extract<Expression, { op: "match" }>, negated: boolean) => void,
  negated = false,
): void {
  if (expression.op === "match") visit(expression, negated);
  else if (expression.op === "not") eachMatch(expression.item, visit, !negated);
  else for (const item of expression.items) eachMatch(item, visit, negated);
}
