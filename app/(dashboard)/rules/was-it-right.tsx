import Link from "next/link";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { formatCount, formatDay, formatPercent, plural } from "@/lib/model/format";
import { db } from "@/lib/store/db";
import { countRuleVerdicts, countVerdictWeeks, findOftenFalse } from "@/lib/store/rule-figures";
import styles from "./rules.module.css";

const WEEK_MS = 7 * 86_400_000;
const WEEKS = 13;
const KINDS = ["true", "benign", "false"] as const;
type Kind = (typeof KINDS)[number];
const WORDS: Record<Kind, string> = { true: "true", benign: "allowed", false: "false" };

/** What people found the alerts of a rule to be: the share of false ones beside that of all rules, week by week, and what to do about them. */
export async function WasItRight({ ruleId, now, mayExcept }: { ruleId: string; now: number; mayExcept: boolean }) {
  const since = new Date(now - WEEKS * WEEK_MS);
  const [weeks, all, often] = await Promise.all([
    countVerdictWeeks(db, ruleId, since),
    countRuleVerdicts(db, since),
    findOftenFalse(db, ruleId, since),
  ]);
  const sum = (rows: readonly { verdict: string; alerts: number }[], kind: Kind) =>
    rows.reduce((total, row) => total + (row.verdict === kind ? row.alerts : 0), 0);
  const judged = KINDS.reduce((total, kind) => total + sum(weeks, kind), 0);
  const judgedOfAll = KINDS.reduce((total, kind) => total + sum(all, kind), 0);
  if (judged === 0)
    return (
      <Card title="Was it right?" flush>
        <EmptyState title="Nobody has judged an alert of it yet.">
          A verdict on an incident counts for every rule that spoke in it.
        </EmptyState>
      </Card>
    );
  const wrong = sum(weeks, "false");
  return (
    <Card title="Was it right?" note={`${WEEKS} weeks, ${plural(judged, "verdict")}`}>
      <p className={styles.share}>
        <b className="num">{formatPercent(wrong / judged)}</b>
        <span className="muted">false; all rules {formatPercent(sum(all, "false") / Math.max(1, judgedOfAll))}</span>
      </p>
      <p className={styles.keys}>
        {KINDS.map((kind) => (
          <span key={kind}>
            <i className={styles[kind]} />
            {WORDS[kind]} {formatCount(sum(weeks, kind))}
          </span>
        ))}
      </p>
      <Weeks weeks={weeks} />
      <div className={styles.ends} aria-hidden>
        <span>{formatDay(since.getTime(), "UTC", now)}</span>
        <span>{formatDay(now, "UTC", now)}</span>
      </div>
      {often && wrong > 0 && (
        <p className="muted small">
          {often.alerts} of the {formatCount(wrong)} false {wrong === 1 ? "one names" : "ones name"}{" "}
          <span className="mono break">{often.entity.value}</span>.{" "}
          {mayExcept && (
            <Link
              prefetch={false}
              className="link"
              href={`/rules/${encodeURIComponent(ruleId)}?except=${encodeURIComponent(often.key)}#exceptions`}
            >
              Make it an exception
            </Link>
          )}
        </p>
      )}
    </Card>
  );
}

function Weeks({ weeks }: { weeks: readonly { week: number; verdict: string; alerts: number }[] }) {
  const of = (week: number, kind: Kind) => weeks.find((row) => row.week === week && row.verdict === kind)?.alerts ?? 0;
  const bars = Array.from({ length: WEEKS }, (_, week) => KINDS.map((kind) => ({ kind, alerts: of(week, kind) })));
  const highest = Math.max(1, ...bars.map((bar) => bar.reduce((total, { alerts }) => total + alerts, 0)));
  return (
    <div
      className={styles.weeks}
      role="img"
      aria-label={`By week: ${bars.map((bar) => bar.map(({ kind, alerts }) => `${alerts} ${WORDS[kind]}`).join(", ")).join("; ")}`}
    >
      {bars.map((bar, week) => (
        <div key={week}>
          {bar.map(
            ({ kind, alerts }) =>
              alerts > 0 && <i key={kind} className={styles[kind]} style={{ height: `${Math.max(3, (64 * alerts) / highest)}px` }} />,
          )}
        </div>
      ))}
    </div>
  );
}
