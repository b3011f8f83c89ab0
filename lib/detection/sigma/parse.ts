/** Reads Sigma YAML: detections, correlations and filters, one or many documents in a file, with all their problems at once. */
import { z } from "zod";
import { Level } from "@/lib/model/alert";
import { readCorrelation } from "./parse-correlation";
import { readSearches } from "./parse-detection";
import { Extension } from "./extension";
import { type Placeholders, PlaceholderUse } from "./placeholders";
import { isMap, type Reporter, type YamlMap } from "./reporter";
import type { RuleMeta, SigmaDetection, SigmaDocument, SigmaFilter } from "./rule";
import { type Path, type RuleProblem, readYaml, type YamlDocument } from "./yaml-document";

/** The documents of a file that can run, and everything that is wrong with the others. */
export interface ParsedRules {
  documents: SigmaDocument[];
  problems: RuleProblem[];
}

/** Parses one file of rules. Never throws: what cannot be read is a problem with its file, line and column. */
export function parseRules(text: string, file: string, placeholders: Placeholders = {}): ParsedRules {
  const { documents, problems } = readYaml(text, file);
  const parsed: SigmaDocument[] = [];
  for (const document of documents) {
    const found: RuleProblem[] = [];
    const rule = readDocument(document, file, placeholders, reporterInto(found, document, file));
    if (rule && !found.some((problem) => problem.severity === "error")) parsed.push(rule);
    problems.push(...found);
  }
  return { documents: parsed, problems };
}

function reporterInto(problems: RuleProblem[], document: YamlDocument, file: string): Reporter {
  const add = (severity: RuleProblem["severity"], path: Path, detail: string, offset = 0) => {
    const { line, column } = document.place(path);
    problems.push({ file, line, column: column + offset, severity, detail, pointer: `/${path.join("/")}` });
  };
  return { error: (path, detail, offset) => add("error", path, detail, offset), warn: (path, detail) => add("warning", path, detail) };
}

function readDocument(document: YamlDocument, file: string, placeholders: Placeholders, report: Reporter): SigmaDocument | undefined {
  const root = document.value;
  if (!isMap(root)) {
    report.error([], "A rule is a map with a title.");
    return undefined;
  }
  if (typeof root.action === "string") {
    report.error(["action"], `Collections ('action: ${root.action}') left Sigma with version 2: write each rule as a document of its own.`);
    return undefined;
  }
  const meta = readMeta(root, document, file, report);
  const kinds = ["detection", "correlation", "filter"].filter((key) => root[key] !== undefined);
  if (kinds.length !== 1) {
    report.error(
      [],
      kinds.length ? `A document has one of ${kinds.join(" and ")}, not both.` : "One of 'detection', 'correlation' or 'filter' is needed.",
    );
    return undefined;
  }
  if (kinds[0] === "correlation") return readCorrelation(root, meta, report);
  const section = kinds[0] === "filter" ? "filter" : "detection";
  const use = new PlaceholderUse(placeholders);
  const expression = readSearches(root[section], section, use, report);
  const logsource = readLogsource(root.logsource, report);
  if (!expression) return undefined;
  const read = { ...meta, placeholders: [...use.used], missing: [...use.missing], logsource, expression };
  if (section === "detection") return { ...read, kind: "detection" } satisfies SigmaDetection;
  return { ...read, kind: "filter", rules: readFilterRules(root.filter, report) } satisfies SigmaFilter;
}

const text = z.coerce.string();
/** Sigma asks for lists of text in some places where published rules also write one text or a number. */
const texts = z
  .union([z.array(text), text.transform((one) => [one])])
  .nullish()
  .transform((list) => list ?? []);

const Meta = z.object({
  title: z.string().min(1).max(256),
  id: text.nullish(),
  name: text.nullish(),
  status: z.enum(["stable", "test", "experimental", "deprecated", "unsupported"]).nullish(),
  level: Level.nullish(),
  description: text.nullish(),
  author: z.union([text, z.array(text).transform((list) => list.join(", "))]).nullish(),
  date: text.nullish(),
  modified: text.nullish(),
  tags: texts,
  references: texts,
  falsepositives: texts,
  fields: texts,
});

const blank = Meta.parse({ title: "-" });

function readMeta(root: YamlMap, document: YamlDocument, file: string, report: Reporter): RuleMeta {
  const read = Meta.safeParse(root);
  if (!read.success)
    for (const issue of read.error.issues) report.error(pathOf(issue), `${issue.path.join(".") || "document"}: ${issue.message}`);
  const meta = read.success ? read.data : { ...blank, title: String(root.title ?? "") };
  return {
    id: meta.id || meta.name || slug(meta.title),
    ...(meta.name ? { name: meta.name } : {}),
    title: meta.title,
    status: meta.status ?? "test",
    level: meta.level ?? "medium",
    description: meta.description?.trim() ?? "",
    author: meta.author ?? "",
    ...(meta.date ? { date: meta.date } : {}),
    ...(meta.modified ? { modified: meta.modified } : {}),
    tags: meta.tags,
    references: meta.references,
    falsePositives: meta.falsepositives,
    fields: meta.fields,
    extension: readExtension(root.vedette, report),
    placeholders: [],
    missing: [],
    file,
    line: document.place([]).line,
    source: document.source,
  };
}

function readExtension(value: unknown, report: Reporter): Extension {
  if (value === undefined || value === null) return {};
  const read = Extension.safeParse(value);
  if (read.success) return read.data;
  for (const issue of read.error.issues) {
    const path = ["vedette", ...pathOf(issue)];
    if (issue.code !== "unrecognized_keys") report.error(path, `${path.join(".")}: ${issue.message}`);
    else for (const key of issue.keys) report.error([...path, key], `${path.join(".")} has no key '${key}'.`);
  }
  return {};
}

const pathOf = (issue: z.core.$ZodIssue): (string | number)[] => issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));

/** A stable id for a rule that gives none: its title in lower case words. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80);

function readLogsource(value: unknown, report: Reporter): SigmaDetection["logsource"] {
  if (!isMap(value)) {
    report.error(["logsource"], "A logsource is needed, for example 'category: api'.");
    return {};
  }
  const pick = (key: string) => (typeof value[key] === "string" ? { [key]: value[key].toLowerCase() } : {});
  return { ...pick("category"), ...pick("product"), ...pick("service") };
}

function readFilterRules(value: unknown, report: Reporter): SigmaFilter["rules"] {
  const rules = isMap(value) ? value.rules : undefined;
  if (typeof rules === "string" && rules !== "") return rules === "any" ? "any" : [rules];
  if (Array.isArray(rules) && rules.length > 0) return rules.map(String);
  report.error(["filter", "rules"], "A filter names the rules that it applies to, or 'any'.");
  return [];
}
