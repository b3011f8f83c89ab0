import { LinkButton } from "@/app/ui/button";
import { BandChart, type CourseMark, type CourseUnit } from "@/app/ui/band-chart";
import { Segments } from "@/app/ui/tabs";
import { COURSE_METRICS, type Course, type CourseMetric, courseOf, type Gap } from "@/lib/charts/course";
import { trafficAnomalyDefaults } from "@/lib/detection/detectors/traffic-anomaly";
import { formatBytes, formatCount, formatSpan, plural } from "@/lib/model/format";
import { eventsHref, type Scope, writeScope } from "../overview/scope";
import type { BandedTraffic } from "./read-course";

const METRICS: Record<CourseMetric, { label: string; unit: CourseUnit; floor: number }> = {
  requests: { label: "Requests", unit: "count", floor: 20 },
  failures: { label: "Failures", unit: "count", floor: 10 },
  bytes: { label: "Bytes", unit: "bytes", floor: 1_000_000 },
  latency: { label: "Latency", unit: "ms", floor: 100 },
};
const DAY_MS = 86_400_000;

export interface CoursesProps {
  scope: Scope;
  metric: CourseMetric;
  widthMs: number;
  from: number;
  now: number;
  inbound: BandedTraffic;
  outbound: BandedTraffic;
  gaps: readonly Gap[];
  marks: readonly CourseMark[];
  /** The first minute of which anything is known. */
  firstAt: number | null;
}

/** Incoming and outgoing against what was expected. */
export function Courses(props: CoursesProps) {
  const { scope, metric, outbound, from } = props;
  const tabs = COURSE_METRICS.map((key) => ({
    key,
    label: METRICS[key].label,
    href: `/traffic?${writeScope(scope, key === "requests" ? {} : { metric: key })}`,
  }));
  const hasOutgoing = outbound.points.some((point) => point.at >= from && point.success + point.failure + point.unknown > 0);
  return (
    <>
      <OneCourse
        {...props}
        title={metric === "latency" ? "Incoming, mean time to answer" : `Incoming ${METRICS[metric].label.toLowerCase()}`}
        direction="inbound"
        traffic={props.inbound}
        aside={<Segments label="What is counted" current={metric} tabs={tabs} />}
      />
      {hasOutgoing && (
        <OneCourse
          {...props}
          title={
            metric === "latency"
              ? "Outgoing, mean time to answer"
              : `Outgoing ${metric === "requests" ? "calls" : METRICS[metric].label.toLowerCase()}`
          }
          direction="outbound"
          traffic={outbound}
        />
      )}
    </>
  );
}

function OneCourse({
  title,
  traffic,
  direction,
  aside,
  ...props
}: CoursesProps & { title: string; traffic: BandedTraffic; direction: "inbound" | "outbound"; aside?: React.ReactNode }) {
  const { metric, widthMs, from, now, gaps, marks, scope } = props;
  const { unit, floor } = METRICS[metric];
  const course = courseOf({ columns: traffic.columns, from, widthMs, now, floor, gaps });
  return (
    <BandChart
      title={
        <>
          {title} <span className="muted">{metric === "latency" ? `over ${formatSpan(widthMs)}` : `per ${formatSpan(widthMs)}`}</span>
        </>
      }
      course={course}
      widthMs={widthMs}
      unit={unit}
      marks={marks}
      summary={summaryOf(course, { widthMs, unit })}
      aside={
        <>
          {aside}
          <LinkButton
            size="s"
            tone="quiet"
            href={eventsHref(scope, `direction:${direction}${metric === "failures" ? " outcome:failure" : ""}`)}
          >
            Open events
          </LinkButton>
        </>
      }
      footer={learning(course, props)}
      height={direction === "inbound" ? 230 : 170}
    />
  );
}

function summaryOf(course: Course, { widthMs, unit }: { widthMs: number; unit: CourseUnit }): string {
  const total = unit === "count" ? plural(course.sum, "event") : unit === "bytes" ? formatBytes(course.sum) : "Times to answer";
  const band =
    course.judged === 0 ? "the expected band is still learnt" : `${plural(course.departures.length, "departure")} from the expected band`;
  const gaps = course.gaps.length > 0 ? `, ${plural(course.gaps.length, "gap")} without any event` : "";
  return `${total} in columns of ${formatSpan(widthMs)}; ${band}${gaps}.`;
}

/** How far learning has come, while it has not; and what was not judged. */
function learning(course: Course, { firstAt, now }: CoursesProps) {
  const days = firstAt === null ? 0 : Math.floor((now - firstAt) / DAY_MS);
  const needed = trafficAnomalyDefaults.learnMinutes / 1440;
  const parts = [];
  if (days < needed)
    parts.push(
      <span key="learn" className="row">
        <progress max={needed} value={days} aria-label="Days learnt" /> Learning: {days} of {needed} days. Until then nothing is judged.
      </span>,
    );
  else if (course.judged < course.known)
    parts.push(
      <span key="young">
        {formatCount(course.known - course.judged)} of {plural(course.known, "column")} lie before their band was learnt.
      </span>,
    );
  if (course.gaps.length > 0) parts.push(<span key="gaps">Hatched: nobody was heard. Nothing is judged by it.</span>);
  return parts.length > 0 ? parts : undefined;
}
