"use server";
import { revalidatePath } from "next/cache";
import { attempt, type FormState } from "@/app/attempt";
import { clientAddress } from "@/app/client-address";
import { currentContext, requireSignedIn } from "@/app/session";
import { changePassword, endOwnSessions, updateProfile } from "@/lib/access/account";
import { contextOf } from "@/lib/access/sign-in";

export async function saveProfile(_: FormState<null>, form: FormData): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () =>
    updateProfile(ctx, { name: String(form.get("name") ?? ""), email: String(form.get("email") ?? "") }).then(() => null),
  );
  revalidatePath("/account");
  return state;
}

export async function saveNewPassword(_: FormState<null>, form: FormData): Promise<FormState<null>> {
  const { user, session } = await requireSignedIn();
  const ctx = contextOf(user, new Date(), await clientAddress());
  const state = await attempt(async () =>
    changePassword(ctx, { current: String(form.get("current") ?? ""), next: String(form.get("next") ?? ""), sessionId: session.id }).then(
      () => null,
    ),
  );
  revalidatePath("/account");
  return state;
}

/** Ends one other session, or all others; how many. */
export async function endSessions(only?: string): Promise<FormState<number>> {
  const { user, session } = await requireSignedIn();
  const ctx = contextOf(user, new Date(), await clientAddress());
  const state = await attempt(() => endOwnSessions(ctx, only && only !== session.id ? { only } : { except: session.id }));
  revalidatePath("/account");
  return state;
}
