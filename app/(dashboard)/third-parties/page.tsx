import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { PageHeader } from "@/app/ui/page-header";
import { PageLinks } from "@/app/ui/page-links";
import { Sparkline } from "@/app/ui/sparkline";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { formatBytes, formatCount, formatOpening, formatPercent, plural } from "@/lib/model/format";
import { readTimeRange, spanWords } from "@/lib/model/time-range";
import { listAlertsOfFamilies } from "@/lib/store/alert-reads";
import { withinTime } from "@/lib/store/reading";
import { type Caller, listCallers, listThirdParties, type ThirdParty } from "@/lib/store/third-party-reads";
import { ALERT_COLUMNS } from "../alert-columns";
import { type Scope, writeScope } from "../overview/scope";

export const metadata: Metadata = { title: "Third parties" };

const DAY_MS = 86_400_000;
const LIMIT = 100;

/** Whom we call and who calls us by key: how much, since when, how it goes. */
export default async function ThirdPartiesPage({ searchParams }: { searchParams: Promise<Record<string, string | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="look at events" />;
  const params = await searchParams;
  const range = readTimeRange(params, ctx.now.getTime());
  const filter = { from: range.from, to: range.to, ...(params.service ? { service: params.service } : {}) };
  const scope: Scope = { range, direction: "inbound", ...(params.service ? { service: params.service } : {}) };
  const { hosts, keys } = params;
  const [called, calling, alerts] = await Promise.all([
    withinTime((on) => listThirdParties(filter, { limit: LIMIT, cursor: hosts, on })),
    withinTime((on) => listCallers(filter, { limit: LIMIT, cursor: keys, on })),
    withinTime((on) => listAlertsOfFamilies(["outbound", "key_abuse"], { ...range, service: params.service }, on)),
  ]);
  const [parties, callers] = [called?.lines ?? [], calling?.lines ?? []];
  // What came with the first day of outgoing events is not new: nobody was listening before.
  const since = (lines: readonly { first: Date }[]) =>
    Math.max(range.from, Math.min(...lines.map(({ first }) => first.getTime())) + DAY_MS);
  const [newSince, callersSince] = [since(parties), since(callers)];
  const fresh = parties.filter(({ first }) => first.getTime() >= newSince);
  const hrefOf = (more: Record<string, string | undefined>) => `/third-parties?${writeScope(scope, more)}`;
  return (
    <>
      <PageHeader
        title={
          fresh.length > 0
            ? `${formatOpening(fresh.length)} ${fresh.length === 1 ? "host was" : "hosts were"} called for the first time.`
            : "No new third party."
        }
        proof={`Our services called ${counted(parties, called?.next || hosts, "host")}, and ${counted(callers, calling?.next || keys, "key")} called us in ${spanWords(range)}.`}
      />
      {(called === null || calling === null) && (
        <Banner tone="warn">Some of this could not be counted in time. A shorter span may help.</Banner>
      )}
      {alerts && alerts.length > 0 && (
        <Card title="Out of the ordinary" note={plural(alerts.length, "alert")} flush>
          <Table columns={ALERT_COLUMNS} rows={alerts} rowKey={({ facts }) => facts.key} caption="Alerts about third parties" />
        </Card>
      )}
      <Card title="Whom we call" flush>
        <Table
          columns={partyColumns(newSince)}
          rows={parties}
          rowKey={({ host }) => host}
          caption="Hosts that our services call"
          empty={
            <EmptyState title="No outgoing call was reported in this span.">
              Send the calls your services make with <code>direction: "outbound"</code> and <code>destination.host</code>.
            </EmptyState>
          }
        />
      </Card>
      <PageLinks size={LIMIT} first={hosts && hrefOf({ keys })} next={called?.next ? hrefOf({ keys, hosts: called.next }) : undefined} />
      <Card title="Who calls us by key" flush>
        <Table
          columns={callerColumns(callersSince)}
          rows={callers}
          rowKey={({ key }) => key}
          caption="Keys that call us"
          empty={
            <EmptyState title="No key was used in this span.">
              Send <code>credential.type: "api_key"</code> and <code>credential.id</code> with your events.
            </EmptyState>
          }
        />
      </Card>
      <PageLinks size={LIMIT} first={keys && hrefOf({ hosts })} next={calling?.next ? hrefOf({ hosts, keys: calling.next }) : undefined} />
    </>
  );
}

/** How many there are, as far as this page knows. */
const counted = (lines: readonly unknown[], more: string | null | undefined, one: string): string =>
  more ? `more than ${plural(LIMIT, one)}` : plural(lines.length, one);

const share = (part: number, whole: number) =>
  part === 0 ? <span className="muted">none</span> : formatPercent(part / Math.max(1, whole));

/** The first few names, and how many more there are. */
function Names({ values, most }: { values: readonly string[]; most: number }) {
  const text = `${values.slice(0, most).join(", ")}${values.length > most ? ` and ${formatCount(values.length - most)} more` : ""}`;
  return (
    <span className="clamp" title={values.slice(0, 20).join(", ").slice(0, 500)}>
      {text}
    </span>
  );
}

function partyColumns(newSince: number): readonly Column<ThirdParty>[] {
  return [
    {
      id: "host",
      header: "Host",
      phone: "title",
      cell: ({ host, first }) => (
        <>
          <FilterableValue field="destination" value={host} mono /> {first.getTime() >= newSince && <span className="strong">new</span>}
        </>
      ),
    },
    { id: "services", header: "Called by", width: "180px", cell: ({ services }) => <Names values={services} most={3} /> },
    { id: "keys", header: "With", width: "150px", phone: "hide", cell: ({ keys }) => <Names values={keys} most={2} /> },
    { id: "calls", header: "Calls", align: "end", width: "90px", cell: ({ calls }) => formatCount(calls) },
    { id: "failures", header: "Failed", align: "end", width: "90px", cell: ({ failures, calls }) => share(failures, calls) },
    { id: "sent", header: "Sent", align: "end", width: "100px", cell: ({ sent }) => formatBytes(sent) },
    { id: "trend", header: "Trend", width: "110px", phone: "hide", cell: ({ course }) => <Sparkline values={course} /> },
    { id: "first", header: "Since", width: "120px", nowrap: true, cell: ({ first }) => <Ago at={first.getTime()} /> },
  ];
}

const callerColumns = (newSince: number): readonly Column<Caller>[] => [
  {
    id: "key",
    header: "Key",
    phone: "title",
    cell: ({ key, actor, first }) => (
      <>
        <FilterableValue field="key" value={key} mono /> <span className="muted">{actor}</span>{" "}
        {first.getTime() >= newSince && <span className="strong">new</span>}
      </>
    ),
  },
  { id: "networks", header: "From", width: "200px", cell: ({ networks }) => <Names values={networks} most={2} /> },
  { id: "addresses", header: "Addresses", align: "end", width: "100px", cell: ({ addresses }) => formatCount(addresses) },
  { id: "requests", header: "Requests", align: "end", width: "100px", cell: ({ requests }) => formatCount(requests) },
  { id: "failures", header: "Failed", align: "end", width: "90px", cell: ({ failures, requests }) => share(failures, requests) },
  { id: "received", header: "Took out", align: "end", width: "110px", cell: ({ received }) => formatBytes(received) },
  { id: "trend", header: "Trend", width: "110px", phone: "hide", cell: ({ course }) => <Sparkline values={course} /> },
  { id: "first", header: "Since", width: "100px", nowrap: true, phone: "hide", cell: ({ first }) => <Ago at={first.getTime()} /> },
  { id: "last", header: "Last", width: "120px", nowrap: true, cell: ({ last }) => <Ago at={last.getTime()} /> },
];
