"use client";
import { Plus } from "lucide-react";
import { Fragment, type FormEvent, type ReactNode, useState, useTransition } from "react";
import type { FormState } from "./attempt";
import { Button } from "./ui/button";
import { DialogActions } from "./ui/dialog";
import { Problem } from "./ui/field";
import { useToast } from "./ui/toast";

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
      <Problem>{problem}</Problem>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" tone="primary" busy={busy}>
          {save}
        </Button>
      </DialogActions>
    </>
  );
}

/** Which line of a list is open in its dialog: one of them, a new one, or none. `dialog` draws it, afresh for each line. */
export function useEditing<T extends { id: string }>() {
  const [editing, setEditing] = useState<T | "new" | null>(null);
  const close = () => setEditing(null);
  return {
    add: () => setEditing("new"),
    change: (line: T) => setEditing(line),
    dialog: (draw: (line: T | null, onClose: () => void) => ReactNode) =>
      editing && <Fragment key={editing === "new" ? "new" : editing.id}>{draw(editing === "new" ? null : editing, close)}</Fragment>,
  };
}

/** The button in a list's head that adds a line. */
export function AddButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <Button size="s" onClick={onClick}>
      <Plus size={14} aria-hidden /> {children}
    </Button>
  );
}
