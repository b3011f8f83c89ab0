/**
 * Sends what waits in the outbox, at least once each. A message is sent while its row is locked, and marked in the same transaction: a worker that dies
 * in between leaves it waiting, and it leaves again under the same Message-ID. Nothing here can hold up detection.
 */
import { createHash } from "node:crypto";
import { config } from "@/lib/config";
import { log } from "@/lib/log";
import { hasMailServer, MailFailure, sendLetter } from "@/lib/mail/smtp";
import type { Mail } from "@/lib/model/mail";
import { recordDelivery } from "@/lib/store/deliveries";
import { inTransaction, type Tx } from "@/lib/store/db";
import {
  appendOutbox,
  claimMessage,
  endMessages,
  holdRecipient,
  markFailed,
  markSent,
  type OutboxRow,
  putOff,
  readPace,
} from "@/lib/store/outbox";
import { tellAdministrators } from "@/lib/store/tell-administrators";
import { messageId } from "./headers";
import { paceOf, retryAt, serverDelay } from "./pace";
import { type Composed, composeMessage, composeStorm, findReader } from "./compose";
import type { Reader } from "./incident-notice";
import { postWebhook, WebhookFailure } from "./post-webhook";

const HOUR_MS = 3_600_000;
const LOOPS = 2; // mails leave side by side, but never two to one recipient; what a dying worker may repeat is at most this many

/** What one turn did. */
export interface Sent {
  sent: number;
  failed: number;
  folded: number;
  skipped: number;
}

type Step = "idle" | "again" | "stop";

/** A sender remembers that the mail server is down, so that it is not asked again for every message. */
export interface Sender {
  turn(now: Date): Promise<Sent>;
}

interface Turn {
  now: Date;
  total: Sent;
  /** The mail server failed in this turn: no more mails until `downUntil`. */
  mailDown: boolean;
}

export function createSender(): Sender {
  let downUntil = 0;
  let failures = 0;
  return {
    async turn(now) {
      const turn: Turn = { now, total: { sent: 0, failed: 0, folded: 0, skipped: 0 }, mailDown: now.getTime() < downUntil };
      const before = turn.mailDown;
      // after a failure one message tries the server before the others follow
      await Promise.all(Array.from({ length: failures > 0 ? 1 : LOOPS }, () => sendUntilIdle(turn)));
      if (!before && turn.mailDown) {
        failures++;
        downUntil = now.getTime() + serverDelay(failures);
      } else if (turn.total.sent > 0 && failures > 0 && !turn.mailDown) {
        failures = 0;
        const rest = await this.turn(now);
        for (const name of Object.keys(rest) as (keyof Sent)[]) turn.total[name] += rest[name];
      }
      return turn.total;
    },
  };
}

async function sendUntilIdle(turn: Turn): Promise<void> {
  const busy: string[] = [];
  for (;;) {
    const step = await inTransaction((tx) => sendNext(tx, turn, busy));
    if (step === "idle") return;
  }
}

async function sendNext(tx: Tx, turn: Turn, busy: string[]): Promise<Step> {
  const row = await claimMessage(tx, turn.now, { recipients: busy, channels: turn.mailDown ? ["mail"] : [] });
  if (!row) return "idle";
  if (!(await holdRecipient(tx, row.recipient))) {
    busy.push(row.recipient); // another sender is writing to them
    return "again";
  }
  if (row.channel === "webhook") return sendWebhook(tx, row, turn);
  const reader = await findReader(tx, row.recipient);
  if (!reader) return skip(tx, row, turn, "The recipient is gone.");
  const pace = paceOf(row, await readPace(tx, row, new Date(turn.now.getTime() - HOUR_MS)), turn.now);
  if (pace.do === "put_off") {
    await putOff(tx, [row.id], pace.until);
    return "again";
  }
  return pace.do === "storm" ? sendStorm(tx, { row, reader, turn }) : sendRow(tx, { row, reader, turn });
}

async function skip(tx: Tx, row: OutboxRow, turn: Turn, why: string): Promise<Step> {
  await endMessages(tx, [row.id], "skipped", why);
  turn.total.skipped++;
  return "again";
}

/** A token for a recipient that says nothing about the address. */
const tokenOf = (recipient: string): string => createHash("sha256").update(recipient).digest("base64url").slice(0, 12);

/** The Message-ID of a row: the same for every attempt. */
export function messageIdOf(row: Pick<OutboxRow, "incidentId" | "kind" | "reason" | "recipient" | "dedupeKey">): string {
  const incident = row.incidentId ?? createHash("sha256").update(row.dedupeKey).digest("hex").slice(0, 16);
  return messageId({
    incident,
    reason: row.kind === "incident" ? row.reason : row.kind,
    token: tokenOf(row.recipient),
    baseUrl: config().BASE_URL,
  });
}

interface Sending {
  row: OutboxRow;
  reader: Reader;
  turn: Turn;
}

async function sendRow(tx: Tx, { row, reader, turn }: Sending): Promise<Step> {
  const composed = await tryCompose(() => composeMessage(tx, { row, reader, now: turn.now }));
  if ("failure" in composed) return fail(tx, { row, reader, turn }, new MailFailure(composed.failure, "recipient", false));
  if ("skip" in composed) return skip(tx, row, turn, composed.skip);
  const id = messageIdOf(row);
  return deliver(
    tx,
    { row, reader, turn },
    {
      mail: composed.mail,
      messageId: id,
      done: () => markSent(tx, row.id, { messageId: id, payload: { ...row.payload, ...composed.remember }, now: turn.now }),
    },
  );
}

