"use client";
import { useState, useTransition } from "react";
import { AddButton, FormEnd, useEditing, useSaveForm } from "@/app/save-form";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Dialog } from "@/app/ui/dialog";
import { Problem, TextField } from "@/app/ui/field";
import { EmptyState } from "@/app/ui/states";
import type { Group } from "@/lib/model/route";
import { removeGroupAction, saveGroupAction } from "./actions";
import styles from "./notifications.module.css";
import { ChooseWhom, membersOf, type Whom, whomProblem } from "./whom";

interface ShownGroup extends Group {
  sentence: string;
}

/** Names for several recipients, so that routes need not repeat them. */
export function Groups({ groups, whom, mayChange }: { groups: ShownGroup[]; whom: Whom; mayChange: boolean }) {
  const { add, change, dialog } = useEditing<ShownGroup>();
  const [problem, setProblem] = useState<string | null>(null);
  const [, start] = useTransition();
  const remove = (id: string) =>
    start(async () => {
      const state = await removeGroupAction(id);
      setProblem(state.status === "failed" ? state.message : null);
    });
  return (
    <Card flush title="Groups" note="one name for several recipients" aside={mayChange && <AddButton onClick={add}>Add a group</AddButton>}>
      <Problem>{problem}</Problem>
      {groups.length === 0 && <EmptyState title="No group.">A group saves naming the same people in several routes.</EmptyState>}
      <ul className={styles.routes}>
        {groups.map((group) => (
          <li key={group.id}>
            <b className="strong break">{group.name}</b>
            <span className="break">{group.sentence}.</span>
            <span />
            {mayChange && (
              <span className="row">
                <Button size="s" onClick={() => change(group)}>
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
      {dialog((group, onClose) => (
        <GroupDialog group={group} whom={whom} onClose={onClose} />
      ))}
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
        <TextField id="group-name" label="Name" error={problems.name} name="name" defaultValue={group?.name} required maxLength={80} />
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
