/** Gathers one digest for one reader: what waits, what was settled, numbers with their change, what changed, and what we could not see. */
import { config } from "@/lib/config";
import { makeLink } from "@/lib/incidents/links";
import { ruleTexts } from "@/lib/incidents/rule-texts";
import { sayAction } from "@/lib/model/audit-words";
import { formatCount, formatOpening, formatSpan, plural } from "@/lib/model/format";
import { type Incident, incidentName } from "@/lib/model/incident";
import { db } from "@/lib/store/db";
import {
  readChanges,
  readCoverage,
  readExceptions,
  readFailingSources,
  readMailPeriods,
  readOpenedPeriods,
  readSilentServices,
  readTrafficPeriods,
} from "@/lib/store/digest-reads";
import { listSettledIncidents, listWaitingIncidents } from "@/lib/store/incidents";
import type { OutboxRow } from "@/lib/store/outbox";
import type { Composed } from "./compose";
import { digestMail } from "./digest-mail";
import type { DigestNotice, DigestNumber, SettledIncident, WaitingIncident } from "./digest-notice";
import { installationName, type Reader } from "./incident-notice";
import { clockAt, dayAt, lengthOf, offsetAt, weekdayAt } from "./when";

const PERIODS = 8;
const NAMED = 5;
const CHANGES = 8;
const verdicts: Record<string, string> = { true: "Real attack", benign: "Allowed", false: "False alarm", duplicate: "Duplicate" };

export interface Facts {
  row: OutboxRow;
  reader: Reader;
  now: Date;
  kind: DigestNotice["kind"];
  from: number;
  to: number;
}

/** What every digest starts from; the payload of its row says the kind and the period. */
export function factsOf({ row, reader, now }: { row: OutboxRow; reader: Reader; now: Date }): Facts {
  const { from, to, kind } = row.payload as { from: number; to: number; kind: string }; // cast: written by digestMessage only
  return { row, reader, now, from, to, kind: kind === "hourly" ? "Hourly" : kind === "weekly" ? "Weekly" : "Daily" };
}

/** Composes a person's own digest. */
export async function composeDigest(message: { row: OutboxRow; reader: Reader; now: Date }): Promise<Composed> {
  const facts = factsOf(message);
  const notice = await gatherDigest(facts);
  // an hour in which nothing happened needs no mail; a quiet day is worth a line
  if (facts.kind === "Hourly" && notice.waiting.length + notice.settled.length + notice.changes.length === 0)
    return { skip: "Nothing happened in that hour." };
  return { mail: digestMail(notice), remember: {} };
}

/** Bounds of the periods in the bars, the last being the digest's own. */
function edgesOf({ from, to }: Facts): Date[] {
  const length = to - from;
  return Array.from({ length: PERIODS + 1 }, (_, index) => new Date(to - (PERIODS - index) * length));
}

async function readDigest(facts: Facts) {
  const { reader, from, to } = facts;
  const span = { from: new Date(from), to: new Date(to) };
  const changes = await readChanges(db, span, CHANGES + 1);
  const edges = edgesOf(facts);
  return {
    waiting: await listWaitingIncidents(db, NAMED + 1),
    settled: await listSettledIncidents(db, span, NAMED + 1),
    traffic: await readTrafficPeriods(db, edges),
    opened: await readOpenedPeriods(db, edges),
    mails: await readMailPeriods(db, reader.recipient, edges),
    sources: await readFailingSources(db, span, NAMED),
    changes,
    ruleNames: (await ruleTexts(changes.flatMap(({ ruleId }) => ruleId ?? []))).names,
    blind: await blindOf(facts),
  };
}
type Read = Awaited<ReturnType<typeof readDigest>>;
type Changed = Read["changes"][number];

