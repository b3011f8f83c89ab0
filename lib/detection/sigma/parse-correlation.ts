/** The `correlation` section: type, rules, grouping, time span, condition, aliases. */
import { readTimespan } from "./extension";
import { isMap, type Reporter, type YamlMap } from "./reporter";
import { CORRELATION_TYPES, type CorrelationType, type Limits, type RuleMeta, type SigmaCorrelation } from "./rule";

const OPERATORS = ["gt", "gte", "lt", "lte", "eq", "neq"] as const;
const NEEDS_FIELD: ReadonlySet<CorrelationType> = new Set([
  "value_count",
  "value_sum",
  "value_avg",
  "value_percentile",
  "value_median",
  "new_value",
]);
const NEEDS_LIMITS: ReadonlySet<CorrelationType> = new Set([
  "event_count",
  "value_count",
  "value_sum",
  "value_avg",
  "value_percentile",
  "value_median",
]);

/** Longest window: state of every group has to be kept for so long. */
const TIMESPAN_LIMIT_MS = 35 * 86_400_000;

/** Reads a correlation document; undefined when what it correlates cannot be told. */
export function readCorrelation(root: YamlMap, meta: RuleMeta, report: Reporter): SigmaCorrelation | undefined {
  const at = "correlation";
  const section = root[at];
  if (!isMap(section)) {
    report.error([at], "'correlation' is a map with type, rules, group-by and timespan.");
    return undefined;
  }
  const type = CORRELATION_TYPES.find((known) => known === section.type);
  if (!type) {
    report.error([at, "type"], `The type is one of ${CORRELATION_TYPES.join(", ")}.`);
    return undefined;
  }
  const rules = textList(section.rules);
  if (rules.length === 0) report.error([at, "rules"], "A correlation names the rules that it correlates.");
  return {
    ...meta,
    kind: "correlation",
    type,
    rules,
    groupBy: textList(section["group-by"]),
    timespanMs: readSpan(section, type, report),
    ...readCondition(section, type, rules.length, report),
    aliases: readAliases(section.aliases, report),
    generate: (section.generate ?? root.generate) === true,
  };
}

const textList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : []);

function readSpan(section: YamlMap, type: CorrelationType, report: Reporter): number {
  const value = section.timespan ?? section.timeframe;
  if (value === undefined && type === "new_value") return 1_000; // a first sighting has no window
  const span = typeof value === "string" ? readTimespan(value) : undefined;
  if (span === undefined) report.error(["correlation", "timespan"], "A time span is a number and s, m, h or d, for example 10m.");
  else if (span > TIMESPAN_LIMIT_MS) report.error(["correlation", "timespan"], "A time span is at most 35 days.");
  return span ?? 60_000;
}

function readCondition(
  section: YamlMap,
  type: CorrelationType,
  rules: number,
  report: Reporter,
): Pick<SigmaCorrelation, "limits" | "valueFields" | "percentile"> {
  const path = ["correlation", "condition"];
  const condition = isMap(section.condition) ? section.condition : {};
  if (section.condition !== undefined && !isMap(section.condition)) report.error(path, "The condition is a map, for example 'gte: 10'.");
  const limits: Limits = {};
  for (const [key, value] of Object.entries(condition)) {
    const operator = OPERATORS.find((known) => known === key);
    if (!operator) {
      if (key !== "field" && key !== "percentile")
        report.error([...path, key], `'${key}' is no operator; known are ${OPERATORS.join(", ")} and field.`);
    } else if (typeof value !== "number") report.error([...path, key], `'${key}' needs a number.`);
    else limits[operator] = value;
  }
  const valueFields = textList(condition.field);
  if (NEEDS_FIELD.has(type) && valueFields.length === 0) report.error(path, `A ${type} correlation needs 'field' in its condition.`);
  const none = Object.keys(limits).length === 0;
  if (none && NEEDS_LIMITS.has(type)) report.error(path, `A ${type} correlation needs a condition, for example 'gte: 10'.`);
  if (none && (type === "temporal" || type === "temporal_ordered")) limits.gte = rules;
  return {
    limits,
    valueFields,
    percentile: typeof condition.percentile === "number" ? Math.min(100, Math.max(0, condition.percentile)) : 50,
  };
}

function readAliases(value: unknown, report: Reporter): SigmaCorrelation["aliases"] {
  if (value === undefined || value === null) return {};
  if (!isMap(value)) report.error(["correlation", "aliases"], "'aliases' is a map of names, each with a map from rule name to field name.");
  const aliases: Record<string, Record<string, string>> = {};
  for (const [alias, fields] of Object.entries(isMap(value) ? value : {})) {
    if (!isMap(fields)) {
      report.error(["correlation", "aliases", alias], "An alias is a map from rule name to field name.");
      continue;
    }
    aliases[alias] = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, String(field)]));
  }
  return aliases;
}
