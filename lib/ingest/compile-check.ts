/** A fast yes for the common case: turns a zod schema into a plain predicate. The schema stays the only description; the predicate only ever says less. */
import type { z } from "zod";

/** True: the schema accepts the value unchanged. False: ask the schema. */
export type Check = (value: unknown) => boolean;

type Schema = z.core.$ZodType;

/** Compiles the kinds of schema that events are made of; any other kind asks zod itself, value by value. */
export function compileCheck(schema: Schema): Check {
  const { def } = (schema as z.core.$ZodTypes)._zod; // the union of zod's own kinds, discriminated by def.type
  switch (def.type) {
    case "optional":
      return compileCheck(def.innerType);
    case "boolean":
      return (value) => typeof value === "boolean";
    case "enum": {
      const values = new Set<unknown>(Object.values(def.entries));
      return (value) => values.has(value);
    }
    case "string":
      return compileString(schema, def);
    case "number":
      return compileNumber(schema, def);
    case "array":
      return compileArray(schema, def);
    case "record":
      return compileRecord(def);
    case "union":
      return compileUnion(def.options);
    case "object":
      return compileObject(schema, def);
    case "lazy":
      return isJson;
    default:
      return asking(schema);
  }
}

const asking =
  (schema: Schema): Check =>
  (value) =>
    (schema as z.ZodType).safeParse(value).success;

/** The bound that a check sets, or undefined when it sets some other condition. */
const checksOf = (def: { checks?: readonly z.core.$ZodCheck<never>[] }): z.core.$ZodChecks["_zod"]["def"][] =>
  (def.checks ?? []).map((check) => (check as unknown as z.core.$ZodChecks)._zod.def); // zod's own discriminated list

function compileString(schema: Schema, def: z.core.$ZodStringDef): Check {
  const format = "format" in def ? def.format : undefined;
  if (format === "datetime") return compileDatetime(asking(schema));
  if (format === "ipv4") return isPlainIpv4;
  if (format !== undefined) return asking(schema);
  let least = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const check of checksOf(def)) {
    if (check.check === "min_length") least = check.minimum;
    else if (check.check === "max_length") most = check.maximum;
    else if (check.check === "length_equals") least = most = check.length;
    else return asking(schema);
  }
  return (value) => typeof value === "string" && value.length >= least && value.length <= most;
}

function compileNumber(schema: Schema, def: z.core.$ZodNumberDef): Check {
  let whole = false;
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  for (const check of checksOf(def)) {
    if (check.check === "number_format" && check.format === "safeint") whole = true;
    else if (check.check === "greater_than" && check.inclusive) least = Number(check.value);
    else if (check.check === "less_than" && check.inclusive) most = Number(check.value);
    else return asking(schema);
  }
  return (value) =>
    typeof value === "number" && value >= least && value <= most && (whole ? Number.isSafeInteger(value) : Number.isFinite(value));
}

function compileArray(schema: Schema, def: z.core.$ZodArrayDef): Check {
  let most = Number.POSITIVE_INFINITY;
  for (const check of checksOf(def)) {
    if (check.check === "max_length") most = check.maximum;
    else return asking(schema);
  }
  const element = compileCheck(def.element);
  return (value) => Array.isArray(value) && value.length <= most && value.every(element);
}

function compileRecord(def: z.core.$ZodRecordDef): Check {
  const key = compileCheck(def.keyType);
  const element = compileCheck(def.valueType);
  return (value) => {
    if (!isPlainObject(value)) return false;
    for (const name in value) if (name === "__proto__" || !key(name) || !element(value[name])) return false;
    return true;
  };
}

function compileUnion(options: readonly Schema[]): Check {
  const checks = options.map(compileCheck);
  return (value) => checks.some((check) => check(value));
}

function compileObject(schema: Schema, def: z.core.$ZodObjectDef): Check {
  const strict = (def.catchall as z.core.$ZodTypes | undefined)?._zod.def.type === "never";
  if (!strict || checksOf(def).length > 0) return asking(schema);
  const fields = new Map(Object.entries(def.shape).map(([name, field]) => [name, compileCheck(field)]));
  const required = Object.entries(def.shape).flatMap(([name, field]) =>
    (field as z.core.$ZodTypes)._zod.def.type === "optional" ? [] : [name],
  );
  return (value) => {
    if (!isPlainObject(value)) return false;
    for (const name in value) if (!fields.get(name)?.(value[name])) return false;
    for (const name of required) if (value[name] === undefined) return false;
    return true;
  };
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** z.json(): what the parser gave is JSON unless a number overflowed to infinity. */
function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  if (!isPlainObject(value)) return false;
  for (const name in value) if (name === "__proto__" || !isJson(value[name])) return false;
  return true;
}

const ipv4 = /^(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])(?:\.(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])){3}$/;
const isPlainIpv4: Check = (value) => typeof value === "string" && value.length < 16 && ipv4.test(value) && !/(?:^|\.)0\d/.test(value);

const plainInstant = /^20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/** The way nearly every client writes a time; odd days and offsets ask the schema. */
const compileDatetime =
  (ask: Check): Check =>
  (value) =>
    (typeof value === "string" && plainInstant.test(value)) || ask(value);
