/** Tree to a SQL condition with bound parameters. It only writes text: names of columns come from a table that the store gives, values never enter it. */
import type { Query, Term, Test } from "./ast";
import { type Field, type FieldTable, findField } from "./fields";
import { foldCase, PLAIN_NUMBER } from "./predicate";

/** A typed column that holds what stands at a path of the document. `sql` is trusted text. */
export interface Column {
  sql: string;
  /** `integer`: asked for as one, or PostgreSQL would compare every row as a float, past its indexes and its statistics. */
  type: "text" | "address" | "number" | "integer" | "boolean" | "time";
}

/** Where the store keeps a kind of record: columns by dotted path, and the document (json) for everything else. */
export interface SqlTable {
  fields: FieldTable;
  columns: Readonly<Record<string, Column>>;
  document: string;
  /** The document is stored as JSON.stringify wrote it: a text in it can be looked for before it is parsed, which costs twenty times more. */
  verbatim?: boolean;
  /** By dotted path in the document: what holds of every record whose text there is like a pattern in small letters, and can be told without the document. */
  narrow?: Readonly<Record<string, (pattern: string) => string>>;
}

export interface Condition {
  text: string;
  values: (string | number | boolean | string[])[];
}

/** Compiles a tree made with `table.fields`; parameters are numbered from `first`. The condition is never null where it stands alone. */
export function compileSql(query: Query, table: SqlTable, first = 1): Condition {
  const writer: Writer = { table, first, values: [] };
  return { text: write(query, writer), values: writer.values };
}

interface Writer {
  table: SqlTable;
  first: number;
  values: Condition["values"];
}

function bind(writer: Writer, value: Condition["values"][number], type: string): string {
  writer.values.push(value);
  return `$${writer.first + writer.values.length - 1}::${type}`;
}

function write(query: Query, writer: Writer): string {
  switch (query.type) {
    case "all":
      return query.nodes.length === 0 ? "true" : `(${query.nodes.map((node) => write(node, writer)).join(" and ")})`;
    case "any":
      return `(${query.nodes.map((node) => write(node, writer)).join(" or ")})`;
    case "not":
      return `(${write(query.node, writer)}) is not true`; // what is absent is not equal: two-valued, as in the predicate
    case "term":
      return writeTerm(query, writer);
  }
}

function writeTerm(term: Term, writer: Writer): string {
  const { fields } = writer.table;
  const asked = term.field === null ? fields.text.map((name) => findField(fields, name)) : [findField(fields, term.field)];
  const places = asked.flatMap((field) => (field ? field.paths.map((path) => ({ field, path })) : []));
  if (term.test.op === "match") {
    const narrowed = writeNarrowed(term.test, places, writer);
    if (narrowed) return narrowed;
  }
  const isParsed = places.some((place) => !columnOf(place, writer));
  return isParsed ? behindNeedle(term.test, places, writer) : writePlaces(term.test, places, writer);
}

/** Where all that stands in documents can be narrowed: the columns, or else the documents of those few records. */
function writeNarrowed(test: Test & { op: "match" }, places: readonly Place[], writer: Writer): string | undefined {
  const documents = places.filter((place) => !columnOf(place, writer));
  const narrows = new Set(documents.map(({ path }) => writer.table.narrow?.[path.join(".")]));
  const isOfAnything = test.parts.every((part) => part === ""); // an empty text as well, which nobody notes
  if (documents.length === 0 || narrows.has(undefined) || isOfAnything) return undefined;
  const pattern = bind(writer, patternOf(test, foldCase), "text");
  const few = [...narrows].map((narrow) => narrow?.(pattern)).join(" or ");
  const opened = `((${few}) and ${behindNeedle(test, documents, writer)})`;
  const columns = places.filter((place) => columnOf(place, writer));
  return columns.length === 0 ? opened : `(${writePlaces(test, columns, writer)} or ${opened})`;
}

function writePlaces(test: Test, places: readonly Place[], writer: Writer): string {
  const conditions = places.map((place) => writePlace(test, place, writer));
  return conditions.length === 1 ? (conditions[0] ?? "false") : `(${conditions.join(" or ") || "false"})`;
}

/** The cheap look into a document's text first: "case" keeps the order. */
function behindNeedle(test: Test, places: readonly Place[], writer: Writer): string {
  const condition = writePlaces(test, places, writer);
  const needle = writer.table.verbatim && test.op === "match" ? needleOf(test.parts) : "";
  if (needle === "") return condition;
  return `case when lower(${writer.table.document}::text collate "C") like ${bind(writer, `%${likeLiteral(needle)}%`, "text")} then ${condition} else false end`;
}

const WORTHWHILE = 3; // a shorter text is in nearly every document

