import { may } from "@/lib/access/require-permission";
import { listViews, mayShareViews } from "@/lib/access/saved-views";
import type { SavedPage } from "@/lib/model/saved-view";
import type { Context } from "@/lib/model/user";

/** What the menu of saved views needs to know of a person. */
export async function readSavedViews(ctx: Context, page: SavedPage) {
  return { views: await listViews(ctx, page), mayShare: mayShareViews(ctx), mayRemoveShared: may(ctx, "settings:write") };
}
