/** Detections and correlations compiled to rules with state: how an event becomes a hit of a group, and an episode an alert. */
import type { Alert, Entity, EntityType, Family } from "@/lib/model/alert";
import { actorOf, canonicalName, entityTypeOf } from "@/lib/detection/match/fields";
import { excerptsOf } from "@/lib/detection/match/excerpts";
import type { FieldSlot, FieldTable, Observed } from "@/lib/detection/match/observe";
import type { Extension } from "@/lib/detection/sigma/extension";
import type { SigmaCorrelation, SigmaDetection } from "@/lib/detection/sigma/rule";
import { type AlertMould, alertKey, buildAlert, mouldOf } from "@/lib/detection/alert/build-alert";
import { hashOf } from "./buckets";
import { bucketLength, DEFAULT_GAP_MS, hitsToKeep, type WindowSpec } from "./spec";
import type { Episode, Hit, HitBase } from "./state";

/** A rule that keeps state per group. */
export interface CompiledRule {
  readonly id: string;
  /** Changes with anything that gives stored state another meaning. */
  readonly version: number;
  readonly spec: WindowSpec;
  readonly isAlerting: boolean;
  /** It takes everybody behind one address for one guesser: at an exit of the organisation that is wrong by nature. */
  readonly isOfSharedAddress: boolean;
  /** Ids of the detections and correlations that it hears of; the position is `Hit.r`. */
  readonly listensTo: readonly string[];
  /** Fields that it asks of what it hears, by position. */
  fieldsAt(position: number): readonly FieldSlot[];
  /** Fields that rules above it ask of its own signals; empty when nobody listens. */
  readonly signalFields: Map<string, FieldSlot>;
  /** The group of an event; undefined when the event lacks a field of it. */
  groupOf(position: number, reads: Reads): string | undefined;
  /** What it keeps of an event; undefined when the event lacks the value. */
  hitOf(position: number, reads: Reads): Hit | undefined;
  alertOf(group: string, episode: Episode): Alert;
  keyOf(group: string, start: number): string;
}

/** What a hit is made from: an observed event, or a signal that carries the fields that were asked for. */
export interface Reads {
  read(slot: FieldSlot): string | number | undefined;
  readonly base: HitBase;
  readonly event?: Observed;
}

/** The group of a rule: its entity and the other values, as one key. */
interface Group {
  entity: Entity;
  rest: string[];
}

const VALUE_MOST = 300; // characters of a group value; longer ones are told apart by a hash

const asText = (value: unknown): string | undefined => {
  if (value === undefined || value === null || value === "") return undefined;
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > VALUE_MOST ? `${text.slice(0, VALUE_MOST)}…${hashOf(text).toString(16)}` : text;
};

/** Reads an observed event. Of a field with several values the first counts. */
export class EventReads implements Reads {
  readonly base: HitBase;

  constructor(readonly event: Observed) {
    const { document, occurredAt, id } = event.record;
    const actor = actorOf(document);
    this.base = {
      t: occurredAt,
      i: id,
      p: document.source?.ip,
      u: actor === undefined ? undefined : (asText(actor) ?? ""),
      c: document.service,
    };
  }

  read(slot: FieldSlot): string | number | undefined {
    const value = this.event.first(slot);
    return typeof value === "number" ? value : asText(value);
  }
}

/** Reads a signal of a correlation: it carries what was asked for. */
export class SignalReads implements Reads {
  constructor(readonly base: Hit) {}

  read(slot: FieldSlot): string | undefined {
    return this.base.f?.[slot.name];
  }
}

/** Needs no escapes in JSON. */
const simple = /^[\w.:@/ +-]*$/;

function encodeGroup({ entity: { type, value }, rest }: Group): string {
  return rest.length === 0 && simple.test(value) ? `["${type}","${value}"]` : JSON.stringify([type, value, ...rest]);
}

function decodeGroup(key: string): Group {
  const [type, value, ...rest] = JSON.parse(key) as [EntityType, string, ...string[]]; // written by encodeGroup
  return { entity: { type, value }, rest };
}

const restKey = (rest: readonly string[]): string => (rest.length === 0 ? "" : hashOf(rest.join("\u0000")).toString(16));

