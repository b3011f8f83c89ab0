/** A remedy beside a problem: the nearest word that may stand at its place. Pure; asks the same vocabulary as completion. */
import type { Vocabulary } from "@/lib/rules/vocabulary";
import { proposeAt } from "./complete-rule";

/** One change of the text, by offsets, and what the button says. */
export interface QuickFix {
  label: string;
  from: number;
  to: number;
  insert: string;
}

interface Place {
  line: number;
  detail: string;
}

/** The remedy for a problem; undefined when none is near enough to be offered. */
export function quickFix(text: string, { line, detail }: Place, vocabulary: Vocabulary): QuickFix | undefined {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  for (const { word, at } of suspects(lines[line - 1] ?? "", detail)) {
    const from = start + at;
    const words = wordsAt(text, { from, to: from + word.length }, vocabulary);
    if (words.length === 0 || words.includes(word)) continue;
    const near = nearest(word, words);
    if (near) return { label: `Write ${near}`, from, to: from + word.length, insert: near };
    if (text[from - 1] === "|") return { label: "Remove it", from: from - 1, to: from + word.length, insert: "" };
  }
  return undefined;
}

/** Words of a line that a problem may mean: those that it quotes, then the key and the value. */
function suspects(line: string, detail: string): { word: string; at: number }[] {
  const quoted = [...detail.matchAll(/['"“]([\w@.|-]+)['"”]/g)].map(([, word = ""]) => word);
  const [, key = "", value = ""] = /^[\s-]*([\w.|-]+)\s*:\s*([\w.-]*)/.exec(line) ?? [];
  return [...quoted, value, key].flatMap((word) => {
    const at = word === "" ? -1 : line.search(new RegExp(`(?<![\\w.-])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w.-])`));
    return at < 0 ? [] : [{ word, at }];
  });
}

/** What may stand instead of a word. */
function wordsAt(text: string, { from, to }: { from: number; to: number }, vocabulary: Vocabulary): string[] {
  const line = text.slice(text.lastIndexOf("\n", from - 1) + 1, from);
  if (/^\s+condition:/.test(line)) return searchNames(text);
  return proposeAt(text, to, vocabulary)?.words.map(({ word }) => word) ?? [];
}

/** The searches of a detection, by their indentation below it. */
function searchNames(text: string): string[] {
  const section = /^(?:detection|filter):[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text)?.[1] ?? "";
  const indent = /^[ \t]+/.exec(section)?.[0] ?? "  ";
  return section
    .split("\n")
    .flatMap((line) =>
      line.startsWith(indent) && /^\S/.test(line.slice(indent.length)) ? [line.slice(indent.length).split(":")[0] ?? ""] : [],
    )
    .filter((name) => name !== "condition" && name !== "timeframe" && name !== "rules");
}

function nearest(word: string, words: readonly string[]): string | undefined {
  const most = word.length < 4 ? 1 : word.length < 8 ? 2 : 3;
  let best: { word: string; far: number } | undefined;
  for (const each of words) {
    if (Math.abs(each.length - word.length) > most) continue;
    const far = distance(word.toLowerCase(), each.toLowerCase());
    if (far <= most && (!best || far < best.far)) best = { word: each, far };
  }
  return best?.word;
}

/** Letters to add, drop, change or swap until two words are one. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const [above = [], before] = [rows[i - 1], rows[i - 2]];
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + cost);
      if (before && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY;
}
