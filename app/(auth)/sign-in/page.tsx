import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { ownPath } from "@/app/own-path";
import { findSignedIn } from "@/app/session";
import styles from "@/app/(auth)/auth.module.css";
import { SignInForm } from "./sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: unknown }> }) {
  const next = ownPath((await searchParams).next);
  if (await findSignedIn()) redirect(next);
  return (
    <>
      <header className={styles.head}>
        <h1>Sign in</h1>
        {next !== "/" && <p className="muted">You will come back to the page you asked for.</p>}
      </header>
      <SignInForm next={next} />
      <p className={styles.note}>First start? The address and a one-time password stand in the terminal where Vedette was started.</p>
    </>
  );
}
