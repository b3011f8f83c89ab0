/**
 * Sends the mails that wait in the outbox, at least once each. A mail is offered to the server while its row is locked, and marked in the same
 * transaction: a worker that dies in between leaves it waiting, and it leaves again under the same Message-ID. Only one mail of a process is between
 * the server's 250 and our commit at any time, so that is all a dying worker can repeat. Nothing here can hold up detection.
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
  findMessageId,
  holdRecipient,
  markFailed,
  markSent,
  type OutboxRow,
  putOff,
  readPace,
} from "@/lib/store/outbox";
import { type Composed, composeMessage, composeStorm, findReader, type KnownFacts, routeOf } from "./compose";
import { personMailsAreHeld } from "./compose-person";
import { fallBack } from "./fall-back";
import { messageId } from "./headers";
import type { Reader } from "./incident-notice";
import { paceOf, retryAt, type RoutePace, serverDelay } from "./pace";
import { quietUntil } from "./quiet";

const HOUR_MS = 3_600_000;
const LOOPS = 2; // one mail is written while another leaves; never two to one recipient

/** What one turn did. */
export interface Sent {
  sent: number;
  failed: number;
  folded: number;
  skipped: number;
}

type Step = "idle" | "again";

/** A sender remembers that the mail server is down, so that it is not asked again for every message. */
export interface Sender {
  turn(now: Date): Promise<Sent>;
}

/** What a sender knows beyond one turn. */
interface Memory {
  /** One mail at a time is offered to the server and committed. */
  gate: Gate;
  /** Taken by the server, but our commit failed: the answer by row, so that the row is marked and not sent again. */
  accepted: Map<number, string>;
}

interface Turn extends Memory {
  now: Date;
  /** Of incidents, as of `now`. */
  known: KnownFacts;
  total: Sent;
  /** The mail server failed in this turn: no more mails until it may be asked again. */
  mailDown: boolean;
}

/** Lets one in at a time. */
class Gate {
  private last: Promise<void> = Promise.resolve();
  /** Waits until the gate is free; the function gives it back. */
  async enter(): Promise<() => void> {
    const before = this.last;
    let leave = () => {};
    this.last = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    return leave;
  }
}

export function createSender(): Sender {
  let downUntil = 0;
  let failures = 0;
  const memory: Memory = { gate: new Gate(), accepted: new Map() };
  return {
    async turn(now) {
      const total = { sent: 0, failed: 0, folded: 0, skipped: 0 };
      if (now.getTime() < downUntil) return total;
      const turn: Turn = { ...memory, now, known: new Map(), total, mailDown: false };
      // after a failure one message tries the server before the others follow
      const passed = await Promise.all(Array.from({ length: failures > 0 ? 1 : LOOPS }, () => sendUntilIdle(turn)));
      if (passed.includes(true)) await sendUntilIdle(turn);
      if (turn.mailDown) {
        failures++;
        downUntil = now.getTime() + serverDelay(failures);
      } else if (total.sent > 0 && failures > 0) {
        failures = 0;
        const rest = await this.turn(now);
        for (const name of Object.keys(rest) as (keyof Sent)[]) total[name] += rest[name];
      }
      return total;
    },
  };
}

/** What one message's transaction holds beyond the database: given back once it has ended, either way. */
interface Hold {
  busy: string[];
  leaveGate?: () => void;
  /** The row whose answer may be forgotten once the transaction is durable. */
  marked?: number;
}

/** True when it passed over a recipient to whom somebody else was sending: the other may have looked for more while we held the row. */
async function sendUntilIdle(turn: Turn): Promise<boolean> {
  const busy: string[] = [];
  while (!turn.mailDown) {
    const hold: Hold = { busy };
    try {
      if ((await inTransaction((tx) => sendNext(tx, turn, hold))) === "idle") break;
      if (hold.marked !== undefined) turn.accepted.delete(hold.marked);
    } finally {
      hold.leaveGate?.();
    }
  }
  return busy.length > 0;
}

