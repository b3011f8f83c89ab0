"use client";
import { useRouter } from "next/navigation";
import { useEffect, useMemo, useRef, useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Input } from "@/app/ui/field";
import { Segments } from "@/app/ui/tabs";
import type { Backtest } from "@/lib/model/backtest";
import { plural } from "@/lib/model/format";
import { type EditorProblem, lintDraft, saveDraft } from "./actions";
import { BacktestCard } from "./backtest-card";
import { DiffView } from "./diff-view";
import styles from "./rules.module.css";
import { ThresholdForm } from "./threshold-form";

/** The workbench: text with its problems at their place, thresholds as a form over the same text, difference, backtest, save. */
export function RuleEditor({
  id,
  yaml,
  version,
  mayWrite,
  view,
  backtest = null,
}: {
  id?: string;
  yaml: string;
  version: number;
  mayWrite: boolean;
  view: "edit" | "difference";
  /** The person's latest one of this rule. */
  backtest?: Backtest | null;
}) {
  const router = useRouter();
  const [draft, setDraft] = useState(yaml);
  const [comment, setComment] = useState("");
  const [problems, setProblems] = useState<EditorProblem[]>([]);
  const [told, setTold] = useState("");
  const [busy, start] = useTransition();
  const area = useRef<HTMLTextAreaElement>(null);

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
      const saved = await saveDraft({ ...(id ? { id, basedOn: version } : {}), yaml: draft, comment });
      if (saved.status === "failed") {
        setTold(saved.message);
        if (saved.problems.length > 0) setProblems(saved.problems);
        return;
      }
      setTold(`Saved as version ${saved.version}. It holds from now on and never alerts about the past.`);
      setComment("");
      if (id) router.refresh();
      else router.push(`/rules/${encodeURIComponent(saved.id)}`);
    });
  const goTo = (line: number) => {
    const from =
      draft
        .split("\n")
        .slice(0, line - 1)
        .join("\n").length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(from, from + (draft.split("\n")[line - 1]?.length ?? 0));
  };

  return (
    <div className={styles.bench}>
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
          <span className={styles.line}>
            <span className={errors.length > 0 ? styles.error : "muted"}>
              {errors.length > 0 ? `${plural(errors.length, "error")}, line ${errors[0]?.line}` : "Nothing to mend"}
            </span>
            <span className="muted">Sigma 2.1</span>
          </span>
        }
      >
        {view === "difference" ? (
          <DiffView before={yaml} after={draft} />
        ) : (
          <div className={styles.editor}>
            <CodeArea draft={draft} setDraft={setDraft} problems={problems} area={area} readOnly={!mayWrite} />
            <ThresholdForm yaml={draft} onChange={setDraft} disabled={!mayWrite} />
          </div>
        )}
        {problems.length > 0 && (
          <ul className={styles.problems} aria-label="Problems">
            {problems.slice(0, 20).map((problem, index) => (
              <li key={index}>
                <button type="button" onClick={() => goTo(problem.line)}>
                  <b className={problem.severity === "error" ? styles.error : undefined}>
                    Line {problem.line}, column {problem.column}:
                  </b>{" "}
                  {problem.detail}
                </button>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <div className="stack">
        <BacktestCard id={id} yaml={draft} blocked={errors.length > 0} initial={backtest} />
        {mayWrite && (
          <Card title="Save">
            <div className="stack">
              <Input
                value={comment}
                onChange={(event) => setComment(event.target.value)}
                placeholder="What changes, and why"
                aria-label="What changes, and why"
                maxLength={500}
              />
              <Button tone="primary" busy={busy} disabled={errors.length > 0 || draft === yaml || busy} onClick={save}>
                {id ? `Save as version ${version + 1}` : "Save rule"}
              </Button>
              <p className="muted small" role="status">
                {told || (errors.length > 0 ? `Mend line ${errors[0]?.line} first.` : "A saved rule never alerts about the past.")}
              </p>
            </div>
          </Card>
        )}
      </div>
    </div>
  );
}

function CodeArea({
  draft,
  setDraft,
  problems,
  area,
  readOnly,
}: {
  draft: string;
  setDraft: (text: string) => void;
  problems: readonly EditorProblem[];
  area: React.RefObject<HTMLTextAreaElement | null>;
  readOnly: boolean;
}) {
  const bad = useMemo(() => new Set(problems.filter(({ severity }) => severity === "error").map(({ line }) => line)), [problems]);
  const lines = draft.split("\n");
  return (
    <div className={styles.text}>
      <div className={styles.numbers} aria-hidden>
        {lines.map((_, index) => (
          <div key={index}>{bad.has(index + 1) ? <b>{index + 1}</b> : index + 1}</div>
        ))}
      </div>
      <textarea
        ref={area}
        className={styles.area}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        rows={Math.max(20, lines.length + 1)}
        readOnly={readOnly}
        spellCheck={false}
        aria-label="The rule as YAML"
        aria-invalid={bad.size > 0 || undefined}
      />
    </div>
  );
}
