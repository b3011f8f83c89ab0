"use client";
import { useEffect, useState } from "react";
import { Dialog } from "@/app/ui/dialog";
import { Checkbox } from "@/app/ui/field";
import { KeyHint } from "@/app/ui/key-hint";
import styles from "./syntax-sheet.module.css";
import { keysAreOn, switchKeys } from "@/app/ui/use-keys";

const KEYS: readonly [string, string][] = [
  ["/", "write a query"],
  ["j  k", "next, previous row"],
  ["Enter  o", "open the row"],
  ["Esc", "close"],
  ["f  ⇧F", "filter for, filter out the focused value"],
  ["l", "live"],
  ["s", "copy a link to exactly this"],
  ["e", "export"],
  ["d", "time range"],
  ["Ctrl K", "go anywhere"],
  ["?", "this list"],
];

/** The keys of the page, and the switch for them. */
export function KeySheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [on, setOn] = useState(true);
  useEffect(() => setOn(keysAreOn()), [open]);
  return (
    <Dialog title="Keys" open={open} onOpenChange={onOpenChange}>
      <dl className={styles.lines}>
        {KEYS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <KeyHint>{key}</KeyHint>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <Checkbox
        label="Single keys do something"
        hint="Off: only Enter, Esc, arrows and keys with Ctrl."
        checked={on}
        onChange={(event) => {
          switchKeys(event.target.checked);
          setOn(event.target.checked);
        }}
      />
    </Dialog>
  );
}
