import Link from "next/link";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { formatCount } from "@/lib/model/format";
import { listSenders, type SenderFilter, type SenderIntake } from "@/lib/store/health-reads";

const DAY = 86_400_000;

const keyOf = ({ name }: SenderIntake): string => name ?? "no key";
const addressOf = ({ keyId, service }: SenderFilter): string => `/health?${new URLSearchParams({ key: keyId, service })}`;

const count = (id: "accepted" | "duplicate" | "refused", header: string): Column<SenderIntake> => ({
  id,
  header,
  align: "end",
  width: "110px",
  cell: (row) => <span className="num">{formatCount(row[id])}</span>,
});

const columns: Column<SenderIntake>[] = [
  {
    id: "key",
    header: "Key",
    width: "190px",
    phone: "title",
    cell: (row) => (
      <Link href={addressOf(row)} scroll={false} className="clamp" title={keyOf(row)}>
        {keyOf(row)}
      </Link>
    ),
  },
  {
    id: "service",
    header: "Service",
    cell: (row) =>
      row.service === "" ? (
        <span className="faint">none named</span>
      ) : (
        <span className="clamp" title={row.service}>
          {row.service}
        </span>
      ),
  },
  count("accepted", "Accepted"),
  count("duplicate", "Duplicate"),
  count("refused", "Refused"),
  {
    id: "reason",
    header: "Mostly because",
    width: "150px",
    cell: (row) => <span className="muted">{row.reason?.replaceAll("_", " ")}</span>,
  },
];

/** What became of the items of each key and service in 24 hours; choosing one narrows the page to it. */
export async function Senders({ to, sender }: { to: number; sender: SenderFilter | undefined }) {
  const rows = await listSenders({ from: to - DAY, to });
  return (
    <Card title="Senders, last 24 hours" note={sender && <Link href="/health">Show all senders</Link>} flush>
      <Table
        caption="Senders"
        columns={columns}
        rows={rows}
        rowKey={addressOf}
        {...(sender ? { current: addressOf(sender) } : {})}
        empty={<EmptyState title="Nobody sent anything in 24 hours.">Each key and service that sends gets a line here.</EmptyState>}
      />
    </Card>
  );
}
