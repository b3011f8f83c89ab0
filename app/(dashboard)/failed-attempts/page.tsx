import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Badge } from "@/app/ui/badge";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { LinkTabs } from "@/app/ui/tabs";
import { Time } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { shapeOf } from "@/lib/charts/attempt-shape";
import { countryName } from "@/lib/model/event-words";
import { formatCount, formatOpening, formatSpan, plural } from "@/lib/model/format";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import {
  type Attempt,
  ATTEMPT_GROUPS,
  type AttemptGroup,
  countAttempts,
  type Entry,
  listAttempts,
  listEntriesAfterFailures,
} from "@/lib/store/attempt-reads";
import { withinTime } from "@/lib/store/reading";
import { eventsHref, type Scope, writeScope } from "../overview/scope";

export const metadata: Metadata = { title: "Failed attempts" };

const LABELS: Record<AttemptGroup, string> = { actor: "Account", ip: "IP", asn: "ASN", country: "Country", agent: "Agent", key: "Key" };
const FIELDS: Record<AttemptGroup, string> = { actor: "actor", ip: "ip", asn: "asn", country: "country", agent: "user_agent", key: "key" };

/** Failed sign-ins: who got in after many, then who fails how. */
export default async function FailedAttemptsPage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const params = await searchParams;
  const range = readTimeRange(params, ctx.now.getTime());
  const by = ATTEMPT_GROUPS.find((group) => group === params.by) ?? "ip";
  const filter = { from: range.from, to: range.to, ...(params.service ? { service: params.service } : {}) };
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const [counts, entries, attempts] = await Promise.all([
    withinTime((on) => countAttempts(filter, on)),
    withinTime((on) => listEntriesAfterFailures(filter, on)),
    withinTime((on) => listAttempts(filter, by, on)),
  ]);
  const failures = counts?.failures ?? 0;
  return (
    <>
      <PageHeader
        title={headline(entries ?? [], failures)}
        proof={`${plural(failures, "sign-in")} failed in ${spanWords(range)}, for ${plural(counts?.actor ?? 0, "account")} from ${plural(counts?.ip ?? 0, "address", "addresses")}.`}
        actions={<LinkButton href={eventsHref(scope, "outcome:failure action:*login*")}>Open as events</LinkButton>}
      />
      {(counts === null || entries === null || attempts === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      {entries && entries.length > 0 && (
        <Card title="In after many failures" note={plural(entries.length, "account")} flush>
          <Table columns={ENTRIES} rows={entries} rowKey={({ actor }) => actor} caption="Accounts entered after many failures" />
        </Card>
      )}
      <LinkTabs
        label="Group by"
        current={by}
        tabs={ATTEMPT_GROUPS.map((group) => ({
          key: group,
          label: LABELS[group],
          href: `/failed-attempts?${writeScope(scope, { by: group })}`,
          count: formatCount(counts?.[group] ?? 0),
        }))}
      />
      <Card flush>
        <Table
          columns={columnsOf(by)}
          rows={attempts ?? []}
          rowKey={({ value }) => value}
          caption={`Failed sign-ins by ${LABELS[by]}`}
          empty={
            <EmptyState title="No sign-in failed in this span.">
              Failed sign-ins are events with a sign-in action and the outcome failure.
            </EmptyState>
          }
        />
      </Card>
    </>
  );
}

function headline(entries: Entry[], failures: number): string {
  if (entries.length > 0)
    return `${formatOpening(entries.length)} ${entries.length === 1 ? "account was" : "accounts were"} entered after many failures.`;
  return failures === 0 ? "No sign-in failed." : "Nobody got in after many failures.";
}

const ENTRIES: readonly Column<Entry>[] = [
  { id: "mark", header: "Level", width: "110px", cell: () => <Badge tone="critical">Got in</Badge> },
  {
    id: "actor",
    header: "Account",
    phone: "title",
    cell: ({ actor, failures, first, entered }) => (
      <>
        <Link className="strong" href={`/entities/actor/${encodeURIComponent(actor)}`}>
          {actor}
        </Link>{" "}
        <span className="muted">
          {plural(failures, "failure")} in {formatSpan(Math.max(1000, entered.getTime() - first.getTime()))}, then in
        </span>
      </>
    ),
  },
  { id: "ip", header: "From", width: "200px", cell: ({ ip }) => ip && <FilterableValue field="ip" value={ip} mono /> },
  { id: "sources", header: "Addresses", align: "end", width: "110px", cell: ({ sources }) => formatCount(sources) },
  { id: "since", header: "Events since", align: "end", width: "120px", cell: ({ requests }) => formatCount(requests) },
  { id: "entered", header: "In at", width: "150px", nowrap: true, cell: ({ entered }) => <Time at={entered.getTime()} /> },
];

function columnsOf(by: AttemptGroup): readonly Column<Attempt>[] {
  return [
    {
      id: "value",
      header: LABELS[by],
      phone: "title",
      cell: ({ value, country, network }) => (
        <>
          <FilterableValue field={FIELDS[by]} value={value} mono={by === "ip"}>
            {by === "country" ? countryName(value) : by === "asn" ? `AS${value}` : value}
          </FilterableValue>{" "}
          {(by === "ip" || by === "asn") && <span className="faint">{[country, network].filter(Boolean).join(" · ")}</span>}
        </>
      ),
    },
    { id: "shape", header: "Shape", width: "130px", cell: (row) => shapeOf(row) },
    {
      id: "failures",
      header: "Failures",
      align: "end",
      width: "95px",
      cell: ({ failures }) => <span className="strong">{formatCount(failures)}</span>,
    },
    ...(by === "actor"
      ? []
      : [
          {
            id: "accounts",
            header: "Accounts",
            align: "end" as const,
            width: "95px",
            cell: ({ accounts }: Attempt) => formatCount(accounts),
          },
        ]),
    {
      id: "existing",
      header: "that exist",
      align: "end",
      width: "95px",
      cell: ({ existing }) => (existing === 0 ? <span className="muted">none</span> : formatCount(existing)),
    },
    ...(by === "ip"
      ? []
      : [
          {
            id: "sources",
            header: "Addresses",
            align: "end" as const,
            width: "100px",
            cell: ({ sources }: Attempt) => formatCount(sources),
          },
        ]),
    {
      id: "entered",
      header: "Got in",
      align: "end",
      width: "95px",
      cell: ({ entered }) => (entered === 0 ? <span className="muted">no</span> : formatCount(entered)),
    },
    { id: "first", header: "First", width: "140px", nowrap: true, phone: "hide", cell: ({ first }) => <Time at={first.getTime()} /> },
    { id: "last", header: "Last", width: "140px", nowrap: true, cell: ({ last }) => <Time at={last.getTime()} /> },
  ];
}
