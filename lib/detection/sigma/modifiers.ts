/** Sigma's value modifiers (appendix 2.1): what stands after `|` in a field name, applied in the given order to the values. */
import ipaddr from "ipaddr.js";
import type { Anchor, CompareOperator, Expression, Match, Pattern, TimePart } from "./expression";
import { allOf, anyOf } from "./expression";
import { base64, base64Offsets, utf16, windashVariants } from "./encodings";
import { mapLiterals, open, parsePattern, plainText } from "./pattern";
import type { PlaceholderUse } from "./placeholders";
import { compileRegex } from "./regex";

type Scalar = string | number | boolean | null;

/** What the chain of modifiers has made of a value so far. `binary`: its characters are bytes, as UTF-16 modifiers leave them. */
type Value = { text: Pattern; binary?: boolean } | { raw: Exclude<Scalar, string> };

/** Everything a chain of modifiers asks for besides changing values. */
interface Chain {
  all: boolean;
  cased: boolean;
  negated: boolean;
  anchor: Anchor;
  kind: "text" | "regex" | "cidr" | "exists" | "fieldref";
  regexFlags: string;
  operator?: CompareOperator;
  part?: TimePart;
}

const OPERATORS = ["lt", "lte", "gt", "gte"] as const;
const TIME_PARTS = ["minute", "hour", "day", "week", "month", "year"] as const;
const VALUES_LIMIT = 20_000; // per search item; the largest published list has about 3,000

const among = <T extends string>(list: readonly T[], word: string): T | undefined => list.find((item) => item === word);

/** Builds the expression of `field|modifiers: values`. Throws an Error with a text for the author of the rule. */
export function buildItem(
  field: string | undefined,
  modifiers: readonly string[],
  values: readonly Scalar[],
  placeholders: PlaceholderUse,
): Expression {
  const chain = readChain(modifiers);
  if (field === undefined && chain.anchor === "equals") chain.anchor = "contains"; // a keyword stands anywhere in a text of the event
  if (values.length > VALUES_LIMIT) throw new Error(`More than ${VALUES_LIMIT} values in one list.`);
  const expanded = values.map((value): Expression => {
    const made = applyTransforms(value, modifiers, chain, placeholders).map(
      (one): Expression => ({ op: "match", field, match: toMatch(one, chain) }),
    );
    return anyOf(made);
  });
  const joined = chain.all ? allOf(expanded) : anyOf(expanded);
  return chain.negated ? { op: "not", item: joined } : joined;
}

function readChain(modifiers: readonly string[]): Chain {
  const chain: Chain = { all: false, cased: false, negated: false, anchor: "equals", kind: "text", regexFlags: "" };
  for (const word of modifiers) readModifier(word, chain);
  if (chain.operator === undefined && chain.part === undefined) return chain;
  if (chain.kind !== "text") throw new Error("Comparisons cannot be joined with the modifiers re, cidr, exists or fieldref.");
  return chain;
}

function readModifier(word: string, chain: Chain): void {
  const operator = among(OPERATORS, word);
  const part = among(TIME_PARTS, word);
  if (operator) chain.operator = operator;
  else if (part) chain.part = part;
  else if (word === "all") chain.all = true;
  else if (word === "cased") chain.cased = true;
  else if (word === "neq") chain.negated = true;
  else if (word === "contains" || word === "startswith" || word === "endswith") chain.anchor = word;
  else if (word === "re" || word === "cidr" || word === "exists" || word === "fieldref") chain.kind = word === "re" ? "regex" : word;
  else if (word === "i" || word === "m" || word === "s") {
    if (chain.kind !== "regex") throw new Error(`The modifier '${word}' stands only after 're'.`);
    chain.regexFlags += word;
  } else if (!transforms.has(word)) throw new Error(`The modifier '${word}' is not known.`);
}

const transforms = new Set(["base64", "base64offset", "utf16", "utf16le", "utf16be", "wide", "windash", "expand"]);

function applyTransforms(value: Scalar, modifiers: readonly string[], chain: Chain, placeholders: PlaceholderUse): Value[] {
  if (typeof value !== "string") {
    if (modifiers.some((word) => transforms.has(word))) throw new Error("This modifier needs a text value.");
    return [{ raw: value }];
  }
  // A regular expression, a network or a field name is no wildcard pattern: its stars and backslashes are its own.
  let current: Value[] = [{ text: chain.kind === "text" ? parsePattern(value) : [value] }];
  for (const word of modifiers)
    if (transforms.has(word)) current = current.flatMap((one) => transform(word, one, { placeholders, isPlain: chain.kind !== "text" }));
  return current;
}

/** Where values of placeholders come from, and whether they are texts without wildcards. */
interface Expansion {
  placeholders: PlaceholderUse;
  isPlain: boolean;
}

