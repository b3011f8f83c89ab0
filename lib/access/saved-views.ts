/** Keeping filters under a name. A person's own need no right but to see the page; what everybody sees is on record. */
import { randomUUID } from "node:crypto";
import { conflict, forbidden, invalid, notFound } from "@/lib/errors";
import { readInput } from "@/lib/input";
import { type SavedPage, type SavedView, SavedViewInput } from "@/lib/model/saved-view";
import type { Context, Permission } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction } from "@/lib/store/db";
import { countSavedViews, findSavedView, listSavedViews, removeSavedView, saveView } from "@/lib/store/saved-views";
import { may, requirePermission } from "./require-permission";

const MOST = 100; // of one person

const readingOf: Record<SavedPage, Permission> = { events: "event:read", incidents: "incident:read" };

/** Whether the actor may show a view to everybody. */
export const mayShareViews = (ctx: Context): boolean => may(ctx, "incident:write");

/** The views of a page that this person sees: their own and those that are shared. */
export async function listViews(ctx: Context, page: SavedPage): Promise<SavedView[]> {
  requirePermission(ctx, readingOf[page]);
  return ctx.actor.type === "user" ? listSavedViews(db, { page, userId: ctx.actor.id }) : [];
}

/** Keeps the filter of a page under a name; the same name again replaces it. Its id. */
export async function keepView(ctx: Context, input: unknown): Promise<string> {
  const { actor } = ctx;
  const view = readInput(SavedViewInput, input, "This view cannot be kept.");
  requirePermission(ctx, readingOf[view.page]);
  if (actor.type !== "user") throw invalid("Only people keep views.");
  if (view.shared) requirePermission(ctx, "incident:write");
  const id = randomUUID();
  await inTransaction(async (tx) => {
    if ((await countSavedViews(tx, actor.id)) >= MOST) throw conflict(`${MOST} views are kept already. Remove one first.`);
    await saveView(tx, view, { id, userId: actor.id, now: ctx.now });
    if (view.shared) await recordAudit(tx, ctx, "view.share", { target: { type: "view", id }, after: { ...view } });
  });
  return id;
}

/** Removes a view: one's own, or as an administrator one that is shared. */
export async function dropView(ctx: Context, { id }: { id: string }): Promise<void> {
  const { actor } = ctx;
  await inTransaction(async (tx) => {
    const before = await findSavedView(tx, id);
    const own = actor.type === "user" && before?.ownerId === actor.id;
    if (!before || !(own || before.shared)) throw notFound("This view is gone.");
    if (!own && !may(ctx, "settings:write")) throw forbidden("Only its owner or an administrator removes a shared view.");
    await removeSavedView(tx, id);
    if (before.shared) await recordAudit(tx, ctx, "view.remove", { target: { type: "view", id }, before: { ...before } });
  });
}
