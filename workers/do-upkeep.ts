/** What time alone makes due: old days leave, old ids are forgotten, lists that are kept short are trimmed. */
import { config } from "@/lib/config";
import { dropOldEvents, forgetOldIds, trimLists } from "@/lib/store/retention";

export async function doUpkeep(now: Date): Promise<void> {
  await dropOldEvents(now, config().RETENTION_DAYS);
  await forgetOldIds(now);
  await trimLists(now);
}
