"use client";
import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { NAV } from "@/app/(dashboard)/nav";
import { Dialog } from "@/app/ui/dialog";
import { Input } from "@/app/ui/field";
import { KeyHint } from "@/app/ui/key-hint";
import type { Permission } from "@/lib/model/user";
import styles from "./shell.module.css";
import { pagesNamed, suggest } from "./suggest";
import { useResolved } from "./use-resolved";

/** One field for everything: names of pages, and anything pasted from a log, a mail or a ticket. Ctrl-K or Cmd-K opens it. */
export function Omnibox({ permissions }: { permissions: readonly Permission[] }) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen((before) => !before);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <Dialog
      title="Go to, or paste anything"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className={styles.search} aria-keyshortcuts="Control+K Meta+K" aria-label="Paste or search anything">
          <Search size={15} aria-hidden />
          <span className="truncate">Paste or search anything</span>
          <KeyHint>Ctrl K</KeyHint>
        </button>
      }
    >
      <Suggestions permissions={permissions} onGo={() => setOpen(false)} />
    </Dialog>
  );
}

function Suggestions({ permissions, onGo }: { permissions: readonly Permission[]; onGo: () => void }) {
  const router = useRouter();
  const id = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const entries = NAV.flatMap((group) => group.entries).filter((entry) => !entry.permission || permissions.includes(entry.permission));
  const resolved = useResolved(text);
  // until the answer is here, what the text looks like; then what it is
  const results = resolved === null || text.trim() === "" ? suggest(text, entries) : [...pagesNamed(text, entries), ...resolved];
  const go = (href: string | undefined) => {
    if (!href) return;
    onGo();
    router.push(href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      setAt((at + step + results.length) % Math.max(results.length, 1));
    }
    if (event.key === "Enter") go(results[at]?.href);
  };
  return (
    <>
      <Input
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={results[at] ? `${id}-${at}` : undefined}
        aria-label="Address, account, key, id, or the name of a page"
        placeholder="203.0.113.7, ana@example.com, a page…"
        autoComplete="off"
        spellCheck={false}
      />
      <div className={styles.results} role="listbox" id={id} aria-label="Suggestions">
        {results.map((result, index) => (
          // the combobox keeps the focus; arrows and Enter choose, a pointer may too
          <div
            key={`${result.kind} ${result.href}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={styles.result}
            onClick={() => go(result.href)}
            onPointerMove={() => setAt(index)}
          >
            <span>{result.label}</span>
            <span>{result.kind}</span>
          </div>
        ))}
        {results.length === 0 && resolved !== null && (
          <p className="muted">Nothing fits. Paste an address, an account, a session id or a key.</p>
        )}
      </div>
    </>
  );
}
