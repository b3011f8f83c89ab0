/** What can come next in a query: the query bar asks while one types. Works on unfinished and on wrong text. */
import { type Field, type FieldTable, findField } from "./fields";
import { type Token, spanOf, tokenize } from "./tokenize";

/** `field`: a name (or a word of free text). `value`: of `field`; what the records hold must be asked of the store. */
export interface Completion {
  expected: "field" | "value";
  field?: Field;
  /** What is already typed of it, without quotes. */
  typed: string;
  /** What a choice replaces. */
  replace: { offset: number; length: number };
  suggestions: Suggestion[];
}

export interface Suggestion {
  /** Put in place of `replace`. */
  insert: string;
  label: string;
  hint: string;
}

const SUGGESTION_LIMIT = 12;

/** What is expected at the cursor (UTF-16 offset), with what can be said without asking the store. Never throws. */
export function completeQuery(text: string, cursor: number, table: FieldTable): Completion {
  const before = text.slice(0, cursor);
  const tokens = readable(before);
  const last = tokens.at(-1);
  const touching = last && spanOf(last).offset + spanOf(last).length === before.length ? last : undefined;
  const group = openGroup(tokens);
  if (touching?.type === "field") return valueCompletion(table, touching, { typed: "", at: before.length });
  if (touching?.type === "value") {
    const owner = tokens.at(-2);
    const typed = { typed: touching.value.parts.join("*"), at: touching.value.at.offset };
    if (owner?.type === "field" && spanOf(owner).offset + spanOf(owner).length === typed.at) return valueCompletion(table, owner, typed);
    return group ? valueCompletion(table, group, typed) : fieldCompletion(table, typed, before.length);
  }
  const fresh = { typed: "", at: before.length };
  return group ? valueCompletion(table, group, fresh) : fieldCompletion(table, fresh, before.length);
}

/** The tokens of a text that may end inside quotes. */
function readable(text: string): Token[] {
  for (const closing of ["", '"']) {
    try {
      const tokens = tokenize(text + closing);
      const last = tokens.at(-1);
      // the closing quote is ours: it must not count as typed
      if (closing && last?.type === "value") last.value.at.length -= 1;
      return tokens;
    } catch {
      // an open quote: read once more with it closed; anything else completes like an empty text
    }
  }
  return [];
}

/** The field whose group of values is open at the end. */
function openGroup(tokens: readonly Token[]): (Token & { type: "field" }) | undefined {
  const open: ((Token & { type: "field" }) | undefined)[] = [];
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    if (token.type === "(") open.push(before?.type === "field" ? before : open.at(-1));
    else if (token.type === ")") open.pop();
  });
  return open.at(-1);
}

interface Typed {
  typed: string;
  at: number;
}

function fieldCompletion(table: FieldTable, { typed, at }: Typed, end: number): Completion {
  const wanted = typed.toLowerCase();
  const score = (field: Field) => {
    const names = [field.name, ...(field.aliases ?? [])];
    if (names.some((name) => name.startsWith(wanted))) return 0;
    return names.some((name) => name.includes(wanted)) || field.label.toLowerCase().includes(wanted) ? 1 : 2;
  };
  const suggestions = table.fields
    .map((field) => ({ field, score: score(field) }))
    .filter((one) => one.score < 2)
    .sort((a, b) => a.score - b.score)
    .slice(0, SUGGESTION_LIMIT)
    .map(({ field }) => ({ insert: `${field.name}:`, label: field.name, hint: `${field.label}, like ${field.example}` }));
  return { expected: "field", typed, replace: { offset: at, length: end - at }, suggestions };
}

function valueCompletion(table: FieldTable, token: Token & { type: "field" }, { typed, at }: Typed): Completion {
  const field = findField(table, token.name);
  const choices = field?.kind === "boolean" ? ["yes", "no"] : (field?.values ?? []);
  const suggestions = choices
    .filter((choice) => choice.startsWith(typed.toLowerCase()))
    .slice(0, SUGGESTION_LIMIT)
    .map((choice) => ({ insert: choice, label: choice, hint: field?.label ?? "" }));
  return { expected: "value", ...(field && { field }), typed, replace: { offset: at, length: typed.length }, suggestions };
}
