/** What people do with notifications: routes, webhooks, their own digest, and messages that did not arrive. */
import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { conflict, invalid, notFound } from "@/lib/errors";
import { matchesRoute, recipientsOf } from "@/lib/incidents/routing";
import { type Route, routeInput } from "@/lib/model/route";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction, type Tx } from "@/lib/store/db";
import { listRouteSubjects } from "@/lib/store/incident-reads";
import { appendOutbox, findMessage, type OutboxMessage, retryMessage } from "@/lib/store/outbox";
import { findRoute, listPeople, listRoutes, listStops, removeRoute, removeStop, saveRoute } from "@/lib/store/routes";
import { savePreferences } from "@/lib/store/users";
import { insertWebhook, removeWebhook, disableWebhook, findWebhook, WebhookKind } from "@/lib/store/webhooks";
import { DigestChoice, latestDigest } from "./digest-schedule";
import { digestMessage } from "./plan-digests";
import { readInput } from "@/lib/input";
import { refuseWhileNamed } from "./manage-groups";
import { readRoute } from "./read-route";
import { isZone } from "./when";
import { resolvePublic } from "./post-webhook";

/** Adds a route, or changes the one with that id. */
export async function writeRoute(ctx: Context, input: { id: string | null; route: unknown }): Promise<string> {
  requirePermission(ctx, "notification:write");
  const route = readRoute(input.route);
  const id = input.id ?? randomUUID();
  await inTransaction(async (tx) => {
    const before = input.id ? await findRoute(tx, input.id) : null;
    if (input.id && !before) throw notFound("This route is gone.");
    await saveRoute(tx, id, route, { name: ctx.actor.name, now: ctx.now });
    await recordAudit(tx, ctx, before ? "route.update" : "route.create", {
      target: { type: "route", id },
      ...(before ? { before: routeInput(before) } : {}),
      after: { ...route },
    });
  });
  return id;
}

/** Removes a route. */
export async function deleteRoute(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "notification:write");
  await inTransaction(async (tx) => {
    const before = await findRoute(tx, input.id);
    if (!before || !(await removeRoute(tx, input.id))) throw notFound("This route is gone.");
    await recordAudit(tx, ctx, "route.delete", { target: { type: "route", id: input.id }, before: { name: before.name } });
  });
}

/**
 * Sends something real, marked as a test: the latest incident that the route speaks of, or for a digest the last one that was due. To me, or to everybody
 * the route names. How many messages.
 */
export async function testRoute(ctx: Context, input: { id: string; to: "me" | "everybody" }): Promise<number> {
  requirePermission(ctx, "notification:write");
  const { actor } = ctx;
  if (input.to === "me" && actor.type !== "user") throw invalid("Only people get mails.");
  const sent = await inTransaction(async (tx) => {
    const route = (await listRoutes(tx)).find(({ id }) => id === input.id);
    if (!route) throw notFound("This route is gone.");
    const everybody = [...new Set(recipientsOf(route, await listPeople(tx)))];
    const recipients = input.to === "me" && actor.type === "user" ? [`user:${actor.id}`] : everybody;
    const messages =
      route.how === "digest" ? sampleDigests(route, recipients, ctx.now) : await sampleIncidents(tx, { route, recipients, now: ctx.now });
    await recordAudit(tx, ctx, "route.test", { target: { type: "route", id: route.id }, after: { to: input.to } });
    return appendOutbox(tx, messages, ctx.now);
  });
  await ring("notify");
  return sent;
}

async function sampleIncidents(
  tx: Tx,
  { route, recipients, now }: { route: Route; recipients: string[]; now: Date },
): Promise<OutboxMessage[]> {
  const subject = (await listRouteSubjects(tx, new Date(0))).find((each) => matchesRoute({ ...route, enabled: true }, each));
  if (!subject) throw conflict("No incident so far matches this route, so there is nothing real to send.");
  return recipients.map((recipient) => ({
    dedupeKey: `sample:${randomUUID()}`,
    kind: "incident",
    channel: recipient.startsWith("webhook:") ? "webhook" : "mail",
    recipient,
    incidentId: subject.id,
    reason: "sample",
    level: subject.level,
    payload: { routeId: route.id, routeName: route.name },
    dueAt: now,
  }));
}

