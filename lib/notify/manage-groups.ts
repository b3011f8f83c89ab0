/** Groups of recipients: several routes name them, one place changes them. */
import { randomUUID } from "node:crypto";
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, notFound } from "@/lib/errors";
import { type Group, GroupInput, type Route } from "@/lib/model/route";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
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
    await refuseWhileNamed(tx, "group", input.id);
    await removeGroup(tx, input.id);
    await recordAudit(tx, ctx, "route.group_delete", { target: { type: "group", id: input.id }, before: { name: before.name } });
  });
}

/** Throws `conflict` while a route, or a group, tells this webhook or group: nobody may silently hear less than a route says. */
export async function refuseWhileNamed(tx: Tx, type: "webhook" | "group", id: string): Promise<void> {
  const names = (list: Route["recipients"] | Group["members"]) => list.some((each) => each.type === type && each.id === id);
  const route = (await listWrittenRoutes(tx)).find(({ recipients }) => names(recipients));
  if (route) throw conflict(`The route \u201c${route.name}\u201d tells this ${type}. Change the route first.`);
  const group = (await listGroups(tx)).find(({ members }) => names(members));
  if (group) throw conflict(`The group \u201c${group.name}\u201d names this ${type}. Change the group first.`);
}
