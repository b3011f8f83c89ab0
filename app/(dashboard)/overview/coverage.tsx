import { Badge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { listServiceActivity, type ServiceActivity } from "@/lib/store/traffic-reads";

const HOUR = 3_600_000;

/** Silent: usually at least one event an hour, and none for an hour. Rare: too seldom to tell. Sample: made up. */
function stateOf(service: ServiceActivity, now: number): { tone: "ok" | "medium" | "info"; word: string } {
  if (service.sample) return { tone: "info", word: "Sample" };
  if (now - service.lastAt < HOUR) return { tone: "ok", word: "Speaking" };
  return service.usualHour >= 1 ? { tone: "medium", word: "Silent" } : { tone: "info", word: "Rare" };
}

/** Who speaks to us, and who has stopped. */
export async function Coverage({ now }: { now: number }) {
  const services = await listServiceActivity(now);
  const silentFirst = services.toSorted((a, b) => Number(stateOf(b, now).word === "Silent") - Number(stateOf(a, now).word === "Silent"));
  const columns: Column<ServiceActivity>[] = [
    {
      id: "service",
      header: "Service",
      phone: "title",
      cell: (row) =>
        row.service ? (
          <span className="clamp" title={row.service}>
            {row.service}
          </span>
        ) : (
          <span className="muted">no service named</span>
        ),
    },
    {
      id: "last",
      header: "Last event",
      nowrap: true,
      cell: (row) => (
        <span className="muted">
          <Ago at={row.lastAt} />
        </span>
      ),
    },
    { id: "state", header: "State", align: "end", cell: (row) => <Badge tone={stateOf(row, now).tone}>{stateOf(row, now).word}</Badge> },
  ];
  return (
    <Card title="Coverage" flush>
      <Table
        caption="Services and when they last spoke"
        headless
        columns={columns}
        rows={silentFirst.slice(0, 6)}
        rowKey={(row) => row.service}
        empty={<EmptyState title="No service has spoken in 30 days." />}
      />
    </Card>
  );
}
