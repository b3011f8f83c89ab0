/** Gathers what a mail about an incident says to one reader: facts, answers, chart and names, in the reader's zone. */
import { config } from "@/lib/config";
import { familyWords } from "@/lib/incidents/headline";
import { type LinkAction, makeLink } from "@/lib/incidents/links";
import { UPDATE_TIMES } from "@/lib/incidents/messages";
import { answerTriage, questionsOf } from "@/lib/incidents/triage";
import { type Scope, scopeOf } from "@/lib/incidents/whose";
import { log } from "@/lib/log";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import { type Incident, incidentName } from "@/lib/model/incident";
import type { NoticeReason } from "@/lib/model/mail";
import type { Executor } from "@/lib/store/db";
import { listIncidentAlerts, listIncidentEntities, readColumns } from "@/lib/store/incident-reads";
import type { OutboxRow } from "@/lib/store/outbox";
import { chartFrame, makeChart } from "./chart";
import type { Answer, IncidentNotice, NoticeChart } from "./notice";
import { NAMED_IN_MAIL } from "./notice";
import { clockAt, lengthOf, offsetAt, spanOf } from "./when";

/** Who reads: an address with a name and a zone. `recipient` is the name in the outbox. */
export interface Reader {
  recipient: string;
  address: string;
  name: string;
  zone: string;
}

/** What the thread with this reader knows so far. */
export interface ThreadSoFar {
  subject?: string;
  root?: string;
  lastEvents?: number;
  lastSentAt?: Date;
}

export interface NoticeInput {
  incident: Incident;
  row: Pick<OutboxRow, "id" | "reason" | "payload">;
  reader: Reader;
  thread: ThreadSoFar;
  assignee: string | null;
  /** Said of a resolution or a note by whoever made it. */
  remark?: string;
  ruleNames: ReadonlyMap<string, string>;
  found: IncidentFacts;
  now: Date;
}

/** "update:3" is an update, "worse:critical" is worse. */
export const reasonOf = (reason: string): NoticeReason => reason.split(":")[0] as NoticeReason; // cast: reasons are written by messagesFor only

/** What a mail quotes of an event may not be clickable in plain text either: http becomes hxxp. */
const defang = (text: string): string => text.replace(/\bhttp(s?):\/\//gi, "hxxp$1://");

const verdicts: Record<string, string> = {
  true: "a real attack",
  benign: "real, but allowed",
  false: "a false alarm",
  duplicate: "a duplicate",
};

/** Facts, answers and chart may fail (a slow query, a lost connection); the mail leaves without them rather than not at all. */
async function bestEffort<T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    log.warn({ error: (error as Error).message, what }, "a mail leaves without a part of it");
    return otherwise;
  }
}

/** What the data says of an incident, the same for every reader. */
export type IncidentFacts = Awaited<ReturnType<typeof gatherFacts>>;

/** Reads the facts outside the transaction that sends, so that a failing query cannot break it. */
export async function gatherFacts(
  on: Executor,
  { incident, questions, now }: { incident: Incident; questions: readonly string[]; now: Date },
) {
  const entities = await bestEffort("entities", () => listIncidentEntities(on, incident.id, 200), []);
  const alerts = await bestEffort("alerts", () => listIncidentAlerts(on, incident.id, 20), []);
  const scope = scopeOf(incident, entities);
  const answers = await bestEffort(
    "answers",
    () => answerTriage(on, { incident, entities, scope, questions: questionsOf(incident, questions), now }),
    [],
  );
  const columns = await bestEffort("chart", () => readChart(on, incident, scope), new Map<number, { events: number; failures: number }>());
  return { entities, alerts, scope, answers, columns };
}

function readChart(on: Executor, { firstAt, lastAt }: Incident, scope: Scope) {
  const { from, stepMs, columns } = chartFrame(firstAt.getTime(), lastAt.getTime());
  return readColumns(on, scope.whose, { from: new Date(from), to: new Date(from + columns * stepMs - 1), stepMs });
}

