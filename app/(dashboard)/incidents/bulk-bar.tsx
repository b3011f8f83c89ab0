"use client";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Field, Input, Select } from "@/app/ui/field";
import { Progress } from "@/app/ui/progress";
import { useToast } from "@/app/ui/toast";
import type { BulkDecision } from "@/lib/incidents/bulk";
import type { BulkProgress } from "@/lib/incidents/bulk-task";
import type { Level } from "@/lib/model/alert";
import { formatCount, plural } from "@/lib/model/format";
import { Verdict } from "@/lib/model/incident";
import type { IncidentView } from "@/lib/store/incident-list";
import { bulkProgress, decideChosen, decideMatching, stopDeciding } from "./actions";
import styles from "./incidents.module.css";
import { VERDICT_WORDS } from "./words";

/** What the list shows, as the address says it. */
export interface ListFilter {
  view: IncidentView;
  level?: Level;
  text?: string;
}

const ASK_MS = 700;

/** Decisions about the chosen incidents at once, or about all that match: the worker does these, with a bar and Stop, whether this page stays open or not. */
export function BulkBar({
  chosen,
  total,
  allOnPage,
  onPage,
  onDone,
  filter,
  people,
  underWay,
}: {
  chosen: number[];
  total: number;
  allOnPage: boolean;
  onPage: () => void;
  onDone: () => void;
  filter: ListFilter;
  people: { id: string; name: string }[];
  /** What this person began earlier and is not over. */
  underWay: BulkProgress | null;
}) {
  const [everything, setEverything] = useState(false);
  const [running, setRunning] = useState<BulkProgress | null>(underWay);
  const [problem, setProblem] = useState<string | null>(null);
  const toast = useToast();
  const count = everything ? total : chosen.length;
  const say = (decided: number, left: number, error: string | null) =>
    toast(
      `${plural(decided, "incident")} decided${left > 0 ? `, ${formatCount(left)} left as they were` : ""}${error ? `. ${error}` : "."}`,
    );
  const over = useRef<(last: BulkProgress | null) => void>(() => undefined);
  useEffect(() => {
    over.current = (last) => {
      setRunning(null);
      setEverything(false);
      onDone();
      if (last) say(last.decided, last.left, last.error);
    };
  });
  const id = running?.id;
  useEffect(() => {
    if (!id) return;
    const timer = setInterval(async () => {
      const now = await bulkProgress(id).catch(() => undefined); // a lost answer is asked for again
      if (now === undefined) return;
      if (now?.state === "running") return setRunning(now);
      clearInterval(timer);
      over.current(now);
    }, ASK_MS);
    return () => clearInterval(timer);
  }, [id]);

  async function run(decision: BulkDecision) {
    setProblem(null);
    const state = everything ? await decideMatching(filter, decision) : await decideChosen(chosen, decision);
    if (state.status === "failed") return setProblem(state.message);
    if (state.status !== "done") return;
    if (typeof state.value === "string") return setRunning({ id: state.value, state: "running", total, decided: 0, left: 0, error: null });
    onDone();
    say(state.value.done, state.value.left, null);
  }

  if (running) {
    const done = running.decided + running.left;
    return (
      <div className={styles.bulk} role="status">
        <Progress share={running.total > 0 ? done / running.total : undefined} label="Deciding" />
        <span className="num">
          {formatCount(done)} of {formatCount(running.total)}
        </span>
        <Button size="s" onClick={() => void stopDeciding(running.id)}>
          Stop
        </Button>
      </div>
    );
  }
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
