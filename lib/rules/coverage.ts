/** What the rules cover: techniques and risks, and whether the fields that each rule needs arrive from any service. */
import { canonicalName, isDecoded, resolveField } from "@/lib/detection/match/fields";
import { eachMatch } from "@/lib/detection/sigma/expression";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { owaspOf, techniquesOf } from "@/lib/detection/sigma/tags";
import type { EventDocument } from "@/lib/model/event";
import type { Catalog, CatalogRule } from "./catalog";

/** A technique or risk and the rules that look for it. */
export interface Covered {
  name: string;
  rules: { id: string; title: string; enabled: boolean }[];
}

/** A field that rules need, judged by what each service sent. */
export interface FieldNeed {
  field: string;
  rules: { id: string; title: string }[];
  sentBy: string[];
  neverBy: string[];
}

export interface Coverage {
  techniques: Covered[];
  risks: Covered[];
  /** Rules that are on and cannot speak, because a field they need never came in the events looked at. */
  mute: { id: string; title: string; missing: string[] }[];
  /** Fields without which rules cannot speak: who sends each, who never does, and how much hangs on it. Those that some services never send first. */
  needs: FieldNeed[];
  /** The same by service: what it never sends of what rules need. Those with gaps first. */
  services: ServiceGap[];
  /** How many events were looked at. */
  looked: number;
}

/** What a service never sends of what rules need, and the rules that can say nothing about it. */
export interface ServiceGap {
  service: string;
  missing: string[];
  rules: { id: string; title: string }[];
}

/** OWASP API Security Top 10, 2023. */
export const OWASP_RISKS: Readonly<Record<string, string>> = {
  API1: "Broken object level authorisation",
  API2: "Broken authentication",
  API3: "Broken object property level authorisation",
  API4: "Unrestricted resource consumption",
  API5: "Broken function level authorisation",
  API6: "Unrestricted access to sensitive business flows",
  API7: "Server side request forgery",
  API8: "Security misconfiguration",
  API9: "Improper inventory management",
  API10: "Unsafe consumption of APIs",
};

/** Reckons coverage from the catalogue and a sample of recent events. */
export function coverageOf(catalog: Pick<Catalog, "rules" | "detectors">, documents: readonly EventDocument[]): Coverage {
  const needing = rulesInNeed(catalog);
  const techniques = new Map<string, Covered["rules"]>();
  const risks = new Map<string, Covered["rules"]>(Object.keys(OWASP_RISKS).map((risk) => [risk, []]));
  const add = (into: Map<string, Covered["rules"]>, names: readonly string[], rule: Covered["rules"][number]) => {
    for (const name of names) into.set(name, [...(into.get(name) ?? []), rule]);
  };
  for (const { id, document, enabled, testOnly } of catalog.rules.filter(speaks)) {
    const rule = { id, title: document.title, enabled: enabled && !testOnly };
    add(techniques, techniquesOf(document.tags), rule);
    add(risks, [...new Set([...(document.extension.owasp ?? []), ...owaspOf(document.tags)])], rule);
  }
  for (const { rule, enabled, testOnly } of catalog.detectors) {
    const named = { id: rule.id, title: rule.title, enabled: enabled && !testOnly };
    add(techniques, rule.techniques, named);
    add(risks, rule.owasp, named);
  }
  const needs = needsOf(needing, documents);
  const byName = (map: Map<string, Covered["rules"]>): Covered[] =>
    [...map].map(([name, rules]) => ({ name, rules })).sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return {
    techniques: byName(techniques),
    risks: byName(risks),
    mute: muteRules(needing, documents),
    needs,
    services: servicesOf(needs),
    looked: documents.length,
  };
}

/** Rules that only serve others are not counted. */
const speaks = ({ document }: CatalogRule): boolean => document.kind !== "filter" && document.extension.alert !== false;

/** A rule that is on, and the fields without which it can never speak. */
interface Needing {
  id: string;
  title: string;
  fields: string[];
}

function rulesInNeed(catalog: Pick<Catalog, "rules" | "detectors">): Needing[] {
  const byReference = new Map(
    catalog.rules.flatMap(({ document }) => [document.id, document.name ?? document.id].map((name) => [name, document] as const)),
  );
  const rules = catalog.rules
    .filter((rule) => rule.enabled && speaks(rule))
    .map(({ id, document }) => ({ id, title: document.title, fields: neededFields(document, byReference) }));
  const detectors = catalog.detectors
    .filter(({ enabled }) => enabled)
    .map(({ rule }) => ({ id: rule.id, title: rule.title, fields: [...rule.needs] }));
  return [...rules, ...detectors];
}

