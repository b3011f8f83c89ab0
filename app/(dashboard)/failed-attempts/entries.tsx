import Link from "next/link";
import { Badge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { type Column, Table } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import { EntryStrip } from "./entry-strip";
import { entityHref } from "@/lib/query/entities";
import type { Entry } from "@/lib/store/attempt-reads";
import { EndAllSessions } from "../sessions/end-buttons";
import styles from "./failed-attempts.module.css";

/** Pinned on top: who got in after many failures, what followed, and the way to end it. */
export function Entries({ entries, mayEnd }: { entries: readonly Entry[]; mayEnd: boolean }) {
  return (
    <Card
      title={
        <>
          <Badge tone="critical">Critical</Badge> In after many failures
        </>
      }
      note={plural(entries.length, "account")}
      flush
    >
      <Table columns={columnsOf(mayEnd)} rows={entries} rowKey={({ actor }) => actor} caption="Accounts entered after many failures" />
    </Card>
  );
}

function howOf({ own, failures, accounts, first, last, entered, sources }: Entry): string {
  const took = formatSpan(Math.max(1000, last.getTime() - first.getTime()));
  const later = formatSpan(Math.max(1000, entered.getTime() - last.getTime()));
  const tried = own
    ? `${plural(failures, "failure")}${sources > 1 ? ` from ${plural(sources, "address", "addresses")}` : ""} in ${took}`
    : `${plural(failures, "failure")} on ${plural(accounts, "account")} from there in ${took}`;
  return `${tried}, then in ${later} later`;
}

const columnsOf = (mayEnd: boolean): readonly Column<Entry>[] => [
  {
    id: "actor",
    header: "Account",
    phone: "title",
    cell: (entry) => (
      <>
        <Link className="strong break" href={entityHref("actor", entry.actor) ?? ""}>
          {entry.name ?? entry.actor}
        </Link>{" "}
        <span className="muted">{howOf(entry)}</span>
      </>
    ),
  },
  { id: "course", header: "Course", width: "262px", phone: "hide", cell: (entry) => <EntryStrip entry={entry} /> },
  { id: "ip", header: "From", width: "140px", cell: ({ ip }) => ip && <FilterableValue field="ip" value={ip} mono /> },
  { id: "entered", header: "In at", width: "115px", nowrap: true, cell: ({ entered }) => <Time at={entered.getTime()} /> },
  {
    id: "since",
    header: "What it did next",
    width: "240px",
    cell: ({ requests, open, next }) => (
      <div className={styles.next}>
        {next.map(({ what, count, refused }) => (
          <span key={what} className={styles.line}>
            <span className="mono small clamp" title={what.slice(0, 300)}>
              {what}
            </span>{" "}
            <span className="faint">
              {count > 1 && `${formatCount(count)} times`}
              {refused > 0 && (refused === count ? " refused" : `, ${formatCount(refused)} refused`)}
            </span>
          </span>
        ))}
        {plural(requests, "event")}; {open === 0 ? <span className="muted">no open session</span> : <b>{plural(open, "session")} open</b>}
      </div>
    ),
  },
  ...(mayEnd
    ? [
        {
          id: "do",
          header: "",
          label: "Actions",
          align: "end" as const,
          width: "150px",
          cell: ({ actor, name, open }: Entry) => open > 0 && <EndAllSessions actor={actor} who={name ?? actor} open={open} />,
        },
      ]
    : []),
];
