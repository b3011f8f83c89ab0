import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import type { CourseMark } from "@/app/ui/band-chart";
import { LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { bucketSize } from "@/lib/charts/axes";
import { COURSE_METRICS, gapsOf } from "@/lib/charts/course";
import { topSeries } from "@/lib/charts/top-series";
import { formatOpening, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { readTimeRange, spanWords, writeTimeRange } from "@/lib/model/time-range";
import { listAlertsOfFamilies, type PlacedAlert } from "@/lib/store/alert-reads";
import { withinTime } from "@/lib/store/reading";
import {
  eventsOf,
  findFirstMinute,
  listIncidentMarks,
  listRuleMarks,
  listServiceActivity,
  listTrafficBy,
  type ServiceActivity,
  TRAFFIC_GROUPS,
  type TrafficPoint,
} from "@/lib/store/traffic-reads";
import { spread } from "../overview/outcomes";
import type { Scope } from "../overview/scope";
import { Busiest } from "./busiest";
import { Courses } from "./courses";
import { Explained } from "./explained";
import { type BandedTraffic, readCourse } from "./read-course";

export const metadata: Metadata = { title: "Traffic" };

const ALERTS = 7; // as high as what explains one of them
const FAMILIES = ["traffic_anomaly", "rate_abuse", "silence", "data_egress"] as const;

type Params = Record<string, string | undefined>;

/** Traffic against what is expected: incoming, outgoing, what left its band and why, the busiest of each kind, who fell silent. */
export default async function TrafficPage({ searchParams }: { searchParams: Promise<Params> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at traffic" />;
  const params = await searchParams;
  const now = ctx.now.getTime();
  const range = readTimeRange(params, now);
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const metric = COURSE_METRICS.find((one) => one === params.metric) ?? "requests";
  const by = TRAFFIC_GROUPS.find((one) => one === params.by) ?? "service";
  const widthMs = bucketSize(range.to - range.from);
  const from = Math.floor(range.from / widthMs) * widthMs;
  const filter = { from, to: range.to, service: scope.service };
  const [inbound, outbound, all, incidents, rules, alerts, activity, cells, firstAt] = await Promise.all([
    withinTime((on) => readCourse({ ...filter, direction: "inbound" }, { widthMs, metric, on })),
    withinTime((on) => readCourse({ ...filter, direction: "outbound" }, { widthMs, metric, on })),
    withinTime((on) => readCourse({ from, to: range.to }, { widthMs, on })),
    listIncidentMarks({ from, to: range.to }),
    may(ctx, "rule:read") ? listRuleMarks({ from, to: range.to }) : [],
    withinTime((on) => listAlertsOfFamilies(FAMILIES, { ...range, service: params.service }, on)),
    listServiceActivity(now),
    withinTime((on) => listTrafficBy({ ...filter, direction: "inbound" }, { by, widthMs, on })),
    findFirstMinute(),
  ]);
  const marks: CourseMark[] = [
    ...spread(
      incidents.map((mark) => ({ at: mark.at, label: incidentName(mark.number) })),
      (range.to - from) / 9,
    ),
    ...spread(
      rules.map((mark) => ({ at: mark.at, label: "rule changed" })),
      (range.to - from) / 8,
    ).map((mark) => ({ ...mark, minor: true })),
  ];
  const chosen =
    (alerts ?? []).find(({ facts }) => facts.key === params.alert) ?? alerts?.find(({ facts }) => facts.explanation.factors.length > 1);
  const columns = Math.max(1, Math.ceil((range.to - from) / widthMs));
  return (
    <>
      <PageHeader
        title={headline(alerts ?? [])}
        proof={`${plural(sum(inbound, from), "incoming request")} and ${plural(sum(outbound, from), "outgoing call")} in ${spanWords(range)}; ${plural(activity.length, "service")} heard in 30 days.`}
      />
      {(alerts === null || inbound === null || outbound === null) && (
        <Banner tone="warn">Some of this could not be read in time. A shorter span may help.</Banner>
      )}
      {inbound && outbound && (
        <Courses
          {...{ scope, metric, widthMs, from, now, inbound, outbound, marks, firstAt }}
          gaps={all ? gapsOf(all.columns, widthMs) : []}
        />
      )}
      <div className={chosen ? "grid-2" : undefined} style={{ alignItems: "start" }}>
        <Card
          title="Outside the expected"
          note={alerts ? plural(alerts.length, "alert") : undefined}
          footer={
            alerts && alerts.length > ALERTS ? (
              <>
                The latest {ALERTS}. <Link href="/incidents">All incidents</Link>
              </>
            ) : undefined
          }
          flush
        >
          <Table
            columns={alertColumns({ ...writeTimeRange(range), ...(params.service ? { service: params.service } : {}), metric, by })}
            rows={(alerts ?? []).slice(0, ALERTS)}
            rowKey={({ facts }) => facts.key}
            current={chosen?.facts.key}
            caption="Traffic outside the expected"
            empty={
              <EmptyState title="Nothing left its band far enough to alarm.">
                Services are learnt for three days before they are judged.
              </EmptyState>
            }
          />
        </Card>
        {chosen && <Explained alert={chosen} scope={scope} />}
      </div>
      <Busiest series={cells && topSeries(cells, columns)} by={by} scope={scope} />
      <Silent activity={activity} now={now} />
    </>
  );
}

const sum = (traffic: BandedTraffic | null, from: number): number =>
  (traffic?.points ?? []).reduce((all: number, point: TrafficPoint) => (point.at >= from ? all + eventsOf(point) : all), 0);

function headline(alerts: readonly PlacedAlert[]): string {
  if (alerts.length === 0) return "Traffic raised no alert.";
  const open = alerts.filter(({ state }) => state === "open").length;
  const often = alerts.length === 1 ? "once" : `${formatOpening(alerts.length).toLowerCase()} times`;
  const rest = open > 0 ? ` ${formatOpening(open)} still ${open === 1 ? "needs" : "need"} somebody.` : "";
  return `Traffic was not as expected ${often}.${rest}`;
}

const alertColumns = (params: Record<string, string>): readonly Column<PlacedAlert>[] => [
  { id: "level", header: "Level", width: "110px", cell: ({ facts }) => <LevelBadge level={facts.level} /> },
  {
    id: "what",
    header: "What",
    phone: "title",
    cell: ({ facts }) => (
      <>
        <Link className="strong" scroll={false} href={`/traffic?${new URLSearchParams({ ...params, alert: facts.key })}`}>
          {facts.title}
        </Link>{" "}
        <span className="muted break">{facts.explanation.sentence}</span>
      </>
    ),
  },
  { id: "last", header: "Last", width: "110px", nowrap: true, cell: ({ facts }) => <Ago at={facts.lastAt} /> },
];

const QUIET_MS = 3_600_000; // an hour without a word, for a service that usually says something every hour

function Silent({ activity, now }: { activity: readonly ServiceActivity[]; now: number }) {
  const silent = activity.filter((one) => !one.sample && one.usualHour >= 1 && now - one.lastAt > QUIET_MS);
  return (
    <Card title="Silent" note={`${silent.length} of ${activity.length} services`}>
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
