/** A set of rules compiled to run: filters applied, correlations resolved and ordered, one shared plan for the detections. */
import type { RuleProblem } from "./sigma/yaml-document";
import type { SigmaCorrelation, SigmaDetection, SigmaDocument, SigmaFilter } from "./sigma/rule";
import { type CompiledRule, compileCorrelation, compileSingle, type Groupings } from "./correlation/compile";
import type { Detector } from "./detector";
import { type DecoderFactory, FieldTable } from "./match/observe";
import { MatchPlan } from "./match/plan";
import { type IsOwnExit, ownExitTest } from "./own-exits";

export interface RulesetOptions {
  ignoreLogsource?: boolean;
  decoder?: DecoderFactory;
  /** Behaviour detectors that run beside the rules. */
  detectors?: readonly Detector[];
  /** Version of a rule, as people edited it; 1 when absent. */
  versionOf?: (ruleId: string) => number;
  /** Networks (CIDR) of the organisation's own exits; rules that take everybody behind one address for one guesser do not hear of them. */
  ownExits?: readonly string[];
}

/** A rule that hears of an id, as which of its rules, and its level. */
export interface Listener {
  rule: CompiledRule;
  position: number;
  level: number;
}

/** Rules ready to run. Made once, used for many turns. */
export interface Ruleset {
  readonly documents: readonly SigmaDocument[];
  readonly plan: MatchPlan;
  readonly fields: FieldTable;
  readonly decoder: DecoderFactory | undefined;
  /** Rules that keep state, those first whose signals others wait for. */
  readonly levels: readonly (readonly CompiledRule[])[];
  /** id of a detection or correlation → the compiled rules that listen to it. */
  readonly listeners: ReadonlyMap<string, readonly Listener[]>;
  readonly detectors: readonly Detector[];
  readonly isOwnExit: IsOwnExit;
  readonly problems: readonly RuleProblem[];
  /** Rules put out of action while running, with the reason. */
  readonly disabled: Map<string, string>;
}

/** Compiles documents. What cannot run is left out and named in `problems`; it never stops the others. */
export function compileRuleset(documents: readonly SigmaDocument[], options: RulesetOptions = {}): Ruleset {
  const problems: RuleProblem[] = [];
  const unique = withoutWaiting(withoutDoubles(documents, problems), problems);
  const correlations = resolvable(
    unique.filter((document) => document.kind === "correlation"),
    unique,
    problems,
  );
  const detections = applyFilters(unique, problems);
  const fields = new FieldTable();
  const disabled = new Map<string, string>();
  const version = (id: string) => options.versionOf?.(id) ?? 1;
  const isSpokenFor = spokenFor(correlations.map(({ correlation }) => correlation));

  const singles = detections
    .filter((detection) => !isSpokenFor(detection))
    .map((detection) => compileSingle(detection, fields, version(detection.id)));
  const byId = new Map<string, SigmaDetection | SigmaCorrelation>(
    [...detections, ...correlations.map(({ correlation }) => correlation)].map((each) => [each.id, each]),
  );
  const groupings: Groupings = new Map();
  const compiled = correlations.map(({ correlation, rules, depth }) => ({
    depth,
    rule: compileCorrelation({
      correlation,
      rules: rules.flatMap((id) => byId.get(id) ?? []),
      isAlerting: !isSpokenFor(correlation),
      version: version(correlation.id),
      fields,
      groupings,
    }),
  }));
  shareSignals(compiled.map(({ rule }) => rule));
  const levels: CompiledRule[][] = [[...singles]];
  for (const { depth, rule } of compiled) {
    levels[depth] ??= [];
    levels[depth].push(rule);
  }
  return {
    documents: unique,
    plan: new MatchPlan(detections, fields, options.ignoreLogsource ? { ignoreLogsource: true } : {}),
    fields,
    decoder: options.decoder,
    levels: Array.from(levels, (level) => level ?? []),
    listeners: listenersOf(Array.from(levels, (level) => level ?? [])),
    detectors: options.detectors ?? [],
    isOwnExit: ownExitTest(options.ownExits ?? []),
    problems,
    disabled,
  };
}

/** Is a rule on when nobody has said anything about it? Deprecated and unsupported ones are not. */
export const isOnByDefault = (document: SigmaDocument): boolean =>
  document.extension.default !== false && document.status !== "deprecated" && document.status !== "unsupported";

