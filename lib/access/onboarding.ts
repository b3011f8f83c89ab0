/** Whether the first run still leads the way. */
import { z } from "zod";
import type { Context } from "@/lib/model/user";
import { db } from "@/lib/store/db";
import { findSetting, saveSetting } from "@/lib/store/settings";
import { requirePermission } from "./require-permission";

const SETTING = "onboarding";
const Onboarding = z.object({ leftAt: z.string() });

/** True once an administrator has left the first run, finished or not. */
export async function hasLeftOnboarding(): Promise<boolean> {
  return (await findSetting(SETTING, Onboarding)) !== null;
}

/** Leaves the first run: an empty overview then says so instead of leading there. Not audited: it changes nothing but where a page leads. */
export async function finishOnboarding(ctx: Context): Promise<void> {
  requirePermission(ctx, "key:write");
  await saveSetting(db, { name: SETTING, value: { leftAt: ctx.now.toISOString() }, by: ctx.actor.name, at: ctx.now });
}
