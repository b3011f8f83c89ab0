/** One match of one field, compiled to a test over an observed event. */
import ipaddr from "ipaddr.js";
import type { Reading } from "@/lib/detection/decode/reading";
import { compilePattern, plainText, requiredLiteral } from "@/lib/detection/sigma/pattern";
import { compileRegex } from "@/lib/detection/sigma/regex";
import type { CompareOperator, Match, TimePart } from "@/lib/detection/sigma/expression";
import { literalsOf } from "./guards";
import { requiredLiterals } from "./regex-literals";
import type { FieldSlot, FieldTable, Observed, Scalar } from "./observe";

export type Predicate = (event: Observed) => boolean;

/** Compiles a match on a field (`undefined`: any text of the event). */
export function compilePredicate(field: string | undefined, match: Match, table: FieldTable): Predicate {
  const slot = table.slot(field);
  switch (match.is) {
    case "text":
      return textPredicate(slot, match, table);
    case "regex": {
      const regex = compileRegex(match.source, match.flags);
      const number = table.nextTest();
      const literals = numbersOf(literalsOf(match.source), table);
      const may = literals ? mayHold(literals) : holdsOne(requiredLiterals(match.source)?.map((literal) => literal.toLowerCase()));
      return (event) => {
        if (literals && event.rulesOut(slot, literals)) return false;
        for (const text of event.texts(slot)) if (may(text) && text.holds(number, regex.test)) return true;
        return false;
      };
    }
    case "number":
      return anyScalar(slot, (value) => value === match.value || value === String(match.value));
    case "null":
      return (event) => event.scalars(slot).length === 0;
    case "exists":
      return (event) => (event.raw(slot) !== undefined) === match.value;
    case "compare":
      return anyScalar(slot, (value) => compare(toNumber(value), match.operator, match.value));
    case "time":
      return (event) => event.scalars(slot).some((value) => compare(timePart(value, match.part), match.operator, match.value));
    case "cidr": {
      const inside = compileCidr(match.network);
      return (event) => event.scalars(slot).some((value) => typeof value === "string" && inside(value));
    }
    case "fieldref":
      return fieldrefPredicate(slot, table.slot(match.field), match);
  }
}

function textPredicate(slot: FieldSlot, match: Extract<Match, { is: "text" }>, table: FieldTable): Predicate {
  const test = compilePattern(match.pattern);
  if (match.cased) return anyScalar(slot, (value) => test(String(value)));
  const isPlain = plainText(match.pattern) !== undefined;
  if (isPlain && !slot.decoded && !slot.scored) return anyScalar(slot, (value) => test(String(value).toLowerCase()));
  const literal = requiredLiteral(match.pattern).toLowerCase();
  const literals = numbersOf(!isPlain && literal.length > 1 ? [literal] : undefined, table);
  const may = mayHold(literals);
  return (event) => {
    if (literals && event.rulesOut(slot, literals)) return false;
    for (const text of event.texts(slot)) if (may(text) && test(text.lower)) return true;
    return false;
  };
}

/** Whether a test holds for one of a field's values; most fields have one, as it stands in the event. */
function anyScalar(slot: FieldSlot, test: (value: Scalar) => boolean): Predicate {
  if (slot.decoded || slot.scored) return (event) => event.scalars(slot).some(test);
  return (event) => {
    const value = event.raw(slot);
    if (value === undefined) return false;
    if (typeof value === "number" || typeof value === "boolean") return test(value);
    return event.scalars(slot).some(test);
  };
}

/** The ruleset looks for literals in each text once, for all its matches. */
const numbersOf = (literals: readonly string[] | undefined, table: FieldTable): ReadonlySet<number> | undefined =>
  literals && new Set(literals.map((literal) => table.literal(literal)));

/** Whether a text holds one of the literals without which a match is impossible. */
function mayHold(literals: ReadonlySet<number> | undefined): (text: Reading) => boolean {
  if (!literals) return () => true;
  return ({ literals: found }) => {
    for (const number of found) if (literals.has(number)) return true;
    return false;
  };
}

/** The same for literals that are too common to be looked for in every text. */
const holdsOne =
  (literals: readonly string[] | undefined) =>
  ({ lower }: Reading): boolean =>
    literals === undefined || literals.some((literal) => lower.includes(literal));

function fieldrefPredicate(slot: FieldSlot, other: FieldSlot, match: Extract<Match, { is: "fieldref" }>): Predicate {
  const holds = {
    equals: (text: string, part: string) => text === part,
    contains: (text: string, part: string) => text.includes(part),
    startswith: (text: string, part: string) => text.startsWith(part),
    endswith: (text: string, part: string) => text.endsWith(part),
  }[match.anchor];
  const texts = (event: Observed, of: FieldSlot) =>
    match.cased ? event.scalars(of).map(String) : event.texts(of).map(({ lower }) => lower);
  return (event) => {
    const parts = texts(event, other);
    return parts.length > 0 && texts(event, slot).some((text) => parts.some((part) => holds(text, part)));
  };
}

const toNumber = (value: Scalar): number =>
  typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;

/** Compares, false for anything that is no number. */
export function compare(left: number, operator: CompareOperator, right: number): boolean {
  switch (operator) {
    case "lt":
      return left < right;
    case "lte":
      return left <= right;
    case "gt":
      return left > right;
    case "gte":
      return left >= right;
    case "eq":
      return left === right;
    case "neq":
      return !Number.isNaN(left) && left !== right;
  }
}

const DAY_MS = 86_400_000;

/** A number out of a date, in UTC; NaN when the value is no date. Weeks are counted as ISO 8601 does. */
export function timePart(value: Scalar, part: TimePart): number {
  const date = new Date(typeof value === "boolean" ? Number.NaN : value);
  switch (part) {
    case "minute":
      return date.getUTCMinutes();
    case "hour":
      return date.getUTCHours();
    case "day":
      return date.getUTCDate();
    case "month":
      return date.getUTCMonth() + 1;
    case "year":
      return date.getUTCFullYear();
    case "week": {
      const thursday = date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS;
      return Math.ceil(((thursday - Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1)) / DAY_MS + 1) / 7);
    }
  }
}

/** Compiles `10.0.0.0/8` or a single address. IPv4 inside IPv6 counts as IPv4. */
export function compileCidr(network: string): (address: string) => boolean {
  const text = network.includes("/") ? network : `${network}/${network.includes(":") ? 128 : 32}`;
  const [given, length] = ipaddr.parseCIDR(text);
  const isMapped = given.kind() === "ipv6" && (given as ipaddr.IPv6).isIPv4MappedAddress() && length >= 96; // kind() has just said so
  const base = isMapped ? (given as ipaddr.IPv6).toIPv4Address() : given;
  const bits = isMapped ? length - 96 : length;
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    if (parsed.kind() !== base.kind()) return false;
    return parsed.kind() === "ipv4"
      ? (parsed as ipaddr.IPv4).match(base as ipaddr.IPv4, bits)
      : (parsed as ipaddr.IPv6).match(base as ipaddr.IPv6, bits); // both kinds are equal here
  };
}
