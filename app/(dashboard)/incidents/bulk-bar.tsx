"use client";
import { useRef, useState } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Field, Input, Select } from "@/app/ui/field";
import { Progress } from "@/app/ui/progress";
import { useToast } from "@/app/ui/toast";
import type { BulkDecision } from "@/lib/incidents/bulk";
import type { Level } from "@/lib/model/alert";
import { formatCount, plural } from "@/lib/model/format";
import { Verdict } from "@/lib/model/incident";
import type { IncidentView } from "@/lib/store/incident-list";
import { decideChosen, decideMatching } from "./actions";
import styles from "./incidents.module.css";
import { VERDICT_WORDS } from "./words";

/** What the list shows, as the address says it. */
export interface ListFilter {
  view: IncidentView;
  level?: Level;
  text?: string;
}

interface Running {
  done: number;
  left: number;
  of: number;
}

/** Decisions about the chosen incidents, or about all that match: these run in steps, with a bar and Stop. */
export function BulkBar({
  chosen,
  total,
  allOnPage,
  onPage,
  onDone,
  filter,
  people,
}: {
  chosen: number[];
  total: number;
  allOnPage: boolean;
  onPage: () => void;
  onDone: () => void;
  filter: ListFilter;
  people: { id: string; name: string }[];
}) {
  const [everything, setEverything] = useState(false);
  const [running, setRunning] = useState<Running | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const stopped = useRef(false);
  const toast = useToast();
  const count = everything ? total : chosen.length;

  async function run(decision: BulkDecision) {
    stopped.current = false;
    setProblem(null);
    const sum = { done: 0, left: 0, of: count };
    setRunning(sum);
    let next: number | null = 0;
    while (next !== null && !stopped.current) {
      const state: FormState<{ done: number; left: number; next?: number | null }> = everything
        ? await decideMatching(filter, decision, next)
        : await decideChosen(chosen, decision);
      if (state.status !== "done") {
        setProblem(state.status === "failed" ? state.message : "It could not be done.");
        break;
      }
      sum.done += state.value.done;
      sum.left += state.value.left;
      next = state.value.next ?? null;
      setRunning({ ...sum });
    }
    setRunning(null);
    setEverything(false);
    onDone();
    toast(
      `${plural(sum.done, "incident")} decided${sum.left > 0 ? `, ${formatCount(sum.left)} left as they were` : ""}${stopped.current ? ", then stopped" : ""}.`,
    );
  }

  if (running)
    return (
      <div className={styles.bulk} role="status">
        <Progress share={running.of > 0 ? (running.done + running.left) / running.of : undefined} label="Deciding" />
        <span className="num">
          {formatCount(running.done + running.left)} of {formatCount(running.of)}
        </span>
        <Button size="s" onClick={() => (stopped.current = true)}>
          Stop
        </Button>
      </div>
    );
  return (
    <div className={styles.bulk}>
      <label className={styles.choice}>
        <input type="checkbox" checked={allOnPage} onChange={onPage} />
        {count > 0 ? `${formatCount(count)} chosen` : "Choose all on this page"}
      </label>
      {allOnPage && total > chosen.length && !everything && (
        <Button size="s" tone="quiet" onClick={() => setEverything(true)}>
          Choose all {formatCount(total)} that match
        </Button>
      )}
      {problem && (
        <span className={styles.problem} role="alert">
          {problem}
        </span>
      )}
      {count > 0 && (
        <span className={styles.bulkActions}>
          <Button size="s" onClick={() => run({ do: "acknowledge" })}>
            Acknowledge
          </Button>
          <AssignMany people={people} onChoose={(assigneeId) => run({ do: "assign", assigneeId })} />
          <ResolveMany count={count} onResolve={(verdict, reason) => run({ do: "resolve", verdict, reason })} />
          <NoteMany count={count} onNote={(text) => run({ do: "note", text })} />
        </span>
      )}
    </div>
  );
}

function AssignMany({ people, onChoose }: { people: { id: string; name: string }[]; onChoose: (id: string | null) => void }) {
  return (
    <Select
      className={styles.assign}
      value=""
      aria-label="Assign to"
      onChange={(event) => event.target.value && onChoose(event.target.value === "nobody" ? null : event.target.value)}
    >
      <option value="">Assign to…</option>
      <option value="nobody">Nobody</option>
      {people.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}

function ResolveMany({ count, onResolve }: { count: number; onResolve: (verdict: Verdict, reason: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog title={`Resolve ${plural(count, "incident")}`} open={open} onOpenChange={setOpen} trigger={<Button size="s">Resolve…</Button>}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          setOpen(false);
          onResolve(Verdict.parse(form.get("verdict")), String(form.get("reason") ?? ""));
        }}
      >
        <Field id="bulk-verdict" label="Verdict">
          <Select id="bulk-verdict" name="verdict" defaultValue="false">
            {(["true", "benign", "false"] as const).map((verdict) => (
              <option key={verdict} value={verdict}>
                {VERDICT_WORDS[verdict].name}, {VERDICT_WORDS[verdict].text}
              </option>
            ))}
          </Select>
        </Field>
        <Field id="bulk-reason" label="Why, in a few words" hint="Stands in each incident, in its last mail, and teaches the rule.">
          <Input id="bulk-reason" name="reason" required minLength={3} maxLength={1000} hinted />
        </Field>
        <DialogActions>
          <Button type="submit" tone="primary">
            Resolve
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function NoteMany({ count, onNote }: { count: number; onNote: (text: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      title={`Write a note on ${plural(count, "incident")}`}
      open={open}
      onOpenChange={setOpen}
      trigger={<Button size="s">Note…</Button>}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setOpen(false);
          onNote(String(new FormData(event.currentTarget).get("text") ?? ""));
        }}
      >
        <Field id="bulk-note" label="Note">
          <Input id="bulk-note" name="text" required maxLength={2000} />
        </Field>
        <DialogActions>
          <Button type="submit" tone="primary">
            Write
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
