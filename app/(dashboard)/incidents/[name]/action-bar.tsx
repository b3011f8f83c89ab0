"use client";
import { useRouter } from "next/navigation";
import { useRef, useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Checkbox, Field, Input } from "@/app/ui/field";
import { KeyHint } from "@/app/ui/key-hint";
import { Menu, type MenuItem } from "@/app/ui/menu";
import { useKeys } from "@/app/ui/use-keys";
import { useToast } from "@/app/ui/toast";
import { incidentName } from "@/lib/model/incident";
import { acknowledge, assign, merge, reopen, snooze, split } from "../actions";
import styles from "./case.module.css";
import { EvidenceButton } from "./evidence-button";

interface BarProps {
  number: number;
  self: string | null;
  assigneeId: string | null;
  people: { id: string; name: string }[];
  can: { acknowledge: boolean; resolve: boolean; snooze: boolean; reopen: boolean };
  alerts: { key: string; title: string }[];
  mayExport: boolean;
}

/** What can be done with the incident; `a`, `r`, `n` and `s` do the same as the buttons. */
export function ActionBar(props: BarProps) {
  const { number, can } = props;
  const [pending, start] = useTransition();
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState<"merge" | "split" | null>(null);
  const toast = useToast();
  const run = (work: () => Promise<FormState<unknown>>, said: string) =>
    start(async () => {
      const state = await work();
      setProblem(state.status === "failed" ? state.message : null);
      if (state.status === "done") toast(said);
    });
  const take = () => can.acknowledge && run(() => acknowledge(number), `${incidentName(number)} is yours.`);
  const share = async () => {
    // the clipboard is missing on plain http, except on localhost
    const done = await navigator.clipboard?.writeText(`${location.origin}/incidents/${incidentName(number)}`).then(
      () => true,
      () => false,
    );
    toast(done ? "The link is copied." : "Copy the address of this page by hand.");
  };
  useKeys({
    a: take,
    s: () => void share(),
    r: () => document.getElementById("verdict-reason")?.focus(),
    n: (event) => {
      event.preventDefault();
      document.getElementById("note-text")?.focus();
    },
  });
  return (
    <div className={styles.actions}>
      <div className={styles.decide}>
        {can.acknowledge && (
          <Button tone="primary" onClick={take} busy={pending} aria-keyshortcuts="a">
            Acknowledge <KeyHint>a</KeyHint>
          </Button>
        )}
        {can.resolve && (
          <Button onClick={() => document.getElementById("verdict-reason")?.focus()} aria-keyshortcuts="r">
            Resolve… <KeyHint>r</KeyHint>
          </Button>
        )}
        {can.reopen && (
          <Button onClick={() => run(() => reopen(number), "It is open again.")} busy={pending}>
            Open again
          </Button>
        )}
      </div>
      <Menu label="Give it to" align="start" trigger={<Button>Assign…</Button>} items={assignItems(props, run)} />
      {can.snooze && <Menu label="Snooze" align="start" trigger={<Button>Snooze…</Button>} items={snoozeItems(number, run)} />}
      <Menu
        label="More"
        align="start"
        trigger={<Button tone="quiet">More…</Button>}
        items={[
          { key: "merge", label: "Merge into another incident…", onSelect: () => setAsking("merge") },
          { key: "split", label: "Split alerts out…", onSelect: () => setAsking("split"), disabled: props.alerts.length < 2 },
        ]}
      />
      {props.mayExport && <EvidenceButton number={number} />}
      <Button tone="quiet" onClick={() => void share()} aria-keyshortcuts="s">
        Share <KeyHint>s</KeyHint>
      </Button>
      {problem && (
        <span className={styles.problem} role="alert">
          {problem}
        </span>
      )}
      <MergeDialog number={number} open={asking === "merge"} onOpenChange={(open) => setAsking(open ? "merge" : null)} run={run} />
      <SplitDialog
        number={number}
        alerts={props.alerts}
        open={asking === "split"}
        onOpenChange={(open) => setAsking(open ? "split" : null)}
      />
    </div>
  );
}

type Run = (work: () => Promise<FormState<unknown>>, said: string) => void;

function assignItems({ number, people, self, assigneeId }: BarProps, run: Run): MenuItem[] {
  const give = (id: string | null, name: string): MenuItem => ({
    key: id ?? "nobody",
    label: name,
    checked: assigneeId === id,
    onSelect: () => run(() => assign(number, id), id === null ? "Nobody has it now." : `${name} has it now.`),
  });
  return [
    ...people.map(({ id, name }) => give(id, id === self ? `${name} (you)` : name)),
    { kind: "line", key: "line" },
    give(null, "Nobody"),
  ];
}

function snoozeItems(number: number, run: Run): MenuItem[] {
  const sleep = (key: string, label: string, wish: { hours?: number; events?: number }): MenuItem => ({
    key,
    label,
    onSelect: () => run(() => snooze(number, wish), `Asleep: ${label.toLowerCase()}.`),
  });
  return [
    { kind: "heading", key: "head", label: "Wakes at once when it gets worse" },
    sleep("1h", "For an hour", { hours: 1 }),
    sleep("4h", "For four hours", { hours: 4 }),
    sleep("1d", "For a day", { hours: 24 }),
    sleep("7d", "For a week", { hours: 168 }),
    { kind: "line", key: "line" },
    sleep("100", "Until 100 more events", { events: 100 }),
    sleep("1000", "Until 1,000 more events", { events: 1000 }),
    sleep("worse", "Until it gets worse", {}),
  ];
}

interface Asking {
  number: number;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

function MergeDialog({ number, open, onOpenChange, run }: Asking & { run: Run }) {
  const submit = (form: FormData) => {
    const into = Number(String(form.get("into") ?? "").replace(/^inc-/i, ""));
    onOpenChange(false);
    if (Number.isInteger(into) && into > 0) run(() => merge(number, into), `${incidentName(number)} is part of ${incidentName(into)} now.`);
  };
  return (
    <Dialog
      title={`Merge ${incidentName(number)} into…`}
      description="Its alerts move there. This one is resolved as a duplicate and keeps its number and its log."
      open={open}
      onOpenChange={onOpenChange}
    >
      <form action={submit} className="stack">
        <Field id="merge-into" label="The other incident">
          <Input id="merge-into" name="into" placeholder="INC-41" required pattern="(INC-)?[0-9]+" autoFocus />
        </Field>
        <DialogActions>
          <Button type="submit" tone="primary">
            Merge
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function SplitDialog({ number, alerts, open, onOpenChange }: Asking & { alerts: BarProps["alerts"] }) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (data: FormData) => {
    const state = await split(number, data.getAll("key").map(String));
    if (state.status === "done") {
      onOpenChange(false);
      router.push(`/incidents/${incidentName(state.value)}`);
    } else setProblem(state.status === "failed" ? state.message : null);
  };
  return (
    <Dialog
      title="Split alerts out"
      description="The chosen alerts become an incident of their own."
      open={open}
      onOpenChange={onOpenChange}
    >
      <form ref={form} action={submit} className="stack">
        <div className={styles.choices}>
          {alerts.map(({ key, title }) => (
            <Checkbox key={key} name="key" value={key} label={title} />
          ))}
        </div>
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <DialogActions>
          <Button type="submit" tone="primary">
            Split
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
