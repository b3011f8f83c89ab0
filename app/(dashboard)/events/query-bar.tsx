"use client";
import { CircleHelp, Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button, IconButton } from "@/app/ui/button";
import { cx } from "@/app/ui/cx";
import { KeyHint } from "@/app/ui/key-hint";
import { formatCount } from "@/lib/model/format";
import { completeQuery, type Suggestion } from "@/lib/query/complete";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { highlightQuery, type Piece } from "@/lib/query/highlight";
import { parseQuery } from "@/lib/query/parse";
import { QueryError } from "@/lib/query/query-error";
import styles from "./query-bar.module.css";
import { SyntaxSheet } from "./syntax-sheet";
import { type EventView, viewHref, viewParams } from "./view";

type Address = Pick<EventView, "q" | "range" | "service">;

/** The query as text: coloured, completed and checked while one types. Enter runs it; the address keeps it. */
export function QueryBar({ view, initialError, tookMs }: { view: Address; initialError: EventView["error"]; tookMs: number }) {
  const router = useRouter();
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  const [text, setText] = useState(view.q);
  const [cursor, setCursor] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [help, setHelp] = useState(false);
  useEffect(() => setText(view.q), [view.q]);
  const error = errorOf(text) ?? (text === view.q ? initialError : undefined);
  const dirty = text.trim() !== view.q;
  const suggestions = useSuggestions(text, cursor, view);
  const open = cursor !== null && suggestions.items.length > 0;

  const run = (next = text) => {
    setCursor(null);
    setText(next.trim());
    router.push(viewHref(view, { q: next.trim() }));
  };
  const accept = (item: Suggestion) => {
    const { offset, length } = suggestions.replace;
    const after = text.slice(offset + length);
    const gap = item.insert.endsWith(":") || after.startsWith(" ") ? "" : " ";
    const next = text.slice(0, offset) + item.insert + gap + after;
    const at = offset + item.insert.length + gap.length;
    setText(next);
    setChosen(-1);
    setCursor(at);
    caret.current = at;
  };
  // with the new text and not a frame later: what is typed in between must not land before it
  useLayoutEffect(() => {
    if (caret.current === null) return;
    area.current?.focus();
    area.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const item = suggestions.items[chosen];
    if (open && step) {
      event.preventDefault();
      setChosen((chosen + step + suggestions.items.length + (chosen < 0 && step < 0 ? 1 : 0)) % suggestions.items.length);
    } else if (event.key === "Tab" && open && !event.shiftKey && suggestions.items.length > 0) {
      event.preventDefault();
      accept(item ?? (suggestions.items[0] as Suggestion)); // cast: the list is not empty here
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && item) accept(item);
      else run();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (open) setCursor(null);
      else area.current?.blur();
    }
  };
  return (
    <div className={styles.wrap}>
      <form
        role="search"
        className={cx(styles.bar, error && styles.wrong)}
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Search size={15} aria-hidden className={styles.icon} />
        <div className={styles.field}>
          <Coloured text={text} error={error} />
          <textarea
            ref={area}
            rows={1}
            value={text}
            data-query-bar
            className={styles.area}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            enterKeyHint="search"
            aria-label="Filter events"
            aria-keyshortcuts="/"
            aria-haspopup="listbox"
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={open && chosen >= 0 ? `${id}-${chosen}` : undefined}
            aria-invalid={error ? true : undefined}
            aria-describedby={error ? `${id}-error` : undefined}
            placeholder="actor:ana@example.com outcome:failure status:>=400 ip:10.0.0.0/8"
            onChange={(event) => {
              setText(event.target.value.replaceAll("\n", " "));
              setCursor(event.target.selectionStart);
              setChosen(-1);
            }}
            onFocus={(event) => setCursor(event.target.selectionStart)}
            onClick={(event) => setCursor(event.currentTarget.selectionStart)}
            onBlur={() => setCursor(null)}
            onKeyDown={onKeyDown}
          />
        </div>
        <div className={styles.tools}>
          {dirty ? (
            <Button type="submit" tone="primary" size="s" disabled={error !== undefined}>
              Run
            </Button>
          ) : (
            <span className={cx("faint num small", styles.took)}>{formatCount(tookMs)} ms</span>
          )}
          <IconButton label="How to write a query" size="s" onClick={() => setHelp(true)}>
            <CircleHelp aria-hidden />
          </IconButton>
          <span className="hide-on-phone">
            <KeyHint>/</KeyHint>
          </span>
        </div>
      </form>
      {error && (
        <p className={styles.error} id={`${id}-error`} role="status">
          {error.message}
          {error.suggestion !== undefined && (
            <Button
              size="s"
              onClick={() => setText(text.slice(0, error.offset) + error.suggestion + text.slice(error.offset + error.length))}
            >
              Use <span className="mono">{error.suggestion}</span>
            </Button>
          )}
        </p>
      )}
      <div className={styles.list} role="listbox" id={`${id}-list`} aria-label="Suggestions" hidden={!open}>
        {suggestions.items.map((item, index) => (
          <div
            key={item.insert}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={styles.option}
            onPointerDown={(event) => {
              event.preventDefault(); // the text keeps its focus
              accept(item);
            }}
          >
            <span className="mono truncate">{item.label}</span>
            <span className={styles.hint}>{item.hint}</span>
          </div>
        ))}
      </div>
      <SyntaxSheet open={help} onOpenChange={setHelp} />
    </div>
  );
}

