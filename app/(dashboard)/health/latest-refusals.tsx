import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Time, ZoneOffset } from "@/app/ui/time";
import { listRefusals, type RefusalRow } from "@/lib/store/outcomes";
import styles from "./health.module.css";

const columns: Column<RefusalRow>[] = [
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
    cell: (row) => <Time at={row.at.getTime()} precision="second" />,
  },
  { id: "status", header: "Answer", width: "80px", cell: (row) => <span className="num">{row.status}</span> },
  { id: "detail", header: "Why", phone: "title", cell: (row) => row.detail },
  { id: "peer", header: "From", width: "170px", cell: (row) => <span className="mono">{row.peerIp ?? "unknown"}</span> },
  {
    id: "sample",
    header: "Sent",
    width: "220px",
    cell: (row) =>
      row.sample ? (
        <details className={styles.sample}>
          <summary>Show what was sent</summary>
          <pre>{row.sample}</pre>
        </details>
      ) : (
        <span className="faint">not kept</span>
      ),
  },
];

/** The latest requests that were refused, each with its reason and what was sent, secrets masked. */
export async function LatestRefusals({ sender }: { sender: { keyId: string; service: string } | undefined }) {
  const rows = await listRefusals({ limit: 12, sender });
  return (
    <Card title="Latest refusals" note="Secrets are masked before anything is kept." flush>
      <Table
        caption="Latest refusals"
        columns={columns}
        rows={rows}
        rowKey={(row) => String(row.id)}
        empty={
          <EmptyState title="Nothing was refused lately.">
            What senders do wrong appears here, with the reason and the lines they sent.
          </EmptyState>
        }
      />
    </Card>
  );
}
