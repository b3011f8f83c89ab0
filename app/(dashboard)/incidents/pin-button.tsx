"use client";
import { Bookmark, BookmarkX } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Button, IconButton } from "@/app/ui/button";
import { Field, Input } from "@/app/ui/field";
import { Popover } from "@/app/ui/popover";
import { useToast } from "@/app/ui/toast";
import { incidentName } from "@/lib/model/incident";
import { pin, unpin } from "./actions";
import styles from "./incidents.module.css";

/** Keeps an event with an incident, whatever retention drops. `number`: the incident; without it the form asks, `suggested` first. */
export function PinButton({
  event,
  number,
  suggested,
  onDone,
}: {
  event: { id: string; at: number };
  number?: number;
  suggested?: number | undefined;
  onDone?: () => void;
}) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const router = useRouter();
  const toast = useToast();
  const submit = (form: FormData) =>
    start(async () => {
      const into = number ?? Number(String(form.get("into") ?? "").replace(/^inc-/i, ""));
      if (!Number.isSafeInteger(into) || into < 1) return setProblem("Name an incident, for example INC-42.");
      const state = await pin({ number: into, eventId: event.id, at: event.at, note: String(form.get("note") ?? "") });
      setProblem(state.status === "failed" ? state.message : null);
      if (state.status !== "done") return;
      setOpen(false);
      toast(`Pinned to ${incidentName(into)}.`);
      router.refresh();
      onDone?.();
    });
  return (
    <Popover
      label="Pin this event"
      open={open}
      onOpenChange={setOpen}
      trigger={
        number === undefined ? (
          <Button size="s">Pin…</Button>
        ) : (
          <IconButton label="Pin this event" size="s">
            <Bookmark aria-hidden />
          </IconButton>
        )
      }
    >
      <form action={submit} className={styles.pin}>
        {number === undefined && (
          <Field id="pin-into" label="To the incident">
            <Input
              id="pin-into"
              name="into"
              required
              placeholder="INC-42"
              pattern="([Ii][Nn][Cc]-)?[0-9]+"
              defaultValue={suggested === undefined ? "" : incidentName(suggested)}
            />
          </Field>
        )}
        <Field id={`pin-note-${event.id}`} label="Why it matters" optional>
          <Input id={`pin-note-${event.id}`} name="note" maxLength={1000} placeholder="The first that worked" />
        </Field>
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <Button type="submit" size="s" tone="primary" busy={pending}>
          Pin it
        </Button>
      </form>
    </Popover>
  );
}

/** Takes a pin away. */
export function UnpinButton({ number, eventId, onDone }: { number: number; eventId: string; onDone?: () => void }) {
  const [pending, start] = useTransition();
  const router = useRouter();
  const toast = useToast();
  const take = () =>
    start(async () => {
      const state = await unpin(number, eventId);
      toast(state.status === "failed" ? state.message : `No longer pinned to ${incidentName(number)}.`);
      router.refresh();
      onDone?.();
    });
  return (
    <IconButton label={`Unpin from ${incidentName(number)}`} size="s" onClick={take} disabled={pending}>
      <BookmarkX aria-hidden />
    </IconButton>
  );
}
