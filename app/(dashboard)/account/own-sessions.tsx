"use client";
import { useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Dot } from "@/app/ui/badge";
import { type Column, Table } from "@/app/ui/table";
import { Ago, Time } from "@/app/ui/time";
import { useToast } from "@/app/ui/toast";
import { plural } from "@/lib/model/format";
import { endSessions } from "./actions";
import { readBrowser } from "./read-browser";

interface OwnSession {
  id: string;
  createdAt: number;
  seenAt: number;
  ip: string | null;
  userAgent: string | null;
}

/** Where this person is signed in, and the way to end it. */
export function OwnSessions({ sessions, current }: { sessions: readonly OwnSession[]; current: string }) {
  const toast = useToast();
  const [busy, start] = useTransition();
  const end = (only?: string) =>
    start(async () => {
      const state = await endSessions(only);
      if (state.status === "done") toast(`${plural(state.value, "session")} ended.`);
    });
  const columns: Column<OwnSession>[] = [
    {
      id: "what",
      header: "Browser",
      phone: "title",
      cell: (session) => <span title={session.userAgent ?? ""}>{readBrowser(session.userAgent)}</span>,
    },
    { id: "ip", header: "From", cell: (session) => <span className="mono">{session.ip ?? "unknown"}</span> },
    { id: "since", header: "Signed in", cell: (session) => <Time at={session.createdAt} /> },
    {
      id: "seen",
      header: "Last used",
      cell: (session) => (session.id === current ? <Dot tone="ok">This one, now</Dot> : <Ago at={session.seenAt} />),
    },
    {
      id: "end",
      header: "",
      label: "End",
      align: "end",
      cell: (session) =>
        session.id !== current && (
          <Button size="s" disabled={busy} onClick={() => end(session.id)}>
            Sign out
          </Button>
        ),
    },
  ];
  return (
    <Card
      title="Where you are signed in"
      flush
      aside={
        sessions.length > 1 && (
          <Button size="s" tone="danger" busy={busy} onClick={() => end()}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      <Table caption="Your sessions" columns={columns} rows={sessions} rowKey={(session) => session.id} />
    </Card>
  );
}
