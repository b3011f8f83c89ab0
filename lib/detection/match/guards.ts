/**
 * What must be seen in an event before a rule can match at all. A guard is a set of sights of which at least one is necessary; the plan looks for all
 * rules' sights at once and evaluates only the rules of which one was seen.
 */
import { canonicalName } from "./fields";
import { decodedBitsOf } from "./glance";
import type { Expression, Match } from "@/lib/detection/sigma/expression";
import { plainText, requiredLiteral } from "@/lib/detection/sigma/pattern";
import { rarity, requiredLiterals } from "./regex-literals";

/**
 * One sight: a field holds exactly a value, contains a literal (both lower case), or a match holds that says nothing more certain (a comparison, a network,
 * an expression without a literal). `field: undefined` is any text.
 */
export type Sight =
  | { see: "value"; field: string | undefined; value: string }
  | { see: "literal"; field: string | undefined; literal: string }
  | { see: "match"; leaf: Leaf };

type Leaf = Extract<Expression, { op: "match" }>;

/** Values that a large part of all events has, with what seeing them is worth; all other values of a field in `commonplace` are worth 2. */
const common: Readonly<Record<string, number>> = {
  "direction=inbound": 0.5,
  "action=http.request": 1,
  "outcome=success": 1,
  "http.method=get": 1,
  "http.status=200": 1,
  "http.method=post": 1.8,
  "outcome=failure": 4,
};
const commonplace = /^(http\.method|http\.status|outcome|direction|service|environment|credential\.type|actor\.(type|role))$/;

const TELLING = 2; // what is commoner is in every text

/** How much a sight narrows: its worth is that of the weakest of a guard. */
function worth(sight: Sight): number {
  if (sight.see === "match") return sight.leaf.match.is === "compare" ? 1.5 : 0.8;
  if (sight.see === "literal") return Math.min(rarity(sight.literal), 12);
  const canonical = canonicalName(sight.field ?? "");
  if (canonical.startsWith("vedette.")) return 1; // it has to be worked out
  return common[`${canonical}=${sight.value}`] ?? (commonplace.test(canonical) ? 2 : 6 + Math.min(sight.value.length, 6));
}

const worthOf = (guard: readonly Sight[]): number =>
  guard.reduce((least, sight) => Math.min(least, worth(sight)), Number.POSITIVE_INFINITY) - guard.length / 1_000;

/** The best guard of an expression; undefined when an event with none of its fields may match (`not`, null, …). */
export function guardOf(expression: Expression): readonly Sight[] | undefined {
  switch (expression.op) {
    case "not":
      return undefined;
    case "match":
      return guardOfMatch(expression);
    case "or": {
      const guards = expression.items.map(guardOf);
      return guards.every((guard) => guard !== undefined) ? guards.flat() : undefined;
    }
    case "and": {
      const guards = expression.items.map(guardOf).filter((guard) => guard !== undefined);
      return guards.reduce<readonly Sight[] | undefined>(
        (best, guard) => (best === undefined || worthOf(guard) > worthOf(best) ? guard : best),
        undefined,
      );
    }
  }
}

function guardOfMatch(leaf: Leaf): readonly Sight[] | undefined {
  const { field, match } = leaf;
  switch (match.is) {
    case "null":
      return undefined;
    case "exists":
      return match.value ? [{ see: "match", leaf }] : undefined;
    case "number":
      return [{ see: "value", field, value: String(match.value) }];
    case "text":
      return guardOfText(leaf, match);
    case "regex": {
      const literals = literalsOf(match.source);
      return literals ? literals.map((literal) => ({ see: "literal", field, literal })) : [{ see: "match", leaf }];
    }
    default:
      return [{ see: "match", leaf }];
  }
}

/** Literals in lower case of which a text must hold one for the expression to match; undefined when none is telling. */
export function literalsOf(source: string): readonly string[] | undefined {
  const literals = requiredLiterals(source)?.map((literal) => literal.toLowerCase());
  return literals?.every(isTelling) ? literals : undefined;
}

/** Two characters narrow a little, one only when ordinary texts do without it. */
const isTelling = (literal: string): boolean => rarity(literal) >= TELLING;

function guardOfText(leaf: Leaf, match: Extract<Match, { is: "text" }>): readonly Sight[] {
  const plain = plainText(match.pattern)?.toLowerCase();
  // a glance looks into the texts of such a field anyway, for literals
  if (plain !== undefined && isTelling(plain) && decodedBitsOf(canonicalName(leaf.field ?? "")) !== 0)
    return [{ see: "literal", field: leaf.field, literal: plain }];
  if (plain !== undefined) return [{ see: "value", field: leaf.field, value: plain }];
  const literal = requiredLiteral(match.pattern).toLowerCase();
  return isTelling(literal) ? [{ see: "literal", field: leaf.field, literal }] : [{ see: "match", leaf }];
}
