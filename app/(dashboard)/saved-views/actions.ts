"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { dropView, keepView } from "@/lib/access/saved-views";
import { SavedPage, savedPages } from "@/lib/model/saved-view";

export async function keepViewAction(input: { page: string; name: string; query: string; shared: boolean }): Promise<FormState<string>> {
  const ctx = await currentContext();
  const state = await attempt(() => keepView(ctx, input));
  revalidatePath(savedPages[SavedPage.parse(input.page)].path);
  return state;
}

export async function dropViewAction(page: string, id: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => dropView(ctx, { id: z.uuid().parse(id) }).then(() => null));
  revalidatePath(savedPages[SavedPage.parse(page)].path);
  return state;
}
