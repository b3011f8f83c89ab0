import type { Metadata } from "next";
import { notFound } from "next/navigation";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Avatar } from "@/app/ui/avatar";
import { LevelBadge } from "@/app/ui/badge";
import { Chip } from "@/app/ui/chip";
import { Refresh } from "@/app/ui/refresh";
import { NoPermission } from "@/app/ui/states";
import { Ago, Time, ZoneOffset } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { readCase, type CaseFile } from "@/lib/incidents/case-file";
import { incidentCan } from "@/lib/incidents/decide";
import { formatSpan } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { ruleTexts } from "@/lib/incidents/rule-texts";
import { suggestVerdict } from "@/lib/incidents/triage";
import { db } from "@/lib/store/db";
import { findIncident } from "@/lib/store/incidents";
import { listPeople } from "@/lib/store/routes";
import { stateWords } from "../words";
import { ActionBar } from "./action-bar";
import { Entities } from "./entities";
import { EvidenceEvents } from "./evidence-events";
import { IsolationCharts } from "./isolation";
import { Notes } from "./notes";
import { MatchedRules, Similar } from "./side";
import styles from "./case.module.css";
import { Timeline } from "./timeline";
import { Triage } from "./triage";
import { VerdictCard } from "./verdict";

interface Props {
  params: Promise<{ name: string }>;
}

/** The number in INC-42 or 42; null for anything else. */
const numberOf = (name: string): number | null => {
  const found = /^(?:inc-)?(\d{1,9})$/i.exec(decodeURIComponent(name))?.[1];
  return found ? Number(found) : null;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const number = numberOf((await params).name);
  return { title: number === null ? "Incident" : incidentName(number) };
}

/** One incident in the order of the decision: what happened, act, is it real, is it over, who is touched, what was done. */
export default async function IncidentPage({ params }: Props) {
  const ctx = await currentContext();
  if (!may(ctx, "incident:read")) return <NoPermission what="look at incidents" />;
  const number = numberOf((await params).name);
  const found = number === null ? null : await findIncident(db, number);
  if (number === null || !found) notFound();
  const { names, questions } = await ruleTexts(found.summary.rules.map(({ id }) => id));
  const file = await readCase(ctx, { number, questions });
  const change = may(ctx, "incident:write");
  const people = change ? (await listPeople(db)).map(({ id, name }) => ({ id, name })) : [];
  const { incident } = file;
  const self = ctx.actor.type === "user" ? ctx.actor.id : null;
  return (
    <>
      <Refresh everyMs={15_000} />
      <Head file={file} />
      {change && (
        <ActionBar
          number={number}
          self={self}
          assigneeId={incident.assigneeId}
          people={people}
          can={{
            acknowledge: incidentCan.acknowledge(incident) || (incident.state === "acknowledged" && incident.assigneeId !== self),
            resolve: incidentCan.resolve(incident),
            snooze: incidentCan.snooze(incident),
            reopen: incidentCan.reopen(incident),
          }}
          alerts={file.alerts.map(({ key, title }) => ({ key, title }))}
          mayExport={may(ctx, "event:export")}
        />
      )}
      <div className={styles.two}>
        <Triage
          answers={file.answers}
          query={file.scope.query}
          span={{ from: incident.firstAt.getTime(), to: incident.lastAt.getTime() }}
        />
        <VerdictCard
          number={number}
          state={incident.state}
          verdict={incident.verdict}
          reason={incident.verdictReason}
          suggested={suggestVerdict(file.answers ?? [])}
          mayChange={change && incidentCan.resolve(incident)}
        />
      </div>
      <IsolationCharts
        isolation={file.isolation}
        scope={{ name: file.scope.name, query: file.scope.query, kind: file.scope.kind }}
        services={incident.summary.services}
        span={{ from: incident.firstAt.getTime(), to: incident.lastAt.getTime() }}
      />
      <Entities entities={file.entities} risks={file.risks} kinds={file.kinds} totals={incident.summary} />
      <EvidenceEvents file={file} mayPin={change && incident.mergedIntoId === null} />
      <div className={styles.two}>
        <Timeline file={file} mayUnpin={change} />
        <div className={styles.rail}>
          <MatchedRules
            rules={incident.summary.rules}
            names={names}
            techniques={[...incident.summary.techniques, ...incident.summary.owasp]}
            alerts={file.alerts}
            mayExcept={may(ctx, "suppression:write")}
          />
          <Similar list={file.similar} />
          <Notes number={number} notes={file.activity.filter(({ kind }) => kind === "note")} mayWrite={change} />
        </div>
      </div>
    </>
  );
}

function Head({ file }: { file: CaseFile }) {
  const { incident, assignee, mergedInto } = file;
  const raised = file.activity.findLast(({ kind }) => kind === "worse");
  const lead = incident.summary.leads[0];
  return (
    <section className={styles.head}>
      <div className={styles.crumb}>
        <Link href="/incidents" className="muted">
          Incidents
        </Link>
        <span className="faint">/</span>
        <span className="mono">{incidentName(incident.number)}</span>
        <LevelBadge level={incident.level} />
        {incident.regressed && <Chip tone="fail">came back</Chip>}
        {incident.sample && <Chip>sample</Chip>}
        {incident.historical && !incident.sample && <Chip>imported</Chip>}
        {mergedInto !== null && <Chip href={`/incidents/${incidentName(mergedInto)}`}>part of {incidentName(mergedInto)}</Chip>}
      </div>
      <h1 className="break">{incident.title}</h1>
      <dl className={styles.facts}>
        <Fact name="State">
          <span>
            {stateWords(incident)}
            {times(incident) && <span className="muted">, {times(incident)}</span>}
          </span>
        </Fact>
        <Fact name="Assignee">
          {assignee ? (
            <>
              <Avatar name={assignee} /> {assignee}
            </>
          ) : (
            "Nobody yet"
          )}
        </Fact>
        <Fact name="Opened">
          <Ago at={incident.openedAt.getTime()} />
        </Fact>
        <Fact name={`Why ${incident.level}`}>
          <span className="clamp">
            {raised ? `Raised from ${String(raised.details.from ?? "")}: ${lead?.title ?? ""}` : (lead?.title ?? "")}
          </span>
        </Fact>
        <Fact name="When">
          <span>
            <Time at={incident.firstAt.getTime()} precision="second" /> to{" "}
            <Time
              at={incident.lastAt.getTime()}
              precision="second"
              clock={incident.lastAt.getTime() - incident.firstAt.getTime() < 43_200_000}
            />{" "}
            <ZoneOffset at={incident.lastAt.getTime()} />
          </span>
        </Fact>
      </dl>
    </section>
  );
}

/** How long it took to be taken, beside the state, which says how long it took to be settled. */
const times = ({ acknowledgedAt, resolvedAt, openedAt }: CaseFile["incident"]): string =>
  acknowledgedAt && acknowledgedAt.getTime() !== resolvedAt?.getTime()
    ? `taken after ${formatSpan(acknowledgedAt.getTime() - openedAt.getTime())}`
    : "";

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
