import Link from "next/link";
import { cx } from "@/app/ui/cx";
import type { Column } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { countryName } from "@/lib/model/event-words";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import { sessionState } from "@/lib/model/session-record";
import { entityHref } from "@/lib/query/entities";
import type { SessionLine } from "@/lib/store/session-records";
import { SessionBadge } from "./words";
import styles from "./sessions.module.css";

const few = (values: readonly string[], most = 2): string =>
  `${values.slice(0, most).join(", ")}${values.length > most ? ` and ${values.length - most} more` : ""}`;
const count = (value: number) => (value > 0 ? formatCount(value) : <span className="muted">0</span>);

/** A session in a line. `now` decides which are still in use. */
export const sessionColumns = (now: number): readonly Column<SessionLine>[] => [
  {
    id: "actor",
    header: "Account",
    phone: "title",
    cell: ({ id, actors, actorName }) => (
      <>
        {actors[0] === undefined ? (
          <span className="muted">nobody named</span>
        ) : (
          <Link className="strong break" href={entityHref("actor", actors[0]) ?? ""}>
            {actorName ?? actors[0]}
          </Link>
        )}{" "}
        <Link className={cx("mono", styles.hash)} href={entityHref("session", id) ?? ""}>
          {id.slice(0, 12)}
        </Link>
      </>
    ),
  },
  { id: "state", header: "State", width: "120px", cell: (record) => <SessionBadge state={sessionState(record, now).state} /> },
  {
    id: "alerts",
    header: "Alerts",
    align: "end",
    width: "75px",
    cell: ({ alerts }) => (alerts > 0 ? <span className="strong">{alerts}</span> : <span className="muted">0</span>),
  },
  {
    id: "places",
    header: "From",
    width: "15%",
    cell: ({ countries, networks, addresses }) => (
      <>
        {few(countries.map(countryName)) || few(networks, 1)}{" "}
        <span className="faint">{plural(addresses.length, "address", "addresses")}</span>
      </>
    ),
  },
  { id: "devices", header: "With", width: "14%", phone: "hide", cell: ({ devices }) => <span className="break">{few(devices, 1)}</span> },
  {
    id: "requests",
    header: "Requests",
    align: "end",
    width: "120px",
    cell: ({ requests, failures }) => (
      <>
        {failures > 0 && <span className="faint">{formatCount(failures)} failed</span>} {formatCount(requests)}
      </>
    ),
  },
  { id: "rights", header: "Rights", align: "end", width: "70px", phone: "hide", cell: ({ privilegeChanges }) => count(privilegeChanges) },
  {
    id: "beside",
    header: "At once",
    align: "end",
    width: "80px",
    cell: ({ beside }) => (beside > 0 ? formatCount(beside + 1) : <span className="muted">1</span>),
  },
  {
    id: "last",
    header: "Last seen",
    width: "130px",
    nowrap: true,
    cell: ({ startedAt, lastAt }) => (
      <span>
        <Time at={lastAt.getTime()} />
        <span className={styles.under}>{formatSpan(Math.max(1000, lastAt.getTime() - startedAt.getTime()))} long</span>
      </span>
    ),
  },
];