function drawChart(incident: Incident, { columns: found, scope }: IncidentFacts, zone: string): NoticeChart | undefined {
  const [firstAt, lastAt] = [incident.firstAt.getTime(), incident.lastAt.getTime()];
  const failing = [...found.values()].reduce((sum, { failures }) => sum + failures, 0);
  const total = [...found.values()].reduce((sum, { events }) => sum + events, 0);
  if (total === 0) return undefined;
  const countFailures = failing * 2 > total;
  const counts = new Map([...found].map(([index, { events, failures }]) => [index, countFailures ? failures : events]));
  return makeChart(counts, {
    firstAt,
    lastAt,
    zone,
    what: countFailures ? "Failures" : "Events",
    whose: `from ${scope.name}`.replace(/^from all events$/, "all events"),
  });
}

const NAMED_IN_FACT = 4;

/** The first few values, and how many more there are; `total` when it is known to be larger than the list. */
function namesOf(list: readonly { value: string }[], total: number): string {
  const named = list.slice(0, NAMED_IN_FACT).map(({ value }) => value);
  const rest = Math.max(total, list.length) - named.length;
  return `${named.join(", ")}${named.length > 0 && rest > 0 ? ` and ${formatCount(rest)} more` : ""}`;
}

function factsOf({ incident, reader, assignee, ruleNames, found, now }: NoticeInput) {
  const { alerts, entities, scope } = found;
  const techniques = [...incident.summary.techniques, ...incident.summary.owasp].slice(0, 4);
  const [lead] = incident.summary.rules;
  const victims = entities.filter(({ role, type }) => role === "victim" && type === "actor").length;
  const rules = incident.summary.rules.slice(0, 2).map(({ id, title, version }) => `${ruleNames.get(id) ?? title}, v${version}`);
  return [
    { label: "When", value: spanOf(incident.firstAt.getTime(), incident.lastAt.getTime(), reader.zone) },
    ...(incident.summary.services.length > 0 ? [{ label: "Where", value: incident.summary.services.slice(0, 4).join(", ") }] : []),
    {
      label: scope.kind === "ip" ? "From" : "Who",
      value:
        namesOf(
          entities.filter(({ type, role, subject }) => (scope.kind === "ip" ? type === "ip" && role === "attacker" : subject)),
          scope.kind === "ip" ? incident.summary.attackers : 0,
        ) || scope.name,
    },
    {
      label: "How many",
      value: [
        plural(incident.eventCount, "event"),
        plural(incident.summary.alerts, "alert"),
        victims > 0 ? `${plural(Math.max(victims, incident.summary.victims), "account")} touched` : "",
      ]
        .filter(Boolean)
        .join(", "),
    },
    {
      label: "Rule",
      value: `${rules.join("; ") || (lead?.id ?? alerts[0]?.ruleId ?? "unknown")}${techniques.length > 0 ? ` (${techniques.join(", ")})` : ""}`,
    },
    { label: "State", value: stateOf(incident, assignee, now) },
  ].map(({ label, value }) => ({ label, value: defang(value) }));
}

/** "Not acknowledged", "With Ana for 12 min", "Resolved in 18 min: a false alarm". */
export function stateOf(incident: Incident, assignee: string | null, now: Date): string {
  if (incident.state === "resolved")
    return `Resolved in ${formatSpan((incident.resolvedAt ?? now).getTime() - incident.openedAt.getTime())}${incident.verdict ? `: ${verdicts[incident.verdict]}` : ""}`;
  if (incident.state === "snoozed") return "Snoozed";
  if (incident.state === "acknowledged") {
    const heldMs = now.getTime() - (incident.acknowledgedAt ?? now).getTime();
    return `With ${assignee ?? "somebody"}${heldMs < 60_000 ? "" : ` for ${formatSpan(heldMs)}`}`;
  }
  return assignee ? `Not acknowledged, assigned to ${assignee}` : "Not acknowledged";
}