/** A version as a 31-bit number, which is what the database's integer holds. */
const versionOf = (meaning: string): number => hashOf(meaning) >>> 1;

interface EntityChoice {
  slot: FieldSlot;
  type: EntityType;
}

/** The entity that a rule names, or the usual ones in order. */
function entityChoices(extension: Extension, fields: FieldTable, usual: readonly string[]): EntityChoice[] {
  const named = extension.entity;
  if (named === undefined) return usual.map((field) => ({ slot: fields.slot(field), type: entityTypeOf(field) ?? "series" }));
  const field = typeof named === "string" ? named : named.field;
  return [{ slot: fields.slot(field), type: typeof named === "string" ? (entityTypeOf(field) ?? "series") : named.type }];
}

function chooseEntity(choices: readonly EntityChoice[], reads: Reads): Entity | undefined {
  for (const { slot, type } of choices) {
    const value = asText(reads.read(slot));
    if (value !== undefined) return { type, value };
  }
  return undefined;
}

const NOBODY: Entity = { type: "service", value: "unknown" };
/** Whom a correlation without grouping is about: it counts everything together, as the standard has it. */
const EVERYBODY: Entity = { type: "service", value: "all services" };
const USUAL = ["source.ip", "actor", "credential.id", "session.id", "destination.host", "service"];

/** A detection that alerts on its own: each match is a moment, moments of one entity join to episodes. */
export function compileSingle(detection: SigmaDetection, fields: FieldTable, ruleVersion: number): CompiledRule {
  const { extension } = detection;
  const spec: WindowSpec = {
    type: "event_count",
    windowMs: 1,
    limits: { gte: 1 },
    rules: 1,
    percentile: 50,
    bucketMs: 60_000,
    keep: 8,
    gapMs: extension.episode ?? DEFAULT_GAP_MS,
    learningMs: 0,
    forgetMs: 0,
  };
  const choices = entityChoices(extension, fields, USUAL);
  const apart = (extension.suppress_by ?? []).map((field) => fields.slot(field));
  const mould = mouldOf(detection, ruleVersion);
  return {
    ...alerting({ mould, spec, subjects: [detection.title], valueFields: [], single: true, restNames: extension.suppress_by ?? [] }),
    id: detection.id,
    version: versionOf(JSON.stringify([detection.expression, extension.entity, extension.suppress_by, spec])),
    spec,
    isAlerting: true,
    isOfSharedAddress: false,
    listensTo: [detection.id],
    fieldsAt: () => [...choices.map(({ slot }) => slot), ...apart],
    signalFields: new Map(),
    groupOf(_position, reads) {
      const entity = chooseEntity(choices, reads) ?? NOBODY;
      return encodeGroup({ entity, rest: apart.map((slot) => asText(reads.read(slot)) ?? "") });
    },
    hitOf(position, reads) {
      const hit = hitFrom(reads.base, position);
      const matches = reads.event ? excerptsOf(detection.expression, reads.event, fields) : [];
      if (matches.length > 0) hit.m = matches;
      return hit;
    },
  };
}

/** Guesses at passwords and second factors, told by how many came from one place. */
const GUESSING: ReadonlySet<Family> = new Set<Family>(["brute_force", "credential_stuffing"]);
const groupsByAddress = ({ groupBy: [first = ""] }: SigmaCorrelation): boolean => canonicalName(first) === canonicalName("source.ip");

/** One shape for all hits: thousands of them are walked. */
const hitFrom = ({ t, i, p, u, c }: HitBase, r: number): Hit => ({ t, i, r, v: undefined, p, u, c, f: undefined });

const GROUPS_REMEMBERED = 16_384;

/**
 * The groups of one way of grouping, shared by the rules that group so: found once per event. A group that recurs comes as the very text it came as before,
 * which tables tell apart without reading it.
 */
class Grouping {
  private readonly known = new Map<string, string>();
  private last: { reads: Reads; group: string | undefined } | undefined;

  constructor(
    private readonly slots: readonly FieldSlot[],
    /** Without an entity among the values a group says more than they do. */
    private readonly entityAt: number,
    private readonly encode: (values: readonly string[], reads: Reads) => string,
  ) {}

