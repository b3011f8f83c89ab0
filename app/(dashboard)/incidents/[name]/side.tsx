import Link from "next/link";
import { Card } from "@/app/ui/card";
import { Chip } from "@/app/ui/chip";
import { EmptyState } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import type { Alert } from "@/lib/model/alert";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import { type IncidentRule, incidentName, Verdict } from "@/lib/model/incident";
import type { SimilarIncident } from "@/lib/store/incident-reads";
import { VERDICT_WORDS } from "../words";
import styles from "./case.module.css";

/** "Here: 41, threshold 10 in 5 min". */
function measured(alert: Alert | undefined): string {
  const { measured: value, threshold, unit, windowMs } = alert?.explanation ?? {};
  if (value === undefined || threshold === undefined) return "";
  const here = `Here ${formatCount(value)}${unit ? ` ${unit}` : ""}`;
  const fires = threshold === 0 ? "" : `; fires at ${formatCount(threshold)}`; // zero: of what should have come, or should never come
  return `${here}${fires}${windowMs ? ` in ${formatSpan(windowMs)}` : ""}.`;
}

/** The rules that fired, with their versions and the number that crossed the threshold. */
export function MatchedRules({
  rules,
  names,
  techniques,
  alerts,
  mayExcept,
}: {
  rules: readonly IncidentRule[];
  names: ReadonlyMap<string, string>;
  techniques: readonly string[];
  alerts: readonly Alert[];
  /** May the reader make exceptions? */
  mayExcept: boolean;
}) {
  const first = (ruleId: string) => alerts.find((alert) => alert.ruleId === ruleId);
  return (
    <Card title={rules.length === 1 ? "Matched rule" : "Matched rules"}>
      <div className={styles.rules}>
        {rules.slice(0, 6).map((rule) => (
          <div key={rule.id} className={styles.rule}>
            <Link href={`/rules/${encodeURIComponent(rule.id)}`} className={styles.ruleName}>
              {names.get(rule.id) ?? rule.id}
            </Link>
            <span className="mono muted">v{rule.version}</span>
            <span className={styles.sub}>
              {plural(rule.alerts, "alert")}. {measured(first(rule.id))}
            </span>
            {mayExcept && first(rule.id) && (
              <Link
                prefetch={false}
                className="link small"
                href={`/rules/${encodeURIComponent(rule.id)}?except=${encodeURIComponent(first(rule.id)?.key ?? "")}#exceptions`}
              >
                Make an exception
              </Link>
            )}
          </div>
        ))}
        {rules.length > 6 && <p className="muted small">and {formatCount(rules.length - 6)} more</p>}
      </div>
      {techniques.length > 0 && (
        <div className={styles.tags}>
          {techniques.slice(0, 8).map((technique) => (
            <Chip key={technique} mono>
              {technique}
            </Chip>
          ))}
        </div>
      )}
    </Card>
  );
}

/** Incidents that share entities or the rule, and what people found them to be. */
export function Similar({ list }: { list: readonly SimilarIncident[] | null }) {
  return (
    <Card flush title="Similar incidents">
      {list === null || list.length === 0 ? (
        <EmptyState title={list === null ? "Looking took too long." : "None so far."} />
      ) : (
        <ul className={styles.similar}>
          {list.map((each) => {
            const verdict = Verdict.safeParse(each.verdict);
            return (
              <li key={each.number}>
                <Link href={`/incidents/${incidentName(each.number)}`} className="mono muted">
                  {incidentName(each.number)}
                </Link>
                <Link href={`/incidents/${incidentName(each.number)}`} className="break">
                  {each.title}
                </Link>
                <span className="muted small">{verdict.success ? VERDICT_WORDS[verdict.data].name : each.state}</span>
                <span className={styles.sub}>
                  {each.shared > 0
                    ? `${plural(each.shared, "shared entity", "shared entities")}${each.sameRule ? ", same rule" : ""}`
                    : "Same rule"}
                  , <Time at={each.lastAt.getTime()} />
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
