/**
 * What must be seen in an event before a rule can match at all. A guard is a set of sights of which at least one is necessary; the plan looks for all
 * rules' sights at once and evaluates only the rules of which one was seen.
 */
import type { Expression, Match } from "@/lib/detection/sigma/expression";
import { requiredLiteral } from "@/lib/detection/sigma/pattern";
import { plainText } from "@/lib/detection/sigma/pattern";
import { requiredLiterals } from "./regex-literals";

/** One sight: a field holds exactly a value, contains a literal (both lower case), or is there at all. `field: undefined` is any text. */
export type Sight =
  | { see: "value"; field: string | undefined; value: string }
  | { see: "literal"; field: string | undefined; literal: string }
  | { see: "field"; field: string | undefined };

/** Fields that nearly every event has with one of a few values: seeing them says little. */
const commonplace =
  /^(http\.method|cs-method|http\.status|sc-status|outcome|direction|service|environment|event\.outcome|http\.request\.method|credential\.type)$/;

const LITERAL_LEAST = 2; // characters; shorter ones are in every text

/** How much a sight narrows: its worth is that of the weakest of a guard. */
function worth(sight: Sight): number {
  if (sight.see === "field") return 1;
  if (sight.see === "literal") return Math.min(sight.literal.length, 12);
  return commonplace.test(sight.field ?? "") ? 2 : 6 + Math.min(sight.value.length, 6);
}

const worthOf = (guard: readonly Sight[]): number =>
  guard.reduce((least, sight) => Math.min(least, worth(sight)), Number.POSITIVE_INFINITY) - guard.length / 1_000;

/** The best guard of an expression; undefined when an event with none of its fields may match (`not`, null, …). */
export function guardOf(expression: Expression): readonly Sight[] | undefined {
  switch (expression.op) {
    case "not":
      return undefined;
    case "match":
      return guardOfMatch(expression.field, expression.match);
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

function guardOfMatch(field: string | undefined, match: Match): readonly Sight[] | undefined {
  switch (match.is) {
    case "null":
      return undefined;
    case "exists":
      return match.value ? [{ see: "field", field }] : undefined;
    case "number":
      return [{ see: "value", field, value: String(match.value) }];
    case "text":
      return guardOfText(field, match);
    case "regex": {
      const literals = requiredLiterals(match.source);
      const usable = literals?.every((literal) => literal.length >= LITERAL_LEAST) ? literals : undefined;
      return usable ? usable.map((literal) => ({ see: "literal", field, literal: literal.toLowerCase() })) : [{ see: "field", field }];
    }
    default:
      return [{ see: "field", field }];
  }
}

function guardOfText(field: string | undefined, match: Extract<Match, { is: "text" }>): readonly Sight[] | undefined {
  const plain = plainText(match.pattern)?.toLowerCase();
  if (plain !== undefined) return [{ see: "value", field, value: plain }];
  const literal = requiredLiteral(match.pattern).toLowerCase();
  return literal.length >= LITERAL_LEAST ? [{ see: "literal", field, literal }] : [{ see: "field", field }];
}
