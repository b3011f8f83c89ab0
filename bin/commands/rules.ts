import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileRuleset } from "@/lib/detection/ruleset";
import type { Placeholders } from "@/lib/detection/sigma/placeholders";
import { AppError, invalid } from "@/lib/errors";
import { loadCatalog } from "@/lib/rules/catalog";
import { checkExamples } from "@/lib/rules/check-examples";
import { ruleFiles } from "@/lib/rules/export-rules";
import { importRules, readUpload } from "@/lib/rules/import-rules";
import { builtInFolder, listRuleFiles, readPlaceholderFile, readRuleFolders } from "@/lib/rules/rule-files";
import { closeStore } from "@/lib/store/db";

export const summary = "Lint, test, import and export detection rules";

export const usage = `Usage: vedette rules <lint|test|import|export> [options]

  lint [PATH…]        reads rules (the built-in ones when no PATH is given) and prints every problem as file:line:column
  test [PATH…]        runs the matches and ignores of every rule; correlations may refer to built-in rules
  import PATH…        takes Sigma rules (files, folders, ZIP archives) into the running installation; says what cannot run and why
  export DIR          writes every rule of the running installation as a file into DIR

  --placeholders FILE values of placeholders in rules, as YAML or JSON: {Admins: [ana, "adm_*"]}; for lint and test
  --json              prints the report as JSON
  --warnings          lint: fail on warnings too
  --dry-run           import: only say what would happen

lint and test need no installation, so that they can run in CI. Exit code 1: something is wrong.`;

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");

interface Options {
  json: boolean;
  placeholders: Placeholders;
  warnings: boolean;
  dryRun: boolean;
}

const verbs: Record<string, (paths: string[], options: Options) => number | Promise<number>> = {
  lint,
  test,
  import: importPaths,
  export: exportTo,
};

/** Runs the command. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" }, warnings: { type: "boolean" }, "dry-run": { type: "boolean" }, placeholders: { type: "string" } },
  });
  const [name = "", ...paths] = positionals;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb) {
    console.error(usage);
    return 2;
  }
  const { json = false, warnings = false, "dry-run": dryRun = false, placeholders } = values;
  return verb(paths, { json, warnings, dryRun, placeholders: placeholders === undefined ? {} : readPlaceholderFile(placeholders) });
}

const orBuiltIn = (paths: string[]) => (paths.length > 0 ? paths : [builtInFolder(root)]);

function lint(paths: string[], { json, warnings, placeholders }: Options): number {
  const { documents, problems } = readRuleFolders(orBuiltIn(paths), placeholders);
  const known = paths.length > 0 ? readRuleFolders([builtInFolder(root)]).documents : [];
  const files = new Set(documents.map(({ file }) => file));
  const compiled = compileRuleset([...known, ...documents]).problems.filter(({ file }) => files.has(file));
  const all = [...problems, ...compiled];
  const failing = all.filter(({ severity }) => warnings || severity === "error");
  if (json) console.log(JSON.stringify({ rules: documents.length, problems: all }));
  else {
    for (const { file, line, column, severity, detail } of all) console.log(`${file}:${line}:${column}: ${severity}: ${detail}`);
    console.error(`${documents.length} rules read, ${failing.length} to mend.`);
  }
  return failing.length > 0 ? 1 : 0;
}

function test(paths: string[], { json, placeholders }: Options): number {
  const { documents } = readRuleFolders(orBuiltIn(paths), placeholders);
  const known = paths.length > 0 ? readRuleFolders([builtInFolder(root)]).documents : [];
  const report = checkExamples(documents, [...known, ...documents]);
  if (json) console.log(JSON.stringify(report));
  else {
    for (const { file, title, list, number, detail } of report.failures) console.log(`${file}: ${title}: ${list} ${number} ${detail}`);
    for (const { file, title } of report.bare) console.log(`${file}: ${title}: has no example that it must match`);
    console.error(`${report.examples} examples, ${report.failures.length} wrong, ${report.bare.length} rules without one.`);
  }
  return report.failures.length > 0 ? 1 : 0;
}

async function importPaths(paths: string[], { json, dryRun }: Options): Promise<number> {
  if (paths.length === 0) throw invalid("Say which files, folders or ZIP archives to import.");
  const parts = paths
    .flatMap((given) => (/\.zip$/i.test(given) ? [given] : listRuleFiles(given)))
    .map((file) => ({ name: path.relative(process.cwd(), file) || file, bytes: fs.readFileSync(file) }));
  const files = await readUpload(parts);
  const ctx = { actor: { type: "system" as const, name: "the command line" }, now: new Date() };
  const report = await withStore(() => importRules(ctx, files, { dryRun }));
  if (json) console.log(JSON.stringify(report));
  else {
    for (const { file, line, detail } of report.refused) console.log(`${file}:${line}: ${detail}`);
    for (const { title, logsource } of report.elsewhere) console.log(`switched off, no such log arrives here (${logsource}): ${title}`);
    for (const { title, same } of report.known) if (!same) console.log(`left as it is, another text is here: ${title}`);
    for (const { title, placeholders } of report.waiting)
      console.log(`waits for values of ${placeholders.map((name) => `%${name}%`).join(", ")}: ${title}`);
    const { loaded, elsewhere, waiting, known, refused } = report;
    console.error(
      `${dryRun ? "Would be: " : ""}${loaded.length} loaded, ${elsewhere.length} for other log sources, ${waiting.length} waiting for values, ${known.length} known, ${refused.length} refused.`,
    );
  }
  return report.refused.length > 0 ? 1 : 0;
}

async function exportTo([folder]: string[], { json }: Options): Promise<number> {
  if (!folder) throw invalid("Say into which folder to write.");
  const { rules } = await withStore(loadCatalog);
  fs.mkdirSync(folder, { recursive: true });
  for (const { name, text } of ruleFiles(rules)) fs.writeFileSync(path.join(folder, name), text);
  if (json) console.log(JSON.stringify({ rules: rules.length, folder }));
  else console.error(`${rules.length} rules written to ${folder}.`);
  return 0;
}

/** Runs what needs the database, and says plainly when there is none. */
async function withStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid(`The installation cannot be reached: ${error instanceof Error ? error.message : String(error)}. Is it running?`);
  } finally {
    await closeStore();
  }
}
