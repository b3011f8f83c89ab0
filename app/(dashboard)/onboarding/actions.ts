"use server";
import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { createApiKey } from "@/lib/access/api-keys";
import { finishOnboarding } from "@/lib/access/onboarding";
import { invalid } from "@/lib/errors";
import { sendTestAttack } from "@/lib/ingest/test-attack";

/** Makes a key that may only send, and only for the named service. Its secret is in the answer, this once. */
export async function nameService(_: FormState<{ secret: string }>, form: FormData): Promise<FormState<{ secret: string }>> {
  const ctx = await currentContext();
  const service = String(form.get("service") ?? "").trim();
  const state = await attempt(async () => {
    if (service === "" || service.length > 100) throw invalid("Name the service with up to 100 characters.");
    const { secret } = await createApiKey(ctx, { name: service, scopes: ["ingest"], services: [service] });
    return { secret };
  });
  revalidatePath("/onboarding");
  return state;
}

/** Sends the test attack. */
export async function attackMyself(): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => sendTestAttack(ctx).then(() => null));
  revalidatePath("/onboarding");
  return state;
}

/** Leaves the first run: the overview no longer leads here by itself. */
export async function finishLater(): Promise<void> {
  await finishOnboarding(await currentContext());
  redirect("/");
}
