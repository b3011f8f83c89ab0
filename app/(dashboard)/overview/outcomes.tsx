import { Segments } from "@/app/ui/tabs";
import { TimeSeries } from "@/app/ui/time-series";
import { bucketSize } from "@/lib/charts/axes";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { listIncidentMarks } from "@/lib/store/traffic-reads";
import { readCourse } from "../traffic/read-course";
import { type Scope, writeScope } from "./scope";

const success = { key: "success", label: "success", colour: "var(--data)" };
const failure = { key: "failure", label: "failure", colour: "var(--fail)" };
const unknown = { key: "unknown", label: "unknown", colour: "var(--data-soft)" };

/** Requests over time by outcome, with what is expected behind and where incidents began above. */
export async function Outcomes({ scope }: { scope: Scope }) {
  const step = bucketSize(scope.range.to - scope.range.from);
  const from = Math.floor(scope.range.from / step) * step;
  const filter = { from, to: scope.range.to, direction: scope.direction, service: scope.service };
  const [{ points: counted, columns }, marks] = await Promise.all([
    readCourse(filter, { widthMs: step }),
    listIncidentMarks({ from, to: scope.range.to }),
  ]);
  const points = counted.map((point, n) => ({ ...point, expected: columns[n]?.band ?? null })).filter(({ at }) => at >= from);
  const sum = (key: "success" | "failure" | "unknown") => points.reduce((total, point) => total + point[key], 0);
  const parts = sum("unknown") > 0 ? [success, unknown, failure] : [success, failure];
  const tabs = [
    { key: "inbound", label: "Incoming", href: `/?${writeScope(scope)}` },
    { key: "outbound", label: "Outgoing", href: `/?${writeScope(scope, { direction: "outbound" })}` },
  ];
  return (
    <TimeSeries
      title={scope.direction === "inbound" ? "Requests by outcome" : "Outgoing calls by outcome"}
      points={points.map((point) => ({
        at: point.at,
        values: { success: point.success, failure: point.failure, unknown: point.unknown },
        band: point.expected,
      }))}
      parts={parts}
      step={step}
      marks={spread(
        marks.map((mark) => ({ at: mark.at, label: incidentName(mark.number) })),
        (scope.range.to - from) / 18,
      )}
      summary={`${plural(sum("success"), "success", "successes")}, ${plural(sum("failure"), "failure")} and ${formatCount(sum("unknown"))} of unknown outcome, in columns of ${formatSpan(step)}.`}
      aside={<Segments label="Direction" tabs={tabs} current={scope.direction} />}
    />
  );
}

/** Marks too near to be read apart become one that says how many more there are. */
export function spread(marks: { at: number; label: string }[], apart: number): { at: number; label: string }[] {
  const shown: { at: number; label: string; first: string; more: number }[] = [];
  for (const mark of marks) {
    const last = shown.at(-1);
    if (last && mark.at - last.at < apart) {
      last.more += 1;
      last.label = `${last.first} +${last.more}`;
    } else shown.push({ ...mark, first: mark.label, more: 0 });
  }
  return shown.map(({ at, label }) => ({ at, label }));
}
