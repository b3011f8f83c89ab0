"use server";
import { exportTask } from "@/app/api/dashboard/events/export/export-task";
import { currentContext } from "@/app/session";
import { requirePermission } from "@/lib/access/require-permission";
import { findLatestTask } from "@/lib/store/tasks";

/** How far my latest export is: events written, and 0 to 1 of the asked time; null when none runs. */
export async function exportProgress(): Promise<{ events: number; share: number } | null> {
  const ctx = await currentContext();
  requirePermission(ctx, "event:export");
  const task = await findLatestTask(exportTask(ctx));
  return task?.state === "running" ? { events: task.done, share: Number(task.details.share ?? 0) } : null;
}
