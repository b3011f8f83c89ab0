import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { may } from "@/lib/access/require-permission";
import { attackName } from "@/lib/model/attack-names";
import { formatCount, formatOpening, plural } from "@/lib/model/format";
import { loadCatalog } from "@/lib/rules/catalog";
import { type Covered, type Coverage, coverageOf, type FieldNeed, OWASP_RISKS, type ServiceGap } from "@/lib/rules/coverage";
import { db } from "@/lib/store/db";
import { sampleDocuments } from "@/lib/store/rule-figures";
import styles from "@/app/(dashboard)/rules/rules.module.css";

export const metadata: Metadata = { title: "Coverage" };

const SAMPLE = 3_000; // latest events: what a service never sent among so many, it does not send
const SHOWN = 8; // rules named in a cell
const DAYS_MS = 7 * 86_400_000;

const RuleLinks = ({ rules }: { rules: Covered["rules"] }) => (
  <ul className={styles.names}>
    {rules.slice(0, SHOWN).map(({ id, title, enabled }) => (
      <li key={id}>
        <Link prefetch={false} href={`/rules/${encodeURIComponent(id)}`} className={enabled ? "link small" : "muted small"}>
          {title}
          {enabled ? "" : " (not on)"}
        </Link>
      </li>
    ))}
    {rules.length > SHOWN && <li className="muted small">and {rules.length - SHOWN} more</li>}
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

/** Fields of a service, those of one kind that are all missing taken together: `http.*`. Scores that follow from a request are left out. */
function shortFields(missing: readonly string[], needs: readonly FieldNeed[]): string[] {
  const kindOf = (field: string) => field.split(".")[0] ?? field;
  const own = missing.filter((field) => !field.startsWith("vedette."));
  const isWhole = (kind: string) =>
    needs.filter(({ field }) => kindOf(field) === kind).length > 1 &&
    needs.every(({ field }) => kindOf(field) !== kind || missing.includes(field));
  return [...new Set(own.map((field) => (isWhole(kindOf(field)) ? `${kindOf(field)}.*` : field)))];
}

const serviceColumns = (needs: readonly FieldNeed[]): Column<ServiceGap>[] => [
  { id: "service", header: "Service", phone: "title", width: "220px", cell: ({ service }) => service || "(no service named)" },
  {
    id: "missing",
    header: "Never sent",
    cell: ({ missing }) =>
      missing.length === 0 ? (
        <span className="muted">It sends every field that a rule needs.</span>
      ) : (
        <span className="mono small break">{shortFields(missing, needs).join(", ")}</span>
      ),
  },
  {
    id: "rules",
    header: "Silent about it",
    width: "340px",
    cell: ({ service, rules }) =>
      rules.length === 0 ? (
        <span className="faint">no rule</span>
      ) : (
        <details>
          <summary>
            {plural(rules.length, "rule")}
            <span className="visually-hidden"> that can say nothing about {service}</span>
          </summary>
          <RuleLinks rules={rules.map((rule) => ({ ...rule, enabled: true }))} />
        </details>
      ),
  },
];

/** Techniques as a field of small cards; those that only switched-off rules speak of are folded away. */
function Techniques({ techniques }: { techniques: readonly Covered[] }) {
  const isOn = ({ rules }: Covered) => rules.some(({ enabled }) => enabled);
  const on = techniques.filter(isOn);
  const off = techniques.filter((technique) => !isOn(technique));
  return (
    <Card title="MITRE ATT&CK techniques" note={`${formatCount(on.length)} looked for`}>
      <ul className={styles.tiles}>
        {on.map(({ name, rules }) => (
          <li key={name}>
            <details>
              <summary>
                <span>
                  <b className="mono">{name}</b> {attackName(name)}
                </span>
                <span className="num muted">{formatCount(rules.filter(({ enabled }) => enabled).length)}</span>
              </summary>
              <RuleLinks rules={rules} />
            </details>
          </li>
        ))}
      </ul>
      {off.length > 0 && (
        <details className={styles.more}>
          <summary>{plural(off.length, "more technique")} only by rules that are switched off</summary>
          <p className="mono small break">{off.map(({ name }) => name).join(", ")}</p>
        </details>
      )}
    </Card>
  );
}

/** What is looked for, what is not, and which rules can never speak. */
export default async function CoveragePage() {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const [catalog, documents] = await Promise.all([loadCatalog(), sampleDocuments(db, new Date(ctx.now.getTime() - DAYS_MS), SAMPLE)]);
  const { techniques, risks, mute, needs, services, looked } = coverageOf(catalog, documents);
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
        proof={`${plural(techniques.filter(({ rules }) => rules.some(({ enabled }) => enabled)).length, "ATT&CK technique")}; ${plural(mute.length, "rule")} cannot speak with what arrives.`}
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
      <Card title="OWASP API Security Top 10" note="2023" flush>
        <Table
          caption="OWASP API risks"
          columns={columns((name) => `${name} ${OWASP_RISKS[name] ?? ""}`)}
          rows={risks}
          rowKey={({ name }) => name}
        />
      </Card>
      {looked > 0 && (
        <Card title="What services send" note="a rule can say nothing about a service that never sends its fields" flush>
          <Table
            caption="Fields that rules need, by service"
            columns={serviceColumns(needs)}
            rows={services}
            rowKey={({ service }) => service}
          />
        </Card>
      )}
      <Techniques techniques={techniques} />
    </>
  );
}
