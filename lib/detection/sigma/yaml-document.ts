/** YAML read so that every problem can point at its place: values for the parsers, and the line and column of any path in them. */
import { isMap, isSeq, LineCounter, type Node, type Document, parseAllDocuments } from "yaml";
import type { Problem } from "@/lib/errors";

/** A rule file may be at most this long: no published rule is longer than 60 KiB, and a parser must not be fed novels. */
const SOURCE_LIMIT = 512 * 1024;

/** One thing found in a rule file. A warning does not stop the rule from running. */
export interface RuleProblem extends Problem {
  file: string;
  line: number;
  column: number;
  severity: "error" | "warning";
}

/** A path into a YAML value: keys of maps and indexes of lists. */
export type Path = readonly (string | number)[];

/** One document of a YAML stream: its plain value, and where things stand in the file. */
export interface YamlDocument {
  value: unknown;
  /** The 1-based place of the value at `path`, or of the nearest thing that encloses it. */
  place(path: Path): { line: number; column: number };
  /** The YAML text of this document alone. */
  source: string;
}

/** Splits a YAML (or JSON) stream into documents. Syntax errors come back as problems, all of them, and their documents are left out. */
export function readYaml(text: string, file: string): { documents: YamlDocument[]; problems: RuleProblem[] } {
  if (text.length > SOURCE_LIMIT) {
    return {
      documents: [],
      problems: [{ file, line: 1, column: 1, severity: "error", detail: `The file is longer than ${SOURCE_LIMIT / 1024} KiB.` }],
    };
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const problems: RuleProblem[] = [];
  const documents: YamlDocument[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      problems.push({ file, line: Math.max(1, line), column: Math.max(1, col), severity: "error", detail: error.message });
    }
    if (document.errors.length > 0) continue;
    const read = toPlain(document);
    if ("failed" in read) problems.push({ file, line: 1, column: 1, severity: "error", detail: read.failed });
    else if (read.value !== null)
      documents.push({ value: read.value, place: (path) => placeOf(document, lines, path), source: sourceOf(document, text) });
  }
  return { documents, problems };
}

/** Anchors may be used, but not to build a billion laughs: the parser throws past its alias limit, which is the user's error and not ours. */
function toPlain(document: Document.Parsed): { value: unknown } | { failed: string } {
  try {
    return { value: document.toJS({ maxAliasCount: 50 }) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : "The document cannot be read." };
  }
}

const sourceOf = (document: Document.Parsed, text: string): string => text.slice(document.range[0], document.range[2]);

function placeOf(document: Document.Parsed, lines: LineCounter, path: Path): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? document.range[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(step));
      if (!pair) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

const keyText = (key: unknown): string => String(key && typeof key === "object" && "value" in key ? key.value : key);
const rangeStart = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]; // any yaml node carries its range
