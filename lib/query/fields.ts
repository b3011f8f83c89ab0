/** Field tables: which public names a kind of record has, what kind of value stands behind each, and where in its document it is. */

/** `keyword`: compared as a whole; `text`: it is enough to contain; `any`: free JSON, read as the test needs it. */
export type FieldKind = "keyword" | "text" | "number" | "address" | "boolean" | "time" | "any";

export interface Field {
  name: string;
  kind: FieldKind;
  /** In words, as chips and column heads say it. */
  label: string;
  group: string;
  /** Places in the document; a record matches when a value at any of them does. `*` goes through a list. */
  paths: readonly (readonly string[])[];
  aliases?: readonly string[];
  /** Identifiers: case counts. Everywhere else A-Z and a-z are the same. */
  exact?: boolean;
  /** All values there are, in order when `ordered`. */
  values?: readonly string[];
  ordered?: boolean;
  /** Values with a known prefix that people type along, for example `AS` of a network number. */
  prefix?: string;
  example: string;
}

export interface FieldTable {
  /** What the records are called, in the plural: for messages. */
  records: string;
  fields: readonly Field[];
  /** Names of the text and keyword fields that free text looks into. */
  text: readonly string[];
  /** Names of the address fields that free text looks into when it is an address. */
  addresses: readonly string[];
  /** Prefixes under which any name is a field: `metadata.` and the like, with the place of their root. */
  open: readonly { prefix: string; root: readonly string[]; group: string; fold?: boolean }[];
}

const NAME = /^[A-Za-z_][\w.@/-]*$/;

/** Whether a text can be the name of a field at all. */
export const isFieldName = (text: string): boolean => text.length <= 128 && NAME.test(text);

const indexes = new WeakMap<FieldTable, Map<string, Field>>();

function indexOf(table: FieldTable): Map<string, Field> {
  const known = indexes.get(table);
  if (known) return known;
  const index = new Map<string, Field>();
  for (const field of table.fields) for (const name of [field.name, ...(field.aliases ?? [])]) index.set(name.toLowerCase(), field);
  // a wire path is a name too, unless a field already has it
  for (const field of table.fields) {
    const path = field.paths[0]?.filter((step) => step !== "*").join(".");
    if (path && field.paths.length === 1 && !index.has(path)) index.set(path, field);
  }
  indexes.set(table, index);
  return index;
}

/** The field of a public name, an alias, a wire path or a name under an open prefix; undefined when there is none. */
export function findField(table: FieldTable, name: string): Field | undefined {
  const known = indexOf(table).get(name.toLowerCase());
  if (known) return known;
  const open = table.open.find(({ prefix }) => name.length > prefix.length && name.toLowerCase().startsWith(prefix));
  if (!open) return undefined;
  const rest = open.fold ? name.slice(open.prefix.length).toLowerCase() : name.slice(open.prefix.length);
  const nested = [...open.root, ...rest.split(".")];
  const paths = rest.includes(".") ? [nested, [...open.root, rest]] : [nested];
  return { name: open.prefix + rest, kind: "any", label: open.prefix + rest, group: open.group, paths, example: "value" };
}

/** The known name that is nearest to a mistyped one, at most two changes away; undefined when none is near. */
export function nearestField(table: FieldTable, name: string): string | undefined {
  let best: string | undefined;
  let least = Math.min(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of table.fields) {
    const distance = editDistance(name.toLowerCase().slice(0, 64), candidate.name);
    if (distance < least) [best, least] = [candidate.name, distance];
  }
  return best;
}

/** Changes of one letter (or swaps of two neighbours) that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, cell(i - 2, j - 2) + 1);
      row.push(least);
    }
  }
  return cell(a.length, b.length);
}
