"use client";
import { useActionState, useState } from "react";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions, DialogClose } from "@/app/ui/dialog";
import { Checkbox, Field, Input } from "@/app/ui/field";
import type { Role } from "@/lib/model/user";
import { invite } from "./actions";
import { OneTimePassword } from "./one-time-password";
import { ROLES } from "./roles";
import styles from "./team.module.css";

/** Adds a person; their one-time password is shown once, to be passed on. */
export function Invite() {
  const [open, setOpen] = useState(false);
  const [round, setRound] = useState(0);
  const onOpenChange = (next: boolean) => {
    setOpen(next);
    if (next) setRound(round + 1);
  };
  return (
    <Dialog title="Invite a person" open={open} onOpenChange={onOpenChange} trigger={<Button tone="primary">Invite</Button>}>
      <InviteForm key={round} />
    </Dialog>
  );
}

function InviteForm() {
  const [state, send, busy] = useActionState(invite, { status: "idle" });
  const [role, setRole] = useState<Role>("viewer");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  if (state.status === "done") return <OneTimePassword password={state.value.password} who={state.value.email} />;
  const problems = state.status === "failed" ? state.problems : {};
  return (
    <form action={send} className={styles.form}>
      {state.status === "failed" && (
        <p className={styles.failed} role="alert">
          {state.message}
        </p>
      )}
      <Field id="invite-name" label="Name" error={problems.name}>
        <Input
          id="invite-name"
          name="name"
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          invalid={Boolean(problems.name)}
        />
      </Field>
      <Field id="invite-email" label="E-mail" error={problems.email}>
        <Input
          id="invite-email"
          name="email"
          type="email"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          invalid={Boolean(problems.email)}
        />
      </Field>
      <fieldset style={{ border: 0, padding: 0 }}>
        <legend className="strong">Role</legend>
        {(Object.keys(ROLES) as Role[]).map((key) => (
          <Checkbox
            key={key}
            type="radio"
            name="role"
            value={key}
            checked={role === key}
            onChange={() => setRole(key)}
            label={ROLES[key].name}
            hint={ROLES[key].text}
          />
        ))}
      </fieldset>
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" tone="primary" busy={busy}>
          Invite
        </Button>
      </DialogActions>
    </form>
  );
}
