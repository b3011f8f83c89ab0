/** Who is looking at this page, or pressed this button. Every page and every action begins here; a layout alone guards nothing. */
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { contextOf, type SignedIn } from "@/lib/access/sign-in";
import type { Context } from "@/lib/model/user";
import { saysDatabaseAway } from "@/lib/store/up";
import { auth, liveSession } from "./auth";
import { clientAddress } from "./client-address";
import { DATABASE_AWAY } from "./database-away";
import { ownPath } from "./own-path";

/** The signed-in person and their session row, both good right now; null for strangers. */
export async function findSignedIn(): Promise<SignedIn | null> {
  const session = await auth();
  if (!session?.sid) return null;
  const found = await liveSession(session.sid).catch((error: unknown) => {
    throw saysDatabaseAway(error)
      ? Object.assign(new Error("the database is out of reach"), { cause: error, digest: DATABASE_AWAY })
      : error;
  });
  return found?.user.id === session.sub ? found : null;
}

/** The signed-in person. Strangers go to sign-in and come back; who still has a one-time password chooses a new one first. */
export async function requireSignedIn(): Promise<SignedIn> {
  const found = await findSignedIn();
  if (!found) {
    const here = ownPath((await headers()).get("x-address"));
    redirect(here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`);
  }
  if (found.user.mustChangePassword) redirect("/choose-password");
  return found;
}

/** The context that verbs want, for the signed-in person. */
export async function currentContext(): Promise<Context> {
  const { user } = await requireSignedIn();
  return contextOf(user, new Date(), await clientAddress());
}
