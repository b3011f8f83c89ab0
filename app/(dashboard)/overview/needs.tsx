import { LevelBadge } from "@/app/ui/badge";
import { Avatar } from "@/app/ui/avatar";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Chip } from "@/app/ui/chip";
import { Sparkline } from "@/app/ui/sparkline";
import { Time } from "@/app/ui/time";
import type { Level } from "@/lib/model/alert";
import { formatSpan, plural } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import { incidentName } from "@/lib/model/incident";
import type { RankedNeed } from "@/lib/incidents/needs";
import { countCourse } from "@/lib/store/overview-reads";
import { RiskBadge } from "../incidents/risk";
import { TakeButton } from "./take-button";
import styles from "./overview.module.css";

const DAY = 86_400_000;
const toneOf: Record<Level, "critical" | "high" | "medium" | "low" | "info"> = {
  critical: "critical",
  high: "high",
  medium: "medium",
  low: "low",
  informational: "info",
};

/** The incidents that wait for this person, the riskiest first, each with where it comes from and how it went. */
export async function Needs({
  needs,
  total,
  now,
  mayTake,
}: {
  needs: readonly RankedNeed[];
  total: number;
  now: number;
  mayTake: boolean;
}) {
  if (needs.length === 0) return null;
  const courses = await Promise.all(needs.map((need) => courseOf(need, now)));
  return (
    <Card
      flush
      footer={
        total > needs.length ? (
          <a className="link" href="/incidents">
            {plural(total - needs.length, "more incident")}
          </a>
        ) : undefined
      }
    >
      <ul className={styles.needs}>
        {needs.map((need, index) => (
          <li key={need.id}>
            <Item need={need} course={courses[index] ?? null} now={now} mayTake={mayTake} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

async function courseOf(need: RankedNeed, now: number): Promise<number[] | null> {
  const entity = need.entities.find(({ type }) => type === "ip" || type === "actor" || type === "session");
  const to = Math.min(now, need.lastAt.getTime() + 3_600_000);
  return entity ? countCourse(entity, { from: to - DAY, to, columns: 24 }) : null;
}

function Item({ need, course, now, mayTake }: { need: RankedNeed; course: number[] | null; now: number; mayTake: boolean }) {
  const name = incidentName(need.number);
  const { risk } = need;
  const shown = need.entities.slice(0, 2);
  const named = risk && !shown.some(({ type, value }) => type === risk.type && value === risk.value);
  return (
    <>
      <div className={styles.level}>
        <LevelBadge level={need.level} />
      </div>
      <div className={styles.words}>
        <a href={`/incidents/${name}`} className={styles.title}>
          {need.title}
        </a>
        <div className={styles.entities}>
          {need.sample && <Chip tone="plain">sample</Chip>}
          {need.historical && !need.sample && <Chip tone="plain">imported</Chip>}
          {(named ? [risk, ...shown.slice(0, 1)] : shown).map(({ type, value }) => (
            <span key={`${type} ${value}`} className={styles.who}>
              <Chip mono>{visible(value.slice(0, 60))}</Chip>
              {risk?.type === type && risk.value === value && <RiskBadge risk={risk} bare />}
            </span>
          ))}
        </div>
      </div>
      <div className={styles.course}>{course && <Sparkline values={course} tone={toneOf[need.level]} width={84} height={22} />}</div>
      <div className={styles.facts}>
        <span className="mono muted">{name}</span>
        <span className="muted num">
          {now - need.lastAt.getTime() < 7 * DAY ? (
            formatSpan(Math.max(0, now - need.lastAt.getTime()))
          ) : (
            <Time at={need.lastAt.getTime()} precision="day" />
          )}
        </span>
        <span className="muted">{need.assignee ? <Avatar name={need.assignee} /> : "Nobody yet"}</span>
      </div>
      <div className={styles.act}>
        {mayTake && need.state === "open" && <TakeButton number={need.number} />}
        <LinkButton size="s" href={`/incidents/${name}`} aria-label={`Open ${name}`}>
          Open
        </LinkButton>
      </div>
    </>
  );
}
