"use client";
import { useRouter } from "next/navigation";
import dynamic from "next/dynamic";
import { useEffect, useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Input } from "@/app/ui/field";
import { SegmentButtons, Segments } from "@/app/ui/tabs";
import type { Backtest, BacktestAlert } from "@/lib/model/backtest";
import { plural } from "@/lib/model/format";
import { RULE_MODE_WORDS, RuleMode } from "@/lib/model/rule-mode";
import type { Vocabulary } from "@/lib/rules/vocabulary";
import { type EditorProblem, lintDraft, saveDraft, takeExample } from "./actions";
import { BacktestCard } from "./backtest-card";
import { diffLines } from "./diff-lines";
import { DiffView } from "./diff-view";
import styles from "./rules.module.css";
import { ThresholdForm } from "./threshold-form";
import { readThresholds } from "./thresholds";
import { useBacktest } from "./use-backtest";
import { WhereItSits } from "./where-it-sits";
import { exampleNote } from "./words";
import type { Jump } from "./yaml-editor";

const YamlEditor = dynamic(() => import("./yaml-editor"), {
  ssr: false,
  loading: () => <div className={styles.code} aria-busy="true" aria-label="The editor is loading" role="status" />,
});

/** A draft that begins with an example of real events. */
export interface TakenExample {
  yaml: string;
  note: string;
}

