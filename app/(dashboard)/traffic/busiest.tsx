import Link from "next/link";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { Sparkline } from "@/app/ui/sparkline";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Segments } from "@/app/ui/tabs";
import type { TopSeries } from "@/lib/charts/top-series";
import { countryName } from "@/lib/model/event-words";
import { formatBytes, formatCount, formatPercent } from "@/lib/model/format";
import { entityHref } from "@/lib/query/entities";
import { TRAFFIC_GROUPS, type TrafficGroup } from "@/lib/store/traffic-reads";
import { eventsHref, type Scope, writeScope } from "../overview/scope";

const LABELS: Record<TrafficGroup, string> = { service: "Service", route: "Route", key: "Key", country: "Country", status: "Status" };

/** The busiest services, routes, keys, countries or status classes, each with its course, failures, bytes and time to answer. */
export function Busiest({ series, by, scope }: { series: readonly TopSeries[] | null; by: TrafficGroup; scope: Scope }) {
  return (
    <Card
      title="Busiest"
      note="each course on its own scale"
      aside={
        <Segments
          label="Tell apart by"
          current={by}
          tabs={TRAFFIC_GROUPS.map((key) => ({
            key,
            label: LABELS[key],
            href: `/traffic?${writeScope(scope, key === "service" ? {} : { by: key })}`,
          }))}
        />
      }
      flush
    >
      <Table
        columns={columnsOf(by, scope)}
        rows={series ?? []}
        rowKey={({ value }) => value ?? " other"}
        caption={`Traffic by ${LABELS[by].toLowerCase()}`}
        empty={
          <EmptyState
            title={series === null ? "This took too long to count." : `No event of this span names a ${LABELS[by].toLowerCase()}.`}
          >
            {series === null && "A shorter span may help."}
          </EmptyState>
        }
      />
    </Card>
  );
}

const nameOf = (by: TrafficGroup, value: string) =>
  by === "country"
    ? countryName(value)
    : by === "status"
      ? value === "none"
        ? "no status"
        : value.replace("..", "xx")
      : value || "unnamed";

function NameCell({ by, value, scope }: { by: TrafficGroup; value: string | null; scope: Scope }) {
  if (value === null) return <span className="muted">all other</span>;
  if (by === "status") {
    const digit = Number(value[0]);
    if (Number.isNaN(digit)) return <span>{nameOf(by, value)}</span>;
    return <Link href={eventsHref(scope, `status:${digit}00..${digit}99`)}>{nameOf(by, value)}</Link>;
  }
  const href = by === "service" ? entityHref("service", value) : undefined;
  if (href) return <Link href={href}>{nameOf(by, value)}</Link>;
  return (
    <FilterableValue field={by} value={value} mono={by === "route" || by === "key"}>
      {nameOf(by, value)}
    </FilterableValue>
  );
}

const columnsOf = (by: TrafficGroup, scope: Scope): readonly Column<TopSeries>[] => [
  { id: "name", header: LABELS[by], phone: "title", cell: ({ value }) => <NameCell by={by} value={value} scope={scope} /> },
  {
    id: "course",
    header: "Course",
    width: "200px",
    cell: ({ course, value }) => (
      <Sparkline
        values={course}
        width={180}
        label={`Traffic of ${value === null ? "all other" : nameOf(by, value)} over time`}
        tone="data"
      />
    ),
  },
  {
    id: "requests",
    header: "Requests",
    align: "end",
    width: "100px",
    cell: ({ requests }) => <span className="strong">{formatCount(requests)}</span>,
  },
  {
    id: "failures",
    header: "Failed",
    align: "end",
    width: "90px",
    cell: ({ failures, requests }) =>
      failures === 0 ? <span className="muted">none</span> : formatPercent(failures / Math.max(1, requests)),
  },
  { id: "in", header: "In", align: "end", width: "95px", phone: "hide", cell: ({ bytesIn }) => formatBytes(bytesIn) },
  { id: "out", header: "Out", align: "end", width: "95px", cell: ({ bytesOut }) => formatBytes(bytesOut) },
  {
    id: "latency",
    header: "Mean time",
    align: "end",
    width: "100px",
    cell: ({ latencyMs }) => (latencyMs === null ? <span className="muted">not said</span> : `${formatCount(latencyMs)} ms`),
  },
];
