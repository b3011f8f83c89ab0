/** Events as files: rows for spreadsheets, lines for programs, a table for tickets. Pure; nothing in a cell can act in a spreadsheet. */
import type { EventDocument } from "@/lib/model/event";
import { eventTitle, actorName } from "@/lib/model/event-words";

/** What an export can be. */
export const EXPORT_FORMATS = ["csv", "ndjson", "json", "md"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Columns of CSV and Markdown, in order. */
const COLUMNS: readonly [string, (document: EventDocument) => string | number | boolean | undefined][] = [
  ["occurred_at", (e) => e.occurred_at],
  ["id", (e) => e.id],
  ["what", eventTitle],
  ["action", (e) => e.action],
  ["outcome", (e) => e.outcome],
  ["reason", (e) => e.reason],
  ["service", (e) => e.service],
  ["actor", actorName],
  ["actor_exists", (e) => e.actor?.exists],
  ["ip", (e) => e.source?.ip],
  ["country", (e) => e.source?.geo?.country],
  ["asn", (e) => e.source?.geo?.asn],
  ["user_agent", (e) => e.source?.user_agent],
  ["method", (e) => e.http?.method],
  ["path", (e) => e.http?.path],
  ["status", (e) => e.http?.status],
  ["duration_ms", (e) => e.http?.duration_ms],
  ["key", (e) => e.credential?.id],
  ["session", (e) => e.session?.id],
];

/** One cell of CSV. Text that a spreadsheet would run as a formula gets an apostrophe before it; quotes are doubled. */
export function csvCell(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[\s]*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const markdownCell = (value: string | number | boolean | undefined): string =>
  String(value ?? "")
    .slice(0, 200)
    .replace(/[\\`*_{}[\]<>#|~!&]/g, "\\$&")
    .replace(/\s+/g, " ");

const markdownColumns = COLUMNS.filter(([name]) => ["occurred_at", "what", "actor", "ip", "country", "service", "status"].includes(name));

/** What stands before the first, between and after the events of a file, and each event. */
export interface Writer {
  type: string;
  head: string;
  between: string;
  tail: string;
  line: (document: EventDocument) => string;
}

/** How a format is written. */
export const writers: Record<ExportFormat, Writer> = {
  csv: {
    type: "text/csv; charset=utf-8",
    head: `${COLUMNS.map(([name]) => name).join(",")}\r\n`,
    between: "\r\n",
    tail: "\r\n",
    line: (document) => COLUMNS.map(([, read]) => csvCell(read(document))).join(","),
  },
  ndjson: { type: "application/x-ndjson", head: "", between: "\n", tail: "\n", line: (document) => JSON.stringify(document) },
  json: { type: "application/json", head: "[\n", between: ",\n", tail: "\n]\n", line: (document) => JSON.stringify(document) },
  md: {
    type: "text/markdown; charset=utf-8",
    head: `| ${markdownColumns.map(([name]) => name).join(" | ")} |\n|${markdownColumns.map(() => " --- |").join("")}\n`,
    between: "\n",
    tail: "\n",
    line: (document) => `| ${markdownColumns.map(([, read]) => markdownCell(read(document))).join(" | ")} |`,
  },
};
