"use server";
import { revalidatePath } from "next/cache";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { changeRole, inviteUser, resetPassword, setDisabled } from "@/lib/access/team";
import { Role } from "@/lib/model/user";

/** Adds a person; the value is their one-time password, shown once. */
export async function invite(
  _: FormState<{ password: string; email: string }>,
  form: FormData,
): Promise<FormState<{ password: string; email: string }>> {
  const ctx = await currentContext();
  const text = (name: string) => String(form.get(name) ?? "");
  const role = Role.safeParse(text("role"));
  const state = await attempt(async () => {
    const { password } = await inviteUser(ctx, { email: text("email"), name: text("name"), role: role.success ? role.data : "viewer" });
    return { password, email: text("email") };
  });
  revalidatePath("/team");
  return state;
}

export async function giveRole(userId: string, role: Role): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => changeRole(ctx, { userId, role }).then(() => null));
  revalidatePath("/team");
  return state;
}

export async function lockOut(userId: string, disabled: boolean): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(async () => setDisabled(ctx, { userId, disabled }).then(() => null));
  revalidatePath("/team");
  return state;
}

/** Gives a person a new one-time password, shown once. */
export async function giveNewPassword(userId: string): Promise<FormState<{ password: string }>> {
  const ctx = await currentContext();
  const state = await attempt(() => resetPassword(ctx, { userId }));
  revalidatePath("/team");
  return state;
}