async function sendNext(tx: Tx, turn: Turn, hold: Hold): Promise<Step> {
  const row = await claimMessage(tx, turn.now, { channel: "mail", without: hold.busy });
  if (!row) return "idle";
  if (!(await holdRecipient(tx, row.recipient))) {
    hold.busy.push(row.recipient); // another sender is writing to them
    return "again";
  }
  const reader = await findReader(tx, row);
  if (!reader) return skip(tx, row, turn, "The recipient is gone.");
  if (row.kind === "person" && (await personMailsAreHeld(tx, row, turn.now))) return "again";
  const got = await readPace(tx, row, { since: new Date(turn.now.getTime() - HOUR_MS), now: turn.now });
  const pace = paceOf(row, got, await routePaceOf(tx, row, { reader, now: turn.now }), turn.now);
  if (pace.do === "put_off") {
    await putOff(tx, row.id, pace);
    return "again";
  }
  return pace.do === "fold" ? sendStorm(tx, { row, reader, turn, hold }) : sendRow(tx, { row, reader, turn, hold });
}

/** What the route of a message says about time; a route that is gone says nothing. */
async function routePaceOf(tx: Tx, row: OutboxRow, { reader, now }: { reader: Reader; now: Date }): Promise<RoutePace> {
  const options = row.kind === "incident" ? (await routeOf(tx, row))?.options : undefined;
  const quiet = quietUntil(options?.quiet, reader.zone, now.getTime());
  return {
    everyMs: (options?.everyMinutes ?? 0) * 60_000,
    quietUntil: quiet === null ? null : new Date(quiet),
    exceptCritical: options?.quiet?.exceptCritical ?? true,
  };
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
  hold: Hold;
}

async function sendRow(tx: Tx, sending: Sending): Promise<Step> {
  const { row, reader, turn } = sending;
  const composed = await tryCompose(() => composeMessage(tx, { row, reader, known: turn.known, now: turn.now }));
  if ("failure" in composed) return fail(tx, sending, new MailFailure(composed.failure, "recipient", false));
  if ("skip" in composed) return skip(tx, row, turn, composed.skip);
  const id = messageIdOf(row);
  return deliver(tx, sending, {
    mail: composed.mail,
    messageId: id,
    done: () => markSent(tx, row.id, { messageId: id, payload: { ...row.payload, ...composed.remember }, now: turn.now }),
  });
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

async function sendStorm(tx: Tx, sending: Sending): Promise<Step> {
  const { row, reader, turn } = sending;
  const storm = await composeStorm(tx, { row, reader, now: turn.now });
  const key = `storm:${row.recipient}:${storm.firstId}`;
  const id = messageIdOf({ ...row, kind: "storm", incidentId: null, dedupeKey: key });
  return deliver(tx, sending, {
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
            payload: { held: storm.ids.length, cause: storm.cause },
            dueAt: turn.now,
          },
        ],
        turn.now,
      );
      const made = await findMessageId(tx, key);
      if (made !== null) {
        await markSent(tx, made, { messageId: id, payload: { held: storm.ids.length, cause: storm.cause }, now: turn.now });
        log.outboxId = made;
      }
      await endMessages(tx, storm.ids, "folded", key);
      turn.total.folded += storm.ids.length;
    },
  });
}

interface Outgoing {
  mail: Mail;
  messageId: string;
  /** Marks everything the mail stands for; may point the delivery at another row. */
  done(log: { outboxId: number }): Promise<void>;
}

async function deliver(tx: Tx, sending: Sending, { mail, messageId: id, done }: Outgoing): Promise<Step> {
  const { row, reader, turn, hold } = sending;
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
    hold.leaveGate = await turn.gate.enter();
    const response = local ? "No mail server is configured; it is kept here." : await offer(sending, { mail, messageId: id });
    await done(attempt);
    await recordDelivery(tx, { ...attempt, result: local ? "local" : "sent", response });
    turn.total.sent++;
    return "again";
  } catch (error) {
    if (!(error instanceof MailFailure)) throw error;
    return fail(tx, sending, error);
  }
}

/** Hands the mail to the server, unless it took it before and only our commit failed. */
async function offer({ row, reader, turn, hold }: Sending, { mail, messageId: id }: Pick<Outgoing, "mail" | "messageId">): Promise<string> {
  const known = turn.accepted.get(row.id);
  const response = known ?? (await sendLetter({ to: reader, messageId: id, date: turn.now, mail }));
  hold.marked = row.id;
  turn.accepted.set(row.id, response);
  return response;
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
  if (again === null) await fallBack(tx, row, { what: reader.address, error: error.message, now: turn.now });
  return "again";
}
