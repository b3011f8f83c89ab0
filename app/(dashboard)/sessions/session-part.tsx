import type { ReactNode } from "react";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { Segments } from "@/app/ui/tabs";
import { Time } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { lanesOf } from "@/lib/charts/lanes";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import { isOpen, type SessionRecord, sessionState } from "@/lib/model/session-record";
import type { Context } from "@/lib/model/user";
import { entityHref } from "@/lib/query/entities";
import { listAlertsOfSession } from "@/lib/store/alert-reads";
import { withinTime } from "@/lib/store/reading";
import { listSessions, listSessionUses, type SessionLine } from "@/lib/store/session-records";
import { EndAllSessions, EndSession, TakeBackEnd } from "./end-buttons";
import { HijackCard } from "./hijack-card";
import { LaneChart } from "./lane-chart";
import { laneOf } from "./lane-of";
import { Milestones, milestonesOf } from "./milestones";
import { SessionBadge } from "./words";
import styles from "./sessions.module.css";

/** What a session's own page has before what every entity's page has: its record, where it was used from, what changed, and how to end it. */
export async function SessionPart({ ctx, record, by }: { ctx: Context; record: SessionRecord; by: "ip" | "device" }) {
  const { id } = record;
  const actor = record.actors[0];
  const now = ctx.now.getTime();
  const [uses, alerts, others] = await Promise.all([
    withinTime((on) => listSessionUses(record, on)),
    withinTime((on) => listAlertsOfSession(id, on)),
    actor === undefined ? null : withinTime((on) => listSessions({ from: 0, to: now + 1, actors: [actor], only: "open" }, { on })),
  ]);
  const lanes = lanesOf((uses ?? []).map((use) => laneOf(use, by)));
  const milestones = milestonesOf(uses ?? [], by);
  return (
    <>
      <Record
        record={record}
        now={now}
        beside={(others?.sessions ?? []).filter((other) => other.id !== id)}
        mayEnd={may(ctx, "session:end")}
      />
      {(alerts ?? [])
        .filter(({ facts }) => facts.family === "session_hijack")
        .slice(0, 2)
        .map((alert) => (
          <HijackCard key={alert.facts.key} alert={alert} here />
        ))}
      {lanes && (
        <LaneChart
          title="Where it was used from"
          lanes={lanes}
          marks={milestones.map(({ n, use }) => ({ n, at: use.at.getTime(), lane: laneOf(use, by).lane }))}
          aside={
            <Segments
              label="A lane for each"
              current={by}
              tabs={[
                { key: "ip", label: "By address", href: entityHref("session", id) ?? "" },
                { key: "device", label: "By device", href: `${entityHref("session", id)}?by=device` },
              ]}
            />
          }
        />
      )}
      {milestones.length > 0 && <Milestones rows={milestones} />}
    </>
  );
}

function Record({ record, now, beside, mayEnd }: { record: SessionRecord; now: number; beside: readonly SessionLine[]; mayEnd: boolean }) {
  const { state, since } = sessionState(record, now);
  const actor = record.actors[0];
  const who = record.actorName ?? actor ?? "nobody named";
  const open = beside.length + (isOpen(state) ? 1 : 0);
  return (
    <Card
      title={<SessionBadge state={state} />}
      note={
        <>
          since <Time at={since} />
          {record.closedBy && ` by ${record.closedBy}: ${record.closedReason}`}
        </>
      }
      aside={
        mayEnd && (
          <>
            {record.closedAt ? <TakeBackEnd id={record.id} /> : <EndSession id={record.id} who={who} />}
            {actor !== undefined && open > 1 && <EndAllSessions actor={actor} who={who} open={open} />}
          </>
        )
      }
      footer={record.closedAt ? afterEnd(record) : undefined}
    >
      <dl className={styles.facts}>
        <Fact name="Account">
          {actor === undefined ? (
            who
          ) : (
            <FilterableValue field="actor" value={actor}>
              {record.actors.length > 1 ? record.actors.join(", ") : who}
            </FilterableValue>
          )}
        </Fact>
        <Fact name="Proved with">{[record.credentialType, record.credentialId].filter(Boolean).join(" ") || "not said"}</Fact>
        <Fact name="Started">
          <Time at={record.startedAt.getTime()} precision="second" />
        </Fact>
        <Fact name="Last seen">
          <Time at={record.lastAt.getTime()} precision="second" />{" "}
          <span className="faint">{formatSpan(Math.max(1000, record.lastAt.getTime() - record.startedAt.getTime()))}</span>
        </Fact>
        <Fact name="Requests">
          {formatCount(record.requests)}{" "}
          <span className="faint">{record.failures === 0 ? "none failed" : `${formatCount(record.failures)} failed`}</span>
        </Fact>
        <Fact name="Roles and rights">
          {record.roles.join(", ") || "no role said"}{" "}
          <span className="faint">
            {record.privilegeChanges === 0 ? "no right changed" : plural(record.privilegeChanges, "right", "rights") + " changed"}
          </span>
        </Fact>
        <Fact name="Networks">{record.networks.slice(0, 4).join(", ") || "unknown"}</Fact>
        <Fact name="Other open sessions">{beside.length === 0 ? "none" : plural(beside.length, "session")}</Fact>
      </dl>
    </Card>
  );
}

/** Whether the application obeyed. */
function afterEnd({ usedAfterEnd, lastAt, closedAt }: SessionRecord): ReactNode {
  if (usedAfterEnd > 0) return <b>The application let it in {plural(usedAfterEnd, "time")} since: an incident says from where.</b>;
  return closedAt && lastAt > closedAt ? "Tried since, and refused or within the minute of grace." : "Not used since.";
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="break">{children}</dd>
    </div>
  );
}
