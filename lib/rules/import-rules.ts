/** Takes foreign Sigma rules in: each document becomes a rule of one's own, and a report says what cannot run and why. */
import { setImmediate as breathe } from "node:timers/promises";
import { requirePermission } from "@/lib/access/require-permission";
import { isOurCategory } from "@/lib/detection/match/logsource";
import { compileRuleset, isOnByDefault } from "@/lib/detection/ruleset";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { Placeholders } from "@/lib/detection/sigma/placeholders";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { AppError } from "@/lib/errors";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { insertRules } from "@/lib/store/rules";
import { looksZipped, unzip } from "@/lib/zip";
import { loadCatalog, rememberParsed } from "./catalog";

/** A rule file as it came: its name is a label only. */
export interface ImportFile {
  name: string;
  text: string;
}

/** What became, or would become, of the documents of an import. */
export interface ImportReport {
  files: number;
  /** Run from now on; those that their authors gave up (deprecated, unsupported) are here and switched off. */
  loaded: { id: string; title: string; file: string; enabled: boolean }[];
  /** Read, but their log source is none that every installation has: switched off until somebody who sends such logs switches them on. */
  elsewhere: { id: string; title: string; file: string; logsource: string }[];
  /** Read, and begin when the placeholders that they name have values. */
  waiting: { id: string; title: string; file: string; placeholders: readonly string[] }[];
  /** Rules whose id is here already; they stay as they are. `same`: so does the text. */
  known: { id: string; title: string; file: string; same: boolean }[];
  refused: { file: string; line: number; detail: string }[];
}

/** What an upload may be: a public collection has about 4,000 rules in 10 MB. */
export const IMPORT_LIMITS = { bytes: 24 * 1024 * 1024, files: 20_000, fileBytes: 512 * 1024, totalBytes: 96 * 1024 * 1024 };

/** Hidden files and folders are no rules; `./` and `../` are only ways to a place. */
const isRuleFile = (name: string): boolean => /\.(ya?ml|json)$/i.test(name) && !/(^|\/)(?:_|\.(?!\.?\/))/.test(name);

/** The rule files in what somebody uploaded: a ZIP archive, or files as they are. Other files are left out. */
export async function readUpload(parts: readonly { name: string; bytes: Buffer }[]): Promise<ImportFile[]> {
  const files: ImportFile[] = [];
  for (const { name, bytes } of parts) {
    if (looksZipped(bytes)) {
      const { files: entries, fileBytes: entryBytes, totalBytes } = IMPORT_LIMITS;
      const unpacked = await unzip(bytes, { entries, entryBytes, totalBytes, wanted: isRuleFile });
      files.push(...unpacked.map((entry) => ({ name: entry.name, text: entry.data.toString("utf8") })));
    } else if (isRuleFile(name) || parts.length === 1) files.push({ name: name.slice(0, 1_024), text: bytes.toString("utf8") });
  }
  if (files.length > IMPORT_LIMITS.files)
    throw new AppError("too_large", `More than ${IMPORT_LIMITS.files.toLocaleString("en")} rule files.`);
  if (files.length === 0) throw new AppError("invalid", "There is no rule file in it. Rules are YAML files, or a ZIP archive of them.");
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Imports the texts of rule files; importing the same folder twice changes nothing. With `dryRun` only the report is made. */
export async function importRules(ctx: Context, files: readonly ImportFile[], { dryRun = false } = {}): Promise<ImportReport> {
  requirePermission(ctx, "rule:write");
  const { report, taken, placeholders } = await sort(files);
  if (dryRun || taken.length === 0) return report;
  await inTransaction(async (tx) => {
    const by = { at: ctx.now, name: ctx.actor.name };
    await insertRules(
      tx,
      taken.map(({ document: { id, source, file }, enabled }) => ({
        id,
        yaml: source,
        enabled,
        comment: `Imported from ${file}`.slice(0, 500),
      })),
      by,
    );
    const { loaded, elsewhere, waiting, known, refused } = report;
    const after = {
      loaded: loaded.length,
      elsewhere: elsewhere.length,
      waiting: waiting.length,
      known: known.length,
      refused: refused.length,
    };
    await recordAudit(tx, ctx, "rule.import", { after });
  });
  rememberParsed(
    taken.map(({ document }) => document),
    placeholders,
  );
  return report;
}

interface Taken {
  document: SigmaDocument;
  isHere: boolean;
  enabled: boolean;
}

async function sort(files: readonly ImportFile[]): Promise<{ report: ImportReport; taken: Taken[]; placeholders: Placeholders }> {
  const { rules, placeholders } = await loadCatalog();
  const report: ImportReport = { files: files.length, loaded: [], elsewhere: [], waiting: [], known: [], refused: [] };
  const here = new Map(rules.map((rule) => [rule.id, rule]));
  const taken = new Map<string, Taken>();
  for (const [index, { name, text }] of files.entries()) {
    if (index % 20 === 19) await breathe(); // parsing thousands of files must not hold up everybody else
    const { documents, problems } = parseRules(text, name, placeholders);
    for (const { line, detail, severity } of problems) if (severity === "error") report.refused.push({ file: name, line, detail });
    for (const document of documents) {
      const { id, title, line } = document;
      const known = here.get(id);
      if (known) report.known.push({ id, title, file: name, same: known.yaml.trim() === document.source.trim() });
      else if (taken.has(id)) report.refused.push({ file: name, line, detail: `The id ${id} is used twice in this import.` });
      else {
        const isHere = document.kind !== "detection" || isOurCategory(document.logsource);
        taken.set(id, { document, isHere, enabled: isHere && isOnByDefault(document) });
      }
    }
  }
  dropBroken(
    taken,
    rules.map(({ document }) => document),
    report,
  );
  for (const { document, isHere, enabled } of taken.values()) {
    const { id, title, file, missing } = document;
    if (missing.length > 0) report.waiting.push({ id, title, file, placeholders: missing });
    else if (isHere) report.loaded.push({ id, title, file, enabled });
    else
      report.elsewhere.push({ id, title, file, logsource: "logsource" in document ? Object.values(document.logsource).join(" / ") : "" });
  }
  return { report, taken: [...taken.values()], placeholders };
}

/** Takes out what cannot be compiled among all the others: names that are not there, expressions that are none. */
function dropBroken(taken: Map<string, Taken>, present: readonly SigmaDocument[], report: ImportReport): void {
  const running = [...taken.values()].filter(({ isHere }) => isHere).map(({ document }) => document);
  const files = new Set(running.map(({ file }) => file));
  for (const { file, line, detail, severity } of compileRuleset([...present, ...[...taken.values()].map(({ document }) => document)])
    .problems) {
    if (severity !== "error" || !files.has(file)) continue;
    const culprit = running.filter((document) => document.file === file && document.line <= line).at(-1);
    if (culprit) taken.delete(culprit.id);
    report.refused.push({ file, line, detail });
  }
}
