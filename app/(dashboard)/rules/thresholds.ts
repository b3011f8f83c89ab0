/** The numbers of a rule, found in its text and set there, so that form and text are always the same. */

/** What the form knows by name. */
export type Threshold = "limit" | "timespan" | "group" | "episode" | "level" | "paranoia" | "block";

// each expression: what stands before the value, the value
const places: Record<Threshold, RegExp> = {
  limit: /(\b(?:gte|gt|lte|lt|eq):[ \t]*)(\d+(?:\.\d+)?)/,
  timespan: /(^[ \t]*timespan:[ \t]*|[{,][ \t]*timespan:[ \t]*)([\w.]+)/m,
  group: /(\bgroup-by:[ \t]*\[[ \t]*)([\w.]+)(?=[ \t]*\])/,
  episode: /(^[ \t]*episode:[ \t]*|[{,][ \t]*episode:[ \t]*)([\w.]+)/m,
  level: /(^level:[ \t]*)([a-z]+)/m,
  paranoia: /(^[ \t]*paranoia:[ \t]*|[{,][ \t]*paranoia:[ \t]*)(\d)/m,
  block: /(decision:[ \t]*\{[^}\n]*\bfor:[ \t]*)(\w+)/,
};

/** The thresholds in the order of the form. */
export const THRESHOLDS: readonly { key: Threshold; label: string }[] = [
  { key: "limit", label: "At least" },
  { key: "timespan", label: "Within" },
  { key: "group", label: "Counted per" },
  { key: "episode", label: "One alert every" },
  { key: "level", label: "Level" },
  { key: "paranoia", label: "Paranoia" },
  { key: "block", label: "Block for" },
];

/** The thresholds that the text says. */
export function readThresholds(yaml: string): Partial<Record<Threshold, string>> {
  return Object.fromEntries(
    THRESHOLDS.flatMap(({ key }) => {
      const found = places[key].exec(yaml)?.[2];
      return found === undefined ? [] : [[key, found]];
    }),
  );
}

/** The text with one threshold set; what is no word is left out, so that a form field cannot break the text. */
export function withThreshold(yaml: string, key: Threshold, value: string): string {
  const safe = value.replace(/[^\w.]/g, "");
  return safe === "" ? yaml : yaml.replace(places[key], (_, before: string) => before + safe);
}