  of(reads: Reads): string | undefined {
    if (this.last?.reads !== reads) this.last = { reads, group: this.find(reads) };
    return this.last.group;
  }

  private find(reads: Reads): string | undefined {
    const values: string[] = [];
    for (const slot of this.slots) {
      const text = asText(reads.read(slot));
      if (text === undefined) return undefined;
      values.push(text);
    }
    const [only] = values;
    if (only === undefined || values.length > 1 || this.entityAt < 0) return this.encode(values, reads);
    const known = this.known.get(only);
    if (known !== undefined) return known;
    const group = this.encode(values, reads);
    if (this.known.size >= GROUPS_REMEMBERED) this.known.clear();
    this.known.set(only, group);
    return group;
  }
}

/** The groupings of a ruleset, by what tells them apart. */
export type Groupings = Map<string, Grouping>;

function groupingFor(
  correlation: SigmaCorrelation,
  slots: readonly FieldSlot[],
  input: { fields: FieldTable; groupings: Groupings },
): Grouping {
  const key = JSON.stringify([slots.map(({ index }) => index), correlation.groupBy, correlation.extension.entity]);
  let grouping = input.groupings.get(key);
  if (!grouping) {
    const entityAt = entityPosition(correlation);
    const choices = entityChoices(correlation.extension, input.fields, []);
    grouping = new Grouping(slots, entityAt, (values, reads) =>
      encodeGroup(groupOf(correlation, values, entityAt, () => chooseEntity(choices, reads))),
    );
    input.groupings.set(key, grouping);
  }
  return grouping;
}

interface CorrelationInput {
  correlation: SigmaCorrelation;
  rules: readonly (SigmaDetection | SigmaCorrelation)[];
  isAlerting: boolean;
  version: number;
  fields: FieldTable;
  groupings: Groupings;
}

/** A correlation over detections or other correlations. */
export function compileCorrelation(input: CorrelationInput): CompiledRule {
  const { correlation, rules, fields } = input;
  const spec = specOf(correlation);
  const slotsFor = (names: readonly string[]) =>
    rules.map((rule, position) => names.map((name) => fields.slot(fieldAt(correlation, rule, position, name))));
  const groupSlots = slotsFor(correlation.groupBy);
  const valueSlots = slotsFor(correlation.valueFields);
  const groupings = groupSlots.map((slots) => groupingFor(correlation, slots, input));
  const entityAt = entityPosition(correlation);
  const choices = entityChoices(correlation.extension, fields, []);
  const tags = [...correlation.tags, ...rules.flatMap((rule) => rule.tags)];
  const mould = mouldOf(correlation, input.version, correlation.tags.length > 0 ? correlation.tags : tags);
  const signalFields = new Map<string, FieldSlot>();
  return {
    ...alerting({
      mould,
      spec,
      subjects: rules.map((rule) => rule.title),
      valueFields: correlation.valueFields,
      single: false,
      restNames: correlation.groupBy.filter((_, index) => index !== entityAt),
    }),
    id: correlation.id,
    version: versionOf(
      JSON.stringify([
        spec,
        correlation.groupBy,
        correlation.valueFields,
        correlation.aliases,
        correlation.extension.entity,
        rules.map(meaningOf),
      ]),
    ),
    spec,
    isAlerting: input.isAlerting,
    isOfSharedAddress: GUESSING.has(mould.family) && correlation.groupBy.length === 1 && groupsByAddress(correlation),
    listensTo: rules.map((rule) => rule.id),
    fieldsAt: (position) => [...(groupSlots[position] ?? []), ...(valueSlots[position] ?? []), ...choices.map(({ slot }) => slot)],
    signalFields,
    groupOf: (position, reads) => groupings[position]?.of(reads),
    hitOf(position, reads) {
      const value = readValue(spec, valueSlots[position] ?? [], reads);
      if (value === undefined && correlation.valueFields.length > 0) return undefined;
      const hit = hitFrom(reads.base, position);
      hit.v = value;
      if (signalFields.size > 0) hit.f = signalled(signalFields, reads);
      return hit;
    },
  };
}