/** The longest text that a matching document must hold letter by letter: JSON writes all but quotes, backslashes and controls as they are. */
function needleOf(parts: readonly string[]): string {
  const runs = parts.flatMap((part) => foldCase(part).split(/["\\\u0000-\u001f]/));
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  return longest.length >= WORTHWHILE ? longest : "";
}

/** A text with the signs of LIKE made literal. */
const likeLiteral = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

interface Place {
  field: Field;
  path: readonly string[];
}

const columnOf = ({ path }: Place, { table }: Writer): Column | undefined => table.columns[path.join(".")];

function writePlace(test: Test, place: Place, writer: Writer): string {
  const { field, path } = place;
  const column = columnOf(place, writer);
  if (column) return writeTest(test, { field, value: column.sql, type: column.type }, writer);
  if (field.kind === "any" || path.includes("*")) return writeList(test, place, writer);
  const text = `(${writer.table.document} #>> ${bind(writer, [...path], "text[]")})`;
  return writeTest(test, { field, value: text, type: "text" }, writer);
}

/** Values in lists, and free JSON that may be one: each scalar element is asked. */
function writeList(test: Test, { field, path }: Place, writer: Writer): string {
  const star = path.indexOf("*");
  const root = `(${writer.table.document} #> ${bind(writer, star < 0 ? [...path] : path.slice(0, star), "text[]")})`;
  const rest = star < 0 ? [] : path.slice(star + 1);
  const element = rest.length > 0 ? `(item.value #>> ${bind(writer, [...rest], "text[]")})` : "(item.value #>> '{}')";
  const items = `json_array_elements(case json_typeof(${root}) when 'array' then ${root} else json_build_array(${root}) end) as item(value)`;
  const scalar = rest.length > 0 ? "true" : "json_typeof(item.value) in ('string', 'number', 'boolean')";
  return `exists (select 1 from ${items} where ${scalar} and ${writeTest(test, { field, value: element, type: "text" }, writer)})`;
}

interface Operand {
  field: Field;
  /** SQL of the value. */
  value: string;
  type: Column["type"];
}

function writeTest(test: Test, operand: Operand, writer: Writer): string {
  const { value } = operand;
  switch (test.op) {
    case "exists":
      return `${value} is not null`;
    case "flag":
      return operand.type === "boolean"
        ? `${value} = ${bind(writer, test.value, "boolean")}`
        : `${value} = ${bind(writer, String(test.value), "text")}`;
    case "network":
      return `${asAddress(operand)} ${test.network.includes("/") ? "<<=" : "="} ${bind(writer, test.network, "inet")}`;
    case "addresses":
      return `${asAddress(operand)} between ${bind(writer, test.from, "inet")} and ${bind(writer, test.to, "inet")}`;
    case "compare":
      return `${asNumber(operand)} ${test.comparison} ${bindNumber(writer, operand, test.value)}`;
    case "between":
      return `${asNumber(operand)} between ${bindNumber(writer, operand, test.from)} and ${bindNumber(writer, operand, test.to)}`;
    case "match":
      return writeMatch(test, operand, writer);
  }
}

const asAddress = ({ value, type }: Operand): string => (type === "address" ? value : `${value}::inet`);

function asNumber({ value, type, field }: Operand): string {
  if (type === "number" || type === "integer" || type === "time") return value;
  if (field.kind === "time") return `${value}::timestamptz`;
  return `case when ${value} ~ '${PLAIN_NUMBER.source}' then ${value}::float8 end`; // a text that is no number has no amount
}

function bindNumber(writer: Writer, { field, type }: Operand, value: number): string {
  if (field.kind === "time") return bind(writer, new Date(value).toISOString(), "timestamptz");
  return bind(writer, value, type === "integer" && Number.isSafeInteger(value) ? "int8" : "float8");
}

function asText({ value, type }: Operand): string {
  if (type === "address") return `host(${value})`;
  return type === "text" ? value : `${value}::text`;
}

function writeMatch(test: Test & { op: "match" }, operand: Operand, writer: Writer): string {
  const { exact } = operand.field;
  const fold = exact ? (text: string) => text : foldCase;
  const value = exact ? asText(operand) : `lower(${asText(operand)} collate "C")`; // "C": A-Z only, the same in every database
  const [only = ""] = test.parts;
  if (test.whole && test.parts.length === 1) return `${value} = ${bind(writer, fold(only), "text")}`;
  return `${value} like ${bind(writer, patternOf(test, fold), "text")}`;
}

function patternOf({ parts, whole }: Test & { op: "match" }, fold: (text: string) => string): string {
  const pattern = parts.map((part) => likeLiteral(fold(part))).join("%");
  return whole ? pattern : `%${pattern}%`;
}
