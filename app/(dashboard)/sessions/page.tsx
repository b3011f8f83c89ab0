import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { PageLinks } from "@/app/ui/page-links";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { Table } from "@/app/ui/table";
import { LinkTabs } from "@/app/ui/tabs";
import { may } from "@/lib/access/require-permission";
import { formatCount, formatOpening, plural } from "@/lib/model/format";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import { listAlertsOfFamilies } from "@/lib/store/alert-reads";
import { withinTime } from "@/lib/store/reading";
import { countSessions, findSession, listSessions, SESSION_VIEWS, type SessionView } from "@/lib/store/session-records";
import { ALERT_COLUMNS } from "../alert-columns";
import { type Scope, writeScope } from "../overview/scope";
import { HijackCard } from "./hijack-card";
import { sessionColumns } from "./session-columns";

export const metadata: Metadata = { title: "Sessions" };

const CARDS = 3; // reckonings shown in full; the rest are lines
const LIMIT = 50;
const VIEWS: Record<SessionView, string> = {
  all: "All",
  open: "Open",
  moving: "On the move",
  alerts: "With alerts",
  rights: "Changed rights",
  ended: "Ended here",
};

/** Sessions of the monitored APIs: those that changed hands first, each change before and after. */
export default async function SessionsPage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const params = await searchParams;
  const range = readTimeRange(params, ctx.now.getTime());
  const only = SESSION_VIEWS.find((view) => view === params.only) ?? "all";
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const filter = {
    from: range.from,
    to: range.to,
    only,
    ...(params.service ? { service: params.service } : {}),
    ...(params.actor ? { actors: [params.actor] } : {}),
  };
  const [counts, page, told] = await Promise.all([
    withinTime((on) => countSessions(filter, on)),
    withinTime((on) => listSessions(filter, { limit: LIMIT, cursor: params.cursor, on })),
    withinTime((on) =>
      listAlertsOfFamilies(["session_hijack", "impossible_travel", "new_context"], { ...range, service: params.service }, on),
    ),
  ]);
  const hijacked = (told ?? []).filter(({ facts }) => facts.family === "session_hijack");
  const changed = new Set(hijacked.map(({ facts }) => facts.entity.value)).size;
  const first = only === "all" && !params.actor && !params.cursor;
  const cards = first ? hijacked.slice(0, CARDS) : [];
  const names = await namesOf(cards.map(({ facts }) => facts.entity.value));
  const others = first ? (told ?? []).filter((alert) => !cards.includes(alert)) : [];
  const more = { ...(only === "all" ? {} : { only }), ...(params.actor ? { actor: params.actor } : {}) };
  return (
    <>
      <PageHeader
        title={headline(changed)}
        proof={`${plural(counts?.all ?? 0, "session")} of ${plural(counts?.people ?? 0, "account")} in ${spanWords(range)}${params.actor ? `, only ${params.actor}` : ""}; ${formatCount(counts?.open ?? 0)} may still be in use.`}
      />
      {(page === null || counts === null || told === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      {cards.map((alert) => (
        <HijackCard key={alert.facts.key} alert={alert} who={names.get(alert.facts.entity.value)} />
      ))}
      {others.length > 0 && (
        <Card title="Also told about people on the move and sessions" note={plural(others.length, "alert")} flush>
          <Table columns={ALERT_COLUMNS} rows={others} rowKey={({ facts }) => facts.key} caption="Other alerts about sessions and places" />
        </Card>
      )}
      <LinkTabs
        label="Which sessions"
        current={only}
        tabs={SESSION_VIEWS.map((view) => ({
          key: view,
          label: VIEWS[view],
          href: `/sessions?${writeScope(scope, { ...(view === "all" ? {} : { only: view }), ...(params.actor ? { actor: params.actor } : {}) })}`,
          count: formatCount(counts?.[view] ?? 0),
        }))}
      />
      <Card flush>
        <Table
          columns={sessionColumns(ctx.now.getTime())}
          rows={page?.sessions ?? []}
          rowKey={({ id }) => id}
          caption="Sessions"
          empty={
            (counts?.all ?? 0) > 0 ? (
              <EmptyState title="No session of this span is like that." />
            ) : (
              <EmptyState title="No event in this span names a session.">
                Send <code>session.id</code> with your events: it is kept only as a keyed hash, and makes taken-over sessions visible.
              </EmptyState>
            )
          }
        />
      </Card>
      <PageLinks
        size={LIMIT}
        first={params.cursor && `/sessions?${writeScope(scope, more)}`}
        next={page?.next ? `/sessions?${writeScope(scope, { ...more, cursor: page.next })}` : undefined}
      />
    </>
  );
}

/** Whose sessions they are, by the name people know. */
async function namesOf(sessions: readonly string[]): Promise<Map<string, string>> {
  const records = await Promise.all(sessions.map((id) => findSession(id)));
  return new Map(records.flatMap((record) => (record?.actorName ? [[record.id, record.actorName]] : [])));
}

function headline(changed: number): string {
  if (changed === 0) return "No session changed hands.";
  return `${formatOpening(changed)} ${changed === 1 ? "session" : "sessions"} changed hands.`;
}
