"use client";
import { Plus } from "lucide-react";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Dialog } from "@/app/ui/dialog";
import { Field, Input } from "@/app/ui/field";
import { EmptyState } from "@/app/ui/states";
import type { Group } from "@/lib/model/route";
import { removeGroupAction, saveGroupAction } from "./actions";
import styles from "./notifications.module.css";
import { FormEnd, useSaveForm } from "./save-form";
import { ChooseWhom, membersOf, type Whom, whomProblem } from "./whom";

interface ShownGroup extends Group {
  sentence: string;
}

/** Names for several recipients, so that routes need not repeat them. */
export function Groups({ groups, whom, mayChange }: { groups: ShownGroup[]; whom: Whom; mayChange: boolean }) {
  const [editing, setEditing] = useState<ShownGroup | "new" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [, start] = useTransition();
  const remove = (id: string) =>
    start(async () => {
      const state = await removeGroupAction(id);
      setProblem(state.status === "failed" ? state.message : null);
    });
  return (
    <Card
      flush
      title="Groups"
      note="one name for several recipients"
      aside={
        mayChange && (
          <Button size="s" onClick={() => setEditing("new")}>
            <Plus size={14} aria-hidden /> Add a group
          </Button>
        )
      }
    >
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      {groups.length === 0 && <EmptyState title="No group.">A group saves naming the same people in several routes.</EmptyState>}
      <ul className={styles.routes}>
        {groups.map((group) => (
          <li key={group.id}>
            <b className="strong break">{group.name}</b>
            <span className="break">{group.sentence}.</span>
            <span />
            {mayChange && (
              <span className="row">
                <Button size="s" onClick={() => setEditing(group)}>
                  Change…
                </Button>
                <Button size="s" tone="danger" onClick={() => remove(group.id)}>
                  Remove
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {editing && (
        <GroupDialog
          key={editing === "new" ? "new" : editing.id}
          group={editing === "new" ? null : editing}
          whom={whom}
          onClose={() => setEditing(null)}
        />
      )}
    </Card>
  );
}

function GroupDialog({ group, whom, onClose }: { group: ShownGroup | null; whom: Whom; onClose: () => void }) {
  const { problems, busy, submit } = useSaveForm(
    (form) => saveGroupAction(group?.id ?? null, { name: String(form.get("name") ?? ""), members: membersOf(form) }),
    { said: "The group is saved.", onClose },
  );
  return (
    <Dialog title={group ? "Change the group" : "Add a group"} open onOpenChange={(open) => !open && onClose()}>
      <form onSubmit={submit} className="stack">
        <Field id="group-name" label="Name" error={problems.name}>
          <Input id="group-name" name="name" defaultValue={group?.name} required maxLength={80} invalid={Boolean(problems.name)} />
        </Field>
        <ChooseWhom
          legend="Who is in it"
          whom={{ ...whom, groups: [] }}
          chosen={group?.members ?? []}
          problem={whomProblem(problems, "members")}
        />
        <FormEnd problem={problems[""]} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
