/** What time alone makes due: digests, snoozes that end; old days leave, old ids are forgotten, lists that are kept short are trimmed. */
import { config } from "@/lib/config";
import { tendIncidents } from "@/lib/notify/tend";
import { createWatch } from "@/lib/notify/watch";
import { dropOldEvents, forgetOldIds, trimLists } from "@/lib/store/retention";
import { forgetOldSessions } from "@/lib/store/session-records";

const DAY_MS = 86_400_000;
const watch = createWatch("web");

export async function doUpkeep(now: Date): Promise<void> {
  await tendIncidents(now);
  await dropOldEvents(now, config().RETENTION_DAYS);
  await forgetOldSessions(new Date(now.getTime() - config().RETENTION_DAYS * DAY_MS));
  await forgetOldIds(now);
  await trimLists(now);
  await watch.turn(now);
}