/** The workbench: text with its problems at their place, thresholds as a form over the same text, difference, backtest, save. */
export function RuleEditor({
  id,
  yaml,
  version,
  mode: running = "on",
  mayWrite,
  view,
  vocabulary,
  backtest: initial = null,
  example = null,
}: {
  id?: string;
  yaml: string;
  version: number;
  /** How the rule runs now; a new one begins switched on. */
  mode?: RuleMode;
  mayWrite: boolean;
  view: "edit" | "difference";
  vocabulary: Vocabulary;
  /** The person's latest one of this rule. */
  backtest?: Backtest | null;
  /** Events to begin with, taken into the draft as an example. */
  example?: TakenExample | null;
}) {
  const router = useRouter();
  const [backtest, setBacktest] = useBacktest(initial);
  const [draft, setDraft] = useState(example?.yaml ?? yaml);
  const [comment, setComment] = useState("");
  const [mode, setMode] = useState<RuleMode>(running);
  const [problems, setProblems] = useState<EditorProblem[]>([]);
  const [told, setTold] = useState(example?.note ?? "");
  const [busy, start] = useTransition();
  const [jump, setJump] = useState<Jump>();

  useEffect(() => {
    let current = true;
    const wait = setTimeout(async () => {
      const found = await lintDraft(id, draft);
      if (current) setProblems(found);
    }, 400); // ms: a pause in typing
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [id, draft]);

  const errors = problems.filter(({ severity }) => severity === "error");
  const save = () =>
    start(async () => {
      const saved = await saveDraft({
        ...(id ? { id, basedOn: version } : {}),
        yaml: draft,
        comment,
        ...(id && mode === running ? {} : { mode }),
      });
      if (saved.status === "failed") {
        setTold(saved.message);
        if (saved.problems.length > 0) setProblems(saved.problems);
        return;
      }
      setTold(`Saved as version ${saved.version}. ${SAVED[mode]}`);
      setComment("");
      if (id) router.refresh();
      else router.push(`/rules/${encodeURIComponent(saved.id)}`);
    });
  const takeIn = (alert: BacktestAlert) =>
    start(async () => {
      const list = alert.verdict === "false" ? "ignores" : "matches";
      const span = { events: alert.evidence, from: alert.firstAt, until: alert.lastAt };
      const taken = await takeExample({ ...(id ? { id } : {}), yaml: draft, list, ...span });
      if (taken.status === "done") setDraft(taken.value.yaml);
      setTold(taken.status === "done" ? exampleNote(list, taken.value.fault) : taken.status === "failed" ? taken.message : "");
    });
  const [now, before] = [readThresholds(draft), readThresholds(yaml)];
  return (
    <div className={styles.bench} id="workbench">
      <Card
        flush
        title={id ? `Draft of version ${version + 1}` : "A new rule"}
        note={draft === yaml ? "unchanged" : "not saved"}
        aside={
          id && (
            <Segments
              label="View"
              current={view}
              tabs={[
                { key: "edit", label: "Edit", href: `/rules/${encodeURIComponent(id)}` },
                { key: "difference", label: `Difference to version ${version}`, href: `/rules/${encodeURIComponent(id)}?view=difference` },
              ]}
            />
          )
        }
        footer={
          <DraftState
            errors={errors}
            differ={draft === yaml ? 0 : diffLines(yaml, draft).filter(({ kind }) => kind === "added").length}
            onJump={setJump}
          />
        }
      >
        {view === "difference" ? (
          <DiffView before={yaml} after={draft} />
        ) : (
          <div className={styles.editor}>
            <YamlEditor
              text={draft}
              base={yaml}
              onChange={setDraft}
              problems={problems}
              vocabulary={vocabulary}
              readOnly={!mayWrite}
              jump={jump}
            />
            <div className={styles.aside}>
              <ThresholdForm yaml={draft} before={yaml} onChange={setDraft} disabled={!mayWrite} />
              {now.limit !== undefined && (
                <WhereItSits
                  peaks={backtest?.result?.peaks}
                  limit={Number(now.limit)}
                  live={Number(before.limit ?? now.limit)}
                  group={now.group}
                  timespan={now.timespan}
                />
              )}
            </div>
          </div>
        )}
      </Card>
      <div className="stack">
        <BacktestCard
          id={id}
          yaml={draft}
          blocked={errors.length > 0}
          backtest={backtest}
          onChange={setBacktest}
          onExample={mayWrite ? takeIn : undefined}
        />
        {mayWrite && (
          <SaveCard
            label={id ? `Save as version ${version + 1}` : "Save rule"}
            told={told || (errors[0] ? `Mend line ${errors[0].line} first.` : BEFORE[mode])}
            comment={comment}
            onComment={setComment}
            mode={mode}
            onMode={setMode}
            busy={busy}
            disabled={errors.length > 0 || draft === yaml || busy}
            onSave={save}
          />
        )}
      </div>
    </div>
  );
}

/** Under the draft: what is wrong with it, and how far it is from the version in force. */
function DraftState({ errors, differ, onJump }: { errors: readonly EditorProblem[]; differ: number; onJump: (to: Jump) => void }) {
  const [first] = errors;
  return (
    <span className={styles.line}>
      <span role="status">
        {first ? (
          <button type="button" className={styles.jump} onClick={() => onJump({ ...first })}>
            {plural(errors.length, "error")}, line {first.line}
            <span className="visually-hidden">: {first.detail}</span>
          </button>
        ) : (
          <span className="muted">Nothing to mend</span>
        )}
      </span>
      {differ > 0 && <span className="muted">{plural(differ, "line differs", "lines differ")}</span>}
      <span className="muted">Sigma 2.1</span>
    </span>
  );
}

const MODES = RuleMode.options.toReversed();

const BEFORE: Record<RuleMode, string> = {
  on: "A saved rule never alerts about the past.",
  test: "It will run beside the others, open no incident and mail nobody.",
  off: "It will be kept and not run.",
};

const SAVED: Record<RuleMode, string> = {
  on: "It holds from now on and never alerts about the past.",
  test: "It runs from now on; what it says stands on this page and is told to nobody.",
  off: "It is switched off.",
};

function SaveCard({
  label,
  told,
  comment,
  onComment,
  mode,
  onMode,
  busy,
  disabled,
  onSave,
}: {
  label: string;
  told: string;
  comment: string;
  onComment: (comment: string) => void;
  mode: RuleMode;
  onMode: (mode: RuleMode) => void;
  busy: boolean;
  disabled: boolean;
  onSave: () => void;
}) {
  return (
    <Card title="Save">
      <div className="stack">
        <Input
          value={comment}
          onChange={(event) => onComment(event.target.value)}
          placeholder="What changes, and why"
          aria-label="What changes, and why"
          maxLength={500}
        />
        <SegmentButtons
          label="Once saved"
          options={MODES.map((key) => ({ key, label: RULE_MODE_WORDS[key] }))}
          current={mode}
          onChange={onMode}
        />
        <Button tone="primary" busy={busy} disabled={disabled} onClick={onSave}>
          {label}
        </Button>
        <p className="muted small" role="status">
          {told}
        </p>
      </div>
    </Card>
  );
}
