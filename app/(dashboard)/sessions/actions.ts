"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { endSession, endSessionsOf, takeBackEnd } from "@/lib/incidents/end-sessions";

const Text = z.string().max(4096);

/** Runs one decision about sessions and shows the pages anew. */
async function decided<T>(work: (ctx: Awaited<ReturnType<typeof currentContext>>) => Promise<T>): Promise<FormState<T>> {
  const ctx = await currentContext();
  const state = await attempt(() => work(ctx));
  revalidatePath("/", "layout");
  return state;
}

export async function endOne(id: string, reason: string): Promise<FormState<number>> {
  return decided((ctx) => endSession(ctx, { id: Text.parse(id), reason: Text.parse(reason) }).then(() => 1));
}

export async function endAll(actor: string, reason: string): Promise<FormState<number>> {
  return decided((ctx) => endSessionsOf(ctx, { actor: Text.parse(actor), reason: Text.parse(reason) }));
}

export async function takeBack(id: string): Promise<FormState<null>> {
  return decided((ctx) => takeBackEnd(ctx, { id: Text.parse(id) }).then(() => null));
}