function transform(word: string, value: Value, expansion: Expansion): Value[] {
  if (!("text" in value)) return [value];
  if (word === "expand") return expand(value.text, expansion).map((text) => ({ text }));
  if (word === "windash") return windashPatterns(value.text).map((text) => ({ ...value, text }));
  if (word === "base64" || word === "base64offset") {
    const plain = plainText(value.text);
    if (plain === undefined) throw new Error(`The modifier '${word}' cannot encode a wildcard.`);
    const encoded = word === "base64" ? [base64(plain, value.binary)] : base64Offsets(plain, value.binary);
    return encoded.map((text) => ({ text: [text] }));
  }
  return [{ text: mapLiterals(value.text, (literal) => utf16(literal, word)), binary: true }];
}

function windashPatterns(pattern: Pattern): Pattern[] {
  const made = pattern.map((part) => (typeof part === "string" ? windashVariants(part) : [part]));
  return made.reduce<Pattern[]>((patterns, choices) => patterns.flatMap((head) => choices.map((choice) => [...head, choice])), [[]]);
}

/** Replaces `%name%` in the literal parts by each of its values; `\%` is a plain percent sign. */
function expand(pattern: Pattern, expansion: Expansion): Pattern[] {
  let made: Pattern[] = [[]];
  for (const part of pattern) {
    const choices = typeof part === "string" ? expandLiteral(part, expansion) : [[part]];
    made = made.flatMap((head) => choices.map((choice) => [...head, ...choice]));
    if (made.length > VALUES_LIMIT) throw new Error("The placeholders expand to too many values.");
  }
  return made;
}

function expandLiteral(literal: string, { placeholders, isPlain }: Expansion): Pattern[] {
  const pieces = literal.split(/(\\%|%[\w.-]+%)/);
  let made: Pattern[] = [[]];
  for (const piece of pieces) {
    const name = /^%([\w.-]+)%$/.exec(piece)?.[1];
    const values = name === undefined ? undefined : placeholders.valuesOf(name);
    const choices: Pattern[] = values ? values.map((text) => (isPlain ? [text] : parsePattern(text))) : [[piece === "\\%" ? "%" : piece]];
    made = made.flatMap((head) => choices.map((choice) => [...head, ...choice.filter((part) => part !== "")]));
  }
  return made;
}

function toMatch(value: Value, chain: Chain): Match {
  if (chain.operator !== undefined || chain.part !== undefined) return toComparison(value, chain);
  if (chain.kind !== "text") return toTyped(value, chain);
  if ("raw" in value) {
    if (value.raw === null) return { is: "null" };
    if (typeof value.raw === "number" && chain.anchor === "equals") return { is: "number", value: value.raw };
    return { is: "text", pattern: anchored([String(value.raw)], chain.anchor), cased: chain.cased };
  }
  const pattern = anchored(value.text, chain.anchor);
  return { is: "text", pattern: chain.cased ? pattern : mapLiterals(pattern, (literal) => literal.toLowerCase()), cased: chain.cased };
}

const anchored = (pattern: Pattern, anchor: Anchor): Pattern =>
  open(pattern, { start: anchor === "contains" || anchor === "endswith", end: anchor === "contains" || anchor === "startswith" });

function toComparison(value: Value, chain: Chain): Match {
  const number = "raw" in value ? value.raw : Number(plainText(value.text));
  if (typeof number !== "number" || Number.isNaN(number)) throw new Error(`The modifier '${chain.operator ?? chain.part}' needs a number.`);
  if (chain.part !== undefined) return { is: "time", part: chain.part, operator: chain.operator ?? "eq", value: number };
  return { is: "compare", operator: chain.operator ?? "eq", value: number };
}

function toTyped(value: Value, chain: Chain): Match {
  if (chain.kind === "exists") {
    const wanted = "raw" in value ? value.raw : { true: true, false: false }[plainText(value.text)?.toLowerCase() ?? ""];
    if (typeof wanted !== "boolean") throw new Error("The modifier 'exists' needs true or false.");
    return { is: "exists", value: wanted };
  }
  const text = "raw" in value ? String(value.raw) : (plainText(value.text) ?? "");
  if (chain.kind === "fieldref") return { is: "fieldref", field: text, anchor: chain.anchor, cased: chain.cased };
  if (chain.kind === "cidr") {
    if (!ipaddr.isValidCIDR(text) && !ipaddr.isValid(text))
      throw new Error(`'${text}' is no network; write for example 10.0.0.0/8 or 2001:db8::/32.`);
    return { is: "cidr", network: text };
  }
  const source = chain.anchor === "startswith" ? `^(?:${text})` : chain.anchor === "endswith" ? `(?:${text})$` : text;
  compileRegex(source, chain.regexFlags); // refused here, where the place in the file is known
  return { is: "regex", source, flags: chain.regexFlags };
}
