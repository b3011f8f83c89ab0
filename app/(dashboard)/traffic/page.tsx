import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { LevelBadge } from "@/app/ui/badge";
import { BarList } from "@/app/ui/bar-list";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { Sparkline } from "@/app/ui/sparkline";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { TimeSeries } from "@/app/ui/time-series";
import { may } from "@/lib/access/require-permission";
import { bucketSize } from "@/lib/charts/axes";
import { formatCount, formatOpening, formatSpan, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import { listAlertsOfFamilies, type PlacedAlert } from "@/lib/store/alert-reads";
import { withinTime } from "@/lib/store/reading";
import { listIncidentMarks, listServiceActivity, listTraffic, type ServiceActivity, type TrafficPoint } from "@/lib/store/traffic-reads";
import { spread } from "../overview/outcomes";
import { eventsHref, type Scope } from "../overview/scope";

export const metadata: Metadata = { title: "Traffic" };

const SERVICES = 9;
const PARTS = [
  { key: "success", label: "success", colour: "var(--data)" },
  { key: "unknown", label: "unknown", colour: "var(--data-soft)" },
  { key: "failure", label: "failure", colour: "var(--fail)" },
] as const;

/** Traffic against what is expected: incoming, outgoing, what left its band and why, each service, who fell silent. */
export default async function TrafficPage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at traffic" />;
  const params = await searchParams;
  const now = ctx.now.getTime();
  const range = readTimeRange(params, now);
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const step = bucketSize(range.to - range.from);
  const from = Math.floor(range.from / step) * step;
  const filter = { from, to: range.to, service: scope.service };
  const [inbound, outbound, marks, alerts, activity] = await Promise.all([
    listTraffic({ ...filter, direction: "inbound" }, { widthMs: step }),
    listTraffic({ ...filter, direction: "outbound" }, { widthMs: step }),
    listIncidentMarks({ from, to: range.to }),
    withinTime((on) => listAlertsOfFamilies(["traffic_anomaly", "rate_abuse", "silence", "data_egress"], range, on)),
    listServiceActivity(now),
  ]);
  const services = await Promise.all(
    activity
      .slice(0, SERVICES)
      .map(async (one) => ({ ...one, points: await listTraffic({ from, to: range.to, service: one.service }, { widthMs: step }) })),
  );
  const chosen =
    (alerts ?? []).find(({ facts }) => facts.key === params.alert) ?? alerts?.find(({ facts }) => facts.explanation.factors.length > 1);
  return (
    <>
      <PageHeader
        title={headline(alerts ?? [])}
        proof={`${plural(sum(inbound), "incoming request")} and ${plural(sum(outbound), "outgoing call")} in ${spanWords(range)}; ${plural(activity.length, "service")} heard in 30 days.`}
      />
      {alerts === null && <Banner tone="warn">The alerts could not be read in time. A shorter span may help.</Banner>}
      <Course
        title="Incoming requests"
        points={inbound}
        step={step}
        marks={spread(
          marks.map((mark) => ({ at: mark.at, label: incidentName(mark.number) })),
          (range.to - from) / 18,
        )}
      />
      {sum(outbound) > 0 && <Course title="Outgoing calls" points={outbound} step={step} marks={[]} />}
      <div className={chosen ? "grid-2" : undefined}>
        <Card title="Outside the expected" note={alerts ? plural(alerts.length, "alert") : undefined} flush>
          <Table
            columns={alertColumns(params)}
            rows={alerts ?? []}
            rowKey={({ facts }) => facts.key}
            current={chosen?.facts.key}
            caption="Traffic outside the expected"
            empty={<EmptyState title="Nothing left its band.">Services are learnt for three days before they are judged.</EmptyState>}
          />
        </Card>
        {chosen && <Explained alert={chosen} scope={scope} />}
      </div>
      <div className="grid-2-1">
        <Card title="By service" note="each on its own scale" flush>
          <Table
            columns={SERVICE_COLUMNS}
            rows={services}
            rowKey={({ service }) => service}
            caption="Traffic by service"
            empty={<EmptyState title="No service was heard." />}
          />
        </Card>
        <Silent activity={activity} now={now} />
      </div>
    </>
  );
}

const total = (point: TrafficPoint) => point.success + point.failure + point.unknown;
const sum = (points: readonly TrafficPoint[]) => points.reduce((all, point) => all + total(point), 0);

function headline(alerts: readonly PlacedAlert[]): string {
  if (alerts.length === 0) return "Traffic is as expected.";
  const open = alerts.filter(({ state }) => state === "open").length;
  return `Traffic was not as expected ${alerts.length === 1 ? "once" : `${formatOpening(alerts.length).toLowerCase()} times`}.${open > 0 ? ` ${formatOpening(open)} still ${open === 1 ? "needs" : "need"} somebody.` : ""}`;
}

