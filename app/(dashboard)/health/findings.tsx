import { Badge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { Stat } from "@/app/ui/number";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import type { Finding, HealthFacts } from "@/lib/model/health";
import styles from "./health.module.css";

/** What is not as it should be, in words. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <Card flush>
      <ul className={styles.findings}>
        {findings.map((finding) => (
          <li key={finding.text}>
            <Badge tone={finding.tone === "bad" ? "critical" : "medium"}>{finding.tone === "bad" ? "Broken" : "Strained"}</Badge>
            <span>{finding.text}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const perMinute = (items: number) => formatCount(Math.round(items / 10));

/** The four numbers that say whether events go through: taken in, refused, seen by detection, mailed. */
export function Work({ facts }: { facts: HealthFacts }) {
  const { recent, lag, backlog, outbox, now } = facts;
  const waiting = backlog.oldestAt === null ? "nothing waits" : `oldest waits ${formatSpan(Math.max(0, now - backlog.oldestAt))}`;
  return (
    <div className="grid-4">
      <Stat label="Taken in per minute" value={perMinute(recent.accepted)} note={`${plural(recent.duplicate, "duplicate")} in 10 min`} />
      <Stat label="Refused per minute" value={perMinute(recent.rejected)} note={`${formatCount(recent.rejected)} in 10 min`} />
      <Stat
        label="From receipt to verdict"
        value={lag ? formatSpan(lag.p50) : "none yet"}
        note={lag ? `1 in 20 takes ${formatSpan(lag.p95)}; ${waiting}` : waiting}
      />
      <Stat
        label="Messages to send"
        value={formatCount(outbox.waiting)}
        note={outbox.dead > 0 ? `${formatCount(outbox.dead)} given up` : "none given up"}
      />
    </div>
  );
}
