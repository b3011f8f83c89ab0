/** What the injection readers say of one text. */

/** Kinds of injection that have a reader; each is the field `vedette.<kind>`. */
export const injectionKinds = ["sqli", "xss", "shell", "code", "template", "nosql", "ldap"] as const;
export type InjectionKind = (typeof injectionKinds)[number];

/** How sure a reader is (0 to 10, see rules/README.md), and what it saw, in words. */
export interface Suspicion {
  score: number;
  why: string;
}

export const nothing: Suspicion = { score: 0, why: "" };

/** One line of a table of signs: an expression without nested repetition, its weight and its name. */
export type Sign = readonly [score: number, why: string, pattern: RegExp];

/** The heaviest sign in the text. */
export function heaviest(signs: readonly Sign[], text: string): Suspicion {
  let best = nothing;
  for (const [score, why, pattern] of signs) if (score > best.score && pattern.test(text)) best = { score, why };
  return best;
}

/** The heavier of two. */
export const worse = (a: Suspicion, b: Suspicion): Suspicion => (b.score > a.score ? b : a);
