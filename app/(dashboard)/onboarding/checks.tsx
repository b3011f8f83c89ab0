import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { Card } from "@/app/ui/card";
import { cx } from "@/app/ui/cx";
import { Meter } from "@/app/ui/progress";
import { formatCount, plural } from "@/lib/model/format";
import type { QualityCheck } from "@/lib/model/quality";
import styles from "./onboarding.module.css";

const marks = {
  ok: <CircleCheck size={17} className={styles.markOk} aria-label="good" />,
  look: <CircleAlert size={17} className={styles.markLook} aria-label="look at this" />,
  fix: <TriangleAlert size={17} className={styles.markFix} aria-label="mend this" />,
};

/** What to mend first, with how; the rest in one quiet list. */
export function Checks({
  checks,
  judged,
  needs,
}: {
  checks: readonly QualityCheck[];
  judged: number;
  /** How many rules cannot speak without a field. */
  needs: ReadonlyMap<string, number>;
}) {
  return (
    <Card title="Is it good enough to watch?" note={`Judged on the latest ${plural(judged, "event")}, and again with each new one.`} flush>
      <ul className={styles.checks}>
        {checks.map((check) => (
          <li key={check.name} className={cx(check.state !== "ok" && styles.open)}>
            {marks[check.state]}
            <b className="strong">{check.name}</b>
            <div>
              <p className={cx(check.state === "ok" && "muted", "break")}>{check.text}</p>
              {check.state !== "ok" && check.field && (needs.get(check.field) ?? 0) > 0 && (
                <p>
                  <Link prefetch={false} className="link" href="/rules/coverage">
                    {plural(needs.get(check.field) ?? 0, "rule")}
                  </Link>{" "}
                  cannot speak about events without it.
                </p>
              )}
              {check.remedy && <p className={styles.remedy}>{check.remedy}</p>}
            </div>
            <Meter share={check.good / check.of} tone={check.state === "ok" ? "good" : "warn"} />
            <span className={styles.of}>
              {formatCount(check.good)} of {formatCount(check.of)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
