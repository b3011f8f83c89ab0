import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { PageLinks } from "@/app/ui/page-links";
import { Sparkline } from "@/app/ui/sparkline";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { LinkTabs } from "@/app/ui/tabs";
import { Ago, Time } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { type EntityRisk, readRisks } from "@/lib/incidents/read-risk";
import { RISK_SPAN_MS } from "@/lib/incidents/risk";
import { compareLevels } from "@/lib/model/alert";
import { countryName } from "@/lib/model/event-words";
import { formatBytes, formatCount, formatOpening, formatPercent, plural } from "@/lib/model/format";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import { entityHref } from "@/lib/query/entities";
import { countPeople, type Line, listPeople, PEOPLE_KINDS, type PeopleKind } from "@/lib/store/people-reads";
import { withinTime } from "@/lib/store/reading";
import { findFirstMinute } from "@/lib/store/traffic-reads";
import { RiskBadge } from "../incidents/risk";
import { type Scope, writeScope } from "../overview/scope";

export const metadata: Metadata = { title: "People and keys" };

const KINDS: Record<PeopleKind, { label: string; one: string; many: string; type: "actor" | "key" }> = {
  people: { label: "People", one: "person", many: "people", type: "actor" },
  machines: { label: "Machines", one: "machine account", many: "machine accounts", type: "actor" },
  keys: { label: "Keys", one: "key", many: "keys", type: "key" },
};
const LIMIT = 100;
const DAY_MS = 86_400_000;

type Row = Line & { risk: EntityRisk | undefined; isNew: boolean };

