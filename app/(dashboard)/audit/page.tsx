import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { LinkButton } from "@/app/ui/button";
import { OutcomeMark } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { LinkTabs } from "@/app/ui/tabs";
import { Time, ZoneOffset } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { listAudit } from "@/lib/access/team";
import type { AuditEntry } from "@/lib/store/audit";
import styles from "./audit.module.css";
import { sayAction, sayChanges } from "@/lib/model/audit-words";

export const metadata: Metadata = { title: "Audit" };

const PAGE = 100;
const KINDS = [
  { key: "", label: "Everything" },
  { key: "session", label: "Sign-ins" },
  { key: "user", label: "People" },
  { key: "api_key", label: "Keys" },
  { key: "rule", label: "Rules" },
  { key: "incident", label: "Incidents" },
];

function Changes({ entry }: { entry: AuditEntry }) {
  const changes = sayChanges(entry);
  if (changes.length === 0) return entry.reason ? <span className="muted">{entry.reason}</span> : null;
  return (
    <ul className={styles.changes}>
      {changes.slice(0, 6).map((change) => (
        <li key={change.name}>
          <span className="muted">{change.name.replaceAll("_", " ")}</span> {change.before !== null && <del>{change.before}</del>}{" "}
          {change.after !== null && <ins>{change.after}</ins>}
        </li>
      ))}
    </ul>
  );
}

const columns: Column<AuditEntry>[] = [
  {
    id: "at",
    header: (
      <>
        Time <ZoneOffset />
      </>
    ),
    label: "Time",
    width: "150px",
    nowrap: true,
    cell: (entry) => (
      <span className="muted">
        <Time at={entry.at.getTime()} precision="second" />
      </span>
    ),
  },
  { id: "who", header: "Who", width: "200px", cell: (entry) => <span className="strong">{entry.actor_name}</span> },
  {
    id: "what",
    header: "Did what",
    width: "210px",
    phone: "title",
    cell: (entry) => (entry.result === "failure" ? <OutcomeMark outcome="failure">{sayAction(entry)}</OutcomeMark> : sayAction(entry)),
  },
  { id: "how", header: "Change", cell: (entry) => <Changes entry={entry} /> },
  { id: "ip", header: "From", width: "160px", cell: (entry) => <span className="mono muted">{entry.ip ?? ""}</span> },
];

/** Who did what in the product: newest first, nothing ever removed. */
export default async function AuditPage({ searchParams }: { searchParams: Promise<{ kind?: string; before?: string }> }) {
  const ctx = await currentContext();
  if (!may(ctx, "audit:read")) return <NoPermission what="read the audit trail" />;
  const { kind = "", before } = await searchParams;
  const known = KINDS.some((entry) => entry.key === kind) ? kind : "";
  const entries = await listAudit(ctx, {
    ...(known ? { action: known } : {}),
    ...(Number.isSafeInteger(Number(before)) && before ? { before: Number(before) } : {}),
    limit: PAGE,
  });
  const last = entries.at(-1);
  const address = (more: Record<string, string>) => `/audit?${new URLSearchParams({ ...(known ? { kind: known } : {}), ...more })}`;
  return (
    <>
      <PageHeader
        title="Who did what in Vedette."
        proof="Every change, every sign-in and every refused one. Entries are added with the change itself and never removed."
      />
      <Card flush>
        <div className={styles.tabs}>
          <LinkTabs
            label="Kind"
            current={known}
            tabs={KINDS.map((entry) => ({ ...entry, href: entry.key ? `/audit?kind=${entry.key}` : "/audit" }))}
          />
        </div>
        <Table
          caption="Audit entries"
          columns={columns}
          rows={entries}
          rowKey={(entry) => String(entry.id)}
          empty={<EmptyState title="Nothing of this kind has happened yet." />}
        />
        {entries.length === PAGE && last && (
          <div className={styles.more}>
            <LinkButton href={address({ before: String(last.id) })}>Older entries</LinkButton>
          </div>
        )}
      </Card>
    </>
  );
}