function newsOf({ incident, row, thread, remark, now }: NoticeInput): string | undefined {
  const grown = thread.lastEvents === undefined ? 0 : incident.eventCount - thread.lastEvents;
  const since = thread.lastSentAt ? ` since the last mail ${lengthOf(now.getTime() - thread.lastSentAt.getTime())} ago` : "";
  switch (reasonOf(row.reason)) {
    case "worse":
      return `Now ${incident.level}. ${grown > 0 ? `${formatCount(grown)} more events${since}.` : ""}`.trim();
    case "update":
      return `${formatCount(Math.max(0, grown))} more events${since}.`;
    case "regressed":
      return "It was resolved as a real attack, and it is going on again.";
    case "resolved":
      return `Resolved in ${lengthOf((incident.resolvedAt ?? now).getTime() - incident.openedAt.getTime())}${remark ? ` by ${remark}` : ""}: ${verdicts[incident.verdict ?? ""] ?? "settled"}.${incident.verdictReason ? ` ${incident.verdictReason}` : ""}`;
    case "merged":
      return `${remark ?? "Another incident"} turned out to be the same attack. Work goes on in ${incidentName(incident.number)}.`;
    case "assigned":
      return `${remark ?? "Somebody"} gave it to you.`;
    case "mentioned":
      return remark ? `${quoteOf(remark).by} wrote:` : "You were named in a note.";
    case "sample":
      return "This is a test: your route was asked to send a real incident.";
    default:
      return undefined;
  }
}

/** Who wrote a note, and what: "Ada wrote: look at this". */
function quoteOf(remark: string): { by: string; said: string } {
  const [by = "", ...said] = remark.split(" wrote: ");
  return said.length > 0 ? { by, said: said.join(" wrote: ") } : { by: "Somebody", said: remark };
}

const isPersonal = (reason: NoticeReason): boolean => reason === "assigned" || reason === "mentioned";

function links(input: NoticeInput): Pick<IncidentNotice, "actions" | "footer" | "unsubscribe"> {
  const { BASE_URL, LINK_KEY } = config();
  const { incident, row, now } = input;
  const signed = (action: LinkAction) => `${BASE_URL}/act/${makeLink(action, row.id, { now, key: LINK_KEY })}`;
  const open = { text: "Open incident", href: `${BASE_URL}/incidents/${incidentName(incident.number)}` };
  const undecided = incident.state !== "resolved";
  const [rule] = incident.summary.rules;
  const personal = isPersonal(reasonOf(row.reason));
  return {
    actions: [
      open,
      ...(incident.state === "open" || incident.state === "snoozed" ? [{ text: "Acknowledge", href: signed("acknowledge") }] : []),
      ...(undecided ? [{ text: "Not a threat\u2026", href: signed("not_a_threat") }] : []),
    ],
    footer: [
      { text: personal ? "Your notifications" : "Change this route", href: `${BASE_URL}/notifications` },
      ...(rule && undecided && !personal ? [{ text: "Mute this rule for 24 h", href: signed("mute") }] : []),
      { text: "Stop these mails", href: signed("stop") },
    ],
    unsubscribe: `${BASE_URL}/api/act/${makeLink("stop", row.id, { now, key: LINK_KEY })}`,
  };
}

const amountsTitles: Record<string, string> = { ip: "Most events by address", actor: "Most events by account" };

