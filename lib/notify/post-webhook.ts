/**
 * Webhooks: Standard Webhooks for machines, and the shapes that Slack, Teams, PagerDuty and Opsgenie take. The address was typed by a person and is not
 * trusted: it is resolved, every answer must be public, the connection goes to exactly that answer, and redirects are refused.
 */
import { createHmac } from "node:crypto";
import dns from "node:dns/promises";
import https from "node:https";
import net from "node:net";
import ipaddr from "ipaddr.js";
import { config } from "@/lib/config";
import { incidentName } from "@/lib/model/incident";
import type { Executor } from "@/lib/store/db";
import { findIncidentById } from "@/lib/store/incidents";
import type { OutboxRow } from "@/lib/store/outbox";
import { disableWebhook, findWebhook, type Webhook } from "@/lib/store/webhooks";
import { reasonOf } from "./incident-notice";
import { webhookBody } from "./webhook-body";

const TIMEOUT_MS = 15_000;
const ANSWER_LIMIT = 4096;

/** Why a webhook did not take a message. `permanent`: it said 410 Gone. `skip`: there is nothing to say or nobody to say it to. */
export class WebhookFailure extends Error {
  readonly permanent: boolean;
  readonly skip: boolean;
  constructor(
    message: string,
    readonly webhook: string,
    kind: { permanent?: boolean; skip?: boolean } = {},
  ) {
    super(message);
    this.name = "WebhookFailure";
    this.permanent = kind.permanent ?? false;
    this.skip = kind.skip ?? false;
  }
}

/** True for an address that the internet routes: not private, local, link-local, reserved or mapped to one. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === "unicast";
}

/** Where a URL may be reached: https, no credentials, and only public addresses. Throws Error with a sentence for people. */
export async function resolvePublic(url: string): Promise<{ url: URL; address: string; family: 4 | 6 }> {
  const parsed = new URL(url);
  if (parsed.protocol !== "https:") throw new Error("Only https addresses are called.");
  if (parsed.username || parsed.password) throw new Error("An address must not carry a user name or password.");
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const found = net.isIP(host) ? [{ address: host, family: net.isIP(host) }] : await dns.lookup(host, { all: true, verbatim: true });
  if (found.length === 0 || !found.every(({ address }) => isPublicAddress(address)))
    throw new Error(`${host} leads into a private network, which webhooks may not call.`);
  const [first] = found;
  if (!first) throw new Error(`${host} has no address.`);
  return { url: parsed, address: first.address, family: first.family === 6 ? 6 : 4 };
}

/** Signature of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the secret behind `whsec_`. */
export function signWebhook(secret: string, { id, timestamp, body }: { id: string; timestamp: number; body: string }): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** One POST to the pinned address. Redirects count as failures; at most 4 KiB of the answer are read. */
function post(
  { url, address, family }: Awaited<ReturnType<typeof resolvePublic>>,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const pinned = ((_host: string, options: { all?: boolean }, done: (error: null, found: unknown, family?: number) => void) =>
      options.all ? done(null, [{ address, family }]) : done(null, address, family)) as never; // cast: Node's overloads of lookup
    const request = https.request(
      url,
      {
        method: "POST",
        headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
        lookup: pinned,
        timeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
          if (text.length > ANSWER_LIMIT) response.destroy();
        });
        response.on("close", () => resolve({ status: response.statusCode ?? 0, text: text.slice(0, 300) }));
      },
    );
    request.on("timeout", () => request.destroy(new Error("It did not answer in 15 s.")));
    request.on("error", reject);
    request.end(body);
  });
}

/** Sends the message of a row to its webhook. Throws WebhookFailure. */
export async function postWebhook(on: Executor, row: OutboxRow, now: Date): Promise<{ name: string; response: string }> {
  const id = row.recipient.slice("webhook:".length);
  const webhook = await findWebhook(on, id);
  if (!webhook || webhook.disabledAt) throw new WebhookFailure("The webhook is gone or switched off.", webhook?.name ?? id, { skip: true });
  const incident = row.incidentId === null ? null : await findIncidentById(on, row.incidentId);
  if (!incident || incident.mergedIntoId !== null)
    throw new WebhookFailure("The incident is gone or merged.", webhook.name, { skip: true });
  const { BASE_URL } = config();
  const body = webhookBody(webhook.kind, {
    reason: reasonOf(row.reason),
    incident,
    url: `${BASE_URL}/incidents/${incidentName(incident.number)}`,
    secret: webhook.secret,
    now,
  });
  if (!body) throw new WebhookFailure("This kind of webhook has nothing to say about it.", webhook.name, { skip: true });
  const answer = await attempt(webhook, JSON.stringify(body), { id: `msg_${row.id}`, timestamp: Math.floor(now.getTime() / 1000) });
  if (answer.status === 410) {
    await disableWebhook(on, webhook.id, "It answered 410 Gone.", now);
    throw new WebhookFailure("It answered 410 Gone and was switched off.", webhook.name, { permanent: true });
  }
  if (answer.status < 200 || answer.status > 299)
    throw new WebhookFailure(`It answered ${answer.status}: ${answer.text}`.slice(0, 400), webhook.name);
  return { name: webhook.name, response: `${answer.status} ${answer.text}`.trim().slice(0, 300) };
}

async function attempt(webhook: Webhook, body: string, { id, timestamp }: { id: string; timestamp: number }) {
  const standard = {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signWebhook(webhook.secret, { id, timestamp, body }),
  };
  const headers = {
    "content-type": "application/json",
    "user-agent": "Vedette-Webhook/1",
    ...(webhook.kind === "standard" ? standard : {}),
    ...(webhook.kind === "opsgenie" ? { authorization: `GenieKey ${webhook.secret}` } : {}),
  };
  try {
    return await post(await resolvePublic(webhook.url), body, headers);
  } catch (error) {
    throw new WebhookFailure((error as Error).message, webhook.name);
  }
}
