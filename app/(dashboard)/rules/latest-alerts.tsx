import Link from "next/link";
import { LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { Chip } from "@/app/ui/chip";
import { EmptyState } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { Level } from "@/lib/model/alert";
import { incidentName } from "@/lib/model/incident";
import type { RuleAlert } from "@/lib/store/rule-figures";
import styles from "./rules.module.css";

/** What a rule said last, with what can be made of each alert. */
export function LatestAlerts({
  alerts,
  mayExcept,
  mayTest = false,
}: {
  alerts: readonly RuleAlert[];
  mayExcept: boolean;
  mayTest?: boolean;
}) {
  return (
    <Card title="Latest alerts" flush>
      {alerts.length === 0 && <EmptyState title="It has not spoken yet." />}
      <ul className={styles.list}>
        {alerts.map((alert) => (
          <li key={alert.key}>
            <span className={styles.line}>
              {alert.incident === null ? (
                <Chip>Test only</Chip>
              ) : (
                <Link prefetch={false} className="link" href={`/incidents/${incidentName(alert.incident)}`}>
                  {incidentName(alert.incident)}
                </Link>
              )}
              <LevelBadge level={Level.catch("medium").parse(alert.level)} bare />
              <Time at={alert.firstAt.getTime()} />
            </span>
            <span>{alert.sentence ?? alert.title}</span>
            <span className={styles.line}>
              <span className="muted">{alert.incident === null ? "Told to nobody" : alert.verdict ? `Judged ${alert.verdict}` : ""}</span>
              <span className="row">
                {mayTest && (
                  <Link
                    prefetch={false}
                    className="link small"
                    href={`/rules/${encodeURIComponent(alert.ruleId)}?test=${encodeURIComponent(alert.key)}#workbench`}
                  >
                    Save as test
                  </Link>
                )}
                {mayExcept && (
                  <Link
                    prefetch={false}
                    className="link small"
                    href={`/rules/${encodeURIComponent(alert.ruleId)}?except=${encodeURIComponent(alert.key)}#exceptions`}
                  >
                    Make an exception
                  </Link>
                )}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
