"use client";
import Link from "next/link";
import { useState, useTransition } from "react";
import { Dot, type Tone } from "@/app/ui/badge";
import { Button, LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Time, ZoneOffset } from "@/app/ui/time";
import { incidentName } from "@/lib/model/incident";
import type { ListedDelivery } from "@/lib/store/deliveries";
import { resendAction } from "./actions";
import styles from "./notifications.module.css";
import { reasonWords } from "./words";

const tones: Record<ListedDelivery["result"], Tone> = { sent: "ok", local: "info", failed: "critical" };
const words: Record<ListedDelivery["result"], string> = { sent: "sent", local: "kept here", failed: "failed" };

function Again({ row }: { row: ListedDelivery }) {
  const [pending, start] = useTransition();
  const [problem, setProblem] = useState<string | null>(null);
  if (row.result !== "failed" || row.state === "sent") return null;
  return (
    <>
      <Button
        size="s"
        busy={pending}
        onClick={() =>
          start(async () => {
            const state = await resendAction(row.outboxId);
            setProblem(state.status === "failed" ? state.message : null);
          })
        }
      >
        Send again
      </Button>
      {problem && <span className={styles.problem}>{problem}</span>}
    </>
  );
}

const columns = (mayChange: boolean): Column<ListedDelivery>[] => [
  {
    id: "at",
    header: (
      <>
        Time (<ZoneOffset />)
      </>
    ),
    label: "Time",
    width: "128px",
    nowrap: true,
    cell: ({ at }) => (
      <span className="muted">
        <Time at={at.getTime()} precision="second" />
      </span>
    ),
  },
  {
    id: "what",
    header: "What",
    phone: "title",
    cell: (row) => (
      <div className={styles.what}>
        {row.subject ? (
          <Link href={`/notifications/mail/${row.id}`} className={styles.subject}>
            {row.subject}
          </Link>
        ) : (
          <span>{row.channel === "webhook" ? "Webhook call" : row.result === "failed" ? "Attempt failed" : "Message"}</span>
        )}
        <span className="muted small break">
          {reasonWords(row.kind, row.reason)}
          {row.routeName ? `, by the route ${row.routeName}` : ""}
          {row.result === "failed" && row.response ? `: ${row.response}` : ""}
        </span>
      </div>
    ),
  },
  { id: "to", header: "To", width: "210px", cell: ({ recipient }) => <span className="break">{recipient}</span> },
  {
    id: "incident",
    header: "About",
    width: "84px",
    cell: ({ incident }) =>
      incident === null ? (
        <span className="faint">none</span>
      ) : (
        <Link className="mono link" href={`/incidents/${incidentName(incident)}`}>
          {incidentName(incident)}
        </Link>
      ),
  },
  { id: "result", header: "Result", width: "100px", cell: ({ result }) => <Dot tone={tones[result]}>{words[result]}</Dot> },
  ...(mayChange
    ? [
        {
          id: "again",
          header: "",
          label: "Again",
          width: "110px",
          align: "end" as const,
          cell: (row: ListedDelivery) => <Again row={row} />,
        },
      ]
    : []),
];

/** Every attempt to deliver, newest first; a mail opens with both its parts. */
export function DeliveryLog({ rows, more, mayChange }: { rows: ListedDelivery[]; more: boolean; mayChange: boolean }) {
  const last = rows.at(-1);
  return (
    <div id="log">
      <Card
        flush
        title="What has left"
        note="every attempt, with the mail itself for 30 days"
        footer={
          more && last ? (
            <LinkButton size="s" href={`/notifications?before=${last.id}#log`}>
              Older
            </LinkButton>
          ) : undefined
        }
      >
        {rows.length === 0 ? (
          <EmptyState title="Nothing has left yet.">The first incident that a route speaks of sends the first mail.</EmptyState>
        ) : (
          <Table columns={columns(mayChange)} rows={rows} rowKey={({ id }) => String(id)} caption="Deliveries, newest first" />
        )}
      </Card>
    </div>
  );
}