/** Everybody and every key that was active in the monitored APIs: how much, how it went, from where, since when; the riskiest first. */
export default async function PeoplePage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const params = await searchParams;
  const range = readTimeRange(params, ctx.now.getTime());
  const kind = PEOPLE_KINDS.find((one) => one === params.kind) ?? "people";
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const filter = { from: range.from, to: range.to, ...(params.service ? { service: params.service } : {}) };
  const { type, one, many } = KINDS[kind];
  const toldSince = may(ctx, "incident:read") ? ctx.now.getTime() - RISK_SPAN_MS : ctx.now.getTime();
  const [page, firstEver, counts] = await Promise.all([
    withinTime((on) => listPeople({ ...filter, kind, toldSince }, { limit: LIMIT, cursor: params.cursor, on })),
    findFirstMinute(),
    withinTime((on) => countPeople(filter, on)),
  ]);
  const lines = page?.lines ?? [];
  const risks = may(ctx, "incident:read")
    ? await readRisks(
        ctx,
        lines.map(({ value }) => ({ type, value })),
      )
    : new Map<string, EntityRisk>();
  // Who came with the first day of all events is not new: nobody was listening before.
  const newSince = Math.max(range.from, (firstEver ?? 0) + DAY_MS);
  const rows: Row[] = lines
    .map((line) => ({ ...line, risk: risks.get(`${type}|${line.value}`), isNew: line.first.getTime() >= newSince }))
    .sort((a, b) => (b.risk?.score ?? 0) - (a.risk?.score ?? 0) || b.events - a.events);
  const total = counts?.[kind] ?? 0;
  const isPart = Boolean(page?.next || params.cursor);
  const hrefOf = (of: PeopleKind) => `/people?${writeScope(scope, of === "people" ? {} : { kind: of })}`;
  return (
    <>
      <PageHeader
        title={headline(rows, kind, isPart)}
        proof={`${plural(total, one, many)} active in ${spanWords(range)}${isPart ? `, ${formatCount(rows.length)} on this page` : ""}: ${formatCount(rows.filter(({ risk }) => risk).length)} in an incident of the last 14 days, ${formatCount(rows.filter(({ isNew }) => isNew).length)} seen for the first time.`}
      />
      {(page === null || counts === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      <LinkTabs
        label="Of which kind"
        current={kind}
        tabs={PEOPLE_KINDS.map((each) => ({
          key: each,
          label: KINDS[each].label,
          href: hrefOf(each),
          count: formatCount(counts?.[each] ?? 0),
        }))}
      />
      <Card flush>
        <Table
          columns={columnsOf(kind)}
          rows={rows}
          rowKey={({ value }) => value}
          caption={KINDS[kind].label}
          empty={
            <EmptyState title={kind === "keys" ? "No key was used in this span." : "No event in this span names an account like that."}>
              {kind === "keys" ? (
                <>
                  Send <code>credential.type: "api_key"</code> and <code>credential.id</code> with your events.
                </>
              ) : (
                <>
                  Send <code>actor.id</code> with your events, and <code>actor.type</code> for accounts that are no people.
                </>
              )}
            </EmptyState>
          }
        />
      </Card>
      <PageLinks
        size={LIMIT}
        first={params.cursor && hrefOf(kind)}
        next={page?.next ? `${hrefOf(kind)}&${new URLSearchParams({ cursor: page.next })}` : undefined}
      />
    </>
  );
}

/** The worst first: who is at high risk, then who is new. A page of a longer list knows no more than what is on it. */
function headline(rows: readonly Row[], kind: PeopleKind, isPart: boolean): string {
  const { one, many } = KINDS[kind];
  const counted = (n: number) => (isPart ? `At least ${formatOpening(n).toLowerCase()}` : formatOpening(n));
  const risky = rows.filter(({ risk }) => risk && compareLevels(risk.level, "high") >= 0).length;
  if (risky > 0) return `${counted(risky)} ${risky === 1 ? `${one} is` : `${many} are`} at high risk.`;
  const fresh = rows.filter(({ isNew }) => isNew).length;
  if (fresh > 0) return `${counted(fresh)} ${fresh === 1 ? `${one} was` : `${many} were`} seen for the first time.`;
  return isPart ? `No ${one} on this page is new.` : `No ${one} is new.`;
}

const columnsOf = (kind: PeopleKind): readonly Column<Row>[] => [
  {
    id: "who",
    header: kind === "keys" ? "Key" : "Account",
    phone: "title",
    cell: ({ value, name, role, isNew }) => (
      <>
        <Link className={kind === "keys" ? "mono strong break" : "strong break"} href={entityHref(KINDS[kind].type, value) ?? ""}>
          {kind === "keys" ? value : (name ?? value)}
        </Link>{" "}
        <span className="faint">{kind === "keys" ? name : role}</span> {isNew && <span className="strong">new</span>}
      </>
    ),
  },
  {
    id: "risk",
    header: "Risk",
    width: "80px",
    cell: ({ risk }) => (risk ? <RiskBadge risk={risk} /> : <span className="muted">none</span>),
  },
  {
    id: "countries",
    header: "From",
    width: "20%",
    cell: ({ country, countries, addresses }) => (
      <>
        {country && countryName(country)}
        {countries > 1 && ` and ${countries - 1} more`} <span className="faint">{plural(addresses, "address", "addresses")}</span>
      </>
    ),
  },
  { id: "events", header: "Events", align: "end", width: "80px", cell: ({ events }) => formatCount(events) },
  {
    id: "failures",
    header: "Failed",
    align: "end",
    width: "75px",
    cell: ({ failures, events }) => (failures === 0 ? <span className="muted">none</span> : formatPercent(failures / Math.max(1, events))),
  },
  { id: "bytes", header: "Took out", align: "end", width: "90px", phone: "hide", cell: ({ bytes }) => formatBytes(bytes) },
  { id: "course", header: "Course", width: "112px", phone: "hide", cell: ({ course }) => <Sparkline values={course} /> },
  { id: "first", header: "Since", width: "110px", nowrap: true, phone: "hide", cell: ({ first }) => <Time at={first.getTime()} /> },
  { id: "last", header: "Last", width: "100px", nowrap: true, cell: ({ last }) => <Ago at={last.getTime()} /> },
];
