/** What may stand at a place in a rule's text. Pure: looks at indentation and at the line, as a person does, so that it works while the text is broken. */
import type { Vocabulary, Word } from "@/lib/rules/vocabulary";

/** Proposals for the text from `from` to the cursor. `isKey`: a colon follows the word. */
export interface Proposal {
  from: number;
  words: Word[];
  isKey: boolean;
}

const indentOf = (line: string): number => /^(?: |- )*/.exec(line)?.[0].length ?? 0;
const KEY = /^(?: |- )*(?:"([^"]*)"|'([^']*)'|([^\s:#"'{[][^:#{[]*?))\s*:(?:\s|$)/;
const keyOf = (line: string): string | undefined => {
  const found = KEY.exec(line);
  return found?.[1] ?? found?.[2] ?? found?.[3];
};

/** The keys above a line, outermost first. */
function parentsOf(lines: readonly string[], number: number, indent: number): string[] {
  const parents: string[] = [];
  let below = indent;
  for (let at = number - 1; at >= 0 && below > 0; at--) {
    const line = lines[at] ?? "";
    if (line === "---") break;
    const key = keyOf(line);
    if (line.trim() === "" || key === undefined || indentOf(line) >= below) continue;
    parents.unshift(key.trim());
    below = indentOf(line);
  }
  return parents;
}

/** What may stand at an offset; null where anything may. */
export function proposeAt(text: string, offset: number, vocabulary: Vocabulary): Proposal | null {
  const before = text.slice(0, offset);
  const lines = before.split("\n");
  const line = lines.at(-1) ?? "";
  if (/^\s*#|\s#/.test(line)) return null;
  const word = /[\w@.()|-]*$/.exec(line)?.[0] ?? "";
  const start = line.slice(0, line.length - word.length);
  const { path, isKey } = placeOf(start, parentsOf(lines, lines.length - 1, indentOf(line)));
  const bar = word.lastIndexOf("|");
  const isField = path[0] === "detection" && path.length >= 2 && isKey;
  const from = offset - (bar >= 0 && isField ? word.length - bar - 1 : word.length);
  const proposed = isField ? vocabulary[bar >= 0 ? "modifier" : "field"] : vocabulary[path.join(".")];
  return proposed ? { from, words: proposed, isKey: isKey && !(isField && bar >= 0) && path.join(".") !== "vedette.entity" } : null;
}

/** The path of keys at the end of a line's start, and whether a key or a value comes next. Flow maps and lists count as in blocks. */
function placeOf(start: string, parents: string[]): { path: string[]; isKey: boolean } {
  const key = keyOf(`${start} `);
  if (key === undefined) {
    const listOf = /^\s*- $/.test(start) && !["detection", "vedette.matches"].includes(parents.join("."));
    return { path: parents, isKey: !listOf || parents[0] === "detection" };
  }
  const path = [...parents, key.trim()];
  const rest = start.slice(start.indexOf(":") + 1).trim();
  if (!rest.startsWith("{")) return { path, isKey: false };
  const part = rest.slice(Math.max(rest.lastIndexOf("{"), rest.lastIndexOf(",")) + 1);
  const inner = /^\s*([\w-]+):\s/.exec(`${part} `)?.[1];
  return inner === undefined ? { path, isKey: true } : { path: [...path, inner], isKey: false };
}
