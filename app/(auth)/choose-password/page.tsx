import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { findSignedIn } from "@/app/session";
import styles from "@/app/(auth)/auth.module.css";
import { ChoosePasswordForm } from "./choose-password-form";

export const metadata: Metadata = { title: "Choose a password" };

export default async function ChoosePasswordPage() {
  const found = await findSignedIn();
  if (!found) redirect("/sign-in");
  if (!found.user.mustChangePassword) redirect("/account");
  const first = found.user.email.endsWith("@localhost");
  return (
    <>
      <header className={styles.head}>
        <h1>{first ? "Make this account yours" : `Welcome, ${found.user.name}`}</h1>
        <p className="muted">The password you came with works only this once.</p>
      </header>
      <ChoosePasswordForm askIdentity={first} email={first ? "" : found.user.email} />
    </>
  );
}
