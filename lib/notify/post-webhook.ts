/**
 * Webhooks: Standard Webhooks for machines, and the shapes that Slack, Teams, PagerDuty and Opsgenie take. The address was typed by a person and is not
 * trusted: it is resolved, every answer must be public, the connection goes to exactly that answer, and redirects are refused.
 */
import { createHmac } from "node:crypto";
import dns from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import ipaddr from "ipaddr.js";
import { config } from "@/lib/config";
import { incidentName } from "@/lib/model/incident";
import type { Executor } from "@/lib/store/db";
import { findIncidentById } from "@/lib/store/incidents";
import type { OutboxRow } from "@/lib/store/outbox";
import { findWebhook, type Webhook } from "@/lib/store/webhooks";
import { reasonOf } from "./incident-notice";
import { type WebhookCall, webhookCall } from "./webhook-body";

const TIMEOUT_MS = 15_000;
const ANSWER_LIMIT = 4096;

/** Why a webhook did not take a message. `permanent`: it said 410 Gone. `off`: it is switched off. `skip`: there is nothing to say or nobody to say it to. */
export class WebhookFailure extends Error {
  readonly permanent: boolean;
  readonly off: boolean;
  readonly skip: boolean;
  constructor(
    message: string,
    readonly webhook: string,
    kind: { permanent?: boolean; off?: boolean; skip?: boolean } = {},
  ) {
    super(message);
    this.name = "WebhookFailure";
    this.permanent = kind.permanent ?? false;
    this.off = kind.off ?? false;
    this.skip = kind.skip ?? false;
  }
}

const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** True for an address that the internet routes: not private, local, link-local, reserved or mapped to one. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6); // outside 2000::/3 nothing is routed: ::7f00:1 is loopback in an old spelling
}

/** A place that was looked up and may be called: the connection goes to this address and no other. */
export interface Checked {
  url: URL;
  address: string;
  family: 4 | 6;
}

/** How names become addresses. An argument, because what a name answers may change between two questions. */
export type Lookup = (host: string) => Promise<{ address: string; family: number }[]>;

const lookUp: Lookup = (host) => {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`${host} could not be looked up in 10 s.`)), 10_000).unref();
  });
  return Promise.race([dns.lookup(host, { all: true, verbatim: true }), late]);
};

/** True for a host (or host:port) on the administrator's list of inner places that may be called (WEBHOOK_HOSTS). */
const isAllowed = (url: URL, allowed: string): boolean => {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const listed = allowed.toLowerCase().split(/[\s,]+/);
  return listed.includes(url.hostname) || listed.includes(`${url.hostname}:${port}`);
};

/**
 * Where a URL may be reached: https, no credentials, and only public addresses, unless the administrator listed the host. Throws Error with a sentence for
 * people. `allowed` is that list (WEBHOOK_HOSTS). Redirects are not followed, so nothing else is ever reached.
 */
export async function resolvePublic(url: string, allowed: string, lookup: Lookup = lookUp): Promise<Checked> {
  const parsed = new URL(url);
  const inner = isAllowed(parsed, allowed);
  if (parsed.protocol !== "https:" && !(inner && parsed.protocol === "http:")) throw new Error("Only https addresses are called.");
  if (parsed.username || parsed.password) throw new Error("An address must not carry a user name or password.");
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const found = net.isIP(host) ? [{ address: host, family: net.isIP(host) }] : await lookup(host);
  if (!inner && !found.every(({ address }) => isPublicAddress(address)))
    throw new Error(`${host} leads into a private network, which webhooks may not call. An administrator can allow it with WEBHOOK_HOSTS.`);
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
export function postTo(
  { url, address, family }: Checked,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const pinned = ((_host: string, options: { all?: boolean }, done: (error: null, found: unknown, family?: number) => void) =>
      options.all ? done(null, [{ address, family }]) : done(null, address, family)) as never; // cast: Node's overloads of lookup
    const request = (url.protocol === "http:" ? http : https).request(
      url,
      {
        method: "POST",
        headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
        lookup: pinned,
        agent: false, // a pooled connection could lead to an address that was checked for another message
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
        response.on("error", () => undefined); // the status has come; the rest of the answer decides nothing
        response.on("close", () => resolve({ status: response.statusCode ?? 0, text: text.slice(0, 300) }));
      },
    );
    request.on("timeout", () => request.destroy(new Error("It did not answer in 15 s.")));
    request.on("error", (error) =>
      reject(error.name === "AbortError" || error.name === "TimeoutError" ? new Error("It did not answer in 15 s.") : error),
    );
    request.end(body);
  });
}

/** Sends the message of a row to its webhook. Throws WebhookFailure. */
export async function postWebhook(on: Executor, row: OutboxRow, now: Date): Promise<{ name: string; response: string }> {
  const id = row.recipient.slice("webhook:".length);
  const webhook = await findWebhook(on, id);
  if (!webhook) throw new WebhookFailure("The webhook is gone.", id, { skip: true });
  if (webhook.disabledAt) throw new WebhookFailure("The webhook is switched off.", webhook.name, { permanent: true, off: true });
  const incident = row.incidentId === null ? null : await findIncidentById(on, row.incidentId);
  if (!incident || incident.mergedIntoId !== null)
    throw new WebhookFailure("The incident is gone or merged.", webhook.name, { skip: true });
  const { BASE_URL } = config();
  const call = webhookCall(webhook.kind, {
    reason: reasonOf(row.reason),
    incident,
    url: `${BASE_URL}/incidents/${incidentName(incident.number)}`,
    secret: webhook.secret,
    now,
  });
  const answer = await attempt(webhook, call, { id: `msg_${row.id}`, timestamp: Math.floor(now.getTime() / 1000) });
  if (answer.status === 410) throw new WebhookFailure("It answered 410 Gone.", webhook.name, { permanent: true });
  if (answer.status < 200 || answer.status > 299)
    throw new WebhookFailure(`It answered ${answer.status}: ${answer.text}`.slice(0, 400), webhook.name);
  return { name: webhook.name, response: `${answer.status} ${answer.text}`.trim().slice(0, 300) };
}

async function attempt(webhook: Webhook, { body: said, path }: WebhookCall, { id, timestamp }: { id: string; timestamp: number }) {
  const body = JSON.stringify(said);
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
    return await postTo(
      await resolvePublic(path ? `${webhook.url.replace(/\/$/, "")}${path}` : webhook.url, config().WEBHOOK_HOSTS),
      body,
      headers,
    );
  } catch (error) {
    throw new WebhookFailure((error as Error).message, webhook.name);
  }
}
