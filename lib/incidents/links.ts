/**
 * Signed links in mails. A link names one action for one recipient of one message, and expires; what it does happens only on a page, after a click.
 * The token is short, so that a text part stays readable: `<action>.<message>.<expiry>.<signature>`.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What a link in a mail may ask for: acknowledge, resolve as no threat, mute the rule for a day, stop these mails. */
export const LinkAction = z.enum(["acknowledge", "not_a_threat", "mute", "stop"]);
export type LinkAction = z.infer<typeof LinkAction>;

const letters: Record<LinkAction, string> = { acknowledge: "a", not_a_threat: "n", mute: "m", stop: "u" };
const actions = new Map(Object.entries(letters).map(([action, letter]) => [letter, LinkAction.parse(action)]));

/** How long each works: deciding is for the week in which it matters, stopping must work as long as anybody keeps the mail. */
const lifetimes: Record<LinkAction, number> = { acknowledge: 7, not_a_threat: 7, mute: 7, stop: 400 };
const DAY_MS = 86_400_000;

export interface Link {
  action: LinkAction;
  /** The outbox row: it knows the recipient and the incident. */
  messageId: number;
  expiresAt: Date;
}

const sign = (text: string, key: string): string => createHmac("sha256", key).update(`link.${text}`).digest("base64url").slice(0, 22); // 132 bits

/** The token of a link. */
export function makeLink(action: LinkAction, messageId: number, { now, key }: { now: Date; key: string }): string {
  const expiry = Math.ceil((now.getTime() + lifetimes[action] * DAY_MS) / 1000);
  const text = `${letters[action]}.${messageId.toString(36)}.${expiry.toString(36)}`;
  return `${text}.${sign(text, key)}`;
}

/** What a token says; null when it is not ours, `expired` when it was. */
export function readLink(token: string, { now, key }: { now: Date; key: string }): (Link & { expired: boolean }) | null {
  const parts = /^([amnu])\.([0-9a-z]{1,12})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{22})$/.exec(token);
  if (!parts) return null;
  const [, letter = "", message = "", expiry = "", signature = ""] = parts;
  const expected = sign(`${letter}.${message}.${expiry}`, key);
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return null;
  const action = actions.get(letter);
  if (!action) return null;
  const expiresAt = new Date(Number.parseInt(expiry, 36) * 1000);
  return { action, messageId: Number.parseInt(message, 36), expiresAt, expired: expiresAt <= now };
}
