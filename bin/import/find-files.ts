/** Which files a command line means: names, folders, and patterns that the shell did not expand. */
import fs from "node:fs";
import path from "node:path";
import { invalid } from "@/lib/errors";

/** Files one import looks at; more is a mistake in the pattern. */
const MOST_FILES = 100_000;

/** The files that the arguments name, each once, in the order of the arguments; `-` is standard input. Throws `invalid` for an argument that means nothing. */
export function findFiles(args: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const argument of args) {
    const files = argument === "-" ? ["-"] : filesOf(argument);
    if (files.length === 0) throw invalid(/[*?[{]/.test(argument) ? `No file matches ${argument}.` : `There is no file ${argument}.`);
    for (const file of files) found.set(file === "-" ? "-" : path.resolve(file), file);
    if (found.size > MOST_FILES) throw invalid(`More than ${MOST_FILES} files match.`);
  }
  return [...found.values()];
}

function filesOf(argument: string): string[] {
  const stat = fs.statSync(argument, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return [...walk(argument)];
  if (stat) return [argument];
  return /[*?[{]/.test(argument) ? expand(argument) : [];
}

/** `**` any folders, `*` and `?` within a name, `[abc]`, `{a,b}`. */
function expand(pattern: string): string[] {
  const parts = pattern.split(path.sep);
  const fixed = parts.findIndex((part) => /[*?[{]/.test(part));
  const root = parts.slice(0, fixed).join(path.sep) || (path.isAbsolute(pattern) ? path.sep : ".");
  const matcher = new RegExp(`^${parts.slice(fixed).map(partPattern).join("")}$`);
  if (!fs.existsSync(root)) return [];
  return [...walk(root)].filter((file) => matcher.test(path.relative(root, file).split(path.sep).join("/")));
}

/** One part of a pattern as a regular expression; all but the last end with a slash. The pattern is the user's own, typed at his own terminal. */
function partPattern(part: string, at: number, all: readonly string[]): string {
  const last = at === all.length - 1;
  if (part === "**") return last ? ".*" : "(?:[^/]+/)*";
  const text = part
    .replace(/[.+^$()|\\]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]")
    .replace(/\{([^}]*)\}/g, (_, choices: string) => `(?:${choices.split(",").join("|")})`);
  return last ? text : `${text}/`;
}

function* walk(folder: string): Generator<string> {
  const entries = fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const whole = path.join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) yield* walk(whole);
    else if (fs.statSync(whole, { throwIfNoEntry: false })?.isFile()) yield whole;
  }
}
