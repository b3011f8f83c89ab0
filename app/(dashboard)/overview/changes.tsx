import { sayAction, sayChanges } from "@/lib/model/audit-words";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { listAudit } from "@/lib/access/team";
import type { Context } from "@/lib/model/user";
import type { AuditEntry } from "@/lib/store/audit";

const DAY = 86_400_000;

const columns: Column<AuditEntry>[] = [
  {
    id: "at",
    header: "Time",
    width: "90px",
    nowrap: true,
    cell: (entry) => (
      <span className="muted">
        <Time at={entry.at.getTime()} />
      </span>
    ),
  },
  {
    id: "what",
    header: "What",
    phone: "title",
    cell: (entry) => (
      <>
        <b className="strong">{entry.actor_name}</b> {sayAction(entry)}
        <div className="muted small break">
          {sayChanges(entry)
            .filter((change) => change.name !== "sessions_ended")
            .slice(0, 2)
            .flatMap((change) => change.after || change.before || [])
            .join(", ")}
        </div>
      </>
    ),
  },
];

/** What people changed in the product in the last day; signing in and out is not a change. */
export async function Changes({ ctx }: { ctx: Context }) {
  const entries = await listAudit(ctx, { limit: 60 });
  const changes = entries
    .filter((entry) => !entry.action.startsWith("session.") && ctx.now.getTime() - entry.at.getTime() < DAY)
    .slice(0, 5);
  return (
    <Card title="Changed in the last 24 hours" flush>
      <Table
        caption="Changes in the last 24 hours"
        headless
        columns={columns}
        rows={changes}
        rowKey={(entry) => String(entry.id)}
        empty={<EmptyState title="Nobody changed anything in Vedette." />}
      />
    </Card>
  );
}
