import Link from "next/link";
import { Card } from "@/app/ui/card";
import { cx } from "@/app/ui/cx";
import { EmptyState } from "@/app/ui/states";
import type { TriageAnswer } from "@/lib/incidents/triage";
import styles from "./case.module.css";
import { eventsHref } from "./href";

const groups = { damage: "Damage", attack_or_mistake: "Attack or mistake?" } as const;

/** The questions that decide, answered with numbers. The dot says which way an answer points, not yes or no. */
export function Triage({
  answers,
  query,
  span,
}: {
  answers: readonly TriageAnswer[] | null;
  query: string;
  span: { from: number; to: number };
}) {
  if (answers === null)
    return (
      <Card title="Is it real?">
        <EmptyState title="The answers took too long.">The events are many; open them and look, or load this page again.</EmptyState>
      </Card>
    );
  const told = answers.filter(({ points }) => points !== "neither");
  const attack = told.filter(({ points }) => points === "attack").length;
  return (
    <Card
      flush
      title="Is it real?"
      aside={
        <span className={styles.sum}>
          {attack} of {told.length} answers say attack
          <span className={styles.score} aria-hidden>
            {told
              .toSorted((a, b) => a.points.localeCompare(b.points))
              .map(({ id, points }) => (
                <i key={id} className={cx(points === "benign" && styles.away)} />
              ))}
          </span>
        </span>
      }
    >
      {(["damage", "attack_or_mistake"] as const).map((group) => {
        const rows = answers.filter((answer) => answer.group === group);
        return rows.length === 0 ? null : (
          <section key={group} aria-label={groups[group]}>
            <h3 className={styles.group}>{groups[group]}</h3>
            {rows.map((row) => (
              <div key={row.id} className={cx(styles.qa, styles[row.points])}>
                <span className={styles.question}>{row.question}</span>
                <span className={styles.answer}>{row.answer}</span>
                <span className="num break">{row.detail}</span>
                <Link href={eventsHref(query, span)} className={styles.see} aria-label={`Events behind: ${row.question}`}>
                  Events
                </Link>
              </div>
            ))}
          </section>
        );
      })}
    </Card>
  );
}
