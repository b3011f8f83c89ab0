/** Groups of recipients: several routes name them, one place changes them. */
import { randomUUID } from "node:crypto";
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, notFound } from "@/lib/errors";
import { GroupInput } from "@/lib/model/route";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { listGroups, listWrittenRoutes, removeGroup, saveGroup } from "@/lib/store/routes";
import { readInput } from "@/lib/input";

/** Adds a group, or changes the one with that id. */
export async function writeGroup(ctx: Context, input: { id: string | null; group: unknown }): Promise<string> {
  requirePermission(ctx, "notification:write");
  const group = readInput(GroupInput, input.group, "The group is not complete.");
  const id = input.id ?? randomUUID();
  await inTransaction(async (tx) => {
    const before = (await listGroups(tx)).find((each) => each.id === id);
    if (input.id && !before) throw notFound("This group is gone.");
    if (!(await saveGroup(tx, id, group, { name: ctx.actor.name, now: ctx.now }))) throw conflict("Another group has this name.");
    await recordAudit(tx, ctx, before ? "route.group_update" : "route.group_create", {
      target: { type: "group", id },
      ...(before ? { before: { name: before.name, members: before.members } } : {}),
      after: { ...group },
    });
  });
  return id;
}

/** Removes a group that no route names. */
export async function deleteGroup(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "notification:write");
  await inTransaction(async (tx) => {
    const before = (await listGroups(tx)).find(({ id }) => id === input.id);
    if (!before) throw notFound("This group is gone.");
    const uses = (await listWrittenRoutes(tx)).find(({ recipients }) =>
      recipients.some((each) => each.type === "group" && each.id === input.id),
    );
    if (uses) throw conflict(`The route \u201c${uses.name}\u201d tells this group. Change the route first.`);
    await removeGroup(tx, input.id);
    await recordAudit(tx, ctx, "route.group_delete", { target: { type: "group", id: input.id }, before: { name: before.name } });
  });
}
