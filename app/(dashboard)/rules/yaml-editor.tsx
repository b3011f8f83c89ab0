"use client";
import { autocompletion, type CompletionContext, type CompletionResult, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Range, StateEffect, StateField, type Text, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, lineNumbers, WidgetType } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Vocabulary } from "@/lib/rules/vocabulary";
import type { EditorProblem } from "./actions";
import { proposeAt } from "./complete-rule";
import { diffLines } from "./diff-lines";
import { type QuickFix, quickFix } from "./quick-fix";
import styles from "./rules.module.css";

/** A place to go to; a new object each time goes there again. */
export interface Jump {
  line: number;
  column: number;
}

interface Props {
  text: string;
  /** The text in force: changed lines are marked. */
  base: string;
  onChange: (text: string) => void;
  problems: readonly EditorProblem[];
  vocabulary: Vocabulary;
  readOnly: boolean;
  jump?: Jump | undefined;
}

/** A rule's text with proposals while one types, and each problem under its line. Tab leaves it, as everywhere on the page. */
export default function YamlEditor({ text, base, onChange, problems, vocabulary, readOnly, jump }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const latest = useRef<Latest>(null);

  useEffect(() => {
    latest.current = { onChange, vocabulary };
  }, [onChange, vocabulary]);

  // made once and empty; what it shows comes in by the effects below
  useEffect(() => {
    if (!place.current) return;
    const view = new EditorView({ parent: place.current, extensions: extensions(latest) });
    editor.current = view;
    return () => view.destroy();
  }, []);

  useEffect(() => {
    const view = editor.current;
    if (!view || view.state.doc.toString() === text) return;
    const isFirst = view.state.doc.length === 0;
    const changes = { from: 0, to: view.state.doc.length, insert: text };
    view.dispatch({ changes, ...(isFirst ? { annotations: Transaction.addToHistory.of(false) } : {}) });
  }, [text]);

  useEffect(() => editor.current?.dispatch({ effects: compareWith.of(base) }), [base]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const found = problems.map((problem) => diagnosticOf(view.state.doc, problem));
    view.dispatch(setDiagnostics(view.state, found), { effects: tell.of({ problems, vocabulary: latest.current?.vocabulary ?? {} }) });
  }, [problems]);

  useEffect(() => editor.current?.dispatch({ effects: mayWrite.reconfigure(EditorState.readOnly.of(readOnly)) }), [readOnly]);

  useEffect(() => {
    const view = editor.current;
    if (!view || !jump) return;
    const { from } = diagnosticOf(view.state.doc, jump);
    view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
    view.focus();
  }, [jump]);

  return <div ref={place} className={styles.code} />;
}

const mayWrite = new Compartment();

type Latest = Pick<Props, "onChange" | "vocabulary">;

const extensions = (latest: React.RefObject<Latest | null>) => [
  lineNumbers(),
  history(),
  indentOnInput(),
  yaml(),
  syntaxHighlighting(colours),
  autocompletion({ override: [(context) => complete(context, latest.current?.vocabulary ?? {})], icons: false }),
  lintGutter(),
  told,
  changed,
  mayWrite.of(EditorState.readOnly.of(false)),
  keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of({ "aria-label": "The rule as YAML" }),
  EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? ""),
  EditorView.updateListener.of((update) => {
    if (update.docChanged) latest.current?.onChange(update.state.doc.toString());
  }),
];

const colours = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: "var(--ink)", fontWeight: "500" },
  { tag: [tags.string, tags.content, tags.number, tags.bool], color: "var(--data-3)" },
  { tag: tags.comment, color: "var(--ink-3)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--ink-3)" },
]);

