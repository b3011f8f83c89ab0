import { expect, it } from "vitest";
import { tail } from "@/app/api/dashboard/events/live/tail";
import { ensureFirstAdministrator } from "@/lib/access/first-administrator";
import { contextOf, isStillIn, signIn, signOut, whoIs } from "@/lib/access/sign-in";
import { EVERYTHING } from "@/lib/query/ast";
import { useDatabase } from "@/test/support/database";

useDatabase();

it("ends with the sign-in of whoever watches", async () => {
  const now = new Date();
  const made = await ensureFirstAdministrator(now);
  const entered = made && (await signIn({ ...made, address: "198.51.100.1" }, now));
  const found = entered && (await whoIs(entered.sessionId, now));
  if (!found) throw new Error("the one-time password must let the administrator in");
  const { id } = found.session;
  const { signal } = new AbortController();
  const lines = tail(EVERYTHING, { batchId: 0, since: 0, signal, stillIn: () => isStillIn(id, new Date()) }).getReader();
  const next = async () => (await lines.read()).value?.toString();
  expect(await next()).toBeDefined();
  expect(await next()).toBeDefined();
  await signOut(contextOf(found.user, now), id);
  while (await next()); // what was made before the sign-out
  expect((await lines.read()).done).toBe(true);
});
