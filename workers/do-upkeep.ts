/** What time alone makes due: digests, snoozes that end; old days leave, old ids are forgotten, lists that are kept short are trimmed. */
import { config } from "@/lib/config";
import { tendIncidents } from "@/lib/notify/tend";
import { createWatch } from "@/lib/notify/watch";
import { forgetAccountNames } from "@/lib/store/account-names";
import { dropOldEvents, forgetOldIds, trimLists } from "@/lib/store/retention";
import { forgetOldSessions } from "@/lib/store/session-records";

const DAY_MS = 86_400_000;
const watch = createWatch("web");

export async function doUpkeep(now: Date): Promise<void> {
  await tendIncidents(now);
  await dropOldEvents(now, config().RETENTION_DAYS);
  const cutoff = now.getTime() - config().RETENTION_DAYS * DAY_MS;
  await forgetOldSessions(new Date(cutoff));
  await forgetAccountNames(new Date(cutoff - 2 * DAY_MS)); // a name's time is written once a day, and a day of events goes as a whole
  await forgetOldIds(now);
  await trimLists(now);
  await watch.turn(now);
}
