"use server";
import { revalidatePath } from "next/cache";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { createApiKey, getApiKey, KeyInput, revokeApiKey, updateApiKey } from "@/lib/access/api-keys";
import { invalid } from "@/lib/errors";

const list = (form: FormData, name: string) =>
  String(form.get(name) ?? "")
    .split(/[\s,]+/)
    .filter((part) => part !== "");

/** What the form says, as the verbs want it; what is not in the form comes from `kept`. */
function termsOf(form: FormData, kept: object = {}) {
  const perSecond = String(form.get("eventsPerSecond") ?? "").trim();
  const expires = String(form.get("expires") ?? "").trim();
  const input = {
    ...kept,
    name: String(form.get("name") ?? ""),
    scopes: form.getAll("scopes").map(String),
    services: list(form, "services"),
    allowedNetworks: list(form, "allowedNetworks"),
    eventsPerSecond: perSecond === "" ? null : Number(perSecond),
    expiresAt: expires === "" ? null : `${expires}T23:59:59Z`,
  };
  const parsed = KeyInput.safeParse(input);
  if (parsed.success) return { ...parsed.data, expiresAt: parsed.data.expiresAt };
  throw invalid(
    "Something is to be mended.",
    parsed.error.issues.map((issue) => ({ pointer: `/${String(issue.path[0] ?? "name")}`, detail: issue.message })),
  );
}

/** Makes a key; the value is its secret, shown once. */
export async function makeKey(_: FormState<{ secret: string }>, form: FormData): Promise<FormState<{ secret: string }>> {
  const ctx = await currentContext();
  const state = await attempt(async () => ({ secret: (await createApiKey(ctx, termsOf(form))).secret }));
  revalidatePath("/keys");
  return state;
}

/** Changes what a key may do; limits that the form does not show stay. */
export async function changeKey(_: FormState<null>, form: FormData): Promise<FormState<null>> {
  const ctx = await currentContext();
  const id = String(form.get("id") ?? "");
  const state = await attempt(async () => {
    const { trustSourceIp, bytesPerSecond, burst, dailyQuota, certificate } = await getApiKey(ctx, { id });
    await updateApiKey(ctx, { id, ...termsOf(form, { trustSourceIp, bytesPerSecond, burst, dailyQuota, certificate }) });
    return null;
  });
  revalidatePath("/keys");
  return state;
}

/** Revokes a key for good. */
export async function revokeKey(id: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => revokeApiKey(ctx, { id }).then(() => null));
  revalidatePath("/keys");
  return state;
}
