import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Input, Select } from "@/app/ui/field";
import { PageHeader } from "@/app/ui/page-header";
import { Refresh } from "@/app/ui/refresh";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { LinkTabs } from "@/app/ui/tabs";
import { may } from "@/lib/access/require-permission";
import { Level } from "@/lib/model/alert";
import { formatCount, formatOpening } from "@/lib/model/format";
import { db } from "@/lib/store/db";
import { countIncidents, countViews, type IncidentFilter, type IncidentRow, IncidentView, listIncidents } from "@/lib/store/incident-list";
import { countCourse } from "@/lib/store/overview-reads";
import { findLastEvent } from "@/lib/store/traffic-reads";
import { listPeople } from "@/lib/store/routes";
import { findBulk } from "@/lib/incidents/bulk-task";
import { readSavedViews } from "@/app/(dashboard)/saved-views/read-saved-views";
import { SavedViews } from "@/app/(dashboard)/saved-views/saved-views";
import { filterPart } from "@/lib/model/saved-view";
import { IncidentTable, type ListedIncident } from "./incident-table";
import styles from "./incidents.module.css";
import { VIEW_WORDS } from "./words";

export const metadata: Metadata = { title: "Incidents" };

type Search = Promise<Record<string, string | string[] | undefined>>;
const PAGE = 50;
const DAY_MS = 86_400_000;

const one = (value: string | string[] | undefined): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** What the address asks for. */
function readFilter(params: Record<string, string | string[] | undefined>, userId: string | null, now: Date) {
  const view = IncidentView.catch("open").parse(one(params.view));
  const level = Level.optional().catch(undefined).parse(one(params.level));
  const text = one(params.q)?.slice(0, 256);
  const [rank, lastAt, id] = (one(params.cursor) ?? "").split("_").map(Number);
  const cursor = rank && lastAt && id ? { rank, lastAt: new Date(lastAt), id } : undefined;
  const filter: IncidentFilter = { view, userId, now, ...(level ? { level } : {}), ...(text ? { text } : {}) };
  return { filter, cursor };
}

/** The incidents: what waits first, worst first. */
export default async function IncidentsPage({ searchParams }: { searchParams: Search }) {
  const ctx = await currentContext();
  if (!may(ctx, "incident:read")) return <NoPermission what="look at incidents" />;
  const userId = ctx.actor.type === "user" ? ctx.actor.id : null;
  const { filter, cursor } = readFilter(await searchParams, userId, ctx.now);
  const [saved, counts, rows, total] = await Promise.all([
    readSavedViews(ctx, "incidents"),
    countViews(db, { userId, now: ctx.now }),
    listIncidents(db, filter, { limit: PAGE + 1, ...(cursor ? { cursor } : {}) }),
    countIncidents(db, filter),
  ]);
  const shown = rows.slice(0, PAGE);
  const href = (change: Record<string, string | undefined>) =>
    address({ view: filter.view, level: filter.level, q: filter.text, ...change });
  const last = shown.at(-1);
  return (
    <>
      <Refresh everyMs={20_000} />
      <PageHeader title={headline(counts)} proof={proof(counts)} />
      <LinkTabs
        label="Views"
        current={filter.view}
        tabs={IncidentView.options.map((view) => ({
          key: view,
          label: VIEW_WORDS[view],
          href: href({ view }),
          count: formatCount(counts[view]),
        }))}
      />
      <form className={styles.search} action="/incidents">
        <input type="hidden" name="view" value={filter.view} />
        <Input
          name="q"
          defaultValue={filter.text}
          placeholder="INC-42, an address, an account, words of the title"
          aria-label="Search incidents"
          className={styles.query}
        />
        <Select name="level" defaultValue={filter.level ?? ""} aria-label="Level">
          <option value="">Every level</option>
          {Level.options.toReversed().map((level) => (
            <option key={level} value={level}>
              {level.charAt(0).toUpperCase() + level.slice(1)}
            </option>
          ))}
        </Select>
        <button type="submit" className="visually-hidden">
          Search
        </button>
        <SavedViews page="incidents" current={filterPart("incidents", href({}).split("?")[1] ?? "")} {...saved} />
      </form>
      {shown.length === 0 ? (
        <Card>{await emptyState(counts, filter)}</Card>
      ) : (
        <IncidentTable
          rows={await Promise.all(shown.map((row) => listed(row, ctx.now.getTime())))}
          total={total}
          filter={{ view: filter.view, ...(filter.level ? { level: filter.level } : {}), ...(filter.text ? { text: filter.text } : {}) }}
          mayChange={may(ctx, "incident:write")}
          underWay={may(ctx, "incident:write") ? await findBulk(ctx) : null}
          people={may(ctx, "incident:write") ? (await listPeople(db)).map(({ id, name }) => ({ id, name })) : []}
        />
      )}
      {rows.length > PAGE && last && (
        <div>
          <LinkButton href={href({ cursor: `${last.rank}_${last.lastAt.getTime()}_${last.id}` })}>Next {PAGE}</LinkButton>
        </div>
      )}
    </>
  );
}