/** The whole notice to one reader. */
export function noticeOf(input: NoticeInput): IncidentNotice {
  const { incident, row, reader, thread, found, now } = input;
  const { BASE_URL, INSTALLATION } = { INSTALLATION: installationName(), ...config() };
  const named = found.entities
    .filter(({ type, role, events }) => ["ip", "actor", "session", "key"].includes(type) && role !== "context" && events > 0)
    .sort((a, b) => b.events - a.events);
  const listed = new Set(named.slice(0, NAMED_IN_MAIL).map(({ type }) => type));
  const title = (listed.size === 1 && amountsTitles[named[0]?.type ?? ""]) || "Most events";
  // what follows is counted in what the title names
  const more = (title === "Most events" ? named : named.filter(({ type }) => listed.has(type))).length - NAMED_IN_MAIL;
  // a second alert of the same kind says the same again, seen from the other side
  const [first, second] = incident.summary.leads;
  const told = [first, second?.family === first?.family ? undefined : second];
  const sentence =
    [...new Set(told.flatMap((lead) => lead?.sentence ?? []))].join(" ") || familyWords[incident.summary.rules[0]?.family ?? "audit"];
  const state = stateOf(incident, input.assignee, now);
  const reason = reasonOf(row.reason);
  const decisive = decisiveAnswers(found.answers);
  const route = typeof row.payload.routeName === "string" ? row.payload.routeName : null;
  const insteadOf = typeof row.payload.insteadOf === "string" ? row.payload.insteadOf : null;
  const raised = reason === "worse" || reason === "regressed" || reason === "merged";
  return {
    installation: INSTALLATION,
    baseUrl: BASE_URL,
    reason,
    number: incident.number,
    level: incident.level,
    ...(thread.subject && !raised ? { threadSubject: thread.subject } : {}),
    ...(thread.root ? { root: thread.root } : {}),
    title: defang(incident.title),
    summary: defang(sentence),
    ...optional("news", newsOf(input)),
    ...optional("quote", reason === "mentioned" && input.remark ? quoteOf(input.remark).said : undefined),
    preheader: defang(
      `${plural(incident.eventCount, "event")} since ${clockAt(incident.firstAt.getTime(), reader.zone)} ${offsetAt(incident.firstAt.getTime(), reader.zone)}. ${state}.`,
    ),
    facts: factsOf(input),
    ...optional("chart", drawChart(incident, found, reader.zone)),
    answers: decisive,
    amountsTitle: title,
    amounts: named.slice(0, NAMED_IN_MAIL).map(({ value, role, events }) => ({
      value: defang(value).slice(0, 100),
      note: role === "attacker" ? "attacking" : "attacked",
      count: events,
    })),
    ...optional("more", more > 0 ? `${formatCount(more)} more` : undefined),
    families: [...new Set(incident.summary.rules.map(({ family }) => family))],
    why: whyOf(reason, { route, insteadOf }, incident),
    ...links(input),
  };
}

const optional = <K extends string, V>(name: K, value: V | undefined) => (value === undefined ? {} : ({ [name]: value } as Record<K, V>));

/** At most four answers: those that speak for an attack first, damage before the rest. */
function decisiveAnswers(answers: readonly Answer[]): Answer[] {
  const order = { attack: 0, benign: 1, neither: 2 };
  return answers
    .filter(({ points }) => points !== "neither")
    .sort((a, b) => order[a.points] - order[b.points])
    .slice(0, 4)
    .map((each) => ({ ...each, detail: `${defang(each.detail).replace(/\.$/, "")}.` }));
}

function whyOf(reason: NoticeReason, { route, insteadOf }: { route: string | null; insteadOf: string | null }, incident: Incident): string {
  const name = incidentName(incident.number);
  const said =
    reason === "assigned"
      ? `${name} was assigned to you.`
      : reason === "mentioned"
        ? `You were named in a note on ${name}.`
        : insteadOf
          ? `The route \u201c${route || "Administrators"}\u201d could not reach ${insteadOf}, so this came to you.`
          : `Your route \u201c${route || "Administrators"}\u201d sent you this.`;
  if (isPersonal(reason)) return `${said} You hear of it again when it is resolved.`;
  if (reason === "sample")
    return `The route \u201c${route || "Administrators"}\u201d was asked to send a test. It changes nothing about when real mails come.`;
  if (reason === "resolved") return `${said} This closes ${name}.`;
  return `${said} The next mail about ${name} comes when it gets worse or is resolved, or ${UPDATE_TIMES} after it opened while it grows and nobody has taken it.`;
}

/** How this installation is called in mails: the host of its address. */
export function installationName(): string {
  return new URL(config().BASE_URL).host;
}