async function gatherDigest(facts: Facts): Promise<DigestNotice> {
  const { reader, from, to, kind } = facts;
  const found = await readDigest(facts);
  const { waiting, settled } = found;
  const numbers = numbersOf(facts, found);
  const failed = numbers.find(({ label }) => label === "Failed sign-ins")?.shown ?? "0";
  const name = installationName();
  return {
    installation: name,
    baseUrl: config().BASE_URL,
    kind,
    day: dayAt(from, reader.zone, false),
    dateline: `${name}, ${dayAt(from, reader.zone)}${kind === "Weekly" ? ` to ${dayAt(to - 1, reader.zone)}` : ""} (times in ${offsetAt(to, reader.zone)})`,
    ...opening(facts, found, failed),
    waiting: waiting.list.slice(0, NAMED).map((incident) => waitingOf(incident, facts)),
    ...(waiting.total > NAMED ? { moreWaiting: `and ${formatCount(waiting.total - NAMED)} more on the incidents page` } : {}),
    settled: settled.list.slice(0, NAMED).map(settledOf),
    ...(settled.total > NAMED ? { moreSettled: `and ${formatCount(settled.total - NAMED)} more` } : {}),
    numbersTitle: `${periodWords(facts)} in numbers`,
    numbers,
    numbersNote: `Bars: ${PERIODS} ${kind === "Daily" ? "days" : kind === "Weekly" ? "weeks" : "hours"}, the last on the right.`,
    ...lists(facts, found),
    blind: found.blind,
    ...closing(facts),
  };
}

export function periodWords({ kind, from, to, reader }: Facts): string {
  if (kind === "Daily") return weekdayAt(from, reader.zone);
  return kind === "Weekly" ? "The week" : `${clockAt(from, reader.zone)} to ${clockAt(to, reader.zone)}`;
}

function opening(facts: Facts, { waiting, settled, traffic }: Read, failed: string) {
  const events = formatCount(traffic.at(-1)?.events ?? 0);
  const quiet = waiting.total === 0 && settled.total === 0;
  const counts = [
    waiting.total > 0 ? `${plural(waiting.total, "incident")} open` : "",
    settled.total > 0 ? `${settled.total} resolved` : "",
  ];
  const [first] = waiting.list;
  return {
    subject: quiet
      ? `all quiet${failed === "0" ? "" : `, ${failed} failed sign-ins`}`
      : `${counts.filter(Boolean).join(", ")}, ${failed} failed sign-ins`,
    preheader: first ? `${incidentName(first.number)}: ${pleaOf(first, facts.now)}` : `${events} events were read. Nothing waits for you.`,
    headline: headlineOf({ open: waiting.total, untaken: waiting.untaken, settled: settled.total }),
    proof: `${events} events were read${facts.kind === "Daily" ? ` on ${periodWords(facts)}` : ""}.${quiet ? " Nothing needs you." : ""}`,
  };
}

function lists({ kind, reader }: Facts, { changes, ruleNames, sources }: Read) {
  const time = (at: Date) => (kind === "Weekly" ? dayAt(at.getTime(), reader.zone, false).slice(0, 3) : clockAt(at.getTime(), reader.zone));
  const shown = changes.slice(0, CHANGES).reverse();
  const more = sources.more >= 1000 ? "1,000 and more addresses" : plural(sources.more, "more address", "more addresses");
  return {
    changes: shown.map((change) => ({ at: time(change.at), what: changeWords(change, ruleNames), who: `by ${change.actor}` })),
    ...(changes.length > CHANGES ? { moreChanges: "and more in the audit log" } : {}),
    amountsTitle: "Most failed sign-ins",
    amounts: sources.named.map(({ value, failures, incident }) => ({
      value,
      count: failures,
      ...(incident === null ? {} : { note: incidentName(incident) }),
    })),
    ...(sources.more > 0 ? { moreAmounts: more } : {}),
  };
}

