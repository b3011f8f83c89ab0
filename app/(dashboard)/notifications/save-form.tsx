"use client";
import { type FormEvent, useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "@/app/ui/button";
import { DialogActions } from "@/app/ui/dialog";
import { useToast } from "@/app/ui/toast";
import styles from "./notifications.module.css";

/** Sends a dialog's form; closes it with `said` when it is saved, else tells what is wrong: by field, under `""` of the whole. */
export function useSaveForm(
  save: (form: FormData) => Promise<FormState<unknown>>,
  { said, onClose }: { said: string; onClose: () => void },
) {
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [busy, start] = useTransition();
  const toast = useToast();
  // not as the form's action: that would empty the fields when something is wrong
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    start(async () => {
      const state = await save(form);
      if (state.status === "failed") setProblems({ "": state.message, ...state.problems });
      if (state.status === "done") {
        toast(said);
        onClose();
      }
    });
  };
  return { problems, busy, submit };
}

/** The end of a dialog's form: what is wrong with the whole, and the two ways out. */
export function FormEnd({
  problem,
  busy,
  onClose,
  save = "Save",
}: {
  problem: string | undefined;
  busy: boolean;
  onClose: () => void;
  save?: string;
}) {
  return (
    <>
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" tone="primary" busy={busy}>
          {save}
        </Button>
      </DialogActions>
    </>
  );
}
