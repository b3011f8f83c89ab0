"use client";
import { type ReactNode, useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Field, Input } from "@/app/ui/field";
import { useToast } from "@/app/ui/toast";
import { formatCount, plural } from "@/lib/model/format";
import { endAll, endOne, takeBack } from "./actions";

interface Asked {
  label: string;
  title: string;
  /** What it costs, before the button. */
  cost: ReactNode;
  end: (reason: string) => Promise<FormState<number>>;
}

/** A button that ends something after a reason was given. */
function EndDialog({ label, title, cost, end }: Asked) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const toast = useToast();
  const submit = () =>
    start(async () => {
      const state = await end(reason);
      if (state.status === "failed") return setProblem(state.problems.reason ?? state.message);
      setProblem(null);
      setOpen(false);
      if (state.status === "done") toast(`${plural(state.value, "session")} marked as ended. Every further use alarms.`);
    });
  return (
    <Dialog title={title} description={cost} open={open} onOpenChange={setOpen} trigger={<Button tone="danger">{label}</Button>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field id="end-reason" label="Why" error={problem}>
          <Input
            id="end-reason"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            invalid={problem !== null}
            maxLength={500}
            autoFocus
          />
        </Field>
        <DialogActions>
          <Button onClick={() => setOpen(false)}>Leave it</Button>
          <Button type="submit" tone="danger" busy={pending}>
            {label}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Ends one session. */
export function EndSession({ id, who }: { id: string; who: string }) {
  return (
    <EndDialog
      label="End session"
      title={`End this session of ${who}?`}
      cost="Your application holds the session, not Vedette: it reads ended sessions from the API and must refuse them. From a minute on, every use that it still lets in alarms as a replay."
      end={(reason) => endOne(id, reason)}
    />
  );
}

/** Ends every open session of a person. */
export function EndAllSessions({ actor, who, open }: { actor: string; who: string; open: number }) {
  return (
    <EndDialog
      label={open === 1 ? "End open session" : `End all ${formatCount(open)} open`}
      title={`End ${plural(open, "open session")} of ${who}?`}
      cost={`${who} is signed out everywhere and has to sign in again, once your application has read it from the API. Every use that it still lets in alarms as a replay.`}
      end={(reason) => endAll(actor, reason)}
    />
  );
}

/** Takes an end back. */
export function TakeBackEnd({ id }: { id: string }) {
  const [pending, start] = useTransition();
  const toast = useToast();
  return (
    <Button
      busy={pending}
      onClick={() =>
        start(async () => {
          const state = await takeBack(id);
          toast(state.status === "failed" ? state.message : "The session may be used again.");
        })
      }
    >
      Take the end back
    </Button>
  );
}
