"use client";
import { useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "./button";
import { Dialog, DialogActions, DialogClose } from "./dialog";
import { useToast } from "./toast";

interface ConfirmButtonProps {
  /** What the button says; `of` tells it apart for those who do not see the row. */
  label: string;
  of?: string;
  /** The verb of the answer: "Revoke". */
  verb: string;
  title: string;
  /** What it costs. */
  description: string;
  act(): Promise<FormState<unknown>>;
  /** What the toast says when it is done. */
  said: string;
}

/** A button for what cannot be taken back: asks once, says what it costs, and tells a refusal where it was asked. */
export function ConfirmButton({ label, of, verb, title, description, act, said }: ConfirmButtonProps) {
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState<string>();
  const [busy, start] = useTransition();
  const go = () =>
    start(async () => {
      const state = await act();
      if (state.status === "failed") return setRefused(state.message);
      setOpen(false);
      toast(said);
    });
  return (
    <Dialog
      title={title}
      description={description}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button tone="danger" size="s" {...(of === undefined ? {} : { "aria-label": `${label} ${of}` })}>
          {label}
        </Button>
      }
    >
      {refused && <p role="alert">{refused}</p>}
      <DialogActions>
        <DialogClose>
          <Button>Keep it</Button>
        </DialogClose>
        <Button tone="danger" busy={busy} onClick={go}>
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
