import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago, Time } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import type { Factor } from "@/lib/model/alert";
import { countryName } from "@/lib/model/event-words";
import { formatCount, formatOpening, formatSpan, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import { listAlertsOfFamilies, type PlacedAlert } from "@/lib/store/alert-reads";
import { withinTime } from "@/lib/store/reading";
import { countSessions, listSessions, type SessionLine } from "@/lib/store/session-reads";

export const metadata: Metadata = { title: "Sessions" };

const CARDS = 4; // reckonings shown in full; the rest are lines

/** Sessions of the monitored APIs: those that changed hands first, each change before and after. */
export default async function SessionsPage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const params = await searchParams;
  const range = readTimeRange(params, ctx.now.getTime());
  const filter = {
    from: range.from,
    to: range.to,
    ...(params.service ? { service: params.service } : {}),
    ...(params.actor ? { actor: params.actor } : {}),
  };
  const [counts, sessions, taken] = await Promise.all([
    withinTime((on) => countSessions(filter, on)),
    withinTime((on) => listSessions(filter, { on })),
    withinTime((on) => listAlertsOfFamilies(["session_hijack", "impossible_travel", "new_context"], range, on)),
  ]);
  const all = taken ?? [];
  const hijacked = all.filter(({ facts }) => facts.family === "session_hijack");
  const others = all.filter((alert) => !hijacked.slice(0, CARDS).includes(alert));
  return (
    <>
      <PageHeader
        title={
          hijacked.length > 0
            ? `${formatOpening(hijacked.length)} ${hijacked.length === 1 ? "session" : "sessions"} changed hands.`
            : "No session changed hands."
        }
        proof={`${plural(counts?.sessions ?? 0, "session")} of ${plural(counts?.people ?? 0, "account")} in ${spanWords(range)}.`}
      />
      {(sessions === null || counts === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      {hijacked.slice(0, CARDS).map((alert) => (
        <Changed key={alert.facts.key} alert={alert} />
      ))}
      {others.length > 0 && (
        <Card title="Also told about people on the move and sessions" note={plural(others.length, "alert")} flush>
          <Table columns={TOLD} rows={others} rowKey={({ facts }) => facts.key} caption="Other alerts about sessions and places" />
        </Card>
      )}
      <Card title="Sessions" note={sessions && sessions.length === 100 ? "the latest 100" : undefined} flush>
        <Table
          columns={COLUMNS}
          rows={sessions ?? []}
          rowKey={({ session }) => session}
          caption="Sessions"
          empty={
            <EmptyState title="No event in this span names a session.">
              Send <code>session.id</code> with your events: it is kept only as a keyed hash, and makes taken-over sessions visible.
            </EmptyState>
          }
        />
      </Card>
    </>
  );
}

const TOLD: readonly Column<PlacedAlert>[] = [
  { id: "level", header: "Level", width: "120px", cell: ({ facts }) => <LevelBadge level={facts.level} /> },
  {
    id: "what",
    header: "What",
    phone: "title",
    cell: ({ facts, incident }) => (
      <>
        <Link className="strong" href={`/incidents/${incidentName(incident)}`}>
          {facts.title}
        </Link>{" "}
        <span className="muted break">{facts.explanation.sentence}</span>
      </>
    ),
  },
  { id: "last", header: "Last", width: "130px", nowrap: true, cell: ({ facts }) => <Ago at={facts.lastAt} /> },
];

const FACTORS: readonly Column<Factor>[] = [
  { id: "name", header: "What changed", phone: "title", width: "180px", cell: ({ name }) => <span className="strong">{name}</span> },
  { id: "before", header: "Before", cell: ({ before }) => <span className="break">{before ?? ""}</span> },
  {
    id: "after",
    header: "After",
    cell: ({ after, note }) => (
      <span className="break">
        {after ?? ""} {note && <span className="faint">{note}</span>}
      </span>
    ),
  },
  {
    id: "weight",
    header: "Points",
    align: "end",
    width: "90px",
    cell: ({ weight }) => (weight === 0 ? <span className="muted">0</span> : formatCount(weight)),
  },
];

/** One alert about a session or a journey, with its reckoning: before, after, weight. */
function Changed({ alert: { facts, incident } }: { alert: PlacedAlert }) {
  const { explanation } = facts;
  const measured =
    explanation.measured === undefined
      ? undefined
      : `${formatCount(explanation.measured)} of ${formatCount(explanation.threshold ?? 0)} ${explanation.unit ?? ""}`;
  return (
    <Card
      title={
        <>
          <LevelBadge level={facts.level} /> {facts.title}
        </>
      }
      note={measured}
      aside={<Link href={`/incidents/${incidentName(incident)}`}>{incidentName(incident)}</Link>}
      footer={
        <>
          <span className="break">{explanation.sentence}</span> <Ago at={facts.lastAt} />
        </>
      }
      flush
    >
      <Table
        columns={FACTORS}
        rows={explanation.factors}
        rowKey={({ name, before, after }) => `${name} ${before} ${after}`}
        caption={`What changed: ${facts.title}`}
      />
    </Card>
  );
}

const COLUMNS: readonly Column<SessionLine>[] = [
  {
    id: "actor",
    header: "Account",
    phone: "title",
    cell: ({ session, actor }) => (
      <>
        {actor ? (
          <Link className="strong" href={`/entities/actor/${encodeURIComponent(actor)}`}>
            {actor}
          </Link>
        ) : (
          <span className="muted">nobody named</span>
        )}{" "}
        <Link className="mono faint" href={`/entities/session/${encodeURIComponent(session)}`}>
          {session.slice(0, 12)}
        </Link>
      </>
    ),
  },
  {
    id: "alerts",
    header: "Alerts",
    align: "end",
    width: "80px",
    cell: ({ alerts }) => (alerts > 0 ? <span className="strong">{alerts}</span> : <span className="muted">0</span>),
  },
  { id: "events", header: "Events", align: "end", width: "90px", cell: ({ events }) => formatCount(events) },
  { id: "failures", header: "Failures", align: "end", width: "90px", cell: ({ failures }) => formatCount(failures) },
  { id: "addresses", header: "Addresses", align: "end", width: "100px", cell: ({ addresses }) => formatCount(addresses) },
  { id: "agents", header: "Programs", align: "end", width: "100px", phone: "hide", cell: ({ agents }) => formatCount(agents) },
  { id: "countries", header: "Countries", width: "170px", cell: ({ countries }) => countries.slice(0, 3).map(countryName).join(", ") },
  {
    id: "length",
    header: "Lasted",
    width: "110px",
    nowrap: true,
    cell: ({ first, last }) => formatSpan(Math.max(1000, last.getTime() - first.getTime())),
  },
  {
    id: "last",
    header: "Last",
    width: "140px",
    nowrap: true,
    cell: ({ last, ended }) =>
      ended ? (
        <>
          signed out <Time at={last.getTime()} />
        </>
      ) : (
        <Ago at={last.getTime()} />
      ),
  },
];
