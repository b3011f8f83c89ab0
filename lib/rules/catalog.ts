/**
 * All rules of this installation: the built-in files, what people made of them, and their own. An edited rule stands over its file and stays as it is when
 * a newer Vedette brings another text; `builtInYaml` then differs, and people see both.
 */
import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import { compileRuleset, enabledDocuments, isOnByDefault, type Ruleset, type RulesetOptions } from "@/lib/detection/ruleset";
import { requestDecoder } from "@/lib/detection/match/decoder";
import type { Family } from "@/lib/model/alert";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { familyOf } from "@/lib/detection/sigma/tags";
import type { RuleProblem } from "@/lib/detection/sigma/yaml-document";
import { type BehaviourRule, behaviourRules } from "@/lib/detection/detectors/registry";
import type { Detector } from "@/lib/detection/detector";
import { tunedWeights } from "@/lib/detection/detectors/hijack-weights";
import { impossibleTravel, impossibleTravelDefaults } from "@/lib/detection/detectors/impossible-travel";
import { newContext, newContextDefaults } from "@/lib/detection/detectors/new-context";
import { sessionHijack, sessionHijackDefaults } from "@/lib/detection/detectors/session-hijack";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { Placeholders } from "@/lib/detection/sigma/placeholders";
import { HijackLesson } from "@/lib/model/hijack-lesson";
import { findSetting } from "@/lib/store/settings";
import { listOwnExits } from "@/lib/store/own-exits";
import { findPlaceholders } from "@/lib/store/placeholders";
import { HIJACK_LESSONS, listRuleRows, type RuleRow, rulesRevision } from "@/lib/store/rules";
import { builtInFolder, readRuleFolders } from "./rule-files";

/** One rule with its state. */
export interface CatalogRule {
  id: string;
  document: SigmaDocument;
  source: RuleRow["source"];
  enabled: boolean;
  /** It runs, but nobody is told. */
  testOnly: boolean;
  version: number;
  yaml: string;
  /** The text of the file, for rules that have one. */
  builtInYaml: string | null;
  /** For an edited rule: the older built-in text, when Vedette has brought another one since and nobody has decided. */
  outdated: string | null;
  /** Why it is out of action, when Vedette itself put it there. */
  disabledReason: string | null;
  updatedAt: Date | null;
  updatedBy: string | null;
}

/** A behaviour detector with its switch. */
export interface CatalogDetector {
  rule: BehaviourRule;
  enabled: boolean;
  testOnly: boolean;
  disabledReason: string | null;
}

export interface Catalog {
  rules: CatalogRule[];
  detectors: CatalogDetector[];
  problems: RuleProblem[];
  /** Networks of the organisation's own exits. */
  ownExits: readonly string[];
  /** Values of the placeholders in rules. */
  placeholders: Placeholders;
  /** Tells one state of all rules from another. */
  revision: string;
}

let builtIn: ReturnType<typeof readRuleFolders> | undefined;

/** The built-in rules, read once in a process: they change only with the product. */
export function builtInRules(): ReturnType<typeof readRuleFolders> {
  builtIn ??= readRuleFolders([builtInFolder(process.cwd())]);
  return builtIn;
}

/** What kind of attack a rule speaks of: as it says, else by its tags. */
export const ruleFamily = ({ extension, tags }: SigmaDocument): Family => extension.family ?? familyOf(tags);

interface Kept {
  loaded?: Catalog;
  /** The read under way: everybody who asks meanwhile gets this one. */
  loading?: { revision: string; catalog: Promise<Catalog> };
  texts: Map<string, ParsedText>;
}

interface ParsedText {
  yaml: string;
  values: string;
  parsed: ReturnType<typeof parseRules>;
}

/** One for the process: pages are bundled with a copy of this module of their own, and the rules need not be read twice. */
const keeper: typeof globalThis & { vedetteCatalog?: Kept } = globalThis;
keeper.vedetteCatalog ??= { texts: new Map() };
const kept: Kept = keeper.vedetteCatalog;

