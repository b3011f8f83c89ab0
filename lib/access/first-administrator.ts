/** The way into an empty installation. */
import { randomUUID } from "node:crypto";
import { recordAudit } from "@/lib/store/audit";
import { execute, inTransaction, sql } from "@/lib/store/db";
import { countUsers, insertUser } from "@/lib/store/users";
import { hashPassword, oneTimePassword } from "./passwords";

/** Whom the first administrator signs in as, until they say their own address. */
const FIRST_EMAIL = "admin@localhost";

/**
 * Makes the first administrator when there is nobody yet, and says the one-time password: this once, it is stored only as a hash. Null when people exist.
 * Two machines that start at once make one.
 */
export async function ensureFirstAdministrator(now: Date): Promise<{ email: string; password: string } | null> {
  return inTransaction(async (tx) => {
    await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette first administrator'))`);
    if ((await countUsers(tx)) > 0) return null;
    const password = oneTimePassword();
    const id = randomUUID();
    await insertUser(tx, {
      id,
      email: FIRST_EMAIL,
      name: "Administrator",
      role: "admin",
      passwordHash: await hashPassword(password),
      createdAt: now,
    });
    await recordAudit(tx, { actor: { type: "system", name: "first start" }, now }, "user.create", {
      target: { type: "user", id },
      after: { email: FIRST_EMAIL, role: "admin" },
    });
    return { email: FIRST_EMAIL, password };
  });
}
