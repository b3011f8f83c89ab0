/** Makes the mail of an outbox row: looks at how things stand now, so that a mail that was late still tells the truth. */
import { z } from "zod";
import { config } from "@/lib/config";
import type { Mail } from "@/lib/model/mail";
import { db, type Executor, type Tx } from "@/lib/store/db";
import { findIncidentById, listIncidentsById } from "@/lib/store/incidents";
import { claimHeld, countSentIncidents, findThread, type OutboxRow } from "@/lib/store/outbox";
import { findUser } from "@/lib/store/users";
import { compareLevels, Level } from "@/lib/model/alert";
import { type Incident, incidentName } from "@/lib/model/incident";
import { isStopped } from "@/lib/incidents/routing";
import type { Route } from "@/lib/model/route";
import { findRoute, listStops, listWrittenRoutes } from "@/lib/store/routes";
import { composeDigest } from "./compose-digest";
import { composePerson } from "./compose-person";
import { composeRouteDigest } from "./route-digest";
import { incidentMail } from "./incident-mail";
import { gatherFacts, type IncidentFacts, installationName, noticeOf, type Reader, reasonOf } from "./incident-notice";
import { HIDDEN_TITLE, hideDetails } from "./hide";
import { noteMail } from "./note-mail";
import type { HeldFor } from "./pace";
import { STORM_ROWS, stormMail } from "./storm-mail";
import { makeLink } from "@/lib/incidents/links";
import { isZone } from "./when";
import { ruleTexts } from "@/lib/incidents/rule-texts";

/** A mail, and what the thread must remember of it; or why there is nothing to send. */
export type Composed = { mail: Mail; remember: Record<string, unknown> } | { skip: string };

/** The route that a message came by; null when none did or it is gone. */
export async function routeOf(on: Executor, { payload }: Pick<OutboxRow, "payload">): Promise<Route | null> {
  const id = z.uuid().safeParse(payload.routeId);
  return id.success ? findRoute(on, id.data) : null;
}

/** The reader of a message; null when that person is gone or disabled. An address without an account reads in its route's zone. */
export async function findReader(on: Executor, row: Pick<OutboxRow, "recipient" | "payload">): Promise<Reader | null> {
  const { recipient } = row;
  const [kind, id = ""] = [recipient.slice(0, recipient.indexOf(":")), recipient.slice(recipient.indexOf(":") + 1)];
  if (kind === "address") {
    const zone = (await routeOf(on, row))?.options.zone ?? "UTC";
    return { recipient, address: id, name: "", zone: isZone(zone) ? zone : "UTC" };
  }
  if (kind !== "user") return null;
  const person = await findUser(on, id);
  return person && !person.disabledAt ? { recipient, address: person.email, name: person.name, zone: person.timeZone } : null;
}

/** What was read of incidents at one `now`: many readers of one incident are told the same facts, read once. */
export type KnownFacts = Map<string, Promise<IncidentFacts>>;

const KEPT_FACTS = 50;
const HOUR_MS = 3_600_000;

interface Composing {
  row: OutboxRow;
  reader: Reader;
  known: KnownFacts;
  now: Date;
}

/** Composes any kind of row. */
export async function composeMessage(tx: Tx, input: Composing): Promise<Composed> {
  switch (input.row.kind) {
    case "incident":
      return composeIncident(tx, input);
    case "digest":
      return composeAnyDigest(tx, input);
    case "trouble":
    case "note":
      return composeNote(input);
    case "person":
      return composePerson(tx, input);
    case "storm":
      return { skip: "A storm mail is written when it leaves." };
  }
}

