import Link from "next/link";
import { Card } from "@/app/ui/card";
import { OutcomeMark } from "@/app/ui/badge";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Time, ZoneOffset } from "@/app/ui/time";
import type { CaseFile } from "@/lib/incidents/case-file";
import { type EventSummary, summarize } from "@/lib/model/event-words";
import { PinButton, UnpinButton } from "../pin-button";
import styles from "./case.module.css";

const drawerHref = ({ at, id }: { at: number; id: string }): string => `/events?event=${at}~${encodeURIComponent(id)}`;

const columns = ({ number, lastAt }: CaseFile["incident"], pinned: ReadonlySet<string>, mayPin: boolean): Column<EventSummary>[] => [
  {
    id: "at",
    header: (
      <>
        Time (<ZoneOffset at={lastAt.getTime()} />)
      </>
    ),
    label: "Time",
    width: "160px",
    nowrap: true,
    cell: (event) => (
      <Link href={drawerHref(event)} prefetch={false} className="num">
        <Time at={event.at} precision="second" />
      </Link>
    ),
  },
  {
    id: "what",
    header: "What happened",
    phone: "title",
    cell: (event) => (
      <Link href={drawerHref(event)} prefetch={false} className="clamp" title={event.title}>
        {event.title}
      </Link>
    ),
  },
  {
    id: "actor",
    header: "Account",
    width: "26%",
    cell: ({ actor }) => (
      <span className="clamp" title={actor}>
        {actor}
      </span>
    ),
  },
  { id: "ip", header: "Address", width: "190px", cell: ({ ip }) => <span className="mono break">{ip}</span> },
  { id: "outcome", header: "Outcome", width: "120px", cell: ({ outcome }) => <OutcomeMark outcome={outcome} /> },
  ...(mayPin
    ? [
        {
          id: "pin",
          header: "",
          label: "Pin",
          width: "52px",
          align: "end" as const,
          cell: (event: EventSummary) =>
            pinned.has(event.id) ? <UnpinButton number={number} eventId={event.id} /> : <PinButton event={event} number={number} />,
        },
      ]
    : []),
];

/** The events that made the alerts, each with a pin that keeps it. */
export function EvidenceEvents({ file, mayPin }: { file: CaseFile; mayPin: boolean }) {
  const { evidence, pins, incident } = file;
  const pinned = new Set(pins.map(({ id }) => id));
  return (
    <Card
      flush
      title="What raised it"
      note={
        evidence && evidence.length > 0
          ? "The last and the first event of the worst alerts. Pinned ones stay as long as the incident."
          : undefined
      }
      aside={pins.length > 0 ? <span className={styles.sum}>{pins.length} pinned</span> : undefined}
    >
      <Table
        columns={columns(incident, pinned, mayPin)}
        rows={(evidence ?? []).map(({ id, at, document }) => summarize(id, at, document))}
        rowKey={({ id }) => id}
        caption="Events that raised the alerts"
        empty={
          <EmptyState title={evidence === null ? "Reading the events took too long." : "The events are no longer kept."}>
            {evidence === null ? "Load the page again." : "What was pinned stands in the timeline below."}
          </EmptyState>
        }
      />
    </Card>
  );
}
