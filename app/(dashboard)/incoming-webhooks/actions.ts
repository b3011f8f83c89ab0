"use server";
import { revalidatePath } from "next/cache";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { removeWebhookMapping, saveWebhookMapping, showWebhookSecret, tryWebhookMapping } from "@/lib/ingest/webhook-mappings";

/** What a pasted sample becomes, ready to be shown: JSON as text, and what each event would be refused for. */
export interface Tried {
  event: string;
  problems: string[];
}

export async function tryMapping(yaml: string, sample: string): Promise<FormState<Tried[]>> {
  const ctx = await currentContext();
  return attempt(async () => {
    const mapped = await tryWebhookMapping(ctx, { yaml, sample });
    return mapped.map(({ event, problems }) => ({
      event: JSON.stringify(event, null, 2),
      problems: problems.map(({ pointer, detail }) => `${pointer ?? ""} ${detail}`.trim()),
    }));
  });
}

export async function saveMapping(name: string, yaml: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => saveWebhookMapping(ctx, { name, yaml }).then(() => null));
  revalidatePath("/incoming-webhooks");
  return state;
}

export async function removeMapping(name: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => removeWebhookMapping(ctx, { name }).then(() => null));
  revalidatePath("/incoming-webhooks");
  return state;
}

export async function showSecret(keyId: string): Promise<FormState<{ secret: string }>> {
  const ctx = await currentContext();
  return attempt(async () => ({ secret: await showWebhookSecret(ctx, { keyId }) }));
}
