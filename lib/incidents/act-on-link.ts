/** What a signed link in a mail does once a person has pressed the button on its page. Opening the page changes nothing. */
import { z } from "zod";
import { AppError, conflict, forbidden, notFound } from "@/lib/errors";
import { type Incident, incidentName } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction, type Tx, type Executor } from "@/lib/store/db";
import { findIncidentById } from "@/lib/store/incidents";
import { findMessage, type OutboxRow } from "@/lib/store/outbox";
import { listPeople, listRoutes, listStops, saveStop } from "@/lib/store/routes";
import { tellAdministrators } from "@/lib/store/tell-administrators";
import { findUser } from "@/lib/store/users";
import { acknowledgeIncident, incidentCan, resolveIncident } from "./decide";
import { type Link, type LinkAction, readLink } from "./links";
import { isStopped, listenersOf, type RouteSubject } from "./routing";

const DAY_MS = 86_400_000;

/** A link with what it speaks of. `refusal` says why nothing can be done with it, in words for its reader. */
export interface OpenedLink {
  action: LinkAction;
  incident: Incident | null;
  recipient: string;
  isDigest: boolean;
  /** It went to a person whom events are about, who need not know the dashboard. */
  isPerson: boolean;
  refusal: string | null;
}

async function follow(
  token: string,
  { now, key }: { now: Date; key: string },
): Promise<{ link: Link; row: OutboxRow; incident: Incident | null }> {
  const link = readLink(token, { now, key });
  if (!link) throw notFound("This link is not one of ours, or it was cut short on its way.");
  if (link.expired) throw conflict("This link has expired. Open the incident and decide there.");
  const row = await findMessage(db, link.messageId);
  if (!row) throw notFound("The mail of this link is no longer known.");
  return { link, row, incident: row.incidentId === null ? null : await findIncidentById(db, row.incidentId) };
}

/** Reads a link for its page; changes nothing. Throws notFound for what is not ours. */
export async function openLink(token: string, facts: { now: Date; key: string }): Promise<OpenedLink> {
  const { link, row, incident } = await follow(token, facts);
  const decides = link.action === "acknowledge" || link.action === "not_a_threat";
  const settled =
    decides && incident !== null && !(link.action === "acknowledge" ? incidentCan.acknowledge(incident) : incidentCan.resolve(incident));
  const refusal =
    decides && !incident
      ? "The incident is gone."
      : settled
        ? incident.state === "resolved"
          ? "It is already resolved."
          : "Somebody has already taken it."
        : null;
  return {
    action: link.action,
    incident,
    recipient: row.recipient,
    isDigest: row.kind === "digest",
    isPerson: row.kind === "person",
    refusal,
  };
}

/** The person a mail went to, as whoever acts. Their role decides as if they had signed in. */
async function contextOf(row: OutboxRow, now: Date): Promise<Context | null> {
  if (!row.recipient.startsWith("user:")) return null;
  const user = await findUser(db, row.recipient.slice("user:".length));
  if (!user || user.disabledAt) return null;
  return { actor: { type: "user", id: user.id, name: user.name, role: user.role }, now };
}

const Wish = z.object({ verdict: z.enum(["benign", "false"]).default("false"), reason: z.string().trim().max(1000).default("") });

/** Does what the link says, after a real click. Deciding needs the role that the recipient has; stopping mails needs only the link. */
export async function actOnLink(token: string, form: Record<string, string>, facts: { now: Date; key: string }): Promise<LinkAction> {
  const { link, row, incident } = await follow(token, facts);
  const { now } = facts;
  if (link.action === "stop" || link.action === "mute") {
    await stopMails(row, link.action, { incident, now });
    return link.action;
  }
  if (!incident) throw notFound("The incident is gone.");
  const ctx = await contextOf(row, now);
  if (!ctx) throw forbidden("This address has no account here. Sign in to decide.");
  if (link.action === "acknowledge") await acknowledgeIncident(ctx, { number: incident.number });
  else await resolveIncident(ctx, { number: incident.number, ...Wish.parse(form) });
  return link.action;
}

/** What a stop in a mail of this kind ends. */
const STOPS: Partial<Record<OutboxRow["kind"], string>> = { digest: "digests", person: "sign-ins" };

async function stopMails(
  row: OutboxRow,
  action: "stop" | "mute",
  { incident, now }: { incident: Incident | null; now: Date },
): Promise<void> {
  const rule = incident?.summary.rules[0]?.id;
  if (action === "mute" && !rule) throw new AppError("conflict", "There is no rule to mute.");
  const kind = action === "mute" ? `rule:${rule}` : (STOPS[row.kind] ?? "alerts");
  const ctx = (await contextOf(row, now)) ?? { actor: { type: "system" as const, name: row.recipient }, now };
  const warned = await inTransaction(async (tx) => {
    await saveStop(tx, { recipient: row.recipient, kind, until: action === "mute" ? new Date(now.getTime() + DAY_MS) : null }, now);
    await recordAudit(tx, ctx, "route.stop", {
      target: { type: "recipient", id: row.recipient },
      after: { kind, ...(incident ? { incident: incidentName(incident.number) } : {}) },
    });
    return kind === "alerts" ? warnIfNobodyHears(tx, now) : 0;
  });
  if (warned > 0) await ring("notify");
}

/** True when somebody gets critical incidents at once. */
export async function somebodyHears(on: Executor, now: Date): Promise<boolean> {
  const worst: RouteSubject = {
    number: 0,
    state: "open",
    level: "critical",
    title: "",
    families: [],
    rules: [],
    services: [],
    environments: [],
    entities: [],
    eventCount: 1,
    regressed: false,
    sample: false,
    historical: false,
    firstAt: now,
    lastAt: now,
    openedAt: now,
  };
  const [routes, people, stops] = [await listRoutes(on), await listPeople(on), await listStops(on, now)];
  return listenersOf(routes, people, worst).some(({ recipient }) => !isStopped(stops, recipient, []));
}

/** Tells the administrators when a stop leaves nobody who hears of critical incidents. */
async function warnIfNobodyHears(tx: Tx, now: Date): Promise<number> {
  if (await somebodyHears(tx, now)) return 0;
  const paragraphs = [
    "The last one who was told of critical incidents has stopped these mails. Until somebody wants them again, an attack is only seen by those who look at the dashboard.",
  ];
  const subjectKey = `nobody:${now.toISOString().slice(0, 10)}`;
  return tellAdministrators(tx, { subjectKey, title: "Nobody hears of critical incidents", paragraphs }, now);
}
