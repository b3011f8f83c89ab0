"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { removeOwnExit, writeOwnExit } from "@/lib/access/own-exits";

const Id = z.uuid();

export async function saveOwnExitAction(id: string | null, exit: { name: string; network: string }): Promise<FormState<null>> {
  const ctx = await currentContext();
  const { name, network } = z.object({ name: z.string(), network: z.string() }).parse(exit);
  const state = await attempt(() => writeOwnExit(ctx, { id: id === null ? null : Id.parse(id), name, network }).then(() => null));
  revalidatePath("/own-exits");
  return state;
}

export async function removeOwnExitAction(id: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => removeOwnExit(ctx, { id: Id.parse(id) }).then(() => null));
  revalidatePath("/own-exits");
  return state;
}
