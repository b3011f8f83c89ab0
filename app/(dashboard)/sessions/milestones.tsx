import Link from "next/link";
import { Card } from "@/app/ui/card";
import { type Column, Table } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { changesPrivilege } from "@/lib/detection/session-records";
import { eventTitle, isSignInAction } from "@/lib/model/event-words";
import type { SessionUse } from "@/lib/store/session-records";
import { laneOf } from "./lane-of";
import styles from "./sessions.module.css";

/** One step of the story, by its number in the list and on the lanes. */
export interface Milestone {
  n: number;
  use: SessionUse;
  what: string;
}

const MOST = 14;

/** The events that tell the story of a session: sign-ins and outs, each first use from a new place, changed rights, first refusals, first of each kind of work. */
export function milestonesOf(uses: readonly SessionUse[], by: "ip" | "device"): Milestone[] {
  const lanes = new Set<string>();
  const refused = new Set<string>();
  const found: Omit<Milestone, "n">[] = [];
  for (const use of uses) {
    const { document } = use;
    const lane = laneOf(use, by);
    const isNew = !lanes.has(lane.lane);
    lanes.add(lane.lane);
    if (isSignInAction(document.action)) found.push({ use, what: eventTitle(document) });
    else if (/log_?out|sign_?out|session[._]/i.test(document.action)) found.push({ use, what: eventTitle(document) });
    else if (changesPrivilege(document)) found.push({ use, what: "Changed a right" });
    else if (isNew) found.push({ use, what: `First use from ${lane.label}` });
    else if (/export|download|report/i.test(document.action)) found.push({ use, what: eventTitle(document) });
    else if (document.outcome === "failure" && !refused.has(lane.lane)) {
      refused.add(lane.lane);
      found.push({ use, what: "First refusal from here" });
    }
  }
  return (found.length <= MOST ? found : [...found.slice(0, MOST - 4), ...found.slice(-4)]).map((step, at) => ({ ...step, n: at + 1 }));
}

const COLUMNS: readonly Column<Milestone>[] = [
  { id: "n", header: "", label: "Step", width: "46px", phone: "hide", cell: ({ n }) => <b className={styles.step}>{n}</b> },
  {
    id: "at",
    header: "Time",
    width: "170px",
    nowrap: true,
    cell: ({ use }) => (
      <Link href={`/events?event=${use.at.getTime()}~${encodeURIComponent(use.id)}`}>
        <Time at={use.at.getTime()} precision="second" />
      </Link>
    ),
  },
  { id: "what", header: "What", phone: "title", cell: ({ what }) => <span className="break">{what}</span> },
  {
    id: "route",
    header: "Request",
    width: "280px",
    cell: ({ use: { document } }) => (
      <span className="mono break">
        {[document.http?.method, document.http?.route ?? document.http?.path].filter(Boolean).join(" ") || document.action}
      </span>
    ),
  },
  { id: "ip", header: "From", width: "150px", cell: ({ use }) => <span className="mono">{use.ip}</span> },
  {
    id: "status",
    header: "Answer",
    align: "end",
    width: "80px",
    cell: ({ use: { document } }) => document.http?.status ?? document.outcome,
  },
];

/** What it did, in the order of time. */
export function Milestones({ rows }: { rows: readonly Milestone[] }) {
  return (
    <Card title="What it did" note="first uses, sign-ins, rights, refusals, exports; the numbers are those above" flush>
      <Table columns={COLUMNS} rows={rows} rowKey={({ use }) => use.id} caption="What the session did" />
    </Card>
  );
}
