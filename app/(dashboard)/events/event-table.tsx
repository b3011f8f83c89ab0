"use client";
import { useEffect, useRef } from "react";
import { cx } from "@/app/ui/cx";
import { FilterableValue } from "@/app/ui/filterable-value";
import { Time, ZoneOffset } from "@/app/ui/time";
import { dayKey, formatClock } from "@/lib/model/format";
import { useViewer } from "@/app/ui/viewer";
import type { EventSummary } from "@/lib/model/event-words";
import styles from "./event-table.module.css";

interface TableProps {
  events: readonly EventSummary[];
  /** Id of the event whose drawer is open, and of the row that the keys are on. */
  open: string | undefined;
  at: number;
  /** How many rows at the top came live; a line says where that began. */
  fresh: number;
  onOpen: (event: EventSummary, index: number) => void;
}

/** Events as rows; on a phone as cards. The time of a row is its button; every other value can be asked about. */
export function EventTable({ events, open, at, fresh, onOpen }: TableProps) {
  const { zone, now } = useViewer();
  const isOld = events.some((event) => dayKey(event.at, zone) !== dayKey(now, zone)); // a time with its day needs more room
  return (
    <table className={cx(styles.table, isOld && styles.dated)}>
      <caption className="visually-hidden">Events, newest first</caption>
      <thead>
        <tr>
          <th scope="col">
            Time <ZoneOffset at={events[0]?.at} /> ↓
          </th>
          <th scope="col">What happened</th>
          <th scope="col">Account</th>
          <th scope="col">Source</th>
          <th scope="col">Service</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event, index) => (
          <Row
            key={event.id}
            event={event}
            open={event.id === open}
            current={index === at}
            seam={fresh > 0 && index === fresh}
            onOpen={() => onOpen(event, index)}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  event: EventSummary;
  open: boolean;
  current: boolean;
  seam: boolean;
  onOpen: () => void;
}

function Row({ event, open, current, seam, onOpen }: RowProps) {
  const { zone } = useViewer();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (current) button.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const quiet = !open && !current;
  return (
    <tr
      className={cx(styles.row, open && styles.open, current && styles.current, seam && styles.seam)}
      onClick={onOpen}
      aria-current={open || undefined}
    >
      <td className={styles.time}>
        <button
          ref={button}
          type="button"
          aria-label={`${event.title}, ${formatClock(event.at, zone, "ms")}: open`}
          onClick={(click) => {
            click.stopPropagation();
            onOpen();
          }}
        >
          <Time at={event.at} precision="ms" />
        </button>
      </td>
      <td className={styles.what}>
        <span className={styles.title}>
          <i className={cx(styles.dot, event.ghost ? styles.ghost : styles[event.outcome])} aria-hidden />
          <span className="visually-hidden">{event.outcome}: </span>
          <FilterableValue
            field={event.reason !== undefined && event.outcome === "failure" ? "reason" : "action"}
            value={(event.outcome === "failure" ? event.reason : undefined) ?? event.action}
            quiet={quiet}
          >
            {event.title}
          </FilterableValue>
          {event.status !== undefined && (
            <FilterableValue field="status" value={String(event.status)} quiet={quiet} className={cx("faint num", styles.status)}>
              {event.status}
            </FilterableValue>
          )}
        </span>
      </td>
      <td className={styles.actor}>
        {event.actor !== undefined ? (
          <FilterableValue field="actor" value={event.actor} quiet={quiet} />
        ) : (
          event.key !== undefined && <FilterableValue field="key" value={event.key} mono quiet={quiet} />
        )}
      </td>
      <td className={styles.source}>
        <span>
          {event.ip !== undefined && <FilterableValue field="ip" value={event.ip} mono quiet={quiet} />}
          {event.country !== undefined && <FilterableValue field="country" value={event.country} quiet={quiet} className={styles.minor} />}
          {event.asn !== undefined && (
            <FilterableValue field="asn" value={String(event.asn)} quiet={quiet} className={styles.minor}>
              AS{event.asn}
              <span className={styles.network}> {event.network}</span>
            </FilterableValue>
          )}
        </span>
      </td>
      <td className={styles.service}>
        {event.service !== undefined && <FilterableValue field="service" value={event.service} quiet={quiet} />}
      </td>
    </tr>
  );
}