/** A fault in composing one message must not stop the others. */
async function tryCompose(work: () => Promise<Composed>): Promise<Composed | { failure: string }> {
  try {
    return await work();
  } catch (error) {
    log.error({ error: (error as Error).message, stack: (error as Error).stack }, "a message could not be composed");
    return { failure: `It could not be written: ${(error as Error).message}` };
  }
}

async function sendStorm(tx: Tx, { row, reader, turn }: Sending): Promise<Step> {
  const storm = await composeStorm(tx, { row, reader, now: turn.now });
  const key = `storm:${row.recipient}:${storm.firstId}`;
  const id = messageIdOf({ ...row, kind: "storm", incidentId: null, dedupeKey: key });
  return deliver(
    tx,
    { row, reader, turn },
    {
      mail: storm.mail,
      messageId: id,
      async done(log) {
        await appendOutbox(
          tx,
          [
            {
              dedupeKey: key,
              kind: "storm",
              channel: "mail",
              recipient: row.recipient,
              reason: "storm",
              payload: { held: storm.ids.length },
              dueAt: turn.now,
            },
          ],
          turn.now,
        );
        const [made] = (await tx.query("select id from outbox where dedupe_key = $1", [key])).rows as { id: number }[];
        if (made) {
          await markSent(tx, made.id, { messageId: id, payload: { held: storm.ids.length }, now: turn.now });
          log.outboxId = made.id;
        }
        await endMessages(tx, storm.ids, "folded", key);
        turn.total.folded += storm.ids.length;
      },
    },
  );
}

interface Outgoing {
  mail: Mail;
  messageId: string;
  /** Marks everything the mail stands for; may point the delivery at another row. */
  done(log: { outboxId: number }): Promise<void>;
}

async function deliver(tx: Tx, sending: Sending, { mail, messageId: id, done }: Outgoing): Promise<Step> {
  const { row, reader, turn } = sending;
  const attempt = {
    outboxId: row.id,
    at: turn.now,
    channel: "mail",
    recipient: reader.address,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: { "Message-ID": id, ...mail.headers },
  };
  try {
    const local = !hasMailServer();
    const response = local
      ? "No mail server is configured; it is kept here."
      : await sendLetter({ to: reader, messageId: id, date: turn.now, mail });
    await done(attempt);
    await recordDelivery(tx, { ...attempt, result: local ? "local" : "sent", response });
    turn.total.sent++;
    return "again";
  } catch (error) {
    if (!(error instanceof MailFailure)) throw error;
    return fail(tx, sending, error);
  }
}

async function fail(tx: Tx, { row, reader, turn }: Sending, error: MailFailure): Promise<Step> {
  const again = retryAt(row, error, turn.now);
  await markFailed(tx, row.id, { error: error.message, retryAt: again });
  turn.total.failed++;
  if (error.scope === "server") turn.mailDown = true;
  // a server that is down for days would fill the log with the same line
  if (row.lastError !== error.message.slice(0, 500) || again === null) {
    await recordDelivery(tx, {
      outboxId: row.id,
      at: turn.now,
      channel: "mail",
      recipient: reader.address,
      result: "failed",
      response: error.message,
      subject: null,
      text: null,
      html: null,
      headers: null,
    });
    log.warn(
      { outbox: row.id, scope: error.scope, error: error.message },
      again ? "a mail could not be sent; it is tried again" : "a mail is given up",
    );
  }
  if (again === null) await tellOfDead(tx, row, { what: reader.address, error: error.message, now: turn.now });
  return "again";
}

/** A recipient that cannot be reached is told to the other administrators, once a day. */
async function tellOfDead(tx: Tx, row: OutboxRow, { what, error, now }: { what: string; error: string; now: Date }): Promise<void> {
  if (row.kind === "note" || row.kind === "trouble") return; // a note about a note would go round in circles
  const paragraphs = [
    `Vedette has given up on a message to ${what}. The last answer was: ${error}`,
    "Whoever relies on these messages does not know what happens. Correct the address or the route, then send what is dead again from the delivery log.",
  ];
  const day = now.toISOString().slice(0, 10);
  await tellAdministrators(
    tx,
    { subjectKey: `dead:${row.recipient}:${day}`, title: `Messages to ${what} do not arrive`, paragraphs, except: [row.recipient] },
    now,
  );
}

async function sendWebhook(tx: Tx, row: OutboxRow, turn: Turn): Promise<Step> {
  try {
    const { name, response } = await postWebhook(tx, row, turn.now);
    await markSent(tx, row.id, { messageId: messageIdOf(row), payload: row.payload, now: turn.now });
    await recordDelivery(tx, {
      outboxId: row.id,
      at: turn.now,
      channel: "webhook",
      recipient: name,
      result: "sent",
      response,
      subject: null,
      text: null,
      html: null,
      headers: null,
    });
    turn.total.sent++;
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    if (error.skip) return skip(tx, row, turn, error.message);
    const again = error.permanent ? null : retryAt(row, { permanent: false, scope: "recipient" }, turn.now);
    await markFailed(tx, row.id, { error: error.message, retryAt: again });
    await recordDelivery(tx, {
      outboxId: row.id,
      at: turn.now,
      channel: "webhook",
      recipient: error.webhook,
      result: "failed",
      response: error.message,
      subject: null,
      text: null,
      html: null,
      headers: null,
    });
    turn.total.failed++;
    if (again === null) await tellOfDead(tx, row, { what: `the webhook ${error.webhook}`, error: error.message, now: turn.now });
  }
  return "again";
}