/** How many rules that are on can never speak without a field, by the field's wire name. */
export function countNeeds(catalog: Pick<Catalog, "rules" | "detectors">): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { fields } of rulesInNeed(catalog))
    for (const field of new Set(fields.map(canonicalName))) counts.set(field, (counts.get(field) ?? 0) + 1);
  return counts;
}

/** Tells of fields whether any of some events has them; each field is looked for once. */
function arrivals(documents: readonly EventDocument[]): (field: string) => boolean {
  const known = new Map<string, boolean>();
  const look = (field: string): boolean => {
    if (isDecoded(canonicalName(field))) return documents.some(({ http }) => http !== undefined);
    const read = resolveField(field);
    return documents.some((document) => read(document) !== undefined);
  };
  return (field) => {
    const found = known.get(field) ?? look(field);
    known.set(field, found);
    return found;
  };
}

function muteRules(needing: readonly Needing[], documents: readonly EventDocument[]): Coverage["mute"] {
  if (documents.length === 0) return [];
  const isThere = arrivals(documents);
  return needing
    .map(({ id, title, fields }) => ({ id, title, missing: fields.filter((field) => !isThere(field)) }))
    .filter(({ missing }) => missing.length > 0);
}

function byService(documents: readonly EventDocument[]): Map<string, EventDocument[]> {
  const groups = new Map<string, EventDocument[]>();
  for (const document of documents) {
    const name = document.service ?? "";
    const known = groups.get(name);
    if (known) known.push(document);
    else groups.set(name, [document]);
  }
  return groups;
}

const JUDGED = 20; // events of a service below which nothing can be said of what it never sends

function needsOf(needing: readonly Needing[], documents: readonly EventDocument[]): FieldNeed[] {
  const services = [...byService(documents)]
    .filter(([, theirs]) => theirs.length >= JUDGED)
    .map(([service, theirs]) => ({ service, has: arrivals(theirs) }))
    .sort((a, b) => (a.service < b.service ? -1 : 1));
  const byField = new Map<string, FieldNeed["rules"]>();
  for (const { id, title, fields } of needing)
    for (const field of new Set(fields.map(canonicalName))) byField.set(field, [...(byField.get(field) ?? []), { id, title }]);
  const names = (all: typeof services) => all.map(({ service }) => service);
  return [...byField]
    .map(([field, rules]) => ({
      field,
      rules,
      sentBy: names(services.filter(({ has }) => has(field))),
      neverBy: names(services.filter(({ has }) => !has(field))),
    }))
    .sort((a, b) => Number(b.neverBy.length > 0) - Number(a.neverBy.length > 0) || b.rules.length - a.rules.length);
}

function servicesOf(needs: readonly FieldNeed[]): ServiceGap[] {
  const services = [...new Set(needs.flatMap(({ sentBy, neverBy }) => [...sentBy, ...neverBy]))].sort();
  return services
    .map((service) => {
      const never = needs.filter(({ neverBy }) => neverBy.includes(service));
      const rules = new Map(never.flatMap(({ rules: those }) => those.map((rule) => [rule.id, rule] as const)));
      return { service, missing: never.map(({ field }) => field), rules: [...rules.values()] };
    })
    .sort((a, b) => b.rules.length - a.rules.length);
}

/** Fields without which a rule can never speak: those of its grouping, and of a detection all whose positive parts name one field. */
export function neededFields(document: SigmaDocument, byReference: ReadonlyMap<string, SigmaDocument>, depth = 0): string[] {
  if (document.kind === "filter" || depth > 5) return [];
  if (document.kind === "detection") {
    const fields = new Set<string>();
    eachMatch(document.expression, ({ field, match }, negated) => {
      if (!negated && match.is !== "null" && field !== undefined) fields.add(field);
    });
    return fields.size === 1 ? [...fields] : [];
  }
  const below = document.rules.flatMap((reference) => {
    const rule = byReference.get(reference);
    return rule ? [neededFields(rule, byReference, depth + 1)] : [];
  });
  const shared = below.length === 1 ? (below[0] ?? []) : [];
  return [...new Set([...document.groupBy.filter((field) => !(field in document.aliases)), ...document.valueFields, ...shared])];
}
