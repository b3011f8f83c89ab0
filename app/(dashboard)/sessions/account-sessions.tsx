import Link from "next/link";
import { Card } from "@/app/ui/card";
import { Table } from "@/app/ui/table";
import { may } from "@/lib/access/require-permission";
import { plural } from "@/lib/model/format";
import { isOpen, sessionState } from "@/lib/model/session-record";
import type { Context } from "@/lib/model/user";
import { withinTime } from "@/lib/store/reading";
import { listSessions } from "@/lib/store/session-records";
import { EndAllSessions } from "./end-buttons";
import { sessionColumns } from "./session-columns";

const SHOWN = 8;
const LIMIT = 200;

/** The sessions of an account in a span, by any of its names: the latest, how many are open, and the way to end them all. */
export async function AccountSessions({ ctx, names, from, to }: { ctx: Context; names: readonly string[]; from: number; to: number }) {
  const now = ctx.now.getTime();
  const page = await withinTime((on) => listSessions({ from, to, actors: names }, { limit: LIMIT, on }));
  const sessions = page?.sessions ?? [];
  const [first] = sessions;
  if (!first) return null;
  const open = sessions.filter((session) => isOpen(sessionState(session, now).state)).length;
  const actor = first.actors.find((name) => names.includes(name)) ?? "";
  return (
    <Card
      title={page?.next ? `${LIMIT} sessions and more` : plural(sessions.length, "session")}
      note={open === 0 ? "none open" : `${open} open`}
      aside={open > 0 && may(ctx, "session:end") && <EndAllSessions actor={actor} who={first.actorName ?? actor} open={open} />}
      footer={
        sessions.length > SHOWN ? <Link href={`/sessions?last=30d&actor=${encodeURIComponent(actor)}`}>All its sessions</Link> : undefined
      }
      flush
    >
      <Table
        columns={sessionColumns(now).filter(({ id }) => id !== "devices")}
        rows={sessions.slice(0, SHOWN)}
        rowKey={({ id }) => id}
        caption="Its sessions"
      />
    </Card>
  );
}
