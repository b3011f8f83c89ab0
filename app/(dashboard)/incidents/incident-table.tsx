"use client";
import Link from "next/link";
import { useState } from "react";
import { Avatar } from "@/app/ui/avatar";
import { LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { Chip } from "@/app/ui/chip";
import { Sparkline } from "@/app/ui/sparkline";
import { type Column, Table } from "@/app/ui/table";
import { Ago, Time } from "@/app/ui/time";
import { useKeys } from "@/app/ui/use-keys";
import type { BulkProgress } from "@/lib/incidents/bulk-task";
import type { Level } from "@/lib/model/alert";
import { formatCount, plural } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import { incidentName, type IncidentState, type Verdict } from "@/lib/model/incident";
import { BulkBar, type ListFilter } from "./bulk-bar";
import styles from "./incidents.module.css";
import { VERDICT_WORDS } from "./words";

/** One incident as a row shows it. */
export interface ListedIncident {
  number: number;
  level: Level;
  title: string;
  state: IncidentState;
  verdict: Verdict | null;
  regressed: boolean;
  sample: boolean;
  historical: boolean;
  assignee: string | null;
  openedAt: number;
  lastAt: number;
  events: number;
  alerts: number;
  entities: { type: string; value: string }[];
  more: number;
  course: number[] | null;
}

const tones: Record<Level, "critical" | "high" | "medium" | "low" | "info"> = {
  critical: "critical",
  high: "high",
  medium: "medium",
  low: "low",
  informational: "info",
};
const words: Record<IncidentState, string> = { open: "Open", acknowledged: "Taken", snoozed: "Snoozed", resolved: "Resolved" };

const stateWords = ({ state, verdict }: ListedIncident): string =>
  words[state] + (verdict ? `, ${VERDICT_WORDS[verdict].name.toLowerCase()}` : "");

/** What was made up or imported has its own calendar: how long ago would say nothing. */
const LastSeen = ({ row }: { row: ListedIncident }) => (row.historical || row.sample ? <Time at={row.lastAt} /> : <Ago at={row.lastAt} />);

function What({ row }: { row: ListedIncident }) {
  return (
    <div className={styles.what}>
      <Link href={`/incidents/${incidentName(row.number)}`} className={styles.title} data-incident>
        {row.title}
      </Link>
      <div className={styles.chips}>
        <span className="mono faint">{incidentName(row.number)}</span>
        {row.regressed && <Chip tone="fail">came back</Chip>}
        {row.sample && <Chip>sample</Chip>}
        {row.historical && !row.sample && <Chip>imported</Chip>}
        {row.entities.map(({ type, value }) => (
          <Chip key={`${type} ${value}`} mono>
            {visible(value.slice(0, 60))}
          </Chip>
        ))}
        {row.more > 0 && <span className="faint small">and {formatCount(row.more)} more</span>}
      </div>
    </div>
  );
}

const columns = (chosen: ReadonlySet<number>, toggle: (number: number) => void, mayChange: boolean): Column<ListedIncident>[] => [
  ...(mayChange
    ? [
        {
          id: "choose",
          header: "",
          label: "Choose",
          width: "44px",
          phone: "hide" as const,
          cell: (row: ListedIncident) => (
            <label className={styles.tick}>
              <input
                type="checkbox"
                checked={chosen.has(row.number)}
                onChange={() => toggle(row.number)}
                aria-label={`Choose ${incidentName(row.number)}`}
              />
            </label>
          ),
        },
      ]
    : []),
  { id: "level", header: "Level", width: "104px", phone: "hide", cell: (row) => <LevelBadge level={row.level} /> },
  {
    id: "what",
    header: "What happened",
    phone: "title",
    cell: (row) => (
      <div className={styles.row}>
        <span className="only-on-phone">
          <LevelBadge level={row.level} />
        </span>
        <What row={row} />
        <span className="only-on-phone muted small">
          {plural(row.events, "event")}, <LastSeen row={row} />, {stateWords(row).toLowerCase()}, {row.assignee ?? "nobody has it"}
        </span>
      </div>
    ),
  },
  {
    id: "course",
    header: "Last day",
    width: "108px",
    phone: "hide",
    cell: (row) =>
      row.course && (
        <Sparkline values={row.course} tone={tones[row.level]} width={88} height={22} label={`${formatCount(row.events)} events`} />
      ),
  },
  {
    id: "events",
    header: "Events",
    width: "84px",
    align: "end",
    phone: "hide",
    cell: (row) => (
      <span className="num" title={plural(row.alerts, "alert")}>
        {formatCount(row.events)}
      </span>
    ),
  },
  {
    id: "last",
    header: "Last seen",
    width: "120px",
    nowrap: true,
    phone: "hide",
    cell: (row) => (
      <span className="muted">
        <LastSeen row={row} />
      </span>
    ),
  },
  {
    id: "state",
    header: "State",
    width: "104px",
    phone: "hide",
    cell: (row) => <span className="muted">{stateWords(row)}</span>,
  },
  {
    id: "assignee",
    header: "With",
    width: "76px",
    phone: "hide",
    cell: (row) => (row.assignee ? <Avatar name={row.assignee} /> : <span className="faint">nobody</span>),
  },
];

/** Moves to the next or the previous incident of the list; Enter then opens it. */
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("[data-incident]")];
  const at = links.findIndex((link) => link === document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}

/** The list with boxes to choose rows, and what can be done with the chosen or with all that match. */
export function IncidentTable({
  rows,
  total,
  filter,
  mayChange,
  people,
  underWay,
}: {
  rows: ListedIncident[];
  total: number;
  filter: ListFilter;
  mayChange: boolean;
  people: { id: string; name: string }[];
  underWay: BulkProgress | null;
}) {
  useKeys({ j: () => step(1), k: () => step(-1) });
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (number: number) => {
    const next = new Set(chosen);
    if (!next.delete(number)) next.add(number);
    setChosen(next);
  };
  const all = rows.length > 0 && rows.every(({ number }) => chosen.has(number));
  return (
    <>
      {mayChange && (
        <BulkBar
          chosen={[...chosen]}
          total={total}
          allOnPage={all}
          onPage={() => setChosen(all ? new Set() : new Set(rows.map(({ number }) => number)))}
          onDone={() => setChosen(new Set())}
          filter={filter}
          people={people}
          underWay={underWay}
        />
      )}
      <Card flush>
        <Table
          columns={columns(chosen, toggle, mayChange)}
          rows={rows}
          rowKey={({ number }) => String(number)}
          caption="Incidents, worst first"
        />
      </Card>
    </>
  );
}
