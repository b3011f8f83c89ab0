"use client";
import { useActionState } from "react";
import { Button } from "@/app/ui/button";
import { Field } from "@/app/ui/field";
import { PasswordInput } from "@/app/ui/password-input";
import styles from "./account.module.css";
import { saveNewPassword } from "./actions";

/** The current password and a new one. All other sessions end. */
export function PasswordForm({ email }: { email: string }) {
  const [state, send, busy] = useActionState(saveNewPassword, { status: "idle" });
  const problems = state.status === "failed" ? state.problems : {};
  const other = state.status === "failed" && !problems.current && !problems.password ? state.message : undefined;
  return (
    <form action={send} className={styles.form}>
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <Field id="current" label="Current password" error={problems.current ?? other}>
        <PasswordInput id="current" name="current" autoComplete="current-password" required invalid={Boolean(problems.current)} />
      </Field>
      <Field id="next" label="New password" hint="At least 12 characters. Your other sessions end." error={problems.password}>
        <PasswordInput id="next" name="next" autoComplete="new-password" required hinted invalid={Boolean(problems.password)} />
      </Field>
      <div className={styles.end}>
        <Button type="submit" busy={busy}>
          Change password
        </Button>
        <span role="status" className="muted small">
          {state.status === "done" && "Changed. Everywhere else you are signed out."}
        </span>
      </div>
    </form>
  );
}
