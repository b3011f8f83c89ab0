import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { may } from "@/lib/access/require-permission";
import { formatCount, formatOpening, plural } from "@/lib/model/format";
import { loadCatalog } from "@/lib/rules/catalog";
import { type Covered, type Coverage, coverageOf, type FieldNeed, OWASP_RISKS } from "@/lib/rules/coverage";
import { db } from "@/lib/store/db";
import { sampleDocuments } from "@/lib/store/rule-figures";
import styles from "@/app/(dashboard)/rules/rules.module.css";

export const metadata: Metadata = { title: "Coverage" };

const SAMPLE = 3_000; // latest events: what a service never sent among so many, it does not send
const DAYS_MS = 7 * 86_400_000;

const RuleLinks = ({ rules }: { rules: Covered["rules"] }) => (
  <ul className={styles.names}>
    {rules.slice(0, 12).map(({ id, title, enabled }) => (
      <li key={id}>
        <Link prefetch={false} href={`/rules/${encodeURIComponent(id)}`} className={enabled ? "link small" : "muted small"}>
          {title}
          {enabled ? "" : " (off)"}
        </Link>
      </li>
    ))}
    {rules.length > 12 && <li className="muted small">and {rules.length - 12} more</li>}
  </ul>
);

const columns = (words: (name: string) => string): Column<Covered>[] => [
  { id: "name", header: "Name", phone: "title", width: "280px", cell: ({ name }) => words(name) },
  {
    id: "on",
    header: "Rules on",
    width: "90px",
    align: "end",
    cell: ({ rules }) => formatCount(rules.filter(({ enabled }) => enabled).length),
  },
  {
    id: "rules",
    header: "Which",
    cell: ({ rules }) => (rules.length > 0 ? <RuleLinks rules={rules} /> : <span className="faint">none</span>),
  },
];

const muteColumns: Column<Coverage["mute"][number]>[] = [
  {
    id: "rule",
    header: "Rule",
    phone: "title",
    cell: ({ id, title }) => (
      <Link prefetch={false} className="link" href={`/rules/${encodeURIComponent(id)}`}>
        {title}
      </Link>
    ),
  },
  { id: "missing", header: "Never sent", cell: ({ missing }) => <span className="mono small break">{missing.join(", ")}</span> },
];

const serviceNames = (names: readonly string[]) =>
  names.length === 0 ? (
    <span className="faint">nobody</span>
  ) : (
    <span className="break">{names.map((name) => name || "(no service named)").join(", ")}</span>
  );

const needColumns: Column<FieldNeed>[] = [
  { id: "field", header: "Field", phone: "title", width: "220px", cell: ({ field }) => <span className="mono small break">{field}</span> },
  {
    id: "rules",
    header: "Rules that need it",
    width: "240px",
    cell: ({ field, rules }) => (
      <details>
        <summary>
          {plural(rules.length, "rule")}
          <span className="visually-hidden"> that need {field}</span>
        </summary>
        <RuleLinks rules={rules.map((rule) => ({ ...rule, enabled: true }))} />
      </details>
    ),
  },
  { id: "sent", header: "Sent by", cell: ({ sentBy }) => serviceNames(sentBy) },
  {
    id: "never",
    header: "Never sent by",
    cell: ({ neverBy }) =>
      neverBy.length === 0 ? (
        <span className="faint">nobody: all send it</span>
      ) : (
        <b className="strong break">{neverBy.map((name) => name || "(no service named)").join(", ")}</b>
      ),
  },
];

/** What is looked for, what is not, and which rules can never speak. */
export default async function CoveragePage() {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const [catalog, documents] = await Promise.all([loadCatalog(), sampleDocuments(db, new Date(ctx.now.getTime() - DAYS_MS), SAMPLE)]);
  const { techniques, risks, mute, needs, looked } = coverageOf(catalog, documents);
  const open = risks.filter(({ rules }) => !rules.some(({ enabled }) => enabled)).length;
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title={
          open === 0
            ? "All ten API risks are looked for."
            : `${formatOpening(open)} API ${open === 1 ? "risk is" : "risks are"} not looked for.`
        }
        proof={`${plural(techniques.length, "ATT&CK technique")}; ${plural(mute.length, "rule")} cannot speak with what arrives.`}
      />
      <Card title="Rules that cannot speak" note={looked > 0 ? `judged by the latest ${formatCount(looked)} events` : undefined} flush>
        <Table
          caption="Rules that cannot speak"
          columns={muteColumns}
          rows={mute}
          rowKey={({ id }) => id}
          empty={
            looked > 0 ? (
              <EmptyState title="Every rule that is on gets the fields it needs." />
            ) : (
              <EmptyState title="No events in the last 7 days.">Once services send events, this says which rules miss a field.</EmptyState>
            )
          }
        />
      </Card>
      {looked > 0 && (
        <Card title="Who sends what rules need" note="a rule can never speak about a service that never sends its fields" flush>
          <Table caption="Fields that rules need, by service" columns={needColumns} rows={needs} rowKey={({ field }) => field} />
        </Card>
      )}
      <Card title="OWASP API Security Top 10" note="2023" flush>
        <Table
          caption="OWASP API risks"
          columns={columns((name) => `${name} ${OWASP_RISKS[name] ?? ""}`)}
          rows={risks}
          rowKey={({ name }) => name}
        />
      </Card>
      <Card title="MITRE ATT&CK techniques" flush>
        <Table caption="ATT&CK techniques" columns={columns((name) => name)} rows={techniques} rowKey={({ name }) => name} />
      </Card>
    </>
  );
}
