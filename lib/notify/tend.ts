/** What time alone makes due for incidents and mails: digests are written, snoozed incidents wake, bodies of old mails go. */
import { ring } from "@/lib/queue/bells";
import { db } from "@/lib/store/db";
import { emptyOldDeliveries } from "@/lib/store/deliveries";
import { wakeSnoozed } from "@/lib/incidents/snooze";
import { planDigests } from "./plan-digests";

const KEEP_BODIES_MS = 30 * 86_400_000; // long enough to ask "what did that mail say?"

export async function tendIncidents(now: Date): Promise<void> {
  const digests = await planDigests(now);
  await wakeSnoozed(now);
  await emptyOldDeliveries(db, new Date(now.getTime() - KEEP_BODIES_MS));
  if (digests > 0) await ring("notify");
}