/** Everything, in the order of the files and then by id. Read anew only when somebody changed a rule: thousands of imported ones take seconds to parse. */
export async function loadCatalog(): Promise<Catalog> {
  const revision = await rulesRevision(); // read first: a change in between makes the next look come back
  if (kept.loaded?.revision === revision) return kept.loaded;
  if (kept.loading?.revision !== revision) kept.loading = { revision, catalog: readCatalog(revision) };
  const reading = kept.loading;
  try {
    kept.loaded = await reading.catalog;
    return kept.loaded;
  } finally {
    if (kept.loading === reading) delete kept.loading;
  }
}

const BREATH_MS = 20; // between two looks at what else the process has to do

async function readCatalog(revision: string): Promise<Catalog> {
  const [rows, placeholders] = await Promise.all([listRuleRows(), findPlaceholders()]);
  const lessons = (await findSetting(HIJACK_LESSONS, z.array(HijackLesson))) ?? [];
  let since = performance.now();
  for (const { id, yaml } of rows) {
    if (yaml) parsedRow(id, yaml, placeholders);
    if (performance.now() - since < BREATH_MS) continue;
    await breathe(); // thousands of imported rules take seconds, which nobody else should wait for
    since = performance.now();
  }
  const merged = mergeCatalog(builtInRules(), rows, placeholders);
  const ownExits = (await listOwnExits()).map(({ network }) => network);
  const detectors = merged.detectors.map((detector) => withTaught(detector, { lessons, ownExits }));
  return { ...merged, detectors, ownExits, revision };
}

/** What this installation taught its detectors. */
interface Taught {
  lessons: readonly HijackLesson[];
  ownExits: readonly string[];
}

/** The detector with what was taught; as it came when nothing was. */
function withTaught(detector: CatalogDetector, taught: Taught): CatalogDetector {
  const learnt = TEACHABLE[detector.rule.id]?.(taught);
  if (!learnt || taught.lessons.length + taught.ownExits.length === 0) return detector;
  return { ...detector, rule: { ...detector.rule, ...learnt } };
}

/** The detectors that judge people by place know the organisation's own exits, and that of sessions weighs as people's verdicts taught it. */
const TEACHABLE: Readonly<Record<string, (taught: Taught) => { settings: object; make(): Detector }>> = {
  "impossible-travel": ({ ownExits }) => {
    const settings = { ...impossibleTravelDefaults, ownExits };
    return { settings, make: () => impossibleTravel(settings) };
  },
  "new-context": ({ ownExits }) => {
    const settings = { ...newContextDefaults, ownExits };
    return { settings, make: () => newContext(settings) };
  },
  "session-hijack": ({ ownExits, lessons }) => {
    const settings = { ...sessionHijackDefaults, ownExits, weights: tunedWeights(lessons) };
    return { settings, make: () => sessionHijack(settings) };
  },
};

/** Puts rows over files. A row whose text can no longer be read leaves the file's rule in force. */
export function mergeCatalog(
  files: ReturnType<typeof readRuleFolders>,
  rows: readonly RuleRow[],
  placeholders: Placeholders = {},
): Pick<Catalog, "rules" | "detectors" | "problems" | "placeholders"> {
  const problems = [...files.problems];
  const read = (row: RuleRow) => readRow(row, placeholders, problems);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const detectors = behaviourRules.map((rule): CatalogDetector => {
    const row = byId.get(rule.id);
    byId.delete(rule.id);
    return { rule, enabled: row?.enabled ?? true, testOnly: row?.testOnly ?? false, disabledReason: row?.disabledReason ?? null };
  });
  const rules = files.documents.map((document) => {
    const row = byId.get(document.id);
    byId.delete(document.id);
    return fromFile(document, row, row && read(row));
  });
  for (const row of byId.values()) {
    const document = read(row);
    if (document) rules.push(asCatalogRule(document, row, null));
  }
  return { rules, detectors, problems, placeholders };
}

function fromFile(file: SigmaDocument, row: RuleRow | undefined, edited: SigmaDocument | undefined): CatalogRule {
  if (row && edited) return asCatalogRule({ ...edited, file: file.file }, row, file.source);
  return {
    id: file.id,
    document: file,
    source: "built-in",
    enabled: row?.enabled ?? isOnByDefault(file),
    testOnly: row?.testOnly ?? false,
    version: row?.version ?? 1,
    yaml: file.source,
    builtInYaml: file.source,
    outdated: null,
    disabledReason: row?.disabledReason ?? null,
    updatedAt: row?.updatedAt ?? null,
    updatedBy: row?.updatedBy ?? null,
  };
}

