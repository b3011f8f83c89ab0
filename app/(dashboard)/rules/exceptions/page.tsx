import type { Metadata } from "next";
import Link from "next/link";
import { EndException, Terms } from "@/app/(dashboard)/rules/exceptions";
import { NewException } from "@/app/(dashboard)/rules/exceptions/new-exception";
import styles from "@/app/(dashboard)/rules/rules.module.css";
import { type Exception, exceptionOf } from "@/app/(dashboard)/rules/words";
import { currentContext } from "@/app/session";
import { Dot } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { Code } from "@/app/ui/code";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { may } from "@/lib/access/require-permission";
import { formatCount, formatOpening, plural } from "@/lib/model/format";
import { type Catalog, loadCatalog } from "@/lib/rules/catalog";
import { listSuppressions } from "@/lib/rules/suppressions";

export const metadata: Metadata = { title: "Exceptions" };

const columns = (titles: ReadonlyMap<string, string>, mayWrite: boolean): Column<Exception>[] => [
  {
    id: "query",
    header: "Events that match",
    phone: "title",
    cell: (exception) => (
      <span className={styles.title}>
        <Code>{exception.query}</Code>
        <span className="small">
          <Terms exception={exception} />
        </span>
      </span>
    ),
  },
  {
    id: "rule",
    header: "Rule",
    cell: ({ ruleId }) =>
      ruleId === null ? (
        "Every rule"
      ) : (
        <Link prefetch={false} className="link" href={`/rules/${encodeURIComponent(ruleId)}`}>
          {titles.get(ruleId) ?? ruleId}
        </Link>
      ),
  },
  {
    id: "hits",
    header: "Events held back",
    width: "140px",
    align: "end",
    cell: ({ hits }) => <span className="num">{formatCount(hits)}</span>,
  },
  {
    id: "state",
    header: "State",
    width: mayWrite ? "150px" : "90px",
    cell: (exception) => (
      <span className="row">
        <Dot tone={exception.active ? "ok" : "info"}>{exception.active ? "On" : "Ended"}</Dot>
        {mayWrite && exception.active && <EndException exception={exception} />}
      </span>
    ),
  },
];

const titlesOf = ({ rules, detectors }: Catalog): Map<string, string> =>
  new Map([
    ...rules.map(({ id, document }) => [id, document.title] as const),
    ...detectors.map(({ rule }) => [rule.id, rule.title] as const),
  ]);

/** Every exception there is: what is held back, from which rule, who wants that, and until when. */
export default async function ExceptionsPage() {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const [catalog, suppressions] = await Promise.all([loadCatalog(), listSuppressions(ctx, null)]);
  const exceptions = suppressions.map((each) => exceptionOf(each, ctx.now));
  const active = exceptions.filter((each) => each.active);
  const held = active.reduce((sum, { hits }) => sum + hits, 0);
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title={
          active.length === 0
            ? "Nothing is held back."
            : `${formatOpening(active.length)} ${active.length === 1 ? "exception holds" : "exceptions hold"} events back.`
        }
        proof={`${plural(held, "event")} so far. Each has an owner, a reason and an end; a rule never sees what matches.`}
      />
      {may(ctx, "suppression:write") && <NewException />}
      <Card flush>
        <Table
          caption="Exceptions"
          columns={columns(titlesOf(catalog), may(ctx, "suppression:write"))}
          rows={exceptions}
          rowKey={({ id }) => id}
          empty={<EmptyState title="No exceptions.">Make one from an alert on an incident&apos;s page, or from a rule.</EmptyState>}
        />
      </Card>
    </>
  );
}