/**
 * The documents that run when only some rules are switched on: those, and what their correlations are built on. What serves a correlation alone does not
 * alert, and does not begin to when that correlation is switched off.
 */
export function enabledDocuments(documents: readonly SigmaDocument[], isEnabled: (document: SigmaDocument) => boolean): SigmaDocument[] {
  const byReference = new Map(
    documents.flatMap((document) => [document.id, document.name ?? document.id].map((name) => [name, document] as const)),
  );
  const serves = spokenFor(documents.filter((document) => document.kind === "correlation"));
  const isQuiet = (document: SigmaDocument) => document.kind !== "filter" && serves(document);
  const wanted = new Map<string, SigmaDocument>();
  const need = (document: SigmaDocument, isOn: boolean) => {
    if (wanted.has(document.id) && !isOn) return;
    const known = wanted.get(document.id);
    wanted.set(
      document.id,
      isOn && !isQuiet(document) ? document : { ...document, extension: { ...document.extension, alert: document.kind === "filter" } },
    );
    if (known || document.kind !== "correlation") return;
    for (const reference of document.rules) {
      const below = byReference.get(reference);
      if (below) need(below, isEnabled(below));
    }
  };
  for (const document of documents) if (isEnabled(document) && !(document.kind === "detection" && isQuiet(document))) need(document, true);
  return documents.flatMap((document) => wanted.get(document.id) ?? []);
}

/** Documents that only serve a correlation and do not alert by themselves, as the standard has it; see `alert` in the vedette key. */
function spokenFor(correlations: readonly SigmaCorrelation[]): (document: SigmaDetection | SigmaCorrelation) => boolean {
  const namedBy = new Map<string, SigmaCorrelation[]>();
  for (const correlation of correlations) {
    if (correlation.generate) continue;
    for (const reference of correlation.rules) namedBy.set(reference, [...(namedBy.get(reference) ?? []), correlation]);
  }
  return (document) => {
    if (document.extension.alert !== undefined) return !document.extension.alert;
    const users = [...(namedBy.get(document.id) ?? []), ...(document.name ? (namedBy.get(document.name) ?? []) : [])];
    return document.kind === "detection" ? users.length > 0 : users.some((user) => user.file === document.file);
  };
}

const problemOf = (document: SigmaDocument, detail: string): RuleProblem => ({
  file: document.file,
  line: document.line,
  column: 1,
  severity: "error",
  detail,
});

/** The later document of an id wins, so that a person's version stands over the built-in one. */
function withoutDoubles(documents: readonly SigmaDocument[], problems: RuleProblem[]): SigmaDocument[] {
  const byId = new Map<string, SigmaDocument>();
  for (const document of documents) {
    const known = byId.get(document.id);
    if (known && known.file === document.file)
      problems.push(problemOf(document, `The id '${document.id}' is taken by '${known.title}' in the same file.`));
    byId.set(document.id, document);
  }
  return [...byId.values()];
}

/**
 * Without those that wait for values of placeholders, and the correlations built on them. Half of what its author wrote is no rule, and a filter without its
 * values would silence everything.
 */
function withoutWaiting(documents: readonly SigmaDocument[], problems: RuleProblem[]): SigmaDocument[] {
  if (documents.every(({ missing }) => missing.length === 0)) return [...documents];
  const waiting = new Set<string>();
  const isWaiting = (document: SigmaDocument) => waiting.has(document.id);
  for (let grown = true; grown; ) {
    grown = false;
    for (const document of documents) {
      if (isWaiting(document)) continue;
      const below = document.kind === "correlation" ? document.rules.find((reference) => waiting.has(reference)) : undefined;
      if (document.missing.length === 0 && below === undefined) continue;
      if (below !== undefined)
        problems.push({
          ...problemOf(document, `The rule '${below}' that it names waits for values of placeholders.`),
          severity: "warning",
        });
      for (const name of [document.id, document.name ?? document.id]) waiting.add(name);
      grown = true;
    }
  }
  return documents.filter((document) => !isWaiting(document));
}

interface Resolved {
  correlation: SigmaCorrelation;
  /** Ids, in the order of the document. */
  rules: string[];
  /** 1 when it correlates detections only, one more for each correlation below it. */
  depth: number;
}

