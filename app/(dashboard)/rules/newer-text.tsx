"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { SegmentButtons } from "@/app/ui/tabs";
import { keepOwnText, returnToBuiltIn } from "./actions";
import { DiffView } from "./diff-view";
import styles from "./rules.module.css";

const VIEWS = [
  { key: "theirs", label: "What Vedette changed" },
  { key: "mine", label: "Yours against it" },
] as const;

/** An upgrade brought another text for a rule that was edited here: both are shown, and somebody decides. Until then the edited one stays in force. */
export function NewerText({ id, before, now, own, mayWrite }: { id: string; before: string; now: string; own: string; mayWrite: boolean }) {
  const router = useRouter();
  const [view, setView] = useState<"theirs" | "mine">("theirs");
  const [failure, setFailure] = useState("");
  const [busy, start] = useTransition();
  const decide = (action: (id: string) => Promise<FormState<null>>) =>
    start(async () => {
      const state = await action(id);
      setFailure(state.status === "failed" ? state.message : "");
      router.refresh();
    });
  return (
    <Card
      title="Vedette brings another text for this rule"
      note="yours stays in force until you decide"
      flush
      aside={<SegmentButtons label="Which difference" options={VIEWS} current={view} onChange={setView} />}
      footer={
        mayWrite && (
          <span className={styles.buttons}>
            <Button busy={busy} onClick={() => decide(keepOwnText)}>
              Keep mine
            </Button>
            <Button busy={busy} onClick={() => decide(returnToBuiltIn)}>
              Take the new one
            </Button>
            {failure && (
              <span role="alert" className={styles.error}>
                {failure}
              </span>
            )}
          </span>
        )
      }
    >
      <DiffView before={view === "theirs" ? before : own} after={now} />
    </Card>
  );
}
