"use client";
import { useActionState, useState } from "react";
import { Button } from "@/app/ui/button";
import { TextField } from "@/app/ui/field";
import styles from "./account.module.css";
import { saveProfile } from "./actions";

/** Name and address. */
export function ProfileForm({ name, email }: { name: string; email: string }) {
  const [state, send, busy] = useActionState(saveProfile, { status: "idle" });
  const [values, setValues] = useState({ name, email });
  const problems = state.status === "failed" ? state.problems : {};
  return (
    <form action={send} className={styles.form}>
      <TextField
        id="name"
        label="Name"
        error={problems.name}
        name="name"
        autoComplete="name"
        required
        value={values.name}
        onChange={(event) => setValues({ ...values, name: event.target.value })}
      />
      <TextField
        id="email"
        label="E-mail"
        hint="You sign in with it, and alerts are sent there."
        error={problems.email ?? (state.status === "failed" && !problems.name ? state.message : undefined)}
        name="email"
        type="email"
        autoComplete="email"
        required
        value={values.email}
        onChange={(event) => setValues({ ...values, email: event.target.value })}
      />
      <div className={styles.end}>
        <Button type="submit" busy={busy}>
          Save
        </Button>
        <span role="status" className="muted small">
          {state.status === "done" && "Saved."}
        </span>
      </div>
    </form>
  );
}
