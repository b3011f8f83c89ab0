/** What people do with an incident: take it, give it, settle it, let it sleep, open it again. Each says so in the log, in the audit trail, and to whom it concerns. */
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, invalid } from "@/lib/errors";
import { type ActivityKind, type Incident, incidentName, Snooze, Verdict } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
import { appendActivity, type Decision, getIncidentForChange, saveDecision } from "@/lib/store/incidents";
import { appendOutbox, listInformed } from "@/lib/store/outbox";
import { findUser, listUsersCalled } from "@/lib/store/users";
import { learnFromVerdict, unlearnVerdict } from "./hijack-lessons";
import { type Happening, messagesFor } from "./messages";

/** What may be done in which state. Pages show only what is true here. */
export const incidentCan = {
  acknowledge: ({ state }: Pick<Incident, "state">) => state === "open" || state === "snoozed",
  resolve: ({ state }: Pick<Incident, "state">) => state !== "resolved",
  snooze: ({ state }: Pick<Incident, "state">) => state === "open" || state === "acknowledged",
  reopen: ({ state, mergedIntoId }: Pick<Incident, "state" | "mergedIntoId">) => state === "resolved" && mergedIntoId === null,
};

interface Change {
  decision: Decision;
  kind: ActivityKind;
  details: Record<string, unknown>;
  /** Who hears of it, and how. */
  tell?: (tx: Tx, after: Incident) => Promise<number>;
}

/** One change of one incident in one transaction: permission, state, log, audit, messages. */
async function change(ctx: Context, number: number, decide: (tx: Tx, before: Incident) => Promise<Change>): Promise<Incident> {
  requirePermission(ctx, "incident:write");
  const { after, messages } = await inTransaction(async (tx) => {
    const before = await getIncidentForChange(tx, number);
    const { decision, kind, details, tell } = await decide(tx, before);
    const changed = await saveDecision(tx, before, decision, ctx.now);
    await appendActivity(
      tx,
      [
        {
          incidentId: before.id,
          kind,
          ...(ctx.actor.type === "user" ? { actorId: ctx.actor.id } : {}),
          actorName: ctx.actor.name,
          details,
        },
      ],
      ctx.now,
    );
    await recordAudit(tx, ctx, `incident.${kind}`, {
      target: { type: "incident", id: incidentName(number) },
      before: { state: before.state, assigneeId: before.assigneeId, verdict: before.verdict },
      after: { state: changed.state, assigneeId: changed.assigneeId, verdict: changed.verdict },
      ...(typeof details.reason === "string" && details.reason ? { reason: details.reason } : {}),
    });
    return { after: changed, messages: tell ? await tell(tx, changed) : 0 };
  });
  if (messages > 0) await ring("notify");
  return after;
}

const selfId = (ctx: Context): string | null => (ctx.actor.type === "user" ? ctx.actor.id : null);

/** Takes the incident: acknowledged, and mine. */
export function acknowledgeIncident(ctx: Context, input: { number: number }): Promise<Incident> {
  return change(ctx, input.number, async (_tx, before) => {
    if (before.state === "resolved") throw conflict("This incident is already resolved.");
    if (before.state === "acknowledged" && before.assigneeId === selfId(ctx)) throw conflict("You have already taken this incident.");
    return {
      decision: {
        state: "acknowledged",
        assigneeId: selfId(ctx) ?? before.assigneeId,
        acknowledgedAt: before.acknowledgedAt ?? ctx.now,
        snoozedUntil: null,
        snooze: null,
      },
      kind: "acknowledged",
      details: { before: before.state },
    };
  });
}

/** Gives the incident to a person, or to nobody. Whoever gets it from somebody else hears of it. */
export function assignIncident(ctx: Context, input: { number: number; assigneeId: string | null }): Promise<Incident> {
  return change(ctx, input.number, async (tx, before) => {
    const person = input.assigneeId === null ? null : await findUser(tx, input.assigneeId);
    if (input.assigneeId !== null && (!person || person.disabledAt)) throw invalid("There is no such person, or they cannot sign in.");
    if (before.assigneeId === input.assigneeId) throw conflict("It is already like that.");
    return {
      decision: { assigneeId: input.assigneeId },
      kind: "assigned",
      details: { to: person?.name ?? null, toId: input.assigneeId },
      tell: async (inner, after) => {
        if (!person || person.id === selfId(ctx)) return 0;
        return tellPeople(inner, {
          incident: after,
          happening: { kind: "assigned", activity: `${after.version}` },
          people: [person.id],
          ctx,
        });
      },
    };
  });
}

export const Resolution = z.object({
  verdict: Verdict,
  reason: z.string().trim().max(1000).default(""),
  duplicateOf: z.number().int().optional(),
});
export type Resolution = z.input<typeof Resolution>;

/** Settles the incident with a verdict. Whoever was told of it hears how it ended. */
export async function resolveIncident(ctx: Context, input: { number: number } & Resolution): Promise<Incident> {
  const { verdict, reason } = Resolution.parse(input);
  if ((verdict === "benign" || verdict === "false") && reason.length < 3)
    throw invalid("Say in a few words why: the rule learns from it.", [{ pointer: "/reason", detail: "say why" }]);
  return change(ctx, input.number, async (tx, before) => {
    if (before.state === "resolved") throw conflict("This incident is already resolved.");
    await learnFromVerdict(tx, ctx, before, verdict);
    return {
      decision: {
        state: "resolved",
        verdict,
        verdictReason: reason || null,
        resolvedAt: ctx.now,
        assigneeId: before.assigneeId ?? selfId(ctx),
        acknowledgedAt: before.acknowledgedAt ?? ctx.now,
        snoozedUntil: null,
        snooze: null,
        regressed: false,
      },
      kind: "resolved",
      details: { verdict, reason },
      tell: (inner, after) => tellInformed(inner, after, { kind: "resolved", at: ctx.now, by: ctx.actor.name }, ctx),
    };
  });
}