function resolvable(correlations: readonly SigmaCorrelation[], all: readonly SigmaDocument[], problems: RuleProblem[]): Resolved[] {
  const byReference = new Map<string, SigmaDocument>();
  for (const document of all) {
    byReference.set(document.id, document);
    if (document.name) byReference.set(document.name, document);
  }
  const done = new Map<string, Resolved | null>();
  const visit = (correlation: SigmaCorrelation, trail: readonly string[]): Resolved | null => {
    const known = done.get(correlation.id);
    if (known !== undefined) return known;
    const resolved = resolveOne(correlation, trail, byReference, visit);
    if (typeof resolved === "string") problems.push(problemOf(correlation, resolved));
    const result = typeof resolved === "string" ? null : resolved;
    done.set(correlation.id, result);
    return result;
  };
  return correlations.flatMap((correlation) => visit(correlation, []) ?? []);
}

function resolveOne(
  correlation: SigmaCorrelation,
  trail: readonly string[],
  byReference: ReadonlyMap<string, SigmaDocument>,
  visit: (correlation: SigmaCorrelation, trail: readonly string[]) => Resolved | null,
): Resolved | string {
  if (trail.includes(correlation.id)) return `It correlates itself: ${[...trail, correlation.id].join(" → ")}.`;
  const rules: string[] = [];
  const names = new Set<string>();
  let depth = 1;
  for (const reference of correlation.rules) {
    const found = byReference.get(reference);
    if (!found || found.kind === "filter") return `It names the rule '${reference}', which is not here.`;
    if (found.kind === "correlation") {
      const below = visit(found, [...trail, correlation.id]);
      if (!below) return `The correlation '${reference}' below it cannot run.`;
      depth = Math.max(depth, below.depth + 1);
    }
    rules.push(found.id);
    for (const name of [reference, found.id, found.name ?? found.id]) names.add(name);
  }
  const stranger = Object.values(correlation.aliases)
    .flatMap((fields) => Object.keys(fields))
    .find((name) => !names.has(name));
  return stranger === undefined ? { correlation, rules, depth } : `An alias is for '${stranger}', which is none of the correlated rules.`;
}

/** Sigma filters: their condition is joined with `and` to that of the rules they name (so it usually reads `not selection`). */
function applyFilters(documents: readonly SigmaDocument[], problems: RuleProblem[]): SigmaDetection[] {
  const detections = documents.filter((document) => document.kind === "detection");
  const filters = documents.filter((document) => document.kind === "filter");
  const reached = new Set<string>();
  const filtered = detections.map((detection) => {
    const mine = filters.filter((filter) => reaches(filter, detection));
    for (const filter of mine) reached.add(filter.id);
    if (mine.length === 0) return detection;
    return { ...detection, expression: { op: "and" as const, items: [detection.expression, ...mine.map((filter) => filter.expression)] } };
  });
  for (const filter of filters)
    if (!reached.has(filter.id)) problems.push({ ...problemOf(filter, "The filter reaches no rule."), severity: "warning" });
  return filtered;
}

function reaches(filter: SigmaFilter, detection: SigmaDetection): boolean {
  const named = filter.rules === "any" || filter.rules.some((reference) => reference === detection.id || reference === detection.name);
  const { category, product, service } = filter.logsource;
  const fits = (wanted: string | undefined, has: string | undefined) => wanted === undefined || wanted === has;
  return (
    named &&
    fits(category, detection.logsource.category) &&
    fits(product, detection.logsource.product) &&
    fits(service, detection.logsource.service)
  );
}

/** Tells each correlation which fields the correlations above it will ask of its signals. */
function shareSignals(rules: readonly CompiledRule[]): void {
  for (const upper of rules) {
    for (const [position, id] of upper.listensTo.entries()) {
      const lower = rules.find((rule) => rule.id === id);
      for (const slot of upper.fieldsAt(position)) lower?.signalFields.set(slot.name, slot);
    }
  }
}

function listenersOf(levels: readonly (readonly CompiledRule[])[]): Map<string, Listener[]> {
  const listeners = new Map<string, Listener[]>();
  for (const [level, rules] of levels.entries()) {
    for (const rule of rules) {
      for (const [position, id] of rule.listensTo.entries()) {
        const known = listeners.get(id);
        if (known) known.push({ rule, position, level });
        else listeners.set(id, [{ rule, position, level }]);
      }
    }
  }
  return listeners;
}
