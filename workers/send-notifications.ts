/** Answers the notify bell: whatever waits in the outbox leaves. One sender for each process, so that it remembers a mail server that is down. */
import { createSender } from "@/lib/notify/sender";

const sender = createSender();

export async function sendNotifications(now: Date): Promise<void> {
  await sender.turn(now);
}
