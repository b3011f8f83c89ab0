import Link from "next/link";
import type { EntityRisk } from "@/lib/incidents/read-risk";
import type { RiskContribution } from "@/lib/incidents/risk";
import { formatPercent, plural } from "@/lib/model/format";
import { incidentName, type Verdict } from "@/lib/model/incident";
import { Badge, LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { cx } from "@/app/ui/cx";
import styles from "./risk.module.css";

const toneOf = { critical: "critical", high: "high", medium: "medium", low: "low", informational: "info" } as const;
const verdicts: Record<Verdict, string> = { true: "judged real", benign: "allowed", false: "false alarm", duplicate: "duplicate" };

/** The score in little room: a number with the shape and colour of its level. */
export function RiskBadge({ risk, bare }: { risk: Pick<EntityRisk, "score" | "level">; bare?: boolean }) {
  const score = Math.round(risk.score);
  return (
    <span title={`Risk ${score} of 100`}>
      <Badge tone={toneOf[risk.level]} {...(bare ? { bare } : {})}>
        <span className="num">
          {bare ? "risk " : "Risk "}
          {score}
        </span>
      </Badge>
    </span>
  );
}

const role = ({ role: as, subject }: RiskContribution): string =>
  as === "attacker"
    ? "attacking"
    : as === "victim"
      ? subject
        ? "attacked, the alert is about it"
        : "attacked"
      : subject
        ? "what the alert is about"
        : "near it";

const columns: Column<RiskContribution>[] = [
  { id: "level", header: "Worst alert", width: "120px", cell: ({ level }) => <LevelBadge level={level} /> },
  {
    id: "what",
    header: "Incident",
    phone: "title",
    cell: (each) => (
      <>
        <Link href={`/incidents/${incidentName(each.incident)}`} className="break">
          <span className="mono faint">{incidentName(each.incident)}</span> {each.title}
        </Link>
        <div className="muted small">
          {role(each)}, {each.verdict ? verdicts[each.verdict] : each.state === "resolved" ? "resolved" : "not judged yet"},{" "}
          <Ago at={each.at} />
        </div>
      </>
    ),
  },
  {
    id: "how",
    header: "Reckoning",
    width: "250px",
    cell: ({ base, roleFactor, verdictFactor, decay }) => (
      <span className="muted num small">
        {base} by level
        {roleFactor !== 1 && <> × {roleFactor} by role</>}
        {verdictFactor !== 1 && <> × {verdictFactor} by verdict</>}
        {decay < 0.995 && <> × {formatPercent(decay)} left by age</>}
      </span>
    ),
  },
  {
    id: "adds",
    header: "Adds",
    width: "70px",
    align: "end",
    cell: ({ adds }) => <b className="num strong">{adds >= 0.95 ? `+${Math.round(adds)}` : adds > 0 ? "+<1" : "0"}</b>,
  },
];

const SHOWN = 8;

/** The score of one entity with its reckoning; says so when nothing names it. */
export function RiskCard({ risk }: { risk: EntityRisk | null }) {
  const shown = risk?.contributions.slice(0, SHOWN) ?? [];
  const more = (risk?.contributions.length ?? 0) - shown.length;
  return (
    <div id="risk">
      <Card
        flush
        title={risk ? `Risk ${Math.round(risk.score)} of 100` : "Risk 0 of 100"}
        note="Incidents of the last 14 days; points halve every 3.5 days, and each takes its share of what is left to 100."
        aside={risk && <LevelBadge level={risk.level} />}
      >
        {risk && (
          <div className={styles.bar} aria-hidden>
            {risk.contributions.map((each) => (
              <i key={each.incident} className={cx(styles[each.level])} style={{ width: `${each.adds}%` }} />
            ))}
          </div>
        )}
        <Table
          columns={columns}
          rows={shown}
          rowKey={({ incident }) => String(incident)}
          caption="What the risk score is made of"
          empty={<EmptyState title="No incident of the last 14 days names it." />}
        />
        {more > 0 && <p className={styles.more}>and {plural(more, "older incident")}</p>}
      </Card>
    </div>
  );
}
