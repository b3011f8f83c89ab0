import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { AccountSessions } from "@/app/(dashboard)/sessions/account-sessions";
import { SessionPart } from "@/app/(dashboard)/sessions/session-part";
import { currentContext } from "@/app/session";
import { BarList } from "@/app/ui/bar-list";
import { LevelBadge } from "@/app/ui/badge";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { Segments } from "@/app/ui/tabs";
import { type Column, Table } from "@/app/ui/table";
import { Ago, Time } from "@/app/ui/time";
import { TimeSeries } from "@/app/ui/time-series";
import { may } from "@/lib/access/require-permission";
import { readRisk } from "@/lib/incidents/read-risk";
import { hasRisk } from "@/lib/incidents/risk";
import { RiskCard } from "@/app/(dashboard)/incidents/risk";
import { countryName, type EventSummary } from "@/lib/model/event-words";
import { formatCount, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { RELATIVE_RANGES, type RelativeRange, readTimeRange, spanWords, type TimeRange } from "@/lib/model/time-range";
import type { SessionRecord } from "@/lib/model/session-record";
import { ENTITY_TYPES, entityHref, type EntityType } from "@/lib/query/entities";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { printQuery } from "@/lib/query/print";
import type { OwnAlert, TouchingIncident } from "@/lib/store/entity-reads";
import type { Facet, FacetField, Histogram } from "@/lib/store/event-figures";
import { withinTime } from "@/lib/store/reading";
import { findSession } from "@/lib/store/session-records";
import { askedOf, gather, type Known, ownExitOf, USUAL_SAMPLE } from "./gather";

const WORDS: Record<EntityType, string> = {
  actor: "Account",
  ip: "Address",
  key: "Key",
  session: "Session",
  asn: "Network",
  service: "Service",
};

const TITLES: Partial<Record<FacetField, string>> = {
  country: "Countries",
  network: "Networks",
  agent: "Agents",
  ip: "Addresses",
  route: "Routes",
  service: "Services",
  actor: "Accounts",
  user_agent: "User agents",
  reason: "Reasons of failure",
  key: "Keys",
};

type Params = { params: Promise<{ type: string; value: string }>; searchParams: Promise<Record<string, string | undefined>> };

const isType = (text: string): text is EntityType => (ENTITY_TYPES as readonly string[]).includes(text);

/** The value of the address as it was meant; null for what nobody could have meant. */
function read(value: string): string | null {
  try {
    return decodeURIComponent(value).slice(0, 4096);
  } catch {
    return null;
  }
}

export async function generateMetadata({ params }: Params): Promise<Metadata> {
  const { type, value } = await params;
  return { title: isType(type) ? `${WORDS[type]} ${(read(value) ?? "").slice(0, 80)}` : "Not found" };
}

/** Everything known about one account, address, key, session, network or service. */
export default async function EntityPage({ params, searchParams }: Params) {
  const ctx = await currentContext();
  const { type, value: written } = await params;
  const value = read(written);
  if (!isType(type) || !value) notFound();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const found = await askedOf(type, value);
  if (!found) notFound();
  const { asked } = found;
  const asks = await searchParams;
  const exit = await ownExitOf(type, value);
  const record = type === "session" ? await findSession(value) : null;
  const range = rangeOf(asks, record, ctx.now.getTime());
  const known = await gather({ type, value, ...found, range });
  const risk = hasRisk(type) ? await withinTime((on) => readRisk(ctx, { type, values: known.values }, on), 3000) : null;
  const text = printQuery(asked, EVENT_FIELDS);
  const events = `/events?${new URLSearchParams({ q: text, ...(range.relative ? { last: range.relative } : { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() }) })}`;
  return (
    <>
      <PageHeader
        above={
          record ? (
            <>
              {WORDS[type]} <span className="mono break">{value}</span>
            </>
          ) : (
            <>
              {WORDS[type]}{" "}
              {known.name !== undefined &&
                found.ids.map((id) => (
                  <span key={id} className="mono break">
                    {id}{" "}
                  </span>
                ))}
            </>
          )
        }
        title={<span className="break">{record ? titleOf(record, known) : titleOfValue(type, value, known.name)}</span>}
        proof={<Proof {...known} range={range} />}
        actions={
          <>
            {!record && <Ranges type={type} value={value} range={range} />}
            <LinkButton href={events}>All its events</LinkButton>
            {type !== "service" && (
              <LinkButton href={`${events.replace("q=", `q=${encodeURIComponent("outcome:failure ")}`)}`}>Only failures</LinkButton>
            )}
          </>
        }
      />
      {(known.events === null || known.histogram === null || known.facets === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      {exit && (
        <Banner>
          Your own exit: <b className="strong break">{exit.name}</b>. People who appear here have not travelled, and are not one guesser
          together.{" "}
          <Link className="link" href="/own-exits">
            Own exits
          </Link>
        </Banner>
      )}
      {record && <SessionPart ctx={ctx} record={record} by={asks.by === "device" ? "device" : "ip"} />}
      <Work
        incidents={known.incidents ?? []}
        alerts={(known.alerts ?? []).filter(({ family }) => !record || family !== "session_hijack")}
      />
      {hasRisk(type) && <RiskCard risk={risk} />}
      {type === "actor" && <AccountSessions ctx={ctx} names={known.values} from={range.from} to={range.to} />}
      {!record && known.histogram && known.histogram.total > 0 && <Course histogram={known.histogram} />}
      {known.facets && known.histogram?.total !== 0 && (
        <div className="grid-3">{known.facets.map((facet) => facet.values.length > 0 && <Usual key={facet.field} facet={facet} />)}</div>
      )}
      <Latest events={known.events ?? []} everSeen={known.span !== null || known.histogram === null} />
    </>
  );
}

function titleOf(record: SessionRecord, { alerts }: Known): string {
  const who = record.actorName ?? record.actors[0] ?? "nobody named";
  return alerts?.some(({ family }) => family === "session_hijack") ? `This session of ${who} changed hands.` : `A session of ${who}`;
}

const titleOfValue = (type: EntityType, value: string, name: string | undefined): string =>
  type === "asn" ? [name, `AS${value.replace(/^AS/i, "")}`].filter(Boolean).join(", ") : (name ?? value);

/** A session is looked at from its start to its last event, everything else over a week, unless the address asks for another span. */
function rangeOf(asks: Record<string, string | undefined>, record: SessionRecord | null, now: number): TimeRange {
  if (!record || asks.last || asks.from) return readTimeRange(asks, now, "7d");
  return { from: record.startedAt.getTime(), to: record.lastAt.getTime() + 1 };
}

/** First and last, how much, how much of it failed. */
function Proof({ span, histogram, range }: Known & { range: TimeRange }) {
  if (!span && histogram?.total === 0) return <>No event that is kept names it.</>;
  const failed = histogram?.keys.indexOf("failure") ?? -1;
  const failures = histogram && failed >= 0 ? histogram.bars.reduce((sum, { counts }) => sum + (counts[failed] ?? 0), 0) : 0;
  return (
    <>
      {span && (
        <>
          First seen <Time at={span.firstAt} />, last seen <Ago at={span.lastAt} />.{" "}
        </>
      )}
      {histogram && `${plural(histogram.total, "event")} in ${spanWords(range)}`}
      {failures > 0 && `, ${plural(failures, "failure")}`}.
    </>
  );
}

function Ranges({ type, value, range }: { type: EntityType; value: string; range: TimeRange }) {
  const spans: RelativeRange[] = ["24h", "7d", "30d"];
  return (
    <Segments
      label="Span"
      current={range.relative ?? ""}
      tabs={spans
        .filter((span) => span in RELATIVE_RANGES)
        .map((span) => ({ key: span, label: span, href: `${entityHref(type, value)}?last=${span}` }))}
    />
  );
}

const INCIDENTS: readonly Column<TouchingIncident>[] = [
  { id: "level", header: "Level", width: "110px", cell: ({ level }) => <LevelBadge level={level} /> },
  {
    id: "title",
    header: "Incident",
    phone: "title",
    cell: ({ number, title }) => (
      <Link href={`/incidents/${incidentName(number)}`}>
        <span className="mono faint">{incidentName(number)}</span> {title}
      </Link>
    ),
  },
  { id: "role", header: "As", width: "110px", cell: ({ role }) => role },
  { id: "state", header: "State", width: "130px", cell: ({ state }) => state },
  { id: "last", header: "Last", width: "130px", nowrap: true, cell: ({ last }) => <Ago at={last.getTime()} /> },
];
const ALERTS: readonly Column<OwnAlert>[] = [
  { id: "level", header: "Level", width: "110px", cell: ({ level }) => <LevelBadge level={level} /> },
  {
    id: "title",
    header: "Alert",
    phone: "title",
    cell: ({ title, sentence, incident }) => (
      <>
        <Link href={`/incidents/${incidentName(incident)}`} className="strong">
          {title}
        </Link>{" "}
        <span className="muted">{sentence}</span>
      </>
    ),
  },
  { id: "last", header: "Last", width: "130px", nowrap: true, cell: ({ last }) => <Ago at={last.getTime()} /> },
];

function Work({ incidents, alerts }: { incidents: TouchingIncident[]; alerts: OwnAlert[] }) {
  if (incidents.length === 0 && alerts.length === 0) return <Banner>No alert was ever about it, and no incident touches it.</Banner>;
  return (
    <>
      {incidents.length > 0 && (
        <Card title={plural(incidents.length, "incident")} flush>
          <Table columns={INCIDENTS} rows={incidents} rowKey={({ number }) => String(number)} caption="Incidents that touch it" />
        </Card>
      )}
      {alerts.length > 0 && (
        <Card title={plural(alerts.length, "alert")} flush>
          <Table columns={ALERTS} rows={alerts} rowKey={({ rule_id, last }) => `${rule_id} ${last.getTime()}`} caption="Alerts about it" />
        </Card>
      )}
    </>
  );
}

const COLOURS = new Map([
  ["success", "var(--data)"],
  ["failure", "var(--fail)"],
  ["unknown", "var(--data-soft)"],
]);

function Course({ histogram }: { histogram: Histogram }) {
  const points = histogram.bars.map(({ at, counts }) => ({
    at,
    values: Object.fromEntries(histogram.keys.map((key, i) => [key, counts[i] ?? 0])),
  }));
  const parts = histogram.keys.map((key) => ({ key, label: key, colour: COLOURS.get(key) ?? "var(--data)" }));
  return (
    <TimeSeries
      title="Its events over time"
      points={points}
      parts={parts}
      step={histogram.widthMs}
      summary={`${plural(histogram.total, "event")} in this span.`}
      height={170}
    />
  );
}

const label = (field: FacetField, value: string) => (field === "country" ? countryName(value) : value);

function Usual({ facet: { field, values, distinct, complete } }: { facet: Facet }) {
  return (
    <Card
      title={TITLES[field] ?? field}
      note={[
        distinct > values.length && `${values.length} of ${formatCount(distinct)}`,
        !complete && `in the newest ${formatCount(USUAL_SAMPLE)} events`,
      ]
        .filter(Boolean)
        .join(" ")}
    >
      <BarList
        unit="events"
        rows={values.map(({ value, count }) => ({
          key: value,
          label: (
            <FilterableValue field={field} value={value}>
              {label(field, value)}
            </FilterableValue>
          ),
          value: count,
          mono: field === "ip" || field === "route" || field === "user_agent",
        }))}
      />
    </Card>
  );
}

const EVENTS: readonly Column<EventSummary>[] = [
  {
    id: "at",
    header: "Time",
    width: "170px",
    nowrap: true,
    cell: ({ at, id }) => (
      <Link href={`/events?event=${at}~${encodeURIComponent(id)}`}>
        <Time at={at} precision="second" />
      </Link>
    ),
  },
  {
    id: "what",
    header: "What happened",
    phone: "title",
    cell: ({ title, outcome, status }) => (
      <span>
        {title} <span className={outcome === "failure" ? "strong" : "faint"}>{status ?? outcome}</span>
      </span>
    ),
  },
  { id: "actor", header: "Account", cell: ({ actor }) => actor !== undefined && <FilterableValue field="actor" value={actor} /> },
  { id: "ip", header: "Address", cell: ({ ip }) => ip !== undefined && <FilterableValue field="ip" value={ip} mono /> },
  { id: "service", header: "Service", cell: ({ service }) => service !== undefined && <FilterableValue field="service" value={service} /> },
];

function Latest({ events, everSeen }: { events: EventSummary[]; everSeen: boolean }) {
  return (
    <Card title="Latest events" flush>
      <Table
        columns={EVENTS}
        rows={events}
        rowKey={({ id }) => id}
        caption="Latest events"
        empty={
          everSeen ? (
            <EmptyState title="Nothing in this span.">Look at a longer one.</EmptyState>
          ) : (
            <EmptyState title="No event that is kept names it." />
          )
        }
      />
    </Card>
  );
}
