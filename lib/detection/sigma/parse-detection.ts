/** The `detection` section: searches (maps, lists, keywords), and the condition that joins them. */
import { ConditionError, parseCondition } from "./condition";
import { allOf, anyOf, type Expression, NEVER } from "./expression";
import { buildItem } from "./modifiers";
import type { PlaceholderUse } from "./placeholders";
import { isMap, type Reporter } from "./reporter";
import type { Path } from "./yaml-document";

/** Reads the searches under `section` and returns what its condition says of them; undefined when there is no usable condition. */
export function readSearches(
  value: unknown,
  section: "detection" | "filter",
  placeholders: PlaceholderUse,
  report: Reporter,
): Expression | undefined {
  if (!isMap(value)) {
    report.error([section], `'${section}' is a map of searches and a condition.`);
    return undefined;
  }
  const reserved = new Set(section === "filter" ? ["condition", "rules"] : ["condition", "timeframe"]);
  const searches = new Map<string, Expression>();
  for (const [name, search] of Object.entries(value)) {
    if (reserved.has(name)) continue;
    searches.set(name, readSearch(search, [section, name], placeholders, report));
  }
  if (value.timeframe !== undefined) report.error([section, "timeframe"], "A time frame belongs into a correlation document.");
  return readCondition(value.condition, searches, section, report);
}

function readCondition(
  value: unknown,
  searches: ReadonlyMap<string, Expression>,
  section: string,
  report: Reporter,
): Expression | undefined {
  const conditions = Array.isArray(value) ? value : [value];
  const used = new Set<string>();
  const read: Expression[] = [];
  for (const [index, condition] of conditions.entries()) {
    const path = Array.isArray(value) ? [section, "condition", index] : [section, "condition"];
    if (typeof condition !== "string") {
      report.error(path, "A condition is needed, for example 'selection'.");
      continue;
    }
    try {
      read.push(parseCondition(condition, searches, used));
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      report.error(path, error.message, Array.isArray(value) ? error.offset : error.offset + "condition: ".length);
    }
  }
  for (const name of searches.keys()) {
    if (!used.has(name) && read.length > 0) report.warn([section, name], `The condition never uses '${name}'.`);
  }
  return read.length > 0 ? anyOf(read) : undefined;
}

function readSearch(value: unknown, path: Path, placeholders: PlaceholderUse, report: Reporter): Expression {
  if (isMap(value)) return readFieldMap(value, path, placeholders, report);
  if (!Array.isArray(value)) return readItem("", [value], path, placeholders, report);
  if (value.length === 0) report.error(path, "An empty list matches nothing.");
  return anyOf(
    value.map((item, index) =>
      isMap(item)
        ? readFieldMap(item, [...path, index], placeholders, report)
        : readItem("", [item], [...path, index], placeholders, report),
    ),
  );
}

function readFieldMap(map: Record<string, unknown>, path: Path, placeholders: PlaceholderUse, report: Reporter): Expression {
  const entries = Object.entries(map);
  if (entries.length === 0) report.error(path, "An empty search matches nothing.");
  return allOf(entries.map(([key, value]) => readItem(key, Array.isArray(value) ? value : [value], [...path, key], placeholders, report)));
}

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

function readItem(key: string, values: readonly unknown[], path: Path, placeholders: PlaceholderUse, report: Reporter): Expression {
  const [field, ...modifiers] = key.split("|");
  const scalars = values.filter(isScalar);
  if (scalars.length < values.length) report.error(path, "Values are texts, numbers, true, false or null; a field has no map below it.");
  if (values.length === 0) report.error(path, "An empty list of values matches nothing.");
  if (scalars.includes(null) && values.length > 1) report.error(path, "null cannot stand in a list of values; write a search of its own.");
  if (modifiers.includes("all") && values.length === 1) report.warn(path, "'all' with a single value means nothing.");
  if (modifiers.some((word) => !word)) report.error(path, "A modifier is missing after '|'.");
  const known = placeholders.missing.size;
  try {
    const item = buildItem(field || undefined, modifiers.filter(Boolean), scalars, placeholders);
    for (const name of [...placeholders.missing].slice(known))
      report.warn(path, `The placeholder %${name}% has no values in this installation: the rule waits until it has.`);
    return item;
  } catch (error) {
    report.error(path, error instanceof Error ? error.message : String(error));
    return NEVER;
  }
}
