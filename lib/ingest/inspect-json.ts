/** Looking at parsed JSON for what PostgreSQL, the screen or a later merge could not bear. */
import type { Problem } from "@/lib/errors";
import type { IngestLimits } from "./limits";
import type { Extent } from "./scan-json";

interface Inspection {
  limits: IngestLimits;
  /** Count the depth: the text was not measured. */
  depth: boolean;
  /** Look into strings for lone surrogates and NUL. */
  strings: boolean;
  keys: number;
  problems: Problem[];
}

/** A JSON pointer (RFC 6901) to a child. */
export const pointerTo = (parent: string, child: string | number): string =>
  `${parent}/${String(child).replace(/~/g, "~0").replace(/\//g, "~1")}`;

/** Problems of an item against the limits and against what can be stored; empty for all ordinary items. Without the extent of its text everything is looked at. */
export function inspectValue(value: unknown, extent: Extent | undefined, limits: IngestLimits): Problem[] {
  if (extent && extent.depth > limits.depth) return [tooDeep(limits)];
  if (extent && extent.keys > limits.keys) return [tooWide(limits)];
  const inspection: Inspection = { limits, depth: extent === undefined, strings: extent?.unicodeEscapes ?? true, keys: 0, problems: [] };
  inspect(value, inspection, undefined);
  if (extent && inspection.keys !== extent.keys)
    inspection.problems.push({ pointer: "", detail: "A key is written twice in the same object." });
  if (inspection.keys > limits.keys) inspection.problems.push(tooWide(limits));
  return inspection.problems;
}

const tooDeep = (limits: IngestLimits): Problem => ({ pointer: "", detail: `Nested deeper than ${limits.depth} levels.` });
const tooWide = (limits: IngestLimits): Problem => ({ pointer: "", detail: `More than ${limits.keys} keys.` });

/** The way to a value, kept as a list so that ordinary values never pay for building a pointer. */
interface Way {
  parent: Way | undefined;
  step: string | number;
}

const depthOf = (way: Way | undefined): number => (way ? 1 + depthOf(way.parent) : 0);

const pointerOf = (way: Way | undefined): string => (way ? pointerTo(pointerOf(way.parent), way.step) : "");

function inspect(value: unknown, inspection: Inspection, way: Way | undefined): void {
  if (inspection.depth && depthOf(way) >= inspection.limits.depth)
    return complain(inspection, undefined, `Nested deeper than ${inspection.limits.depth} levels.`);
  if (typeof value === "string") inspectString(value, inspection, way);
  else if (typeof value === "number") {
    if (!Number.isFinite(value)) complain(inspection, way, "The number is too large.");
  } else if (Array.isArray(value)) {
    if (value.length > inspection.limits.arrayLength)
      return complain(inspection, way, `More than ${inspection.limits.arrayLength} elements.`);
    for (let index = 0; index < value.length; index++) {
      const child: unknown = value[index];
      if (typeof child === "object" || typeof child === "string" || typeof child === "number")
        inspect(child, inspection, { parent: way, step: index });
    }
  } else if (value !== null && typeof value === "object") inspectObject(value as Record<string, unknown>, inspection, way);
  else if (typeof value !== "boolean" && value !== null) complain(inspection, way, "Not a JSON value.");
}

function inspectObject(value: Record<string, unknown>, inspection: Inspection, way: Way | undefined): void {
  for (const key in value) {
    inspection.keys++;
    if (key === "__proto__") complain(inspection, { parent: way, step: key }, "The key __proto__ is not accepted.");
    else if (inspection.strings && !isStorable(key)) complain(inspection, way, "A key holds a NUL or half of a surrogate pair.");
    const child = value[key];
    if (typeof child === "string") {
      if (child.length > inspection.limits.stringLength || inspection.strings) inspectString(child, inspection, { parent: way, step: key });
    } else if (typeof child === "number") {
      if (!Number.isFinite(child)) complain(inspection, { parent: way, step: key }, "The number is too large.");
    } else if (child !== null && typeof child === "object") inspect(child, inspection, { parent: way, step: key });
  }
}

function inspectString(value: string, inspection: Inspection, way: Way | undefined): void {
  if (value.length > inspection.limits.stringLength) complain(inspection, way, `Longer than ${inspection.limits.stringLength} characters.`);
  else if (inspection.strings && !isStorable(value)) complain(inspection, way, "The text holds a NUL or half of a surrogate pair.");
}

/** True unless the text holds a NUL or half of a surrogate pair: PostgreSQL stores neither in text or json. */
export const isStorable = (text: string): boolean => !text.includes("\u0000") && !/\p{Surrogate}/u.test(text);

function complain(inspection: Inspection, way: Way | undefined, detail: string): void {
  if (inspection.problems.length < 20) inspection.problems.push({ pointer: pointerOf(way), detail }); // 20: enough to mend by, too few to be an amplifier
}
