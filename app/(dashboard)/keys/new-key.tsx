"use client";
import { useActionState, useState } from "react";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions, DialogClose } from "@/app/ui/dialog";
import { makeKey } from "./actions";
import { KeyFields, NEW_KEY } from "./key-fields";
import { KeySecret } from "./key-secret";
import styles from "./keys.module.css";

/** Makes a key and shows its secret once; that dialog closes only by saying that it was kept. */
export function NewKey() {
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState(false);
  return (
    <Dialog
      title={shown ? "Keep this key now" : "Make a key"}
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setShown(false);
      }}
      locked={shown}
      trigger={<Button tone="primary">Make a key</Button>}
    >
      <NewKeyForm onMade={() => setShown(true)} />
    </Dialog>
  );
}

function NewKeyForm({ onMade }: { onMade: () => void }) {
  const [state, send, busy] = useActionState(
    async (before: Awaited<ReturnType<typeof makeKey>>, form: FormData) => {
      const next = await makeKey(before, form);
      if (next.status === "done") onMade();
      return next;
    },
    { status: "idle" },
  );
  if (state.status === "done") return <KeySecret secret={state.value.secret} />;
  return (
    <form action={send} className={styles.form}>
      {state.status === "failed" && (
        <p className={styles.failed} role="alert">
          {state.message}
        </p>
      )}
      <KeyFields terms={NEW_KEY} problems={state.status === "failed" ? state.problems : {}} />
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" tone="primary" busy={busy}>
          Make the key
        </Button>
      </DialogActions>
    </form>
  );
}