/** What is wrong with the text, if anything. */
function errorOf(text: string): EventView["error"] {
  try {
    parseQuery(text, EVENT_FIELDS);
    return undefined;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { message: error.message, ...error.at, ...(error.suggestion !== undefined && { suggestion: error.suggestion }) };
  }
}

const PIECE: Record<Piece["kind"], string | undefined> = {
  space: undefined,
  field: styles.name,
  value: styles.value,
  word: styles.word,
  operator: styles.operator,
  paren: styles.operator,
};

/** The same text behind the transparent one, in colour, with the place of the error underlined. */
function Coloured({ text, error }: { text: string; error: EventView["error"] }) {
  const groups: Piece[][] = [];
  for (const piece of highlightQuery(text)) {
    const last = groups.at(-1);
    if (last && piece.term !== undefined && last[0]?.term === piece.term && piece.kind !== "paren" && last.at(-1)?.kind !== "paren")
      last.push(piece);
    else groups.push([piece]);
  }
  return (
    <div className={styles.mirror} aria-hidden>
      {groups.map((group, index) => {
        const term = group.some((piece) => piece.kind === "field");
        // pieces have no identity beyond their place
        return (
          <span key={`${index}`} className={cx(term && styles.term, term && group.some((piece) => piece.negated) && styles.negated)}>
            {group.map((piece, i) => (
              <span key={`${i}`} className={PIECE[piece.kind]}>
                {piece.text}
              </span>
            ))}
          </span>
        );
      })}
      {"​"}
      {error && (
        <span className={styles.underline}>
          {text.slice(0, error.offset)}
          <u>{text.slice(error.offset, error.offset + error.length) || " "}</u>
        </span>
      )}
    </div>
  );
}

interface Suggestions {
  items: Suggestion[];
  replace: { offset: number; length: number };
}

/** What can come next: known at once for fields and closed lists, asked of the server for values. */
function useSuggestions(text: string, cursor: number | null, view: Address): Suggestions {
  const completion = useMemo(() => (cursor === null ? null : completeQuery(text, cursor, EVENT_FIELDS)), [text, cursor]);
  const field = completion?.expected === "value" ? completion.field?.name : undefined;
  const typed = completion?.typed ?? "";
  const own = completion?.suggestions.length ?? 0;
  const [found, setFound] = useState<{ key: string; items: Suggestion[] }>({ key: "", items: [] });
  const key = `${field} ${typed}`;
  const search = viewParams({ ...view, q: "" }).toString();
  useEffect(() => {
    if (field === undefined || own > 0) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const asked = new URLSearchParams(search);
      asked.set("field", field);
      asked.set("prefix", typed);
      const answer = await fetch(`/api/dashboard/events/values?${asked}`, { signal: stop.signal }).catch(() => null);
      if (!answer?.ok) return;
      const { values } = (await answer.json()) as { values: { value: string; count: number }[] }; // cast: our own route
      setFound({
        key: `${field} ${typed}`,
        items: values.map(({ value, count }) => ({ insert: written(value), label: value, hint: formatCount(count) })),
      });
    }, 140); // typing on must not ask for every letter
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [field, typed, own, search]);
  if (!completion) return { items: [], replace: { offset: 0, length: 0 } };
  const done = completion.suggestions.length === 1 && completion.suggestions[0]?.insert === typed;
  return { items: done ? [] : own > 0 ? completion.suggestions : found.key === key ? found.items : [], replace: completion.replace };
}

const written = (value: string): string =>
  /^[\w./@+-]+$/.test(value) && !value.startsWith("-") ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
