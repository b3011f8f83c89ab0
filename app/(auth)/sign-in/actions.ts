"use server";
import { CredentialsSignin } from "next-auth";
import { redirect } from "next/navigation";
import { signIn } from "@/app/auth";
import { ownPath } from "@/app/own-path";
import { formatSpan } from "@/lib/model/format";

/** What the form shows after a refused try; the address stays in its field. */
export interface SignInState {
  message?: string;
  email?: string;
}

const words = (why: string): string => {
  if (why === "away") return "The database is out of reach. Try again in a moment.";
  if (why === "missing") return "Write your address and your password.";
  if (why.startsWith("wait ")) return `Too many tries. Wait ${formatSpan(Number(why.slice(5)) * 1000)}, then try again.`;
  return "Address or password are not right.";
};

/** Tries to sign in, and goes where the person wanted to go. */
export async function signInWithPassword(_: SignInState, form: FormData): Promise<SignInState> {
  const email = String(form.get("email") ?? "");
  const refused = await signIn("credentials", { email, password: String(form.get("password") ?? ""), redirect: false }).then(
    () => null,
    (error: unknown) => {
      if (error instanceof CredentialsSignin) return { message: words(error.code), email };
      throw error;
    },
  );
  if (refused) return refused;
  redirect(ownPath(String(form.get("next") ?? "/")));
}
