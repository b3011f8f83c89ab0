/** From a field, an operator and a written value to what the term asks: the place where kinds of value are understood. */
import { compareAddresses, parseAddress, parseNetwork, printNetwork } from "./address";
import type { Comparison, Span, Test } from "./ast";
import type { Field } from "./fields";
import { QueryError } from "./query-error";
import type { Operator, RawValue } from "./tokenize";

/** More wildcards than this make a pattern slow without making it clearer. */
const WILDCARD_LIMIT = 10;
const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/;
const DAY_MS = 86_400_000;

export interface Written {
  field: Field;
  operator: Operator;
  value: RawValue;
}

const text = (value: RawValue): string => value.parts.join("*");
const isStar = (value: RawValue): boolean => !value.quoted && value.parts.length > 1 && value.parts.every((part) => part === "");

/** What `field:value` asks. Throws QueryError at the value when it is not of the field's kind. */
export function readTest(written: Written): Test[] {
  const { field, operator, value } = written;
  if (value.parts.length - 1 > WILDCARD_LIMIT) throw new QueryError(`At most ${WILDCARD_LIMIT} wildcards in one value.`, value.at);
  if (operator === ":" && isStar(value)) return [{ op: "exists" }];
  switch (field.kind) {
    case "number":
    case "time":
      return [readNumber(written)];
    case "address":
      return [readAddress(written)];
    case "boolean":
      return [readFlag(written)];
    case "any":
      return [readAny(written)];
    default:
      return readMatch(written);
  }
}

const comparisonOf = (operator: Operator): Comparison => (operator === ":" ? "=" : (operator.slice(1) as Comparison)); // cast: operators are ":" and a comparison

function readNumber({ field, operator, value }: Written): Test {
  const written = text(value);
  const scalar = (of: string) => (field.kind === "time" ? readInstant(of) : readScalar(field, of));
  const range = operator === ":" && !value.quoted ? /^(.*?)\.\.(.*)$/.exec(written) : null;
  if (range) return readRange(written, { from: scalar(range[1] ?? ""), to: scalar(range[2] ?? ""), at: value.at, open: range });
  const hundreds = operator === ":" && field.kind === "number" ? /^(\d)(?:xx|XX|\*)$/.exec(written)?.[1] : undefined;
  if (hundreds) return { op: "between", from: Number(hundreds) * 100, to: Number(hundreds) * 100 + 99 };
  const number = value.parts.length > 1 ? undefined : scalar(written);
  if (number === undefined) throw new QueryError(`${field.name} is a ${field.kind}; “${cut(written)}” is not.`, value.at, field.example);
  if (field.kind === "time" && DATE.test(written) && operator === ":") return { op: "between", from: number, to: number + DAY_MS - 1 };
  return { op: "compare", comparison: comparisonOf(operator), value: number };
}

interface Range {
  from: number | undefined;
  to: number | undefined;
  at: Span;
  open: ArrayLike<string | undefined>;
}

function readRange(written: string, { from, to, at, open }: Range): Test {
  const blank = (side: string | undefined) => side === "" || side === "*";
  if (from === undefined ? !blank(open[1]) : false) throw new QueryError(`“${cut(open[1] ?? "")}” cannot begin a range.`, at);
  if (to === undefined ? !blank(open[2]) : false) throw new QueryError(`“${cut(open[2] ?? "")}” cannot end a range.`, at);
  if (from === undefined && to === undefined) return { op: "exists" };
  if (from === undefined) return { op: "compare", comparison: "<=", value: to ?? 0 };
  if (to === undefined) return { op: "compare", comparison: ">=", value: from };
  if (from > to) throw new QueryError(`The range ${cut(written)} ends before it begins.`, at, `${open[2]}..${open[1]}`);
  return { op: "between", from, to };
}

function readScalar(field: Field, written: string): number | undefined {
  const bare = field.prefix && written.toLowerCase().startsWith(field.prefix.toLowerCase()) ? written.slice(field.prefix.length) : written;
  return NUMBER.test(bare) ? Number(bare) + 0 : undefined; // + 0: minus zero is zero
}

