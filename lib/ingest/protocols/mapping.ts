/** A webhook mapping that an administrator writes in YAML: which field of the sender's JSON becomes which field of the event. */
import { parseDocument } from "yaml";
import { z } from "zod";
import { invalid, type Problem } from "@/lib/errors";
import { problemsOf } from "@/lib/input";
import { EventInput } from "@/lib/model/event";
import { addressIn, clip, instantOf, record } from "@/lib/ingest/readers/text";
import { type ProtocolItem, unmapped } from "./protocol";

const path = z.string().min(1).max(256);
const constant = z.union([z.string().max(2048), z.number(), z.boolean()]);

/** One field: a path, several paths of which the first that holds something counts, a constant, and a table of values (`"*"` is every other). */
const Source = z.union([
  path,
  z.strictObject({ value: constant }),
  z.strictObject({
    from: z.union([path, z.array(path).min(1).max(10)]),
    map: z.record(z.string().max(256), constant).optional(),
    default: constant.optional(),
  }),
]);

/** The mapping file. */
export const Mapping = z.strictObject({
  each: path.optional(),
  fields: z
    .record(z.string().max(128), Source)
    .refine((fields) => "action" in fields, "fields.action is required: an event needs an action."),
  metadata: z.union([z.literal("all"), z.literal("none"), z.array(path).max(100)]).default("all"),
});
export type Mapping = z.infer<typeof Mapping>;

/** The fields of an event that a mapping may fill: all but free-form ones. */
const FILLABLE =
  /^(id|occurred_at|action|outcome|reason|direction|service|environment|actor\.(type|id|name|email|role|exists)|session\.id|credential\.(type|id|mfa)|source\.(ip|port|user_agent|language|device_id|ja4|geo\.(country|city|lat|lon|asn))|destination\.(host|ip|port)|target\.(type|id|name)|http\.(method|host|path|route|query|status|request_bytes|response_bytes|duration_ms|referrer|body))$/;

/** Reads a mapping. Throws `invalid` with every problem at once, with line and column where YAML itself is broken. */
export function readMapping(yaml: string): Mapping {
  const document = parseDocument(yaml, { maxAliasCount: 0 } as object);
  if (document.errors.length > 0) {
    throw invalid(
      "The mapping is not YAML.",
      document.errors.slice(0, 20).map((error) => ({ ...at(error.linePos?.[0]), detail: error.message.split("\n")[0] ?? "broken" })),
    );
  }
  const parsed = Mapping.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!parsed.success) throw invalid("The mapping has problems.", problemsOf(parsed.error));
  const unknown = Object.keys(parsed.data.fields).filter((name) => !FILLABLE.test(name));
  if (unknown.length > 0)
    throw invalid(
      "The mapping has problems.",
      unknown.map((name): Problem => ({ pointer: `/fields/${name}`, detail: `An event has no field "${name}".` })),
    );
  return parsed.data;
}

const at = (place: { line: number; col: number } | undefined): Partial<Problem> => (place ? { line: place.line, column: place.col } : {});

/** Records of one delivery that are looked at. */
const MOST_RECORDS = 10_000;

/** The items of a delivery. */
export function applyMapping(mapping: Mapping, delivery: unknown): ProtocolItem[] {
  const records = mapping.each === undefined ? [delivery].flat() : valueAt(delivery, mapping.each);
  if (!Array.isArray(records)) return [unmapped(`${mapping.each} is no list in what was sent.`)];
  if (records.length > MOST_RECORDS) return [unmapped(`More than ${MOST_RECORDS} records.`)];
  return records.map((one) => ({ value: mapRecord(mapping, one) }));
}

function mapRecord(mapping: Mapping, one: unknown): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  const target: Record<string, unknown> = {};
  for (const [name, source] of Object.entries(mapping.fields)) {
    const value = shaped(name, valueOf(source, one));
    if (value === undefined) continue;
    if (name.startsWith("target.")) target[name.slice("target.".length)] = value;
    else place(event, name.split("."), value);
  }
  if (Object.keys(target).length > 0) event.targets = [target];
  const metadata = metadataOf(mapping, one);
  if (metadata && Object.keys(metadata).length > 0) event.metadata = metadata;
  return event;
}

function metadataOf(mapping: Mapping, one: unknown): Record<string, unknown> | undefined {
  if (mapping.metadata === "none") return undefined;
  if (mapping.metadata === "all") return record(one);
  const kept = mapping.metadata.map((name): [string, unknown] => [name, valueAt(one, name)]);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

function valueOf(source: z.infer<typeof Source>, one: unknown): unknown {
  if (typeof source === "string") return valueAt(one, source);
  if ("value" in source) return source.value;
  const found = [source.from]
    .flat()
    .map((name) => valueAt(one, name))
    .find((value) => value !== undefined && value !== null && value !== "");
  if (found === undefined) return source.default;
  if (!source.map) return found;
  const table = source.map;
  return Object.hasOwn(table, String(found)) ? table[String(found)] : (table["*"] ?? source.default ?? found);
}

/** `a.b.0.c` in parsed JSON; a literal key with dots is found too. Only own members count. */
function valueAt(value: unknown, name: string): unknown {
  const fields = record(value);
  if (Object.hasOwn(fields, name)) return fields[name];
  return name
    .split(".")
    .reduce<unknown>(
      (node, step) => (typeof node === "object" && node !== null && Object.hasOwn(node, step) ? Reflect.get(node, step) : undefined),
      value,
    );
}

function place(event: Record<string, unknown>, steps: string[], value: unknown): void {
  const [step = "", ...rest] = steps; // steps come from FILLABLE names only, never from the sender
  if (rest.length === 0) event[step] = value;
  else {
    const child = record(event[step]);
    event[step] = child;
    place(child, rest, value);
  }
}

const NUMBERS = /(port|status|bytes|duration_ms|lat|lon|asn)$/;

/** A value in the shape that the field wants: senders write numbers as text, times in many ways, and addresses with ports. */
function shaped(name: string, value: unknown): unknown {
  if (value === undefined || value === null || value === "") return undefined;
  if (name === "occurred_at") return instantOf(value) ?? value;
  if (name.endsWith(".ip")) return addressIn(value) ?? value;
  if (NUMBERS.test(name)) return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  if (name === "actor.exists" || name === "credential.mfa") return value === "true" ? true : value === "false" ? false : value;
  if (typeof value === "object") return clip(JSON.stringify(value), 256);
  return typeof value === "string" ? value : String(value);
}

/** One record of a pasted sample as the mapping reads it, with what the event would be refused for. */
export interface MappedSample {
  event: unknown;
  problems: Problem[];
}

/** What a mapping makes of a pasted sample. Throws `invalid` when mapping or sample cannot be read at all. */
export function previewMapping(yaml: string, sample: string): MappedSample[] {
  const mapping = readMapping(yaml);
  let delivery: unknown;
  try {
    delivery = JSON.parse(sample);
  } catch {
    throw invalid("The sample is not JSON.");
  }
  return applyMapping(mapping, delivery)
    .slice(0, 20)
    .map((item) => {
      const parsed = EventInput.safeParse(item.value);
      const problems = item.problems ?? (parsed.success ? [] : problemsOf(parsed.error));
      return { event: item.value, problems };
    });
}
