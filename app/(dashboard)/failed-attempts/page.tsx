import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { PageHeader } from "@/app/ui/page-header";
import { PageLinks } from "@/app/ui/page-links";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { Sparkline } from "@/app/ui/sparkline";
import { type Column, Table } from "@/app/ui/table";
import { LinkTabs } from "@/app/ui/tabs";
import { Time } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { type AttemptShape, countShapes, SHAPES, shapeOf } from "@/lib/charts/attempt-shape";
import { countryName } from "@/lib/model/event-words";
import { formatCount, formatOpening, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import {
  type Attempt,
  ATTEMPT_GROUPS,
  type AttemptGroup,
  countAttempts,
  countScattered,
  type Entry,
  listAttempts,
  listEntriesAfterFailures,
  type Scattered,
} from "@/lib/store/attempt-reads";
import { listIncidentsNaming } from "@/lib/store/entity-reads";
import { withinTime } from "@/lib/store/reading";
import { eventsHref, type Scope, writeScope } from "../overview/scope";
import { Entries } from "./entries";
import { ShapeMark } from "./shape-mark";
import { Shapes } from "./shapes";
import styles from "./failed-attempts.module.css";

export const metadata: Metadata = { title: "Failed attempts" };

const LIMIT = 100; // lines on a page
const SLIPS = 5; // lines of people who mistyped that are shown beside the attacks
const INCIDENT_TYPES: Partial<Record<AttemptGroup, string>> = { actor: "actor", ip: "ip", key: "key" };
const SCATTERED = 50; // addresses; fewer are people away from home
const LABELS: Record<AttemptGroup, string> = { actor: "Account", ip: "IP", asn: "ASN", country: "Country", agent: "Agent", key: "Key" };
const FIELDS: Record<AttemptGroup, string> = { actor: "actor", ip: "ip", asn: "asn", country: "country", agent: "user_agent", key: "key" };

/** Failed sign-ins: who got in after many, then who fails how. */
export default async function FailedAttemptsPage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const params = await searchParams;
  const range = readTimeRange(params, ctx.now.getTime());
  const by = ATTEMPT_GROUPS.find((group) => group === params.by) ?? "ip";
  const shape = SHAPES.find((one) => one === params.shape);
  const filter = { from: range.from, to: range.to, ...(params.service ? { service: params.service } : {}) };
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const [counts, entries, page, scattered] = await Promise.all([
    withinTime((on) => countAttempts(filter, on)),
    withinTime((on) => listEntriesAfterFailures(filter, on)),
    withinTime((on) => listAttempts(filter, by, { limit: LIMIT, cursor: params.cursor, on })),
    withinTime((on) => countScattered(filter, on)),
  ]);
  const failures = counts?.failures ?? 0;
  const attempts = page?.lines ?? [];
  const lines = attempts.filter((row) => !shape || shapeOf(row) === shape);
  const slips = shape ? [] : lines.filter((row) => shapeOf(row) === "plain slips").slice(SLIPS);
  const rows = lines.filter((row) => !slips.includes(row));
  const type = INCIDENT_TYPES[by];
  const values = rows.map(({ value }) => value);
  const incidents = type && may(ctx, "incident:read") ? await withinTime((on) => listIncidentsNaming(type, values, on)) : null;
  const hrefOf = (one: AttemptShape | undefined) => `/failed-attempts?${writeScope(scope, { by, ...(one ? { shape: one } : {}) })}`;
  return (
    <>
      <PageHeader
        title={headline(entries ?? [], failures)}
        proof={`${plural(failures, "sign-in")} failed in ${spanWords(range)}, for ${plural(counts?.actor ?? 0, "account")} from ${plural(counts?.ip ?? 0, "address", "addresses")}.`}
        actions={<LinkButton href={eventsHref(scope, "outcome:failure action:*login*")}>Open as events</LinkButton>}
      />
      {(counts === null || entries === null || page === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      {entries && entries.length > 0 && <Entries entries={entries} mayEnd={may(ctx, "session:end")} />}
      {scattered && scattered.addresses >= SCATTERED && <Distributed scattered={scattered} />}
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
      <Card footer={slips.length > 0 && <Rest slips={slips} href={hrefOf("plain slips")} />} flush>
        {attempts.length > 0 && (
          <Shapes
            counts={countShapes(attempts)}
            current={shape}
            hrefOf={hrefOf}
            note={
              params.cursor || page?.next
                ? `Shapes of the ${formatCount(attempts.length)} on this page, of ${formatCount(counts?.[by] ?? 0)}.`
                : undefined
            }
          />
        )}
        <Table
          columns={columnsOf(by, incidents)}
          rows={rows}
          rowKey={({ value }) => value}
          caption={`Failed sign-ins by ${LABELS[by]}`}
          empty={
            <EmptyState title="No sign-in failed in this span.">
              Failed sign-ins are events with a sign-in action and the outcome failure.
            </EmptyState>
          }
        />
      </Card>
      <PageLinks
        size={LIMIT}
        first={params.cursor && hrefOf(shape)}
        next={page?.next ? `${hrefOf(shape)}&${new URLSearchParams({ cursor: page.next })}` : undefined}
      />
    </>
  );
}

/** What is not in the table: the lines of people who mistyped. */
function Rest({ slips, href }: { slips: readonly Attempt[]; href: string }) {
  const failures = slips.reduce((sum, row) => sum + row.failures, 0);
  return (
    <>
      {formatCount(slips.length)} with plain slips, {plural(failures, "failure")} in all, are left out.{" "}
      <Link prefetch={false} scroll={false} href={href}>
        Show them
      </Link>
    </>
  );
}

/** One line for what no line by address shows: many addresses that try once or twice each. */
function Distributed({ scattered: { addresses, failures, accounts, existing, countries } }: { scattered: Scattered }) {
  return (
    <Banner tone="warn">
      <span className={styles.named}>
        <ShapeMark shape="distributed" />
        <span>
          <b>Distributed:</b> {plural(addresses, "address", "addresses")} in {plural(countries, "country", "countries")} failed once or
          twice each, {plural(failures, "try", "tries")} on {plural(accounts, "account")}, {formatCount(existing)} of them known. None of
          these addresses got in.
        </span>
      </span>
    </Banner>
  );
}

function IncidentLink({ number }: { number: number | undefined }) {
  if (number === undefined) return <span className="muted">none</span>;
  return (
    <Link prefetch={false} className="mono" href={`/incidents/${incidentName(number)}`}>
      {incidentName(number)}
    </Link>
  );
}

function headline(entries: Entry[], failures: number): string {
  if (entries.length > 0)
    return `${formatOpening(entries.length)} ${entries.length === 1 ? "account was" : "accounts were"} entered after many failures.`;
  return failures === 0 ? "No sign-in failed." : "Nobody got in after many failures.";
}

function columnsOf(by: AttemptGroup, incidents: ReadonlyMap<string, number> | null): readonly Column<Attempt>[] {
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
          {(by === "ip" || by === "asn") && (
            <span className="faint clamp" title={network?.slice(0, 300)}>
              {[country, network].filter(Boolean).join(" · ")}
            </span>
          )}
        </>
      ),
    },
    {
      id: "shape",
      header: "Shape",
      width: "140px",
      cell: (row) => (
        <span className={styles.named}>
          <ShapeMark shape={shapeOf(row)} /> {shapeOf(row)}
        </span>
      ),
    },
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
      header: "Known",
      align: "end",
      width: by === "actor" ? "95px" : "130px",
      cell: ({ existing, accounts }) =>
        by === "actor" ? (
          existing > 0 ? (
            "yes"
          ) : (
            <span className="muted">ghost</span>
          )
        ) : (
          <>
            {formatCount(existing)} {accounts > existing && <span className="faint">{plural(accounts - existing, "ghost")}</span>}
          </>
        ),
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
    {
      id: "course",
      header: "Course",
      width: "112px",
      phone: "hide",
      cell: (row) => <Sparkline values={row.course} tone={shapeOf(row) === "plain slips" ? "soft" : "fail"} />,
    },
    { id: "first", header: "First", width: "118px", nowrap: true, phone: "hide", cell: ({ first }) => <Time at={first.getTime()} /> },
    { id: "last", header: "Last", width: "118px", nowrap: true, cell: ({ last }) => <Time at={last.getTime()} /> },
    ...(incidents && incidents.size > 0
      ? [
          {
            id: "incident",
            header: "Incident",
            width: "90px",
            cell: ({ value }: Attempt) => <IncidentLink number={incidents.get(value)} />,
          },
        ]
      : []),
  ];
}