function specOf(correlation: SigmaCorrelation): WindowSpec {
  const { extension } = correlation;
  const single = correlation.type === "new_value";
  const windowMs = single ? 1 : correlation.timespanMs;
  return {
    type: correlation.type,
    windowMs,
    limits: single ? { gte: 1 } : correlation.limits,
    rules: correlation.rules.length,
    percentile: correlation.percentile,
    bucketMs: single ? 60_000 : bucketLength(windowMs),
    keep: hitsToKeep(correlation.type, correlation.limits),
    gapMs: Math.max(windowMs, extension.episode ?? DEFAULT_GAP_MS),
    learningMs: extension.learning ?? 0,
    forgetMs: extension.forget ?? 30 * 86_400_000, // 30 d: what people still call usual
  };
}

const meaningOf = (rule: SigmaDetection | SigmaCorrelation): unknown =>
  rule.kind === "detection" ? rule.expression : [rule.type, rule.rules, rule.groupBy, rule.limits, rule.timespanMs];

/** The field behind a name at one of the correlated rules: an alias points to different fields. */
function fieldAt(correlation: SigmaCorrelation, rule: SigmaDetection | SigmaCorrelation, position: number, name: string): string {
  const alias = correlation.aliases[name];
  return alias?.[correlation.rules[position] ?? ""] ?? alias?.[rule.name ?? ""] ?? alias?.[rule.id] ?? name;
}

/** Which of the group-by fields the alert is about: the one the rule names as entity, else the first that is an entity. */
function entityPosition(correlation: SigmaCorrelation): number {
  const named = correlation.extension.entity;
  const field = named === undefined ? undefined : canonicalName(typeof named === "string" ? named : named.field);
  if (field !== undefined) return correlation.groupBy.findIndex((name) => canonicalName(name) === field);
  return Math.max(
    0,
    correlation.groupBy.findIndex((name) => entityTypeOf(name) !== undefined),
  );
}

function groupOf(correlation: SigmaCorrelation, values: readonly string[], entityAt: number, choose: () => Entity | undefined): Group {
  const value = values[entityAt];
  if (value === undefined) {
    const nobody = correlation.groupBy.length === 0 && correlation.extension.entity === undefined ? EVERYBODY : NOBODY;
    return { entity: choose() ?? nobody, rest: [...values] };
  }
  const named = correlation.extension.entity;
  const type = typeof named === "object" ? named.type : (entityTypeOf(correlation.groupBy[entityAt] ?? "") ?? "series");
  return { entity: { type, value }, rest: values.filter((_, index) => index !== entityAt) };
}

function readValue(spec: WindowSpec, slots: readonly FieldSlot[], reads: Reads): string | number | undefined {
  const [only] = slots;
  if (only === undefined) return undefined;
  const values = slots.length === 1 ? [reads.read(only)] : slots.map((slot) => reads.read(slot));
  if (values.includes(undefined)) return undefined;
  if (spec.type === "value_count" || spec.type === "new_value") return values.map(String).join(" · ");
  const number = Number(values[0]);
  return Number.isFinite(number) ? number : undefined;
}

/** The fields that rules above will ask for, carried by the hit. */
function signalled(signalFields: ReadonlyMap<string, FieldSlot>, reads: Reads): NonNullable<Hit["f"]> {
  const carried: Record<string, string> = {};
  for (const [name, slot] of signalFields) {
    const value = reads.read(slot);
    if (value !== undefined) carried[name] = String(value);
  }
  return carried;
}

interface Alerting {
  mould: AlertMould;
  spec: WindowSpec;
  subjects: readonly string[];
  valueFields: readonly string[];
  single: boolean;
  /** Names of the fields whose values stand in a group beside the entity. */
  restNames: readonly string[];
}

function alerting({ mould, restNames, ...telling }: Alerting): Pick<CompiledRule, "alertOf" | "keyOf"> {
  return {
    alertOf(key, episode) {
      const { entity, rest } = decodeGroup(key);
      return buildAlert(
        mould,
        { ...telling, entity, episode, group: Object.fromEntries(restNames.map((name, index) => [name, rest[index] ?? ""])) },
        restKey(rest),
      );
    },
    keyOf(key, start) {
      const { entity, rest } = decodeGroup(key);
      return alertKey(mould.rule.id, entity, start, restKey(rest));
    },
  };
}