function readInstant(written: string): number | undefined {
  if (!DATE.test(written) && !INSTANT.test(written)) return undefined;
  const zoned = DATE.test(written) || /(Z|[+-]\d\d:\d\d)$/.test(written) ? written : `${written}Z`; // no zone: UTC
  const ms = Date.parse(zoned);
  return Number.isNaN(ms) ? undefined : ms;
}

function readAddress({ field, operator, value }: Written): Test {
  const written = text(value);
  if (operator !== ":" && operator !== ":=")
    throw new QueryError(`${field.name} is an address; ask for a network or a range.`, value.at, `${field.name}:${field.example}`);
  const range = value.quoted ? null : /^(.+?)\.\.(.+)$/.exec(written);
  if (range) {
    const [from, to] = [parseAddress(range[1] ?? ""), parseAddress(range[2] ?? "")];
    if (!from || !to || from.length !== to.length || compareAddresses(from, to) > 0)
      throw new QueryError("A range of addresses goes from a lower to a higher one.", value.at);
    return { op: "addresses", from: spell(from), to: spell(to) };
  }
  const network = parseNetwork(written);
  if (!network) throw new QueryError(`“${cut(written)}” is no address or network.`, value.at, field.example);
  return { op: "network", network: printNetwork(network) };
}

const spell = (bytes: readonly number[]): string => printNetwork({ bytes, bits: bytes.length * 8 });

const FLAGS = new Map([
  ["true", true],
  ["yes", true],
  ["false", false],
  ["no", false],
]);

function readFlag({ field, operator, value }: Written): Test {
  const flag = FLAGS.get(text(value).toLowerCase());
  if (flag === undefined || (operator !== ":" && operator !== ":=")) throw new QueryError(`${field.name} is yes or no.`, value.at, "yes");
  return { op: "flag", value: flag };
}

function readAny(written: Written): Test {
  const { field, operator, value } = written;
  const body = text(value);
  if (operator === ":=") return { op: "match", parts: [body], whole: true };
  if (operator !== ":") return readNumber({ ...written, field: { ...field, kind: "number", example: "400" } });
  const range = value.quoted || value.parts.length > 1 ? null : /^(-?[\d.]*?)\.\.(-?[\d.]*)$/.exec(body);
  if (range && [range[1], range[2]].every((side) => side === "" || NUMBER.test(side ?? "")))
    return readNumber({ ...written, field: { ...field, kind: "number" } });
  return { op: "match", parts: value.parts, whole: true };
}

function readMatch({ field, operator, value }: Written): Test[] {
  const body = text(value);
  if (operator === ":" || operator === ":=") {
    if (operator === ":=") return [{ op: "match", parts: [body], whole: true }];
    if (field.values && value.parts.length === 1) return [{ op: "match", parts: [oneOf(field, body, value.at)], whole: true }];
    return [{ op: "match", parts: value.parts, whole: field.kind === "keyword" }];
  }
  if (!field.ordered || !field.values) throw new QueryError(`${field.name} has no order: use “:”.`, value.at, field.example);
  const at = field.values.indexOf(oneOf(field, body, value.at));
  const wanted = field.values.filter((_, i) => holds(i - at, comparisonOf(operator)));
  if (wanted.length === 0) throw new QueryError(`Nothing is ${operator.slice(1)} ${cut(body)}.`, value.at);
  return wanted.map((one) => ({ op: "match", parts: [one], whole: true }));
}

/** Whether a difference (value minus asked) satisfies a comparison. */
export function holds(difference: number, comparison: Comparison): boolean {
  if (comparison === "=") return difference === 0;
  if (comparison === ">") return difference > 0;
  if (comparison === ">=") return difference >= 0;
  return comparison === "<" ? difference < 0 : difference <= 0;
}

function oneOf(field: Field, written: string, at: Span): string {
  const found = field.values?.find((value) => value.toLowerCase() === written.toLowerCase());
  if (found !== undefined) return found;
  throw new QueryError(
    `${field.name} is one of ${field.values?.join(", ")}.`,
    at,
    field.values?.find((value) => value.startsWith(written.slice(0, 2).toLowerCase())),
  );
}

/** Enough of a value for a message. */
export const cut = (written: string): string => (written.length > 60 ? `${written.slice(0, 60)}…` : written);
