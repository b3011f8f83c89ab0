/** Answers the bells of the outbox: mails and webhooks leave, neither waiting for the other. One sender for each process: it remembers a mail server that is down. */
import { callWebhooks as call } from "@/lib/notify/call-webhooks";
import { createSender } from "@/lib/notify/sender";

const sender = createSender();

export async function sendNotifications(now: Date): Promise<void> {
  await sender.turn(now);
}

export async function callWebhooks(now: Date): Promise<void> {
  await call(now);
}