/** Opens a resolved incident again. */
export function reopenIncident(ctx: Context, input: { number: number; reason?: string }): Promise<Incident> {
  return change(ctx, input.number, async (tx, before) => {
    if (!incidentCan.reopen(before))
      throw conflict(before.mergedIntoId === null ? "This incident is open." : "This incident was merged into another.");
    await unlearnVerdict(tx, ctx, before);
    return {
      decision: { state: "open", verdict: null, verdictReason: null, resolvedAt: null },
      kind: "reopened",
      details: { reason: input.reason ?? "", verdict: before.verdict },
    };
  });
}

/** Lets the incident sleep until a time, until so many more events, or until it becomes worse. */
export async function snoozeIncident(ctx: Context, input: { number: number; snooze: z.input<typeof Snooze> }): Promise<Incident> {
  const snooze = Snooze.parse(input.snooze);
  const until = snooze.until ? new Date(snooze.until) : null;
  if (until && (Number.isNaN(until.getTime()) || until <= ctx.now))
    throw invalid("Choose a time that is still to come.", [{ pointer: "/until", detail: "must be in the future" }]);
  if (!until && snooze.events === undefined && !snooze.untilWorse) throw invalid("Say until when.");
  return change(ctx, input.number, async (_tx, before) => {
    if (!incidentCan.snooze(before)) throw conflict("Only open incidents can sleep.");
    const events = snooze.events === undefined ? undefined : before.eventCount + snooze.events;
    return {
      decision: {
        state: "snoozed",
        snoozedUntil: until,
        snooze: {
          untilWorse: snooze.untilWorse,
          ...(snooze.until ? { until: snooze.until } : {}),
          ...(events === undefined ? {} : { events }),
        },
      },
      kind: "snoozed",
      details: { until: until?.toISOString() ?? null, events: snooze.events ?? null, untilWorse: snooze.untilWorse },
    };
  });
}

const NOTE_LIMIT = 10_000;

/** The words of a note without its Markdown, for mails: emphasis and code lose their marks, a link keeps its words and address. */
const unmarked = (text: string): string =>
  text
    .replace(/(\*\*|__|`+)([^*_`\n]+)\1/g, "$2")
    .replace(/\[([^\]\n]{1,200})\]\(([^)\s]{1,500})\)/g, "$1 ($2)")
    .replace(/^(#{1,6}|>) /gm, "");

/** Writes a note. People named with @ hear of it by mail. */
export async function noteIncident(ctx: Context, input: { number: number; text: string }): Promise<Incident> {
  const text = input.text.trim().slice(0, NOTE_LIMIT);
  if (text === "") throw invalid("The note is empty.", [{ pointer: "/text", detail: "write something" }]);
  return change(ctx, input.number, async (tx) => {
    const mentioned = await findMentioned(tx, text);
    return {
      decision: {},
      kind: "note",
      details: { text, mentioned: mentioned.map(({ name }) => name) },
      tell: (inner, after) =>
        tellPeople(inner, {
          incident: after,
          happening: { kind: "mentioned", activity: `${after.version}` },
          people: mentioned.map(({ id }) => id).filter((id) => id !== selfId(ctx)),
          ctx,
          remark: `${ctx.actor.name} wrote: ${unmarked(text).slice(0, 400)}`,
        }),
    };
  });
}

/** People named with @: by the part of their address before the @, or by their first name when only one has it. */
async function findMentioned(tx: Tx, text: string): Promise<{ id: string; name: string }[]> {
  const handles = [
    ...new Set(
      [...text.matchAll(/(?:^|\s)@([\p{L}\p{N}._-]{2,64})/gu)].map(([, handle]) => (handle ?? "").toLowerCase().replace(/[._-]+$/, "")),
    ),
  ].slice(0, 20);
  if (handles.length === 0) return [];
  const found = await listUsersCalled(tx, handles);
  return handles.flatMap((handle) => {
    const exact = found.filter(({ local }) => local === handle);
    const named = found.filter(({ first }) => first === handle);
    return exact.length > 0 ? exact : named.length === 1 ? named : [];
  });
}

interface Telling {
  incident: Incident;
  happening: Happening;
  people: readonly string[];
  ctx: Context;
  remark?: string;
}

async function tellPeople(tx: Tx, { incident, happening, people, ctx, remark }: Telling): Promise<number> {
  const listeners = people.map((id) => ({ recipient: `user:${id}`, channel: "mail" as const, route: { id: "", name: "" } }));
  const messages = messagesFor(happening, incident, listeners, ctx.now).map((message) => ({
    ...message,
    payload: { remark: remark ?? ctx.actor.name },
  }));
  return appendOutbox(tx, messages, ctx.now);
}

/** Everybody who got a message about the incident, except the one who did it. */
async function tellInformed(tx: Tx, incident: Incident, happening: Happening, ctx: Context): Promise<number> {
  if (incident.sample || incident.historical) return 0;
  const informed = await listInformed(tx, incident.id);
  const listeners = informed
    .filter(({ recipient }) => recipient !== `user:${selfId(ctx)}`)
    .map(({ recipient, channel, routeId }) => ({ recipient, channel, route: { id: routeId ?? "", name: "" } }));
  const messages = messagesFor(happening, incident, listeners, ctx.now).map((message) => ({
    ...message,
    payload: { ...message.payload, remark: ctx.actor.name },
  }));
  return appendOutbox(tx, messages, ctx.now);
}
