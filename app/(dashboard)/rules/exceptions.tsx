"use client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Code } from "@/app/ui/code";
import { EmptyState } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { plural } from "@/lib/model/format";
import { endException } from "./actions";
import { ExceptionForm } from "./exception-form";
import styles from "./rules.module.css";
import type { Exception, Suggestion } from "./words";

/** The exceptions of a rule: who asked for them, until when, and how often they held something back. `suggestion` opens the form, filled from an alert. */
export function Exceptions({
  ruleId,
  exceptions,
  mayWrite,
  suggestion,
}: {
  ruleId: string;
  exceptions: readonly Exception[];
  mayWrite: boolean;
  suggestion: Suggestion | null;
}) {
  const [open, setOpen] = useState(suggestion !== null);
  return (
    <Card
      title="Exceptions"
      flush
      aside={
        mayWrite &&
        !open && (
          <Button size="s" onClick={() => setOpen(true)}>
            Add
          </Button>
        )
      }
      footer={
        <span>
          Held back before alerting, counted, and named in the weekly digest.{" "}
          <Link prefetch={false} className="link" href="/rules/exceptions">
            All exceptions
          </Link>
        </span>
      }
    >
      {mayWrite && open && <ExceptionForm ruleId={ruleId} suggestion={suggestion} onDone={() => setOpen(false)} />}
      {exceptions.length === 0 && !open && (
        <EmptyState title="No exceptions.">Events that match one are not shown to this rule.</EmptyState>
      )}
      <ul className={styles.list} id="exceptions">
        {exceptions.map((exception) => (
          <li key={exception.id}>
            <span className={styles.line}>
              <Code>{exception.query}</Code>
              <span className="num">held back {plural(exception.hits, "event")}</span>
            </span>
            <span className={styles.line}>
              <Terms exception={exception} />
              {mayWrite && exception.active && <EndException exception={exception} />}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Why, who, and until when. */
export function Terms({ exception: { reason, owner, active, expiresAt, ruleId } }: { exception: Exception }) {
  return (
    <span className="muted break">
      {reason}. {owner && `${owner}, `}
      {!active && "ended"}
      {active && (expiresAt === null ? "without end" : <Until at={expiresAt} />)}
      {ruleId === null && ", for every rule"}
    </span>
  );
}

const Until = ({ at }: { at: number }) => (
  <>
    until <Time at={at} />
  </>
);

/** Ends an exception at once, and says so when that failed. */
export function EndException({ exception: { id, query } }: { exception: Exception }) {
  const router = useRouter();
  const [busy, start] = useTransition();
  const [failure, setFailure] = useState("");
  const end = () =>
    start(async () => {
      const state = await endException(id);
      setFailure(state.status === "failed" ? state.message : "");
      router.refresh();
    });
  return (
    <>
      <Button size="s" busy={busy} onClick={end} aria-label={`End the exception ${query}`}>
        End
      </Button>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}
