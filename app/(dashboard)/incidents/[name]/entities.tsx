import Link from "next/link";
import { Card } from "@/app/ui/card";
import { type Column, Table } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { RiskBadge } from "../risk";
import type { CaseFile } from "@/lib/incidents/case-file";
import { entityHref } from "@/lib/query/entities";
import { formatCount, plural } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import type { IncidentEntity } from "@/lib/model/incident";
import styles from "./case.module.css";
import { eventsHref } from "./href";

const FIELDS: Record<string, string> = {
  ip: "ip",
  actor: "actor",
  session: "session",
  key: "key",
  service: "service",
  host: "destination",
  asn: "asn",
  country: "country",
  route: "route",
};
const NOUNS: Record<string, [string, string]> = {
  ip: ["address", "addresses"],
  actor: ["account", "accounts"],
  session: ["session", "sessions"],
  key: ["key", "keys"],
  network: ["network", "networks"],
  service: ["service", "services"],
};
const ROLES = { attacker: "Attacking", victim: "Attacked", context: "Around" } as const;
const SHOWN = 7;

const quoted = (value: string): string => (/^[\w.@:/-]+$/.test(value) ? value : JSON.stringify(value));

const columns = (risks: CaseFile["risks"]): Column<IncidentEntity>[] => [
  {
    id: "entity",
    header: "Entity",
    phone: "title",
    cell: ({ type, value, subject }) => (
      <div className={styles.entity}>
        <EntityName type={type} value={value} />
        <span className="muted small">
          {(NOUNS[type] ?? [type])[0]}
          {subject ? ", the alerts are about it" : ""}
        </span>
      </div>
    ),
  },
  {
    id: "risk",
    header: "Risk",
    width: "90px",
    cell: ({ type, value }) => {
      const risk = risks.get(`${type}|${value}`);
      return risk ? <RiskBadge risk={risk} bare /> : null;
    },
  },
  {
    id: "did",
    header: "Events",
    width: "110px",
    align: "end",
    cell: ({ events }) => (events > 0 ? <span className="num">{formatCount(events)}</span> : <span className="faint">not counted</span>),
  },
  {
    id: "when",
    header: "From first to last",
    width: "260px",
    cell: ({ firstAt, lastAt }) => (
      <span className="muted">
        <Time at={firstAt} precision="second" /> to <Time at={lastAt} precision="second" clock />
      </span>
    ),
  },
  {
    id: "see",
    header: "",
    label: "Look",
    width: "110px",
    align: "end",
    cell: ({ type, value, firstAt, lastAt }) =>
      FIELDS[type] ? (
        <Link href={eventsHref(`${FIELDS[type]}:${quoted(value)}`, { from: firstAt, to: lastAt })} className={styles.see}>
          Events
        </Link>
      ) : null,
  },
];

function EntityName({ type, value }: Pick<IncidentEntity, "type" | "value">) {
  const href = entityHref(type, value);
  return href ? (
    <Link href={href} prefetch={false} className="mono clamp" title={value}>
      {visible(value)}
    </Link>
  ) : (
    <span className="mono clamp" title={value}>
      {visible(value)}
    </span>
  );
}

/** Whom the incident touches: attackers, attacked, and what is around them, each with its risk. */
export function Entities({
  entities,
  risks,
  kinds,
  totals,
}: {
  entities: readonly IncidentEntity[];
  risks: CaseFile["risks"];
  kinds: readonly { role: string; type: string; n: number }[];
  /** Attacking addresses and attacked accounts in all: alerts name only the first of many. */
  totals: { attackers: number; victims: number };
}) {
  const inAll = (type: string, role: string, n: number): number =>
    type === "ip" && role === "attacker"
      ? Math.max(n, totals.attackers)
      : type === "actor" && role === "victim"
        ? Math.max(n, totals.victims)
        : n;
  const told = kinds
    .filter(
      ({ type, role }) =>
        (type === "ip" && role === "attacker") || (type === "actor" && role !== "context") || type === "session" || type === "key",
    )
    .map(({ type, role, n }) => plural(inAll(type, role, n), NOUNS[type]?.[0] ?? type, NOUNS[type]?.[1] ?? `${type}s`));
  return (
    <div id="entities">
      <Card flush title="Who is touched" aside={<span className={styles.sum}>{told.join(", ")}</span>}>
        {(["attacker", "victim", "context"] as const).map((role) => {
          const list = entities.filter((entity) => entity.role === role);
          if (list.length === 0) return null;
          const all = kinds.filter((kind) => kind.role === role).reduce((sum, { type, n }) => sum + inAll(type, role, n), 0);
          return (
            <section key={role} aria-label={ROLES[role]}>
              <h3 className={styles.group}>{ROLES[role]}</h3>
              <Table
                columns={columns(risks)}
                rows={list.slice(0, SHOWN)}
                rowKey={({ type, value }) => `${type} ${value}`}
                caption={ROLES[role]}
                headless
              />
              {all > SHOWN && <p className={styles.more}>and {formatCount(all - Math.min(SHOWN, list.length))} more</p>}
            </section>
          );
        })}
      </Card>
    </div>
  );
}