export function closing({ row, now, kind, reader }: Facts) {
  const { BASE_URL, LINK_KEY } = config();
  const stop = `${BASE_URL}/act/${makeLink("stop", row.id, { now, key: LINK_KEY })}`;
  return {
    why:
      typeof row.payload.routeName === "string"
        ? `You get this because the route \u201c${row.payload.routeName}\u201d puts its incidents into a ${kind.toLowerCase()} digest for you.`
        : `You get this because a ${kind.toLowerCase()} digest is on for you, in ${reader.zone}.`,
    footer: [
      { text: "Change how often and when", href: `${BASE_URL}/notifications#digest` },
      { text: "Stop the digest", href: stop },
    ],
    unsubscribe: stop.replace(`${BASE_URL}/act/`, `${BASE_URL}/api/act/`),
  };
}

/** "Two incidents wait for someone. One is resolved."; what somebody has taken does not wait. */
export function headlineOf({ open, untaken, settled }: { open: number; untaken: number; settled: number }): string {
  const are = (count: number, one: string, many: string) => (count === 1 ? one : many);
  if (open === 0 && settled === 0) return "All quiet.";
  const first =
    untaken > 0
      ? `${formatOpening(untaken)} ${are(untaken, "incident waits", "incidents wait")} for someone.`
      : open > 0
        ? `${formatOpening(open)} ${are(open, "incident is", "incidents are")} in hand.`
        : "Nothing waits.";
  return settled === 0 ? first : `${first} ${formatOpening(settled)} ${are(settled, "is", "are")} resolved.`;
}

/** "Nobody has taken it in 17 h."; where names stay hidden, that somebody has it is still true. */
export function pleaOf(
  { assignee, assigneeId, openedAt }: Pick<Incident, "assigneeId" | "openedAt"> & { assignee: string | null },
  now: Date,
): string {
  const age = lengthOf(now.getTime() - openedAt.getTime());
  if (assigneeId === null) return `Nobody has taken it in ${age}.`;
  return `${assignee ? `With ${assignee}` : "Taken"}, open for ${age}.`;
}

const NAMED_DAYS_MS = 6 * 86_400_000;

export function waitingOf(incident: Incident & { assignee: string | null }, { reader, now }: Facts): WaitingIncident {
  const { BASE_URL } = config();
  const name = incidentName(incident.number);
  const at = incident.openedAt.getTime();
  const day = dayAt(at, reader.zone, false); // only this week's days go by their names
  return {
    number: incident.number,
    level: incident.level,
    title: incident.title,
    since: `${now.getTime() - at < NAMED_DAYS_MS ? day.slice(0, 3) : day} ${clockAt(at, reader.zone)}`,
    plea: pleaOf(incident, now),
    actions: [{ text: `Open ${name}`, href: `${BASE_URL}/incidents/${name}` }],
  };
}

export function settledOf(incident: Incident & { assignee: string | null }): SettledIncident {
  const took = incident.resolvedAt ? formatSpan(incident.resolvedAt.getTime() - incident.openedAt.getTime()) : "";
  return {
    number: incident.number,
    title: incident.title,
    verdict: verdicts[incident.verdict ?? ""] ?? "Settled",
    note: `Resolved in ${took}${incident.assignee ? ` by ${incident.assignee}` : ""}.${incident.verdictReason ? ` ${incident.verdictReason.slice(0, 140)}` : ""}`,
    href: `${config().BASE_URL}/incidents/${incidentName(incident.number)}`,
  };
}

