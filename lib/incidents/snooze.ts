/** Snoozed incidents whose time has come are open again. */
import { inTransaction } from "@/lib/store/db";
import { appendActivity, wakeDue } from "@/lib/store/incidents";

/** Wakes them; how many. */
export function wakeSnoozed(now: Date): Promise<number> {
  return inTransaction(async (tx) => {
    const woken = await wakeDue(tx, now);
    await appendActivity(
      tx,
      woken.map((incidentId) => ({ incidentId, kind: "woke", actorName: "Vedette", details: { until: now.toISOString() } })),
      now,
    );
    return woken.length;
  });
}
