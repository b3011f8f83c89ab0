"use client";
import { useActionState, useState } from "react";
import { Button } from "@/app/ui/button";
import { Field, Input } from "@/app/ui/field";
import { PasswordInput } from "@/app/ui/password-input";
import styles from "@/app/(auth)/auth.module.css";
import { choosePassword } from "./actions";

/** The first choice of a password. What was written stays in the fields when something is to be mended. */
export function ChoosePasswordForm({ askIdentity, email }: { askIdentity: boolean; email: string }) {
  const [state, send, busy] = useActionState(choosePassword, { status: "idle" });
  const [values, setValues] = useState<Record<string, string>>({});
  const problems = state.status === "failed" ? state.problems : {};
  const bind = (name: string) => ({
    name,
    id: name,
    required: true,
    value: values[name] ?? "",
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
    invalid: Boolean(problems[name]),
  });
  return (
    <form action={send} className={styles.form}>
      {state.status === "failed" && (
        <p className={styles.failed} role="alert">
          {state.message}
        </p>
      )}
      {askIdentity ? (
        <>
          <Field id="name" label="Your name" error={problems.name}>
            <Input {...bind("name")} autoComplete="name" autoFocus />
          </Field>
          <Field id="email" label="E-mail" hint="You sign in with it, and alerts are sent there." error={problems.email}>
            <Input {...bind("email")} type="email" autoComplete="username" hinted />
          </Field>
        </>
      ) : (
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      )}
      <Field
        id="next"
        label="New password"
        hint={problems.password ? undefined : "At least 12 characters. Four unrelated words are easy to keep in mind."}
        error={problems.password}
      >
        <PasswordInput
          {...bind("next")}
          invalid={Boolean(problems.password)}
          autoComplete="new-password"
          autoFocus={!askIdentity}
          hinted={!problems.password}
        />
      </Field>
      <Button type="submit" tone="primary" busy={busy}>
        Save and continue
      </Button>
    </form>
  );
}
