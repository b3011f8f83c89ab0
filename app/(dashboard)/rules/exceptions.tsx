"use client";
import { useRouter } from "next/navigation";
import { useActionState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Code } from "@/app/ui/code";
import { Field, Input, Select } from "@/app/ui/field";
import { EmptyState } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { plural } from "@/lib/model/format";
import { addException, endException } from "./actions";
import styles from "./rules.module.css";

/** An exception as the list shows it. */
export interface Exception {
  id: string;
  query: string;
  reason: string;
  owner: string;
  expiresAt: number | null;
  active: boolean;
  hits: number;
}

/** The exceptions of a rule: who asked for them, until when, and how often they held something back. */
export function Exceptions({ ruleId, exceptions, mayWrite }: { ruleId: string; exceptions: readonly Exception[]; mayWrite: boolean }) {
  const router = useRouter();
  const [busy, start] = useTransition();
  const [state, add, adding] = useActionState(addException.bind(null, ruleId), { status: "idle" });
  const problems = state.status === "failed" ? state.problems : {};
  const end = (id: string) =>
    start(async () => {
      await endException(ruleId, id);
      router.refresh();
    });
  return (
    <Card title="Exceptions" flush footer="Held back before alerting, counted, and named in the weekly digest.">
      {exceptions.length === 0 && <EmptyState title="No exceptions.">Events that match one are not shown to this rule.</EmptyState>}
      <ul className={styles.list}>
        {exceptions.map((exception) => (
          <li key={exception.id}>
            <span className={styles.line}>
              <Code>{exception.query}</Code>
              <span className="num">held back {plural(exception.hits, "event")}</span>
            </span>
            <span className={styles.line}>
              <span className="muted">
                {exception.reason} {exception.owner && `${exception.owner}, `}
                {exception.active ? (
                  exception.expiresAt ? (
                    <>
                      until <Time at={exception.expiresAt} />
                    </>
                  ) : (
                    "without end"
                  )
                ) : (
                  "ended"
                )}
              </span>
              {mayWrite && exception.active && (
                <Button size="s" busy={busy} onClick={() => end(exception.id)}>
                  End
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {mayWrite && (
        <form action={add} className={styles.form}>
          <Field id="query" label="Events that match" error={problems.query}>
            <Input id="query" name="query" placeholder="ip:198.51.100.192/27 path:/health*" required invalid={Boolean(problems.query)} />
          </Field>
          <Field id="reason" label="Why" error={problems.reason}>
            <Input id="reason" name="reason" placeholder="Uptime checks" required invalid={Boolean(problems.reason)} />
          </Field>
          <Field id="days" label="For how long">
            <Select id="days" name="days" defaultValue="30">
              <option value="7">7 days</option>
              <option value="30">30 days</option>
              <option value="90">90 days</option>
              <option value="365">A year</option>
            </Select>
          </Field>
          {state.status === "failed" && <p className={styles.error}>{state.message}</p>}
          <Button type="submit" busy={adding}>
            Add exception
          </Button>
        </form>
      )}
    </Card>
  );
}
