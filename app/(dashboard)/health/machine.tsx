import { Dot } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { config } from "@/lib/config";
import { formatBytes, formatCount, formatPercent, plural } from "@/lib/model/format";
import { type HealthFacts, stateOfProcess } from "@/lib/model/health";
import { readSchemaVersion, readStorage } from "@/lib/store/health-reads";
import packageJson from "@/package.json";
import styles from "./health.module.css";

const SHOWN_MS = 10 * 60_000; // a process that ended is of interest for a while, then only its number

type Process = HealthFacts["processes"][number];

const STATES = {
  running: <Dot tone="ok">Running</Dot>,
  stopped: <Dot tone="info">Stopped</Dot>,
  quiet: <Dot tone="critical">Quiet</Dot>,
};

const columnsAt = (now: number): Column<Process>[] => [
  { id: "role", header: "Process", phone: "title", cell: (process) => `${process.role} on ${process.host}` },
  {
    id: "state",
    header: "State",
    cell: (process) => STATES[stateOfProcess(process, now)],
  },
  { id: "seen", header: "Last sign", cell: (process) => <Ago at={process.seenAt} everyMs={5000} /> },
  { id: "since", header: "Running since", cell: (process) => <Ago at={process.startedAt} /> },
  { id: "rss", header: "Memory", align: "end", cell: (process) => <span className="num">{formatBytes(process.rss)}</span> },
];

const dayText = (day: string) => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;

/** The processes, the storage and the versions. */
export async function Machine({ facts }: { facts: HealthFacts }) {
  const shown = facts.processes.filter((process) => facts.now - process.seenAt < SHOWN_MS);
  const gone = facts.processes.length - shown.length;
  const [storage, schema] = await Promise.all([readStorage(), readSchemaVersion()]);
  const { RETENTION_DAYS, QUEUE_URL, SMTP_URL } = config();
  const lines: [string, string][] = [
    [
      "Disk",
      facts.disk
        ? `${formatBytes(facts.disk.free)} free of ${formatBytes(facts.disk.total)} (${formatPercent(facts.disk.free / facts.disk.total)})`
        : "not known",
    ],
    ["Database", formatBytes(storage.database)],
    [
      "Events",
      `${formatBytes(storage.events)} of ${plural(storage.days, "day")}${storage.oldest ? `, the oldest ${dayText(storage.oldest)}` : ""}`,
    ],
    ["Kept for", `${plural(RETENTION_DAYS, "day")}, imported ones from when they were read`],
    ["Waiting for detection", `${plural(facts.backlog.events, "event")} in ${plural(facts.backlog.batches, "batch", "batches")}`],
    ["Queue", QUEUE_URL.startsWith("postgres") ? "PostgreSQL" : "Redis"],
    ["Mail", SMTP_URL ? "leaves by SMTP" : "stays in the local outbox: no mail server is set"],
    ["Version", `${packageJson.version}, ${formatCount(schema.migrations)} migrations, newest ${schema.newest}`],
  ];
  return (
    <div className="grid-2-1">
      <Card
        title="Processes"
        flush
        footer={
          gone > 0 ? (
            <span className="faint">{plural(gone, "earlier process", "earlier processes")} ended within the last hour.</span>
          ) : undefined
        }
      >
        <Table
          caption="Processes"
          columns={columnsAt(facts.now)}
          rows={shown}
          rowKey={(process) => process.name}
          empty={<EmptyState title="No process gave a sign of life in the last hour." />}
        />
      </Card>
      <Card title="Storage and versions">
        <dl className={styles.facts}>
          {lines.map(([name, text]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </div>
  );
}
