"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions, DialogClose } from "@/app/ui/dialog";
import { Field, Select } from "@/app/ui/field";
import { rotateKey } from "./actions";
import { KeySecret } from "./key-secret";
import styles from "./keys.module.css";

const OVERLAPS = [
  { hours: 0, label: "at once" },
  { hours: 1, label: "in an hour" },
  { hours: 24, label: "in a day" },
  { hours: 168, label: "in a week" },
];

/** Gives a key a new secret and says how long the old one goes on; the new one is shown once. */
export function RotateKey({ id, name }: { id: string; name: string }) {
  const [open, setOpen] = useState(false);
  const [hours, setHours] = useState(24);
  const [secret, setSecret] = useState<string>();
  const [refused, setRefused] = useState<string>();
  const [busy, start] = useTransition();
  const rotate = () =>
    start(async () => {
      const state = await rotateKey(id, hours);
      if (state.status === "done") setSecret(state.value.secret);
      else if (state.status === "failed") setRefused(state.message);
    });
  const ending = OVERLAPS.find((one) => one.hours === hours)?.label ?? "";
  return (
    <Dialog
      title={secret ? "Keep this key now" : `A new secret for ${name}`}
      description={secret ? undefined : "Terms and history of the key stay. Senders are changed one by one while both secrets work."}
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setSecret(undefined);
        setRefused(undefined);
      }}
      locked={secret !== undefined}
      trigger={
        <Button size="s" aria-label={`Rotate ${name}`}>
          Rotate
        </Button>
      }
    >
      {secret ? (
        <KeySecret secret={secret} note={`The old secret ends ${ending}.`} />
      ) : (
        <div className={styles.form}>
          <Field id="key-overlap" label="The old secret ends" error={refused}>
            <Select id="key-overlap" value={hours} onChange={(event) => setHours(Number(event.target.value))}>
              {OVERLAPS.map((one) => (
                <option key={one.hours} value={one.hours}>
                  {one.label}
                </option>
              ))}
            </Select>
          </Field>
          <DialogActions>
            <DialogClose>
              <Button>Cancel</Button>
            </DialogClose>
            <Button tone="primary" busy={busy} onClick={rotate}>
              Make a new secret
            </Button>
          </DialogActions>
        </div>
      )}
    </Dialog>
  );
}
