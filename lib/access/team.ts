/** The people of the installation: who is in, and what they may do. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { conflict, notFound } from "@/lib/errors";
import { readInput } from "@/lib/input";
import { type Context, Role, type User } from "@/lib/model/user";
import { type AuditEntry, type AuditFilter, listAuditEntries, recordAudit } from "@/lib/store/audit";
import { endSessions } from "@/lib/store/dashboard-sessions";
import { inTransaction, type Tx } from "@/lib/store/db";
import { countActiveAdministrators, findUser, insertUser, listUsers, saveDisabled, savePassword, saveRole } from "@/lib/store/users";
import { hashPassword, oneTimePassword } from "./passwords";
import { requirePermission } from "./require-permission";

/** Everybody, at most 500. */
export async function listTeam(ctx: Context): Promise<User[]> {
  requirePermission(ctx, "user:read");
  return listUsers(500);
}

const Invite = z.object({
  email: z.email("Write an e-mail address.").max(320),
  name: z.string().trim().min(1, "Say the person's name.").max(120),
  role: Role,
});

/** Adds a person and says their one-time password, this once; they choose their own at first sign-in. */
export async function inviteUser(ctx: Context, input: z.input<typeof Invite>): Promise<{ userId: string; password: string }> {
  requirePermission(ctx, "user:write");
  const { email, name, role } = readInput(Invite, input, "Something is missing.");
  const userId = randomUUID();
  const password = oneTimePassword();
  const passwordHash = await hashPassword(password);
  await inTransaction(async (tx) => {
    if (!(await insertUser(tx, { id: userId, email, name, role, passwordHash, createdAt: ctx.now })))
      throw conflict("A person with that address is already in the team.");
    await recordAudit(tx, ctx, "user.create", { target: { type: "user", id: userId }, after: { email: email.toLowerCase(), name, role } });
  });
  return { userId, password };
}

async function getUser(tx: Tx, id: string): Promise<User> {
  const user = z.uuid().safeParse(id).success ? await findUser(tx, id) : null;
  if (!user) throw notFound("This person is not in the team.");
  return user;
}

/** Somebody must be able to administer: the last one can neither step down nor be locked out. */
async function keepAnAdministrator(tx: Tx, user: User): Promise<void> {
  if (user.role !== "admin" || user.disabledAt) return;
  if ((await countActiveAdministrators(tx)) <= 1) throw conflict(`${user.name} is the only administrator. Make somebody else one first.`);
}

/** Gives a person another role; it holds from their next request on. */
export async function changeRole(ctx: Context, input: { userId: string; role: Role }): Promise<void> {
  requirePermission(ctx, "user:write");
  const role = Role.parse(input.role);
  await inTransaction(async (tx) => {
    const user = await getUser(tx, input.userId);
    if (user.role === role) return;
    await keepAnAdministrator(tx, user);
    await saveRole(tx, user.id, role);
    await recordAudit(tx, ctx, "user.change_role", { target: { type: "user", id: user.id }, before: { role: user.role }, after: { role } });
  });
}

/** Locks a person out (and ends their sessions), or lets them in again. */
export async function setDisabled(ctx: Context, input: { userId: string; disabled: boolean }): Promise<void> {
  requirePermission(ctx, "user:write");
  await inTransaction(async (tx) => {
    const user = await getUser(tx, input.userId);
    if (Boolean(user.disabledAt) === input.disabled) return;
    if (input.disabled) await keepAnAdministrator(tx, user);
    await saveDisabled(tx, user.id, input.disabled ? ctx.now : null);
    if (input.disabled) await endSessions(tx, { userId: user.id, at: ctx.now });
    await recordAudit(tx, ctx, input.disabled ? "user.disable" : "user.enable", { target: { type: "user", id: user.id } });
  });
}

/** Gives a person a new one-time password, said this once; their sessions end. */
export async function resetPassword(ctx: Context, input: { userId: string }): Promise<{ password: string }> {
  requirePermission(ctx, "user:write");
  const password = oneTimePassword();
  const hash = await hashPassword(password);
  await inTransaction(async (tx) => {
    const user = await getUser(tx, input.userId);
    await savePassword(tx, { userId: user.id, hash, mustChange: true, at: ctx.now });
    await endSessions(tx, { userId: user.id, at: ctx.now });
    await recordAudit(tx, ctx, "user.reset_password", { target: { type: "user", id: user.id } });
  });
  return { password };
}

/** The audit trail, newest first, at most 200 a page. */
export async function listAudit(ctx: Context, filter: Omit<AuditFilter, "limit"> & { limit?: number }): Promise<AuditEntry[]> {
  requirePermission(ctx, "audit:read");
  return listAuditEntries({ ...filter, limit: Math.min(filter.limit ?? 100, 200) });
}