const asCatalogRule = (document: SigmaDocument, row: RuleRow, builtInYaml: string | null): CatalogRule => ({
  id: row.id,
  document: { ...document, id: row.id },
  source: builtInYaml === null ? "custom" : "edited",
  enabled: row.enabled,
  testOnly: row.testOnly,
  version: row.version,
  yaml: row.yaml ?? document.source,
  builtInYaml,
  outdated: builtInYaml !== null && row.builtIn !== null && row.builtIn.trim() !== builtInYaml.trim() ? row.builtIn : null,
  disabledReason: row.disabledReason,
  updatedAt: row.updatedAt,
  updatedBy: row.updatedBy,
});

/** The text of a row, parsed once for each of its versions, and anew when its placeholders have other values. */
function parsedRow(id: string, yaml: string, placeholders: Placeholders): ReturnType<typeof parseRules> {
  const known = kept.texts.get(id);
  if (known?.yaml === yaml && known.values === valuesFor(known.parsed.documents, placeholders)) return known.parsed;
  const parsed = parseRules(yaml, labelOf(id), placeholders);
  kept.texts.set(id, { yaml, values: valuesFor(parsed.documents, placeholders), parsed });
  return parsed;
}

const labelOf = (id: string): string => `rule ${id}`;

/** Takes what an import has parsed already for what its rows will say, so that the next look at the rules need not do it again. */
export function rememberParsed(documents: readonly SigmaDocument[], placeholders: Placeholders): void {
  for (const document of documents) {
    const { id, source } = document;
    const line = /^(?:[ \t]*(?:---|#[^\n]*)?\r?\n)*/.exec(source)?.[0].split("\n").length ?? 1; // where it stood in its file is no longer of use
    const parsed = { documents: [{ ...document, file: labelOf(id), line }], problems: [] };
    kept.texts.set(id, { yaml: source, values: valuesFor([document], placeholders), parsed });
  }
}

/** The values that these documents were read with, as a text to compare. */
function valuesFor(documents: readonly SigmaDocument[], placeholders: Placeholders): string {
  const names = documents.flatMap((document) => document.placeholders);
  return names.length === 0 ? "" : JSON.stringify(names.map((name) => (Object.hasOwn(placeholders, name) ? placeholders[name] : [])));
}

function readRow(row: RuleRow, placeholders: Placeholders, problems: RuleProblem[]): SigmaDocument | undefined {
  if (!row.yaml) return undefined;
  const parsed = parsedRow(row.id, row.yaml, placeholders);
  problems.push(...parsed.problems.filter(({ severity }) => severity === "error"));
  return parsed.documents[0];
}

/** Compiles the rules and detectors of a catalogue that are on. */
export function compileCatalog(
  catalog: Pick<Catalog, "rules" | "detectors"> & Partial<Pick<Catalog, "ownExits">>,
  options: RulesetOptions = {},
): Ruleset {
  const on = new Set(catalog.rules.filter(({ enabled }) => enabled).map(({ id }) => id));
  const versions = new Map(catalog.rules.map(({ id, version }) => [id, version]));
  const documents = enabledDocuments(
    catalog.rules.map(({ document }) => document),
    ({ id }) => on.has(id),
  );
  const detectors = catalog.detectors.filter(({ enabled }) => enabled).map(({ rule }) => rule.make());
  const given = { decoder: requestDecoder, detectors, ownExits: catalog.ownExits ?? [], versionOf: (id: string) => versions.get(id) ?? 1 };
  return compileRuleset(documents, { ...given, ...options });
}

/** The rules and detectors that run but are only being tested. */
export const testedRules = ({ rules, detectors }: Pick<Catalog, "rules" | "detectors">): ReadonlySet<string> =>
  new Set([
    ...rules.filter(({ enabled, testOnly }) => enabled && testOnly).map(({ id }) => id),
    ...detectors.filter(({ enabled, testOnly }) => enabled && testOnly).map(({ rule }) => rule.id),
  ]);
