/** Calls the webhooks that have something waiting. Apart from the mails, so that a receiver that hangs holds up nobody but itself. */
import { inTransaction, type Tx } from "@/lib/store/db";
import { recordDelivery } from "@/lib/store/deliveries";
import { claimMessage, endMessages, holdRecipient, markFailed, markSent, type OutboxRow, putOffRecipient } from "@/lib/store/outbox";
import { disableWebhook } from "@/lib/store/webhooks";
import { fallBack } from "./fall-back";
import { retryAt } from "./pace";
import { postWebhook, WebhookFailure } from "./post-webhook";
import { messageIdOf, type Sent } from "./sender";

const LOOPS = 4; // receivers called side by side; each gets one message at a time, in order

/** One turn: everything that is due is tried once. */
export async function callWebhooks(now: Date): Promise<Sent> {
  const total = { sent: 0, failed: 0, folded: 0, skipped: 0 };
  await Promise.all(Array.from({ length: LOOPS }, () => callUntilIdle(now, total)));
  return total;
}

async function callUntilIdle(now: Date, total: Sent): Promise<void> {
  const busy: string[] = [];
  while ((await inTransaction((tx) => callNext(tx, { now, total, busy }))) === "again");
}

async function callNext(tx: Tx, { now, total, busy }: { now: Date; total: Sent; busy: string[] }): Promise<"idle" | "again"> {
  const row = await claimMessage(tx, now, { channel: "webhook", without: busy });
  if (!row) return "idle";
  if (!(await holdRecipient(tx, row.recipient))) {
    busy.push(row.recipient);
    return "again";
  }
  try {
    const { name, response } = await postWebhook(tx, row, now);
    await markSent(tx, row.id, { messageId: messageIdOf(row), payload: row.payload, now });
    await note(tx, row, { at: now, recipient: name, result: "sent", response });
    total.sent++;
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    if (error.skip) {
      await endMessages(tx, [row.id], "skipped", error.message);
      total.skipped++;
    } else {
      await fail(tx, { row, now, error });
      total.failed++;
    }
  }
  return "again";
}

/** Tried again over three days, ever more slowly; then the webhook is switched off and others are told. */
async function fail(tx: Tx, { row, now, error }: { row: OutboxRow; now: Date; error: WebhookFailure }): Promise<void> {
  const again = error.permanent ? null : retryAt(row, { permanent: false, scope: "recipient" }, now);
  await markFailed(tx, row.id, { error: error.message, retryAt: again });
  await note(tx, row, { at: now, recipient: error.webhook, result: "failed", response: error.message });
  if (again !== null) return putOffRecipient(tx, row.recipient, again);
  const id = row.recipient.slice("webhook:".length);
  if (!error.off)
    await disableWebhook(tx, id, error.permanent ? error.message : `It failed for three days. ${error.message}`.slice(0, 300), now);
  await fallBack(tx, row, { what: `the webhook ${error.webhook}`, error: error.message, now });
}

type Noted = { at: Date; recipient: string; result: "sent" | "failed"; response: string };

const note = (tx: Tx, row: OutboxRow, noted: Noted) =>
  recordDelivery(tx, { ...noted, outboxId: row.id, channel: "webhook", subject: null, text: null, html: null, headers: null });