function complete(context: CompletionContext, vocabulary: Vocabulary): CompletionResult | null {
  const proposal = proposeAt(context.state.doc.toString(), context.pos, vocabulary);
  if (
    !proposal ||
    (proposal.from === context.pos && !context.explicit && !/[|:[{,] ?$/.test(context.state.sliceDoc(0, context.pos).slice(-2)))
  )
    return null;
  const after = context.state.sliceDoc(context.pos, context.pos + 1);
  return {
    from: proposal.from,
    options: proposal.words.map(({ word, about }) => ({
      label: word,
      ...(about ? { detail: about } : {}),
      apply: proposal.isKey && after !== ":" ? `${word}: ` : word,
    })),
    validFor: /^[\w@.()-]*$/,
  };
}

/** Where a problem stands: from its place to the end of the word there. */
function diagnosticOf(doc: Text, problem: Jump & Partial<EditorProblem>): Diagnostic {
  const line = doc.line(Math.min(doc.lines, Math.max(1, problem.line)));
  const from = Math.min(line.to, line.from + Math.max(0, problem.column - 1));
  const rest = doc.sliceString(from, line.to);
  const length = /^[^\s:,\]}]+/.exec(rest)?.[0].length ?? 0;
  return { from, to: from + length, severity: problem.severity ?? "error", message: problem.detail ?? "" };
}

const tell = StateEffect.define<{ problems: readonly EditorProblem[]; vocabulary: Vocabulary }>();
const compareWith = StateEffect.define<string>();

/** What is wrong, in words under the line, with a button for the remedy when there is one. */
class Saying extends WidgetType {
  constructor(
    private readonly problem: EditorProblem,
    private readonly fix: QuickFix | undefined,
  ) {
    super();
  }

  override eq(other: Saying): boolean {
    const [mine, theirs] = [this.problem, other.problem];
    return theirs.detail === mine.detail && theirs.line === mine.line && other.fix?.from === this.fix?.from;
  }

  override ignoreEvent(): boolean {
    return true; // the button is its own
  }

  override toDOM(view: EditorView): HTMLElement {
    const { line, column, detail, severity } = this.problem;
    const said = document.createElement("div");
    said.className = `${styles.saying} ${severity === "error" ? styles.sayingError : ""}`;
    const words = said.appendChild(document.createElement("span"));
    words.textContent = `Line ${line}, column ${column}: ${detail}`;
    const { fix } = this;
    if (!fix || view.state.readOnly) return said;
    const button = said.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = styles.fix ?? "";
    button.textContent = fix.label;
    button.onclick = () => {
      view.dispatch({ changes: { from: fix.from, to: fix.to, insert: fix.insert }, selection: { anchor: fix.from + fix.insert.length } });
      view.focus();
    };
    return said;
  }
}

/** Problems under their lines; they move with the text until they are judged anew. */
const told = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    const news = transaction.effects.find((effect) => effect.is(tell));
    if (!news) return before.map(transaction.changes);
    const { doc } = transaction.state;
    const marks = news.value.problems.slice(0, 20).flatMap((problem): Range<Decoration>[] => {
      const line = doc.line(Math.min(doc.lines, Math.max(1, problem.line)));
      const fix = quickFix(doc.toString(), problem, news.value.vocabulary);
      const widget = Decoration.widget({ widget: new Saying(problem, fix), block: true, side: 1 }).range(line.to);
      return problem.severity === "error" ? [Decoration.line({ class: styles.wrong }).range(line.from), widget] : [widget];
    });
    return Decoration.set(marks, true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Lines that differ from the text in force. */
const changed = StateField.define<{ base: string; marks: DecorationSet }>({
  create: () => ({ base: "", marks: Decoration.none }),
  update(before, transaction) {
    const base = transaction.effects.find((effect) => effect.is(compareWith))?.value ?? before.base;
    if (base === before.base && !transaction.docChanged) return before;
    const { doc } = transaction.state;
    let number = 0;
    const marks = diffLines(base, doc.toString()).flatMap(({ kind }) => {
      if (kind !== "removed") number++;
      return kind === "added" ? [Decoration.line({ class: styles.differs }).range(doc.line(number).from)] : [];
    });
    return { base, marks: Decoration.set(marks) };
  },
  provide: (field) => EditorView.decorations.from(field, ({ marks }) => marks),
});
