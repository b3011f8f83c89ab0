"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions, DialogClose } from "@/app/ui/dialog";
import { useToast } from "@/app/ui/toast";
import { plural } from "@/lib/model/format";
import { removeSample } from "./sample-actions";

/** Asks once, then removes the sample data with everything that came of it. */
export function RemoveSample({ events }: { events: number }) {
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState<string>();
  const [busy, start] = useTransition();
  const remove = () =>
    start(async () => {
      const state = await removeSample();
      if (state.status === "failed") return setRefused(state.message);
      setOpen(false);
      toast("The sample data is gone.");
    });
  return (
    <Dialog
      title="Remove the sample data?"
      description={`${plural(events, "event")} go, with their alerts and incidents. What your own services sent stays.`}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button tone="danger" size="s">
          Remove sample data
        </Button>
      }
    >
      {refused && <p role="alert">{refused}</p>}
      <DialogActions>
        <DialogClose>
          <Button>Keep it</Button>
        </DialogClose>
        <Button tone="danger" busy={busy} onClick={remove}>
          Remove
        </Button>
      </DialogActions>
    </Dialog>
  );
}
