import { Bookmark, Clock, Mail, Siren } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Avatar } from "@/app/ui/avatar";
import { Card } from "@/app/ui/card";
import { cx } from "@/app/ui/cx";
import { Time, ZoneOffset } from "@/app/ui/time";
import type { CaseFile } from "@/lib/incidents/case-file";
import { Level } from "@/lib/model/alert";
import { eventSentence } from "@/lib/model/event-words";
import { plural } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import type { Pin } from "@/lib/store/pins";
import { UnpinButton } from "../pin-button";
import { type TimelineKind, TimelineList } from "./timeline-list";
import type { ActivityLine } from "@/lib/store/incident-reads";
import { VERDICT_WORDS } from "../words";
import styles from "./case.module.css";

interface Entry {
  key: string;
  kind: TimelineKind;
  at: number;
  mark: ReactNode;
  what: ReactNode;
  more?: ReactNode;
}

const text = (value: unknown): string => (typeof value === "string" ? visible(value) : "");
const verdictWord = (value: unknown): string =>
  typeof value === "string" && value in VERDICT_WORDS ? VERDICT_WORDS[value as keyof typeof VERDICT_WORDS].text : "settled"; // cast: checked by `in`

function alertEntry({ id, at, kind, details }: ActivityLine): Entry {
  const level = Level.catch("medium").parse(details.level);
  return {
    key: `a${id}`,
    kind: "alert",
    at: typeof details.at === "number" ? details.at : at.getTime(),
    mark: <i className={cx(styles.shape, styles[level])} role="img" aria-label={level} />,
    what: <b className="strong">Alert: {text(details.title)}.</b>,
    more: [
      kind === "opened" ? `Opened the incident as ${level}.` : text(details.joined) && `${text(details.joined)}, so one incident.`,
      text(details.sentence),
    ]
      .filter(Boolean)
      .join(" "),
  };
}

/** What a person or Vedette did, in words. */
function said({ kind, details }: ActivityLine): [what: ReactNode, more?: ReactNode] {
  switch (kind) {
    case "worse":
      return [`raised it from ${text(details.from)} to ${text(details.to)}`];
    case "regressed":
      return ["opened it again: the attack came back"];
    case "acknowledged":
      return ["took it"];
    case "assigned":
      return [details.to ? `gave it to ${text(details.to)}` : "gave it back"];
    case "resolved":
      return [`resolved it: ${verdictWord(details.verdict)}`, text(details.reason)];
    case "reopened":
      return ["opened it again", text(details.reason)];
    case "snoozed":
      return [
        "let it sleep",
        details.events
          ? `until ${plural(Number(details.events), "more event")}`
          : details.until
            ? "until a time, or until it gets worse"
            : "until it gets worse",
      ];
    case "woke":
      return ["woke it"];
    case "merged":
      return [`made ${text(details.from)} part of ${text(details.into)}`, text(details.reason)];
    case "split":
      return [`split ${plural(Number(details.alerts ?? 0), "alert")} out of ${text(details.from)} into ${text(details.into)}`];
    case "exported":
      return ["took an evidence bundle"];
    case "pinned":
      return [`pinned \u201c${text(details.title) || "an event"}\u201d`, text(details.note)];
    case "unpinned":
      return ["took a pin away"];
    default:
      return [kind];
  }
}

function personEntry(line: ActivityLine): Entry {
  const [what, more] =
    line.kind === "note"
      ? [
          "wrote a note",
          <span key="n" className={styles.message}>
            {text(line.details.text)}
          </span>,
        ]
      : said(line);
  return {
    key: `a${line.id}`,
    kind: line.actorId ? "person" : "other",
    at: line.at.getTime(),
    mark: line.actorId ? <Avatar name={line.actorName} /> : <Siren size={15} aria-hidden />,
    what: (
      <>
        <b className="strong">{line.actorName}</b> {what}
      </>
    ),
    ...(more ? { more } : {}),
  };
}

