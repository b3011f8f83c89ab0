"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Input, Textarea } from "@/app/ui/field";
import { useToast } from "@/app/ui/toast";
import { type IncidentState, incidentName, type Verdict } from "@/lib/model/incident";
import { merge, resolve } from "../actions";
import { VERDICT_WORDS } from "../words";
import styles from "./case.module.css";

/** The verdict: what it was and why. The answers only preselect. */
export function VerdictCard({
  number,
  state,
  verdict,
  reason,
  suggested,
  mayChange,
}: {
  number: number;
  state: IncidentState;
  verdict: Verdict | null;
  reason: string | null;
  /** What the answers speak for; null when they do not agree enough. */
  suggested: Verdict | null;
  mayChange: boolean;
}) {
  const [chosen, setChosen] = useState<Verdict | null>(suggested);
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const toast = useToast();
  if (state === "resolved")
    return (
      <Card title="Verdict">
        <p>
          <b className="strong">{verdict ? VERDICT_WORDS[verdict].name : "Settled"}</b>
          <span className="muted">{verdict ? `, ${VERDICT_WORDS[verdict].text}` : ""}</span>
        </p>
        {reason && <p className="break">{reason}</p>}
      </Card>
    );
  const submit = (form: FormData) =>
    start(async () => {
      if (!chosen) return setProblem("Choose a verdict.");
      const other = Number(String(form.get("other") ?? "").replace(/^inc-/i, ""));
      if (chosen === "duplicate") {
        if (!Number.isSafeInteger(other) || other < 1) return setProblem("Name the other incident, for example INC-42.");
        const merged = await merge(number, other);
        setProblem(merged.status === "failed" ? merged.message : null);
        if (merged.status === "done") toast(`${incidentName(number)} is part of ${incidentName(other)} now.`);
        return;
      }
      const state = await resolve(number, chosen, String(form.get("reason") ?? ""));
      setProblem(state.status === "failed" ? state.message : null);
      if (state.status === "done") toast(`${incidentName(number)} is resolved: ${VERDICT_WORDS[chosen].text}.`);
    });
  return (
    <Card title="Your verdict">
      <form action={submit} className={styles.verdictForm}>
        <fieldset className={styles.verdicts} disabled={!mayChange}>
          <legend className="visually-hidden">Verdict</legend>
          {(["true", "benign", "false", "duplicate"] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="verdict" value={each} checked={chosen === each} onChange={() => setChosen(each)} />
              <span>
                <b className="strong">{VERDICT_WORDS[each].name}</b>
                <span className="muted">, {VERDICT_WORDS[each].text}</span>
              </span>
              {suggested === each && <span className="faint small">suggested</span>}
            </label>
          ))}
        </fieldset>
        {chosen === "duplicate" && (
          <Input
            name="other"
            aria-label="Of which incident"
            placeholder="Of which incident? INC-41"
            required
            pattern="([Ii][Nn][Cc]-)?[0-9]+"
          />
        )}
        <Textarea
          id="verdict-reason"
          name="reason"
          rows={2}
          maxLength={1000}
          aria-label="Why, in a few words"
          placeholder="Why, in a few words"
          disabled={!mayChange}
        />
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <Button type="submit" busy={pending} disabled={!mayChange}>
          {chosen ? `Resolve as ${VERDICT_WORDS[chosen].name.toLowerCase()}` : "Resolve"}
        </Button>
        {!mayChange && <p className="muted small">Your role lets you look, not decide.</p>}
      </form>
    </Card>
  );
}
