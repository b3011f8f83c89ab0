/** Writing the plain-text part of a mail: 72 columns, wrapped by words, links on lines of their own. */
import { visible } from "@/lib/model/visible";

/** The widest line of a text part. RFC 3676 and old habits: 72 leaves room for quoting. */
export const COLUMNS = 72;

/** Quotation marks as a keyboard has them. */
const straight = (text: string): string => text.replace(/[\u201c\u201d]/g, '"').replace(/[\u2018\u2019]/g, "'");

/** One line, at most `length` characters, with an ellipsis of three dots where it was cut. */
export function clip(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, Math.max(0, length - 3)).trimEnd()}...`;
}

const chunks = (word: string, width: number): string[] => {
  if (word.length <= width || /^https?:\/\//.test(word)) return [word];
  return Array.from({ length: Math.ceil(word.length / width) }, (_, index) => word.slice(index * width, (index + 1) * width));
};

/** Wraps one paragraph to COLUMNS, each line after `indent` spaces. A web address is never broken. */
export function wrap(text: string, indent = 0, hanging = indent): string {
  const lines: string[] = [];
  let line = "";
  const room = () => COLUMNS - (lines.length === 0 ? indent : hanging);
  const words = straight(visible(text))
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((word) => chunks(word, COLUMNS - Math.max(indent, hanging)));
  for (const word of words) {
    if (line && line.length + 1 + word.length > room()) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  if (line) lines.push(line);
  return lines.map((each, index) => " ".repeat(index === 0 ? indent : hanging) + each).join("\n");
}

/** Label and value in two columns under one indent; long values wrap under their column. */
export function pairs(list: readonly (readonly [string, string])[], indent = 2): string {
  const width = Math.min(24, Math.max(0, ...list.map(([label]) => visible(label).length)));
  return list
    .map(([label, value]) => {
      const shown = visible(label);
      if (shown.length > width) return `${wrap(shown, indent)}\n${wrap(value, indent + 2)}`;
      const column = indent + width + 3;
      return `${" ".repeat(indent)}${shown.padEnd(width)}   ${wrap(value, column).trimStart()}`;
    })
    .join("\n");
}

/** Counts in a right-aligned column with a bar of `#` behind, scaled to the largest. */
export function bars(list: readonly { label: string; value: number; note?: string }[], withBar: boolean, indent = 2): string {
  const numbers = list.map(({ value }) => grouped(value));
  const labels = list.map(({ label }) => clip(visible(label), 40));
  const labelWidth = Math.max(0, ...labels.map((label) => label.length));
  const numberWidth = Math.max(0, ...numbers.map((number) => number.length));
  const largest = Math.max(1, ...list.map(({ value }) => value));
  return list
    .map(({ value, note }, index) => {
      const head = `${" ".repeat(indent)}${labels[index]?.padEnd(labelWidth)}   ${numbers[index]?.padStart(numberWidth)}`;
      const tail = withBar
        ? "#".repeat(Math.floor((value / largest) * 20))
        : clip(visible(note ?? ""), Math.max(0, COLUMNS - head.length - 3));
      return tail ? `${head}   ${tail}` : head;
    })
    .join("\n");
}

/** A whole number with thousands separated by commas. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** "1 event", "2 events": a number with its noun. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

/** The lines of what somebody wrote, without empty ones; at most twelve. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, 12);
