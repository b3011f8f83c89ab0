"use client";
import { useActionState, useState } from "react";
import { Button } from "@/app/ui/button";
import { ConfirmButton } from "@/app/ui/confirm-button";
import { Dialog, DialogActions, DialogClose } from "@/app/ui/dialog";
import { useToast } from "@/app/ui/toast";
import { plural } from "@/lib/model/format";
import { changeKey, revokeKey } from "./actions";
import { KeyFields, type KeyTermsShown } from "./key-fields";
import styles from "./keys.module.css";
import { RotateKey } from "./rotate-key";

/** Change, rotate and revoke, each behind a dialog that says what it does. */
export function KeyActions({ id, name, used, terms }: { id: string; name: string; used: number; terms: KeyTermsShown }) {
  const [changing, setChanging] = useState(false);
  return (
    <span className={styles.end}>
      <Dialog
        title={`What ${name} may do`}
        open={changing}
        onOpenChange={setChanging}
        trigger={
          <Button size="s" aria-label={`Change ${name}`}>
            Change
          </Button>
        }
      >
        <ChangeForm id={id} terms={terms} onDone={() => setChanging(false)} />
      </Dialog>
      <RotateKey id={id} name={name} />
      <ConfirmButton
        label="Revoke"
        of={name}
        verb="Revoke"
        title={`Revoke ${name}?`}
        description={
          used > 0
            ? `It brought ${plural(used, "event")} in the last 24 hours. Whoever sends with it is refused from now on, for good.`
            : "Nothing was sent with it in the last 24 hours. It cannot be brought back."
        }
        act={() => revokeKey(id)}
        said={`${name} is revoked.`}
      />
    </span>
  );
}

function ChangeForm({ id, terms, onDone }: { id: string; terms: KeyTermsShown; onDone: () => void }) {
  const toast = useToast();
  const [state, send, busy] = useActionState(
    async (before: Awaited<ReturnType<typeof changeKey>>, form: FormData) => {
      const next = await changeKey(before, form);
      if (next.status === "done") {
        toast("Changed. It holds within a second.");
        onDone();
      }
      return next;
    },
    { status: "idle" },
  );
  return (
    <form action={send} className={styles.form}>
      <input type="hidden" name="id" value={id} />
      {state.status === "failed" && (
        <p className={styles.failed} role="alert">
          {state.message}
        </p>
      )}
      <KeyFields terms={terms} problems={state.status === "failed" ? state.problems : {}} />
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" tone="primary" busy={busy}>
          Save
        </Button>
      </DialogActions>
    </form>
  );
}
