"use client";
import { useActionState } from "react";
import { Button } from "@/app/ui/button";
import { Field, Input } from "@/app/ui/field";
import { PasswordInput } from "@/app/ui/password-input";
import styles from "@/app/(auth)/auth.module.css";
import { signInWithPassword } from "./actions";

/** Address and password; works with password managers, pasting, and without a pointer. */
export function SignInForm({ next }: { next: string }) {
  const [state, send, busy] = useActionState(signInWithPassword, {});
  return (
    <form action={send} className={styles.form}>
      {state.message && (
        <p className={styles.failed} role="alert">
          {state.message}
        </p>
      )}
      <input type="hidden" name="next" value={next} />
      <Field id="email" label="E-mail">
        <Input
          id="email"
          name="email"
          type="text"
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          defaultValue={state.email}
        />
      </Field>
      <Field id="password" label="Password">
        <PasswordInput id="password" name="password" autoComplete="current-password" required />
      </Field>
      <Button type="submit" tone="primary" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}
