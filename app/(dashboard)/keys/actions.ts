"use server";
import { revalidatePath } from "next/cache";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { createApiKey, KeyInput, revokeApiKey, rotateApiKey, updateApiKey } from "@/lib/access/api-keys";
import { invalid } from "@/lib/errors";

const list = (form: FormData, name: string) =>
  String(form.get(name) ?? "")
    .split(/[\s,]+/)
    .filter((part) => part !== "");

const number = (form: FormData, name: string): number | null => {
  const written = String(form.get(name) ?? "").trim();
  return written === "" ? null : Number(written);
};

/** What the form says, as the verbs want it. */
function termsOf(form: FormData) {
  const expires = String(form.get("expires") ?? "").trim();
  const certificate = String(form.get("certificate") ?? "").trim();
  const input = {
    name: String(form.get("name") ?? ""),
    scopes: form.getAll("scopes").map(String),
    services: list(form, "services"),
    allowedNetworks: list(form, "allowedNetworks"),
    eventsPerSecond: number(form, "eventsPerSecond"),
    bytesPerSecond: number(form, "bytesPerSecond"),
    burst: number(form, "burst"),
    dailyQuota: number(form, "dailyQuota"),
    certificate: certificate === "" ? null : certificate,
    trustSourceIp: form.get("trustSourceIp") !== null,
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

/** Changes what a key may do. */
export async function changeKey(_: FormState<null>, form: FormData): Promise<FormState<null>> {
  const ctx = await currentContext();
  const id = String(form.get("id") ?? "");
  const state = await attempt(async () => updateApiKey(ctx, { id, ...termsOf(form) }).then(() => null));
  revalidatePath("/keys");
  return state;
}

/** Gives a key a new secret, shown once. */
export async function rotateKey(id: string, overlapHours: number): Promise<FormState<{ secret: string }>> {
  const ctx = await currentContext();
  const state = await attempt(async () => ({ secret: (await rotateApiKey(ctx, { id, overlapHours })).secret }));
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