function Course({
  title,
  points,
  step,
  marks,
}: {
  title: string;
  points: readonly TrafficPoint[];
  step: number;
  marks: { at: number; label: string }[];
}) {
  const judged = points.filter((point) => point.expected !== null);
  const outside = judged.filter((point) => point.expected && (total(point) > point.expected[1] || total(point) < point.expected[0])).length;
  return (
    <TimeSeries
      title={title}
      points={points.map((point) => ({
        at: point.at,
        values: { success: point.success, unknown: point.unknown, failure: point.failure },
        band: point.expected,
      }))}
      parts={PARTS}
      step={step}
      marks={marks}
      summary={`${plural(sum(points), "event")} in columns of ${formatSpan(step)}; ${judged.length === 0 ? "the band needs two earlier weeks" : `${outside} of ${judged.length} columns are outside the band of the weeks before`}.`}
      footer={judged.length === 0 ? "Learning: the expected band needs two earlier weeks." : undefined}
    />
  );
}

const alertColumns = (params: Record<string, string | undefined>): readonly Column<PlacedAlert>[] => [
  { id: "level", header: "Level", width: "120px", cell: ({ facts }) => <LevelBadge level={facts.level} /> },
  {
    id: "what",
    header: "What",
    phone: "title",
    cell: ({ facts, incident }) => (
      <>
        <Link className="strong" scroll={false} href={`/traffic?${new URLSearchParams({ ...known(params), alert: facts.key })}`}>
          {facts.title}
        </Link>{" "}
        <span className="muted break">{facts.explanation.sentence}</span>{" "}
        <Link className="mono faint" href={`/incidents/${incidentName(incident)}`}>
          {incidentName(incident)}
        </Link>
      </>
    ),
  },
  { id: "last", header: "Last", width: "110px", nowrap: true, cell: ({ facts }) => <Ago at={facts.lastAt} /> },
];
const known = (params: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** Who made it: the factors of the alert, those with a share as bars. */
function Explained({ alert: { facts }, scope }: { alert: PlacedAlert; scope: Scope }) {
  const { explanation } = facts;
  const shares = explanation.factors.flatMap((factor) => {
    const percent = /^(\d{1,3}) %/.exec(factor.note ?? "");
    return percent && factor.after
      ? [{ key: `${factor.name} ${factor.after}`, label: `${factor.name} ${factor.after}`, value: Number(percent[1]) }]
      : [];
  });
  return (
    <Card
      title="What explains it?"
      note={explanation.measured === undefined ? undefined : `${formatCount(explanation.measured)} ${explanation.unit ?? ""}`}
      footer={<span className="break">{explanation.sentence}</span>}
      aside={
        <LinkButton
          href={eventsHref(
            { ...scope, range: { from: facts.firstAt, to: facts.lastAt + 60_000 } },
            facts.services[0] ? `service:${JSON.stringify(facts.services[0])}` : "",
          )}
        >
          Open events
        </LinkButton>
      }
    >
      {shares.length > 0 ? (
        <BarList unit="percent" rows={shares} format={(value) => `${value} %`} />
      ) : (
        <p className="muted">No single address, route, key or country stands out.</p>
      )}
    </Card>
  );
}

type ServiceCourse = ServiceActivity & { points: TrafficPoint[] };
const SERVICE_COLUMNS: readonly Column<ServiceCourse>[] = [
  {
    id: "service",
    header: "Service",
    phone: "title",
    cell: ({ service }) => <Link href={`/entities/service/${encodeURIComponent(service)}`}>{service || "unnamed"}</Link>,
  },
  {
    id: "course",
    header: "Course",
    width: "240px",
    cell: ({ points, service }) => (
      <Sparkline values={points.map(total)} width={220} label={`Traffic of ${service || "unnamed"} over time`} tone="data" />
    ),
  },
  { id: "events", header: "Events", align: "end", width: "100px", cell: ({ points }) => formatCount(sum(points)) },
  {
    id: "failures",
    header: "Failures",
    align: "end",
    width: "100px",
    cell: ({ points }) => formatCount(points.reduce((all, point) => all + point.failure, 0)),
  },
];

const QUIET_MS = 3_600_000; // an hour without a word, for a service that usually says something every hour

function Silent({ activity, now }: { activity: readonly ServiceActivity[]; now: number }) {
  const silent = activity.filter((one) => one.usualHour >= 1 && now - one.lastAt > QUIET_MS);
  return (
    <Card title="Silent" note={`${silent.length} of ${activity.length}`}>
      {silent.length === 0 ? (
        <p className="muted">Everybody who usually speaks has spoken within the hour.</p>
      ) : (
        <ul className="stack">
          {silent.map(({ service, lastAt, usualHour }) => (
            <li key={service}>
              <span className="strong">{service || "unnamed"}</span> last spoke <Ago at={lastAt} />; usually{" "}
              {plural(Math.round(usualHour), "event")} an hour.
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
