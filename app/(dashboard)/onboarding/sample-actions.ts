"use server";
import { revalidatePath } from "next/cache";
import { after } from "next/server";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { loadSampleData, removeSampleData } from "@/lib/ingest/sample-data";

/** Starts loading; the page then shows how far it is. Somebody who pressed it twice, or at the same time, changes nothing. */
export async function loadSample(): Promise<void> {
  const ctx = await currentContext();
  const state = await attempt(() => loadSampleData(ctx));
  if (state.status === "done") after(() => state.value.finished);
  revalidatePath("/", "layout");
}

/** Takes all sample data away. */
export async function removeSample(): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => removeSampleData(ctx).then(() => null));
  revalidatePath("/", "layout");
  return state;
}