function sampleDigests(route: Route, recipients: string[], now: Date): OutboxMessage[] {
  const period = latestDigest(route.options.digest, isZone(route.options.zone) ? route.options.zone : "UTC", now.getTime());
  if (!period) return [];
  return recipients
    .filter((recipient) => !recipient.startsWith("webhook:"))
    .map((recipient) => ({
      ...digestMessage(recipient, { kind: route.options.digest.kind, ...period }, { route, now }),
      dedupeKey: `sample:${randomUUID()}`,
    }));
}

/** Sends a message that did not arrive once more. */
export async function resendMessage(ctx: Context, input: { id: number }): Promise<void> {
  requirePermission(ctx, "notification:write");
  await inTransaction(async (tx) => {
    const row = await findMessage(tx, input.id);
    if (!row) throw notFound("This message is gone.");
    if (!(await retryMessage(tx, input.id, ctx.now))) throw conflict("It has already left.");
    await recordAudit(tx, ctx, "message.retry", { target: { type: "message", id: String(input.id) } });
  });
  await ring("notify");
}

const WebhookInput = z.object({
  name: z.string().trim().min(1, "give it a name").max(80),
  kind: WebhookKind,
  url: z.url().max(2000),
  secret: z.string().max(500).default(""),
});

/** Adds a webhook. For Standard Webhooks a secret is made; its value is returned, to be shown once. */
export async function addWebhook(ctx: Context, input: unknown): Promise<{ id: string; secret: string | null }> {
  requirePermission(ctx, "notification:write");
  const given = readInput(WebhookInput, input, "The webhook is not complete.");
  const { name, kind, url } = given;
  if ((kind === "pagerduty" || kind === "opsgenie") && given.secret === "")
    throw invalid("Give its key.", [{ pointer: "/secret", detail: "give its key" }]);
  await resolvePublic(url, config().WEBHOOK_HOSTS).catch((error: Error) => {
    throw invalid(error.message, [{ pointer: "/url", detail: error.message }]);
  });
  const secret = kind === "standard" ? `whsec_${randomBytes(24).toString("base64")}` : given.secret;
  const id = randomUUID();
  await inTransaction(async (tx) => {
    await insertWebhook(tx, { id, name, kind, url, secret }, ctx.now);
    await recordAudit(tx, ctx, "webhook.create", { target: { type: "webhook", id }, after: { name, kind, host: new URL(url).host } });
  });
  return { id, secret: kind === "standard" ? secret : null };
}

/** Switches a webhook on again, or removes one that no route and no group names. */
export async function changeWebhook(ctx: Context, input: { id: string; to: "on" | "removed" }): Promise<void> {
  requirePermission(ctx, "notification:write");
  await inTransaction(async (tx) => {
    const before = await findWebhook(tx, input.id);
    if (!before) throw notFound("This webhook is gone.");
    if (input.to === "on") await disableWebhook(tx, input.id, null, ctx.now);
    else {
      await refuseWhileNamed(tx, "webhook", input.id);
      await removeWebhook(tx, input.id);
    }
    await recordAudit(tx, ctx, input.to === "on" ? "webhook.enable" : "webhook.delete", {
      target: { type: "webhook", id: input.id },
      before: { name: before.name },
    });
  });
}

/** My digest: how often and when. Wanting one lifts an earlier stop. */
export async function chooseDigest(ctx: Context, input: unknown): Promise<void> {
  const { actor } = ctx;
  if (actor.type !== "user") throw invalid("Only people get digests.");
  const choice = DigestChoice.safeParse(input);
  if (!choice.success) throw invalid("Choose how often and when.");
  await inTransaction(async (tx) => {
    await savePreferences(tx, { userId: actor.id, preferences: { digest: choice.data } });
    if (choice.data.kind !== "none") await removeStop(tx, { recipient: `user:${actor.id}`, kind: "digests" });
  });
}

/** I want mails about incidents again. */
export async function wantMails(ctx: Context, input: { kind: string }): Promise<void> {
  const { actor } = ctx;
  if (actor.type !== "user") throw invalid("Only people get mails.");
  await removeStop(db, { recipient: `user:${actor.id}`, kind: z.string().max(300).parse(input.kind) });
}

/** What I have stopped. */
export async function listOwnStops(ctx: Context): Promise<{ kind: string; until: Date | null }[]> {
  const { actor } = ctx;
  return actor.type === "user" ? (await listStops(db, ctx.now)).filter(({ recipient }) => recipient === `user:${actor.id}`) : [];
}
