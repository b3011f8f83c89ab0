/** The way into an empty installation. */
import { randomUUID } from "node:crypto";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { countUsers, findUserByEmail, insertUser, lockFirstAdministrator, savePassword } from "@/lib/store/users";
import { hashPassword, oneTimePassword } from "./passwords";

/** Whom the first administrator signs in as, until they say their own address. */
const FIRST_EMAIL = "admin@localhost";

/**
 * Makes the first administrator when there is nobody yet, and says the one-time password: it is stored only as a hash. Said anew, with a new password, at
 * each start until somebody has come in with it: a first start that failed half-way, or a closed terminal, locks nobody out. Null from then on.
 * Two machines that start at once make one.
 */
export async function ensureFirstAdministrator(now: Date): Promise<{ email: string; password: string } | null> {
  return inTransaction(async (tx) => {
    await lockFirstAdministrator(tx);
    const waiting = await findUserByEmail(tx, FIRST_EMAIL);
    if (waiting ? waiting.lastSeenAt !== null : (await countUsers(tx)) > 0) return null;
    const password = oneTimePassword();
    const hash = await hashPassword(password);
    const ctx: Context = { actor: { type: "system", name: "first start" }, now };
    if (waiting) {
      await savePassword(tx, { userId: waiting.id, hash, mustChange: true, at: now });
      await recordAudit(tx, ctx, "user.reset_password", { target: { type: "user", id: waiting.id } });
    } else {
      const id = randomUUID();
      await insertUser(tx, { id, email: FIRST_EMAIL, name: "Administrator", role: "admin", passwordHash: hash, createdAt: now });
      await recordAudit(tx, ctx, "user.create", { target: { type: "user", id }, after: { email: FIRST_EMAIL, role: "admin" } });
    }
    return { email: FIRST_EMAIL, password };
  });
}
