"use client";
import { MoreHorizontal } from "lucide-react";
import { useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button, IconButton } from "@/app/ui/button";
import { Dialog, DialogActions, DialogClose } from "@/app/ui/dialog";
import { Menu } from "@/app/ui/menu";
import { useToast } from "@/app/ui/toast";
import type { Role } from "@/lib/model/user";
import { giveNewPassword, giveRole, lockOut } from "./actions";
import { OneTimePassword } from "./one-time-password";
import { ROLES } from "./roles";

interface Person {
  id: string;
  name: string;
  role: Role;
  disabled: boolean;
}

/** What an administrator can do with a person: role, new password, lock out. What was refused stays to be read. */
export function PersonMenu({ user, own }: { user: Person; own: boolean }) {
  const toast = useToast();
  const [ask, setAsk] = useState<"lock" | "reset" | null>(null);
  const [refused, setRefused] = useState<string>();
  const [, start] = useTransition();
  const run = (work: () => Promise<FormState<null>>, said: string) =>
    start(async () => {
      const state = await work();
      if (state.status === "failed") setRefused(state.message);
      else toast(said);
    });
  return (
    <>
      <Menu
        label={`Actions for ${user.name}`}
        trigger={
          <IconButton label={`Actions for ${user.name}`} size="s">
            <MoreHorizontal aria-hidden />
          </IconButton>
        }
        items={[
          { kind: "heading", key: "role", label: "Role" },
          ...(Object.keys(ROLES) as Role[]).map((role) => ({
            key: role,
            label: ROLES[role].name,
            checked: user.role === role,
            onSelect: () => run(() => giveRole(user.id, role), `${user.name} is now ${ROLES[role].name.toLowerCase()}.`),
          })),
          { kind: "line", key: "line" },
          { key: "reset", label: "Give a new one-time password", onSelect: () => setAsk("reset"), disabled: own },
          user.disabled
            ? {
                key: "enable",
                label: "Let in again",
                onSelect: () => run(() => lockOut(user.id, false), `${user.name} may sign in again.`),
              }
            : { key: "lock", label: "Lock out", danger: true, disabled: own, onSelect: () => setAsk("lock") },
        ]}
      />
      <Dialog
        title={`Lock out ${user.name}?`}
        description="Their sessions end at once, and they cannot sign in until you let them in again. What they did stays in the audit trail."
        open={ask === "lock"}
        onOpenChange={() => setAsk(null)}
      >
        <DialogActions>
          <DialogClose>
            <Button>Cancel</Button>
          </DialogClose>
          <Button
            tone="danger"
            onClick={() => {
              setAsk(null);
              run(() => lockOut(user.id, true), `${user.name} is locked out.`);
            }}
          >
            Lock out
          </Button>
        </DialogActions>
      </Dialog>
      <Dialog title={`New one-time password for ${user.name}`} open={ask === "reset"} onOpenChange={() => setAsk(null)}>
        <Reset user={user} />
      </Dialog>
      <Dialog title="That was not done" description={refused} open={refused !== undefined} onOpenChange={() => setRefused(undefined)}>
        <DialogActions>
          <DialogClose>
            <Button tone="primary">Close</Button>
          </DialogClose>
        </DialogActions>
      </Dialog>
    </>
  );
}

function Reset({ user }: { user: Person }) {
  const [state, setState] = useState<FormState<{ password: string }>>({ status: "idle" });
  const [busy, start] = useTransition();
  if (state.status === "done") return <OneTimePassword password={state.value.password} who={user.name} />;
  return (
    <>
      <p className="muted">
        {state.status === "failed" ? state.message : "Their old password stops working and their sessions end at once."}
      </p>
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button tone="danger" busy={busy} onClick={() => start(async () => setState(await giveNewPassword(user.id)))}>
          Make a new password
        </Button>
      </DialogActions>
    </>
  );
}
