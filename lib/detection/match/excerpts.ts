/** Where a rule found what it looked for: the field and a short piece of the text around it. */
import type { Explanation } from "@/lib/model/alert";
import { eachMatch, type Expression, type Match } from "@/lib/detection/sigma/expression";
import { compilePattern, requiredLiteral } from "@/lib/detection/sigma/pattern";
import { compileRegex, type LinearRegex } from "@/lib/detection/sigma/regex";
import type { FieldSlot, FieldTable, Observed } from "./observe";

const EXCERPT = 200; // characters, as the alert promises
const MOST = 5;

/** Compiled once per expression of the ruleset: compiling costs a thousand times what finding does. */
const compiled = new WeakMap<Match, LinearRegex>();

function regexOf(match: Extract<Match, { is: "regex" }>): LinearRegex {
  let regex = compiled.get(match);
  if (!regex) {
    regex = compileRegex(match.source, match.flags);
    compiled.set(match, regex);
  }
  return regex;
}

/** The places in the event at which the positive parts of an expression hold, at most five. */
export function excerptsOf(expression: Expression, event: Observed, table: FieldTable): Explanation["matches"] {
  const found: Explanation["matches"] = [];
  eachMatch(expression, (leaf, negated) => {
    if (negated || found.length >= MOST) return;
    const excerpt = excerptOf(table.slot(leaf.field), leaf.match, event);
    if (excerpt && !found.some((known) => known.field === excerpt.field && known.excerpt === excerpt.excerpt)) found.push(excerpt);
  });
  return found;
}

function excerptOf(slot: FieldSlot, match: Match, event: Observed): Explanation["matches"][number] | undefined {
  if (match.is === "text") {
    const test = compilePattern(match.pattern);
    const texts = match.cased ? event.scalars(slot).map(String) : event.texts(slot).map(({ lower }) => lower);
    const at = texts.findIndex(test);
    return at < 0
      ? undefined
      : around(slot, event, at, (texts[at] ?? "").indexOf(requiredLiteral(match.pattern)), requiredLiteral(match.pattern).length);
  }
  if (match.is === "regex") {
    const regex = regexOf(match);
    for (const [at, value] of event.scalars(slot).entries()) {
      const place = regex.find(String(value));
      if (place) return around(slot, event, at, place.start, place.end - place.start);
    }
    return undefined;
  }
  const value = event.scalars(slot)[0];
  const evidence = match.is === "compare" && value !== undefined ? event.evidence(slot) : undefined;
  if (evidence) {
    const { field, excerpt, decoded } = evidence;
    return { field, excerpt: excerpt.slice(0, EXCERPT), ...(decoded === undefined ? {} : { decoded: decoded.slice(0, EXCERPT) }) };
  }
  return match.is === "null" || match.is === "exists" || value === undefined
    ? undefined
    : { field: slot.canonical, excerpt: String(value).slice(0, EXCERPT) };
}

/** Cuts the text around a find. A find in a decoded reading also shows the text as it came, when there is only one that it can have come from. */
function around(slot: FieldSlot, event: Observed, at: number, start: number, length: number): Explanation["matches"][number] {
  const text = String(event.scalars(slot)[at] ?? "");
  const from = Math.max(0, Math.min(Math.max(0, start) - Math.floor((EXCERPT - Math.min(length, EXCERPT)) / 2), text.length - EXCERPT));
  const piece = text.slice(from, from + EXCERPT);
  const raw = event.raw(slot);
  if (typeof raw !== "string" || raw === text) return { field: slot.canonical, excerpt: piece };
  return { field: slot.canonical, excerpt: raw.slice(0, EXCERPT), decoded: piece };
}
