import Link from "next/link";
import { LevelBadge } from "@/app/ui/badge";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import type { Factor } from "@/lib/model/alert";
import { countryName } from "@/lib/model/event-words";
import { formatCount } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { entityHref } from "@/lib/query/entities";
import type { PlacedAlert } from "@/lib/store/alert-reads";
import styles from "./sessions.module.css";

/** One alert about a session with its reckoning: the score as a bar, and before, after and points of each factor. Bar, rows and sum are one list. `here`: on the session's own page. */
export function HijackCard({
  alert: { facts, incident },
  who,
  here = false,
}: {
  alert: PlacedAlert;
  who?: string | undefined;
  here?: boolean;
}) {
  const { explanation } = facts;
  const factors = explanation.factors.map(inWords).toSorted((a, b) => b.weight - a.weight);
  const sum = factors.reduce((all, { weight }) => all + weight, 0);
  const changed = factors.filter(({ weight }) => weight > 0);
  const actor = facts.related.find(({ type }) => type === "actor")?.value;
  return (
    <Card
      title={
        <>
          <LevelBadge level={facts.level} /> {facts.title}
          {!here && actor !== undefined && (
            <>
              {": "}
              <Link className="link break" href={entityHref("actor", actor) ?? ""}>
                {who ?? actor}
              </Link>
            </>
          )}
        </>
      }
      note={
        <>
          <Ago at={facts.lastAt} />, {changed.length} of {factors.length} changed
        </>
      }
      aside={
        <>
          {!here && (
            <LinkButton size="s" tone="quiet" href={entityHref("session", facts.entity.value) ?? ""}>
              Open session
            </LinkButton>
          )}
          <LinkButton size="s" tone="quiet" href={`/incidents/${incidentName(incident)}`}>
            {incidentName(incident)}
          </LinkButton>
        </>
      }
      footer={here ? <span className="break">{explanation.sentence}</span> : <Unchanged factors={factors} />}
      flush
    >
      <Score factors={factors} sum={sum} threshold={explanation.threshold} />
      <Table
        columns={columnsOf(Math.max(...factors.map(({ weight }) => weight), 1))}
        rows={here ? factors : changed}
        rowKey={({ name, before, after }) => `${name} ${before} ${after}`}
        caption={`Before and after: ${facts.title}`}
      />
    </Card>
  );
}

/** What stayed as it was, in a line: on a list the changes are what is looked for. */
function Unchanged({ factors }: { factors: readonly Factor[] }) {
  const same = factors.filter(({ weight }) => weight === 0);
  if (same.length === 0) return null;
  return (
    <span className="muted break">
      Not counted: {same.map(({ name, before, after }) => `${name.toLowerCase()} ${after ?? before ?? ""}`.trim()).join(", ")}.
    </span>
  );
}

/** A factor as people say it. */
function inWords(factor: Factor): Factor {
  const { name, before, after } = factor;
  const words = { ...factor, name: name.charAt(0).toUpperCase() + name.slice(1) };
  if (name !== "country" || before === undefined || after === undefined) return words;
  return { ...words, before: countryName(before), after: countryName(after) };
}

/** Whether it changed, as shape and word; a change without points is one that is ordinary. */
function Changed({ factor: { weight, before, after } }: { factor: Factor }) {
  if (weight > 0) return <>◆ changed</>;
  return <span className="faint">{before === after ? "○ same" : "◇ ordinary"}</span>;
}

/** The sum as one bar cut by factor, with the line from which it alarms. */
function Score({ factors, sum, threshold = 0 }: { factors: readonly Factor[]; sum: number; threshold?: number | undefined }) {
  const full = Math.max(sum, threshold, 1) * 1.05;
  return (
    <div className={styles.score}>
      <p className={styles.points}>
        <b>{formatCount(sum)}</b> points, {formatCount(threshold)} alarm
      </p>
      <div className={styles.bar} aria-hidden>
        {factors
          .filter(({ weight }) => weight > 0)
          .map(({ name, weight, after }) => (
            <span key={`${name} ${after}`} style={{ width: `${(100 * weight) / full}%` }}>
              <i />
              <em>
                {name} <b>{formatCount(weight)}</b>
              </em>
            </span>
          ))}
        <u style={{ left: `${(100 * threshold) / full}%` }} />
      </div>
    </div>
  );
}

const columnsOf = (most: number): readonly Column<Factor>[] => [
  {
    id: "name",
    header: "What",
    phone: "title",
    width: "170px",
    cell: ({ name, weight }) => <span className={weight > 0 ? "strong" : "muted"}>{name}</span>,
  },
  {
    id: "before",
    header: "Before",
    cell: ({ before, weight }) => <span className={weight > 0 ? "break" : "break muted"}>{before ?? ""}</span>,
  },
  {
    id: "after",
    header: "After",
    cell: ({ after, note, weight }) => (
      <span className={weight > 0 ? "break" : "break muted"}>
        {after ?? ""} {note && <span className="faint">{note}</span>}
      </span>
    ),
  },
  {
    id: "changed",
    header: "",
    label: "Changed",
    width: "90px",
    phone: "hide",
    cell: (factor) => <Changed factor={factor} />,
  },
  {
    id: "weight",
    header: "Points",
    align: "end",
    width: "130px",
    cell: ({ weight }) => (
      <span className={styles.weight}>
        <i style={{ width: `${(60 * weight) / most}px` }} aria-hidden />
        <span className={weight === 0 ? "muted" : "strong"}>{formatCount(weight)}</span>
      </span>
    ),
  },
];
