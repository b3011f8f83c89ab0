"use client";
import { useRouter } from "next/navigation";
import { useActionState, useEffect, useState } from "react";
import { Button } from "@/app/ui/button";
import { cx } from "@/app/ui/cx";
import { Field, Input, Select } from "@/app/ui/field";
import { formatCount, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import type { SuppressionPreview } from "@/lib/rules/preview-suppression";
import type { FormState } from "@/app/attempt";
import { addException, previewException } from "./actions";
import styles from "./rules.module.css";
import type { Suggestion } from "./words";

/** A new exception: conditions as chips out of an alert, the query that they make, what it would have hidden, why, and until when. */
export function ExceptionForm({
  ruleId,
  suggestion,
  onDone,
}: {
  ruleId: string | null;
  suggestion: Suggestion | null;
  onDone: () => void;
}) {
  const router = useRouter();
  const [query, setQuery] = useState(() =>
    (suggestion?.conditions ?? [])
      .slice(0, 2)
      .map(({ text }) => text)
      .join(" "),
  );
  const [state, add, adding] = useActionState(
    async (before: FormState<null>, form: FormData) => {
      const after = await addException(ruleId, before, form);
      if (after.status === "done") {
        onDone();
        router.refresh();
      }
      return after;
    },
    { status: "idle" },
  );
  const problems = state.status === "failed" ? state.problems : {};
  const preview = usePreview(ruleId, query);
  return (
    <form action={add} className={styles.form} aria-label="New exception">
      {suggestion && (
        <p className="small muted">
          From {suggestion.incident === null ? "a test" : incidentName(suggestion.incident)}: {suggestion.title}
        </p>
      )}
      {suggestion && <Chips conditions={suggestion.conditions} query={query} onChange={setQuery} />}
      <Field id="query" label="Events that match" error={problems.query}>
        <Input
          id="query"
          name="query"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          placeholder="ip:198.51.100.192/27 path:/health*"
          autoComplete="off"
          spellCheck={false}
          required
          invalid={Boolean(problems.query)}
        />
      </Field>
      <Preview state={preview} isEmpty={query.trim() === ""} />
      <Field id="reason" label="Why" error={problems.reason}>
        <Input id="reason" name="reason" placeholder="Uptime checks" required invalid={Boolean(problems.reason)} />
      </Field>
      <Field id="days" label="For how long">
        <Select id="days" name="days" defaultValue="30">
          <option value="1">1 day</option>
          <option value="7">7 days</option>
          <option value="30">30 days</option>
          <option value="90">90 days</option>
          <option value="365">A year</option>
        </Select>
      </Field>
      {state.status === "failed" && (
        <p className={styles.error} role="alert">
          {state.message}
        </p>
      )}
      <span className={styles.buttons}>
        <Button type="submit" tone="primary" busy={adding} disabled={adding}>
          Add exception
        </Button>
        <Button tone="quiet" onClick={onDone}>
          Cancel
        </Button>
      </span>
    </form>
  );
}

function Chips({
  conditions,
  query,
  onChange,
}: {
  conditions: Suggestion["conditions"];
  query: string;
  onChange: (query: string) => void;
}) {
  const parts = conditions.map(({ text }) => text);
  const has = (text: string) => ` ${query} `.includes(` ${text} `);
  const toggle = (text: string) =>
    onChange(
      has(text)
        ? ` ${query} `.replace(` ${text} `, " ").trim()
        : [...parts.filter((each) => has(each) || each === text), ...leftOver(query, parts)].join(" "),
    );
  return (
    <div className={styles.chips} role="group" aria-label="What its events have in common">
      {conditions.map(({ label, text }) => (
        <button key={text} type="button" className={styles.pick} aria-pressed={has(text)} title={label} onClick={() => toggle(text)}>
          {text}
        </button>
      ))}
    </div>
  );
}

/** What a person wrote besides the chips. */
function leftOver(query: string, parts: readonly string[]): string[] {
  let rest = ` ${query} `;
  for (const part of parts) rest = rest.replace(` ${part} `, " ");
  return rest.trim() === "" ? [] : [rest.trim()];
}

/** What the exception would have hidden, a moment after the last key. Undefined while nobody knows. */
function usePreview(ruleId: string | null, query: string): FormState<SuppressionPreview> | undefined {
  const [known, setKnown] = useState<{ query: string; state: FormState<SuppressionPreview> }>();
  useEffect(() => {
    if (query.trim() === "") return;
    let current = true;
    const wait = setTimeout(async () => {
      const state = await previewException(ruleId, query);
      if (current) setKnown({ query, state });
    }, 400); // ms: a pause in typing
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [ruleId, query]);
  return known?.query === query ? known.state : undefined;
}

function Preview({ state, isEmpty }: { state: FormState<SuppressionPreview> | undefined; isEmpty: boolean }) {
  if (isEmpty) return null;
  if (!state || state.status === "idle")
    return (
      <p className="small muted" role="status">
        Looking at the last 30 days …
      </p>
    );
  if (state.status === "failed")
    return (
      <p className={cx("small", styles.error)} role="status">
        {state.message}
      </p>
    );
  const { days, alerts, hidden, smaller, unknown, confirmed } = state.value;
  const isBad = confirmed.length > 0;
  return (
    <p className={cx("small", isBad && styles.error)} role="status">
      Would have hidden <b className="num">{formatCount(hidden)}</b> of {plural(alerts, "alert")} in {days} days,{" "}
      {isBad ? (
        <b>
          {formatCount(confirmed.length)} confirmed: {confirmed.slice(0, 3).map(incidentName).join(", ")}
        </b>
      ) : (
        "0 confirmed"
      )}
      .{smaller > 0 && ` ${plural(smaller, "alert")} would have counted fewer events.`}
      {unknown > 0 && ` The events of ${formatCount(unknown)} are no longer kept.`}
    </p>
  );
}
