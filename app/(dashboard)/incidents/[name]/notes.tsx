"use client";
import { useRef, useState, useTransition } from "react";
import { Avatar } from "@/app/ui/avatar";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Textarea } from "@/app/ui/field";
import { Time } from "@/app/ui/time";
import type { ActivityLine } from "@/lib/store/incident-reads";
import { note } from "../actions";
import styles from "./case.module.css";
import { Marked } from "./marked";

/** Notes in a little Markdown; @name mails a person. */
export function Notes({ number, notes, mayWrite }: { number: number; notes: readonly ActivityLine[]; mayWrite: boolean }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const form = useRef<HTMLFormElement>(null);
  const submit = (data: FormData) =>
    start(async () => {
      const state = await note(number, String(data.get("text") ?? ""));
      setProblem(state.status === "failed" ? state.message : null);
      if (state.status === "done") form.current?.reset();
    });
  return (
    <Card title="Notes">
      <div className={styles.notes}>
        {notes.length === 0 && !mayWrite && <p className="muted">Nobody wrote a note.</p>}
        {notes.map(({ id, at, actorName, details }) => (
          <div key={id} className={styles.note}>
            <Avatar name={actorName} />
            <span>
              <b className="strong">{actorName}</b>{" "}
              <span className="faint">
                <Time at={at.getTime()} />
              </span>
            </span>
            <div className={styles.noteText}>
              <Marked text={typeof details.text === "string" ? details.text : ""} />
            </div>
          </div>
        ))}
        {mayWrite && (
          <form ref={form} action={submit} className={styles.noteForm}>
            <Textarea
              id="note-text"
              name="text"
              rows={2}
              maxLength={10_000}
              required
              aria-label="Write a note"
              placeholder="Write a note; @name mails a person"
              aria-keyshortcuts="n"
            />
            {problem && (
              <p className={styles.problem} role="alert">
                {problem}
              </p>
            )}
            <Button type="submit" size="s" busy={pending}>
              Write
            </Button>
          </form>
        )}
      </div>
    </Card>
  );
}