function address(parts: Record<string, string | undefined>): string {
  const search = new URLSearchParams(
    Object.entries(parts).flatMap(([name, value]): [string, string][] =>
      value && !(name === "view" && value === "open") ? [[name, value]] : [],
    ),
  );
  return search.size > 0 ? `/incidents?${search}` : "/incidents";
}

function headline(counts: Record<IncidentView, number>): string {
  if (counts.unassigned > 0)
    return `${formatOpening(counts.unassigned)} ${counts.unassigned === 1 ? "incident waits" : "incidents wait"} for someone.`;
  if (counts.open > 0) return `${formatOpening(counts.open)} ${counts.open === 1 ? "incident is" : "incidents are"} being worked on.`;
  return "No open incidents.";
}

function proof(counts: Record<IncidentView, number>): string {
  return [
    `${formatCount(counts.open)} open, ${formatCount(counts.mine)} yours`,
    counts.escalating > 0 ? `${formatCount(counts.escalating)} getting worse` : "",
    `${formatCount(counts.resolved)} resolved so far`,
  ]
    .filter(Boolean)
    .join(", ")
    .concat(".");
}

async function listed(row: IncidentRow, now: number): Promise<ListedIncident> {
  const entity = row.entities.find(({ type }) => type === "ip" || type === "actor" || type === "session");
  const to = Math.min(now, row.lastAt.getTime() + 3_600_000);
  return {
    number: row.number,
    level: row.level,
    title: row.title,
    state: row.state,
    verdict: row.verdict,
    regressed: row.regressed,
    sample: row.sample,
    historical: row.historical,
    assignee: row.assignee,
    openedAt: row.openedAt.getTime(),
    lastAt: row.lastAt.getTime(),
    events: row.eventCount,
    alerts: row.summary.alerts,
    entities: row.entities.map(({ type, value }) => ({ type, value })),
    more: Math.max(0, row.summary.attackers + row.summary.victims - row.entities.length),
    course: entity ? await countCourse(entity, { from: to - DAY_MS, to, columns: 20 }) : null,
  };
}

async function emptyState(counts: Record<IncidentView, number>, filter: IncidentFilter) {
  if (filter.text || filter.level)
    return (
      <EmptyState
        title={`None of ${formatCount(counts[filter.view])} matches.`}
        action={<LinkButton href={address({ view: filter.view })}>Show all of this view</LinkButton>}
      >
        Search by number, by an exact address or account, or by words of the title.
      </EmptyState>
    );
  if (counts.all > 0)
    return (
      <EmptyState title="Nothing here.">{filter.view === "open" ? "Everything was settled." : "No incident is in this view."}</EmptyState>
    );
  const last = await findLastEvent();
  return (
    <EmptyState
      title="No incident yet."
      action={
        last ? (
          <LinkButton href="/events">Look at the events</LinkButton>
        ) : (
          <LinkButton href="/onboarding">Send your first event</LinkButton>
        )
      }
    >
      {last
        ? "Rules read every event; what belongs together appears here as one incident."
        : "Incidents come from events. None has been taken in so far."}
    </EmptyState>
  );
}
