import Link from "next/link";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import type { Course, Isolation } from "@/lib/incidents/case-file";
import { formatCount, formatPercent, formatSpan, plural } from "@/lib/model/format";
import { CourseChart } from "./course-chart";
import styles from "./case.module.css";
import { eventsHref } from "./href";

interface IsolationProps {
  isolation: Isolation | null;
  scope: { name: string; query: string; kind: string };
  services: readonly string[];
  span: { from: number; to: number };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The half before the incident against the half from its beginning: how much the rest of the traffic moved. */
function restMoved({ theirs, rest }: Isolation, span: { from: number; to: number }): { before: number; during: number } {
  const at = (index: number) => rest.from + index * rest.stepMs;
  const inside = rest.values.filter((_, index) => at(index) + theirs.stepMs > span.from && at(index) <= span.to);
  const outside = rest.values.filter((_, index) => at(index) + theirs.stepMs <= span.from);
  const mean = (values: number[]) => (values.length === 0 ? 0 : sum(values) / values.length);
  return { before: mean(outside), during: mean(inside) };
}

/** A mean: small ones keep a digit. */
const about = (mean: number): string => (mean < 10 ? String(Number(mean.toFixed(1))) : formatCount(mean));

const endOf = (course: Course): number => course.from + course.values.length * course.stepMs;

/** Two isolation charts, each titled by a question with its answer. */
export function IsolationCharts({ isolation, scope, services, span }: IsolationProps) {
  if (isolation === null)
    return (
      <Card title="Is everything else normal?">
        <EmptyState title="Counting took too long.">The events can still be opened from the answers above.</EmptyState>
      </Card>
    );
  return (
    <div className={styles.even}>
      <Else {...{ isolation, scope, services, span }} />
      <Before {...{ isolation, scope, services, span }} />
    </div>
  );
}

function Else({ isolation, scope, services, span }: IsolationProps & { isolation: Isolation }) {
  const { theirs, rest, unit } = isolation;
  const { before, during } = restMoved(isolation, span);
  const moved = during > 3 * before + 3;
  const step = formatSpan(theirs.stepMs);
  const [only] = services.length === 1 ? services : [];
  const where = only ?? "the services it touched";
  const nothing = sum(rest.values) === 0;
  return (
    <CourseChart
      question="Is everything else normal?"
      answer={nothing ? "There is nothing else" : moved ? "No" : "Yes"}
      said={
        nothing
          ? `${only ?? "The services it touched"} had no other ${unit} in this time.`
          : `Without ${scope.name}, ${where} had ${about(during)} ${during === 1 ? unit.replace(/s$/, "") : unit} every ${step}${before > 0 ? `, ${about(before)} before it` : ""}.`
      }
      charts={[
        {
          name: scope.name.replace(/^these /, "These "),
          course: theirs,
          tone: "fail",
          height: 92,
          label: plural(sum(theirs.values), unit.replace(/s$/, "")),
        },
        { name: "Everything else", course: rest, tone: "data", height: 58 },
      ]}
      unit={unit}
      links={
        <Link href={eventsHref(scope.query, { from: theirs.from, to: endOf(theirs) })} className={styles.see}>
          Open their events
        </Link>
      }
      note={`${unit === "failures" ? "Failures" : "Events"} every ${step}`}
    />
  );
}

function Before({ isolation, scope }: IsolationProps & { isolation: Isolation }) {
  const { week, before, during, unit } = isolation;
  const share = during > 0 ? before / during : 0;
  const answer = before === 0 ? "No" : share < 0.05 ? "Barely" : "Yes";
  return (
    <CourseChart
      question="Were they here before?"
      answer={answer}
      said={
        before === 0
          ? `Nothing from ${scope.name} in the 7 days before.`
          : `${plural(before, unit.replace(/s$/, ""))} in the 7 days before${during === 0 ? "" : share <= 1 ? `, ${formatPercent(share)} of the ${formatCount(during)} now` : `; ${formatCount(during)} now`}.`
      }
      charts={[
        { name: "Same filter, 7 days before and now", course: week, tone: "fail", height: 178, label: `${formatCount(during)} now` },
      ]}
      unit={unit}
      links={
        <Link href={eventsHref(scope.query, { from: week.from, to: endOf(week) })} className={styles.see}>
          {before === 0 ? "Open the seven days" : `Open ${formatCount(before)} before`}
        </Link>
      }
      note="Every 2 h; the last column is this incident"
    />
  );
}
