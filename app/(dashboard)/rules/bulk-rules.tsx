"use client";
import { type ReactNode, useActionState, useRef, useState } from "react";
import { Button } from "@/app/ui/button";
import { plural } from "@/lib/model/format";
import { switchRules } from "./actions";
import styles from "./rules.module.css";

/** A list whose rows have a box to tick, and what can be done with the ticked ones. */
export function BulkRules({ children }: { children: ReactNode }) {
  const form = useRef<HTMLFormElement>(null);
  const [count, setCount] = useState(0);
  const [state, act, busy] = useActionState(switchRules, { status: "idle" });
  const boxes = () => [...(form.current?.querySelectorAll<HTMLInputElement>("input[name=id]") ?? [])];
  const tick = (to: boolean) => {
    for (const box of boxes()) box.checked = to;
    setCount(to ? boxes().length : 0);
  };
  return (
    <form ref={form} action={act} onChange={() => setCount(boxes().filter(({ checked }) => checked).length)} onReset={() => setCount(0)}>
      <div className={styles.bulk} role="group" aria-label="With the ticked rules">
        <label className={styles.all}>
          <input type="checkbox" aria-label="Tick all on this page" checked={count > 0} onChange={(event) => tick(event.target.checked)} />
          <span role="status">{count > 0 ? `${plural(count, "rule")} ticked` : "Tick rules to switch several at once"}</span>
        </label>
        {count > 0 && (
          <span className={styles.buttons}>
            <Button type="submit" size="s" name="do" value="on" busy={busy}>
              Switch on
            </Button>
            <Button type="submit" size="s" name="do" value="test" busy={busy}>
              Test only
            </Button>
            <Button type="submit" size="s" name="do" value="off" busy={busy}>
              Switch off
            </Button>
          </span>
        )}
        {count === 0 && state.status === "done" && <span className="muted small">{plural(state.value, "rule")} switched</span>}
        {state.status === "failed" && (
          <span role="alert" className={styles.error}>
            {state.message}
          </span>
        )}
      </div>
      {children}
    </form>
  );
}
