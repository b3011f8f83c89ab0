/** Rules as files: the built-in ones in `rules/`, and folders that people name on the command line. */
import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import { invalid } from "@/lib/errors";
import type { Placeholders } from "@/lib/detection/sigma/placeholders";
import { type ParsedRules, parseRules } from "@/lib/detection/sigma/parse";
import { readYaml } from "@/lib/detection/sigma/yaml-document";

const FILES_MOST = 20_000; // the largest public collection has about 4,000

/** All rule files below a folder (or the one file), sorted, so that every machine loads them in one order. */
export function listRuleFiles(folder: string): string[] {
  const stat = fs.statSync(folder, { throwIfNoEntry: false });
  if (!stat) throw invalid(`There is no folder or file ${folder}.`);
  if (stat.isFile()) return [folder];
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  if (files.length > FILES_MOST) throw invalid(`${folder} holds more than ${FILES_MOST} rule files.`);
  return files;
}

/** Reads and parses every rule below the given folders. File names in problems are relative to where the command runs. */
export function readRuleFolders(folders: readonly string[], placeholders: Placeholders = {}): ParsedRules {
  const all: ParsedRules = { documents: [], problems: [] };
  for (const folder of folders) {
    for (const file of listRuleFiles(folder)) {
      const name = path.relative(process.cwd(), file) || file;
      const { documents, problems } = parseRules(fs.readFileSync(file, "utf8"), name, placeholders);
      all.documents.push(...documents);
      all.problems.push(...problems);
    }
  }
  return all;
}

/** Values of placeholders in a file: a map of names to a value or a list of them. */
export function readPlaceholderFile(file: string): Placeholders {
  if (!fs.existsSync(file)) throw invalid(`There is no file ${file}.`);
  const read = PlaceholderFile.safeParse(readYaml(fs.readFileSync(file, "utf8"), file).documents[0]?.value);
  if (!read.success) throw invalid(`${file} is no map of placeholder names to lists of values.`);
  return read.data;
}

const PlaceholderFile = z.record(z.string(), z.union([z.array(z.coerce.string()), z.coerce.string().transform((one) => [one])]));

/** Where the built-in rules are: beside the code, whatever the working directory is. */
export const builtInFolder = (root: string): string => path.join(root, "rules");
