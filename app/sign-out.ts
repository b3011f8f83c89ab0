"use server";
import { redirect } from "next/navigation";
import { contextOf, signOut as endSession } from "@/lib/access/sign-in";
import { signOut } from "./auth";
import { findSignedIn } from "./session";

/** Ends the session in the database first, then forgets the cookie. */
export async function leave(): Promise<void> {
  const found = await findSignedIn();
  if (found) await endSession(contextOf(found.user, new Date()), found.session.id);
  await signOut({ redirect: false });
  redirect("/sign-in");
}