function numbersOf(
  { kind, from, reader }: Facts,
  found: {
    traffic: { events: number; signIns: number; failedSignIns: number }[];
    opened: { incidents: number }[];
    mails: { mails: number }[];
  },
): DigestNumber[] {
  const back = kind === "Daily" ? 7 : 1; // a day is compared with the same weekday, a week or an hour with the one before
  const against =
    kind === "Daily" ? `vs last ${weekdayAt(from, reader.zone)}` : kind === "Weekly" ? "vs the week before" : "vs the hour before";
  const one = (label: string, history: number[], worseWhenMore: boolean): DigestNumber => {
    const value = history.at(-1) ?? 0;
    const before = history.at(-1 - back) ?? 0;
    const known = history.slice(0, -1).some((each) => each > 0);
    return {
      label,
      shown: formatCount(value),
      delta: known ? deltaOf(value, before) : "first figures",
      against: known ? against : "",
      history,
      bad: worseWhenMore && known && value > 20 && value > 1.5 * before,
    };
  };
  return [
    one(
      "Successful sign-ins",
      found.traffic.map(({ signIns }) => signIns),
      false,
    ),
    one(
      "Failed sign-ins",
      found.traffic.map(({ failedSignIns }) => failedSignIns),
      true,
    ),
    one(
      "Events",
      found.traffic.map(({ events }) => events),
      false,
    ),
    one(
      "Incidents opened",
      found.opened.map(({ incidents }) => incidents),
      true,
    ),
    one(
      "Mails sent to you",
      found.mails.map(({ mails }) => mails),
      false,
    ),
  ];
}

function deltaOf(value: number, before: number): string {
  if (value === before) return "as before";
  if (before < 20) return `${value > before ? "+" : "-"}${formatCount(Math.abs(value - before))}`;
  return `${value > before ? "+" : "-"}${formatCount((Math.abs(value - before) / before) * 100)} %`;
}

/** "Changed a rule: Admin panels probed"; the names of rules come from the catalogue. */
function changeWords({ action, target, ruleId }: Changed, ruleNames: ReadonlyMap<string, string>): string {
  if (action === "rule.upgrade") return (target ?? "").slice(0, 120); // says it all
  const said = sayAction({ action, result: "success" });
  const name = (ruleId === null ? undefined : ruleNames.get(ruleId)) ?? target;
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${name ? `: ${name.slice(0, 80)}` : ""}`;
}

const EXCEPTIONS = 10;

/** What exceptions held back in the period; each is named once a week, so that none outlives its reason unseen. */
function hiddenBy(exceptions: Awaited<ReturnType<typeof readExceptions>>, kind: Facts["kind"]): { label: string; value: string }[] {
  if (exceptions.length === 0) return [];
  const hits = exceptions.reduce((sum, each) => sum + each.hits, 0);
  const total = { label: "Held back", value: `${plural(hits, "event")} by ${plural(exceptions.length, "exception")}.` };
  if (kind !== "Weekly") return [total];
  const named = exceptions.slice(0, EXCEPTIONS).map(({ name, hits: own, expiresAt }) => ({
    label: "Exception",
    value: `${name.slice(0, 100)}: held back ${plural(own, "event")}, ${expiresAt ? `ends ${dayAt(expiresAt.getTime(), "UTC", false)}` : "has no end"}.`,
  }));
  const rest = exceptions.length - named.length;
  return [total, ...named, ...(rest > 0 ? [{ label: "Exception", value: `and ${plural(rest, "more", "more")}` }] : [])];
}

async function blindOf({ from, to, reader, kind }: Facts): Promise<{ label: string; value: string }[]> {
  const silent = await readSilentServices(db, new Date(to));
  const exceptions = await readExceptions(db, { from: new Date(from), to: new Date(to) });
  const coverage = await readCoverage(db, { from: new Date(from), to: new Date(to) });
  return [
    ...silent.map(({ service, last, hourly }) => ({
      label: service.slice(0, 40),
      value: `Silent since ${dayAt(last.getTime(), reader.zone, false)} ${clockAt(last.getTime(), reader.zone)}; usually ${formatCount(hourly)} an hour.`,
    })),
    ...hiddenBy(exceptions, kind),
    ...(coverage.dead > 0 ? [{ label: "Mail", value: `${plural(coverage.dead, "message")} could not be delivered.` }] : []),
    ...(coverage.stuck > 0 ? [{ label: "Detection", value: `${plural(coverage.stuck, "batch", "batches")} could not be read.` }] : []),
  ];
}
