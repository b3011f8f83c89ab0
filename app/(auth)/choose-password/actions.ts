"use server";
import { redirect } from "next/navigation";
import { attempt, type FormState } from "@/app/attempt";
import { clientAddress } from "@/app/client-address";
import { findSignedIn } from "@/app/session";
import { replaceOneTimePassword, updateProfile } from "@/lib/access/account";
import { contextOf } from "@/lib/access/sign-in";

/** Replaces the one-time password; the first administrator also says who they are. */
export async function choosePassword(_: FormState<null>, form: FormData): Promise<FormState<null>> {
  const found = await findSignedIn();
  if (!found) redirect("/sign-in");
  const ctx = contextOf(found.user, new Date(), await clientAddress());
  const text = (name: string) => String(form.get(name) ?? "");
  const state = await attempt(async () => {
    if (form.has("email")) await updateProfile(ctx, { name: text("name"), email: text("email") });
    await replaceOneTimePassword(ctx, { next: text("next"), sessionId: found.session.id });
    return null;
  });
  if (state.status === "done") redirect("/");
  return state;
}