function mailEntry({ id, at, recipient, result, subject, channel }: CaseFile["mails"][number]): Entry {
  const ended = { sent: "delivered", local: "kept here: no mail server is configured", failed: "not delivered" }[result];
  return {
    key: `m${id}`,
    kind: "mail",
    at: at.getTime(),
    mark: <Mail size={15} aria-hidden />,
    what: `${channel === "mail" ? "Mail" : "Message"} to ${recipient}`,
    more: subject ? `\u201c${subject}\u201d, ${ended}` : ended,
  };
}

function pinEntry({ id, at, document, note, by }: Pin, incident: number, mayUnpin: boolean): Entry {
  return {
    key: `p${id}`,
    kind: "pin",
    at,
    mark: <Bookmark size={15} aria-hidden />,
    what: (
      <span className={styles.pinned}>
        <Link href={`/events?event=${at}~${encodeURIComponent(id)}`} prefetch={false} className="break">
          {eventSentence(document)}
        </Link>
        {mayUnpin && <UnpinButton number={incident} eventId={id} />}
      </span>
    ),
    more: [note, `Pinned by ${by}, kept as long as the incident.`].filter(Boolean).join(" "),
  };
}

const SAME = 2; // further alerts of one rule are a number under the last one shown

/** Alerts of one rule beyond the first ones are counted, not told one by one. */
function withoutRepeats(activity: CaseFile["activity"]): Entry[] {
  const seen = new Map<string, number>();
  const last = new Map<string, Entry>();
  const entries: Entry[] = [];
  for (const line of activity) {
    if (line.kind !== "opened" && line.kind !== "alert") {
      entries.push(personEntry(line));
      continue;
    }
    const rule = text(line.details.ruleId) || `line ${line.id}`;
    const count = (seen.get(rule) ?? 0) + 1;
    seen.set(rule, count);
    if (count > SAME) continue;
    const entry = alertEntry(line);
    entries.push(entry);
    last.set(rule, entry);
  }
  for (const [rule, count] of seen) {
    const entry = last.get(rule);
    if (entry && count > SAME) entry.more = `${String(entry.more ?? "")} And ${plural(count - SAME, "more alert")} of this rule.`;
  }
  return entries;
}

/** Everything that happened, in order of time: alerts and pinned events by event time, people and mails by the clock. */
export function Timeline({ file: { activity, mails, entities, pins, incident }, mayUnpin }: { file: CaseFile; mayUnpin: boolean }) {
  const { groupedBy } = incident;
  const first = entities.filter(({ role }) => role === "attacker").toSorted((a, b) => a.firstAt - b.firstAt)[0];
  const entries: Entry[] = [
    ...(first
      ? [
          {
            key: "first",
            kind: "other" as const,
            at: first.firstAt,
            mark: <Bookmark size={15} aria-hidden />,
            what: (
              <>
                First event of <span className="mono break">{first.value}</span>
              </>
            ),
          },
        ]
      : []),
    ...withoutRepeats(activity),
    ...mails.map(mailEntry),
    ...pins.map((pin) => pinEntry(pin, incident.number, mayUnpin)),
  ].toSorted((a, b) => a.at - b.at);
  return (
    <Card
      flush
      title="What happened"
      note={groupedBy === "One alert" ? undefined : groupedBy}
      aside={
        <span className={styles.sum}>
          <Clock size={13} aria-hidden /> <ZoneOffset at={incident.lastAt.getTime()} />
        </span>
      }
    >
      <TimelineList
        entries={entries.map(({ key, kind, at, mark, what, more }) => ({
          key,
          kind,
          line: (
            <>
              <span className={styles.clock}>
                <Time at={at} precision="second" />
              </span>
              <span className={styles.mark}>{mark}</span>
              <div className="break">
                {what}
                {more && <div className={styles.sub}>{more}</div>}
              </div>
            </>
          ),
        }))}
      />
    </Card>
  );
}