async function composeAnyDigest(tx: Tx, input: Composing): Promise<Composed> {
  if (input.row.payload.routeId === undefined) return composeDigest(input);
  const route = await routeOf(tx, input.row);
  return route?.enabled ? composeRouteDigest(input, route) : { skip: "The route is gone or off." };
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

async function composeIncident(tx: Tx, { row, reader, known, now }: Composing): Promise<Composed> {
  const incident = row.incidentId === null ? null : await findIncidentById(tx, row.incidentId);
  if (!incident) return { skip: "The incident is gone." };
  if (incident.mergedIntoId !== null) return { skip: "The incident was merged into another." };
  const personal = row.reason.startsWith("assigned") || row.reason.startsWith("mentioned");
  if (
    !personal &&
    isStopped(
      await listStops(tx, now),
      row.recipient,
      incident.summary.rules.map(({ id }) => id),
    )
  )
    return { skip: "They stopped these mails." };
  const thread = await findThread(tx, row.recipient, incident.id);
  const reason = reasonOf(row.reason);
  const lastEvents = number(thread.last?.payload.events);
  if (reason === "update") {
    if (incident.state !== "open") return { skip: `It is ${incident.state}; updates stop.` };
    if (lastEvents !== undefined && incident.eventCount <= lastEvents) return { skip: "Nothing has happened since the last mail." };
    if (!thread.first) return { skip: "The first mail has not left yet." };
  }
  if (reason === "worse" && !thread.first) return { skip: "The first mail says it all." };
  const told = Level.safeParse(thread.last?.payload.level);
  if (reason === "worse" && told.success && compareLevels(incident.level, told.data) <= 0)
    return { skip: "The last mail said so already." };
  if (reason === "resolved" && (!thread.first || incident.state !== "resolved")) return { skip: "There is nothing to close." };
  const assignee = incident.assigneeId && (await findUser(tx, incident.assigneeId));
  const { names, questions } = await ruleTexts(incident.summary.rules.map(({ id }) => id));
  const notice = noticeOf({
    incident,
    row,
    reader,
    thread: {
      ...(text(thread.last?.payload.subject) ? { subject: text(thread.last?.payload.subject) ?? "" } : {}),
      ...(thread.first?.messageId ? { root: thread.first.messageId } : {}),
      ...(lastEvents === undefined ? {} : { lastEvents }),
      ...(thread.last?.sentAt ? { lastSentAt: thread.last.sentAt } : {}),
    },
    assignee: assignee ? assignee.name : null,
    ...(text(row.payload.remark) ? { remark: text(row.payload.remark) ?? "" } : {}),
    ruleNames: names,
    found: await factsOf(incident, { known, questions, now }),
    now,
  });
  const hidden = (await routeOf(tx, row))?.options.details === "hidden" || thread.first?.payload.hidden === true;
  const mail = incidentMail(hidden ? hideDetails(notice) : notice);
  return {
    mail,
    remember: {
      ...(hidden ? { hidden } : {}),
      subject: mail.subject.replace(/^Re: /, ""),
      events: incident.eventCount,
      level: incident.level,
    },
  };
}

/** Read on another connection: a query that fails or times out must not break the transaction that holds the row. */
function factsOf(incident: Incident, { known, questions, now }: { known: KnownFacts; questions: readonly string[]; now: Date }) {
  const key = [incident.id, incident.eventCount, incident.lastAt.getTime(), ...questions].join(" ");
  const facts = known.get(key) ?? gatherFacts(db, { incident, questions, now });
  if (known.size >= KEPT_FACTS) known.clear();
  known.set(key, facts);
  return facts;
}

const NotePayload = z.object({
  title: z.string(),
  paragraphs: z.array(z.string()),
  action: z.object({ text: z.string(), path: z.string().startsWith("/") }).default({ text: "Open notifications", path: "/notifications" }),
});

function composeNote({ row }: Composing): Composed {
  const { BASE_URL } = config();
  const note = NotePayload.safeParse(row.payload);
  if (!note.success) return { skip: "It says nothing that can be read." };
  const { title, paragraphs, action } = note.data;
  return {
    mail: noteMail({
      installation: installationName(),
      baseUrl: BASE_URL,
      title,
      paragraphs,
      actions: [{ text: action.text, href: `${BASE_URL}${action.path}` }],
      why: "You get this because you administer this installation.",
      footer: [],
    }),
    remember: {},
  };
}

/** What one mail for many says and stands for. `cause`: why they waited. */
export interface Folded {
  mail: Mail;
  ids: number[];
  firstId: number;
  cause: HeldFor;
}

/** One mail for everything that is held back for a reader, and which rows it stands for. */
export async function composeStorm(tx: Tx, { row, reader, now }: Omit<Composing, "known">): Promise<Folded> {
  const { BASE_URL, LINK_KEY } = config();
  const held = await claimHeld(tx, row.recipient, now);
  const ids = held.map(({ id }) => id);
  const cause = row.held ?? "storm";
  const incidents = await listIncidentsById(tx, [...new Set(held.flatMap(({ incidentId }) => incidentId ?? []))]);
  const hidden = await hiddenAmong(tx, held);
  const worst = [...incidents].sort((a, b) => compareLevels(b.level, a.level) || b.eventCount - a.eventCount);
  const stop = makeLink("stop", row.id, { now, key: LINK_KEY });
  const mail = stormMail({
    installation: installationName(),
    baseUrl: BASE_URL,
    cause,
    held: held.length,
    sent: await countSentIncidents(tx, row.recipient, new Date(now.getTime() - HOUR_MS)),
    rows: worst.slice(0, STORM_ROWS).map(({ id, number: of, level, title, eventCount }) => ({
      number: of,
      level,
      title: hidden.has(id) ? HIDDEN_TITLE : title,
      events: eventCount,
      href: `${BASE_URL}/incidents/${incidentName(of)}`,
    })),
    incidents: incidents.length,
    events: incidents.reduce((sum, { eventCount }) => sum + eventCount, 0),
    why: `These are the messages about incidents that were due to ${reader.address} and waited.`,
    actions: [{ text: "Open incidents", href: `${BASE_URL}/incidents` }],
    footer: [
      { text: "Change your routes", href: `${BASE_URL}/notifications` },
      { text: "Stop these mails", href: `${BASE_URL}/act/${stop}` },
    ],
    unsubscribe: `${BASE_URL}/api/act/${stop}`,
  });
  return { mail, ids, firstId: Math.min(...ids), cause };
}

/** Incidents of which the reader may see no details by mail. */
async function hiddenAmong(tx: Tx, held: readonly OutboxRow[]): Promise<Set<number | null>> {
  const routes = new Set((await listWrittenRoutes(tx)).filter(({ options }) => options.details === "hidden").map(({ id }) => id));
  return new Set(held.filter(({ payload }) => routes.has(String(payload.routeId))).map(({ incidentId }) => incidentId));
}
