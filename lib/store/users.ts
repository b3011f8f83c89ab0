/** People of the dashboard, their sign-ins, and the counters that slow down guessing. */
import { z } from "zod";
import { Role, type User } from "@/lib/model/user";
import { db, execute, type Executor, query, queryOne, type Sql, sql, type Tx } from "./db";

const UserRow = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: Role,
    must_change_password: z.boolean(),
    time_zone: z.string(),
    preferences: z.record(z.string(), z.unknown()),
    created_at: z.date(),
    disabled_at: z.date().nullable(),
    last_seen_at: z.date().nullable(),
  })
  .transform(
    (row): User => ({
      id: row.id,
      email: row.email,
      name: row.name,
      role: row.role,
      mustChangePassword: row.must_change_password,
      timeZone: row.time_zone,
      preferences: row.preferences,
      createdAt: row.created_at,
      disabledAt: row.disabled_at,
      lastSeenAt: row.last_seen_at,
    }),
  );

const users = (where: Sql): Sql => sql`
  select u.id, u.email, u.name, u.role, u.must_change_password, u.time_zone, u.preferences, u.created_at, u.disabled_at,
         (select max(s.seen_at) from dashboard_session s where s.user_id = u.id) as last_seen_at
  from "user" u ${where}`;

export const findUser = (on: Executor, id: string): Promise<User | null> => queryOne(on, users(sql`where u.id = ${id}`), UserRow);

/** Addresses are compared without case: they are stored in lower case. */
export const findUserByEmail = (on: Executor, email: string): Promise<User | null> =>
  queryOne(on, users(sql`where u.email = ${email.toLowerCase()}`), UserRow);

/** All people, those who may sign in first, then by name. An installation is one organisation: a few hundred at most. */
export const listUsers = (limit: number): Promise<User[]> =>
  query(db, users(sql`order by u.disabled_at is not null, lower(u.name), u.id limit ${limit}`), UserRow);

const CalledRow = z.object({ id: z.string(), name: z.string(), local: z.string(), first: z.string() });

/** People who can sign in and are called so: by the part of their address before the @ (`local`) or their first name, in lower case; 100 at most. */
export const listUsersCalled = (on: Executor, names: readonly string[]): Promise<z.infer<typeof CalledRow>[]> =>
  query(
    on,
    sql`select id, name, lower(split_part(email, '@', 1)) as local, lower(split_part(name, ' ', 1)) as first from "user"
        where disabled_at is null and (lower(split_part(email, '@', 1)) = any(${names}) or lower(split_part(name, ' ', 1)) = any(${names}))
        order by id limit 100`,
    CalledRow,
  );

/** Lets one transaction at a time look whether there is an administrator, and make the first. */
export async function lockFirstAdministrator(tx: Tx): Promise<void> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette.first_administrator'))`);
}

export async function countUsers(on: Executor): Promise<number> {
  const found = await queryOne(on, sql`select count(*) as users from "user"`, z.object({ users: z.number() }));
  return found?.users ?? 0;
}

/** How many people can administer. Locks their rows, so that two who demote each other at once cannot leave nobody. */
export async function countActiveAdministrators(tx: Executor): Promise<number> {
  const rows = await query(
    tx,
    sql`select id from "user" where role = 'admin' and disabled_at is null order by id for update`,
    z.object({ id: z.string() }),
  );
  return rows.length;
}

export interface NewUser {
  id: string;
  email: string;
  name: string;
  role: Role;
  passwordHash: string;
  createdAt: Date;
}

/** Adds a person who must choose a password at first sign-in; false when the address is taken. */
export async function insertUser(tx: Executor, user: NewUser): Promise<boolean> {
  const added = await execute(
    tx,
    sql`insert into "user" (id, email, name, role, password_hash, must_change_password, created_at)
        values (${user.id}, ${user.email.toLowerCase()}, ${user.name}, ${user.role}, ${user.passwordHash}, true, ${user.createdAt})
        on conflict (email) do nothing -- no-op if the address is taken`,
  );
  return added === 1;
}

/** The stored hash, apart from the person: it goes nowhere but into verification. */
export async function findPasswordHash(on: Executor, userId: string): Promise<string | null> {
  const found = await queryOne(
    on,
    sql`select password_hash from "user" where id = ${userId}`,
    z.object({ password_hash: z.string().nullable() }),
  );
  return found?.password_hash ?? null;
}

export async function savePassword(tx: Executor, input: { userId: string; hash: string; mustChange: boolean; at: Date }): Promise<void> {
  await execute(
    tx,
    sql`update "user" set password_hash = ${input.hash}, must_change_password = ${input.mustChange}, password_changed_at = ${input.at}
        where id = ${input.userId}`,
  );
}

export async function saveRole(tx: Executor, userId: string, role: Role): Promise<void> {
  await execute(tx, sql`update "user" set role = ${role} where id = ${userId}`);
}

export async function saveDisabled(tx: Executor, userId: string, at: Date | null): Promise<void> {
  await execute(tx, sql`update "user" set disabled_at = ${at} where id = ${userId}`);
}

/** Name and address; false when another person has that address. */
export async function saveProfile(tx: Executor, input: { userId: string; name: string; email: string }): Promise<boolean> {
  const saved = await execute(
    tx,
    sql`update "user" set name = ${input.name}, email = ${input.email.toLowerCase()}
        where id = ${input.userId}
          and not exists (select 1 from "user" o where o.email = ${input.email.toLowerCase()} and o.id <> ${input.userId}) -- no-op if taken`,
  );
  return saved === 1;
}

/** How a person likes to look at the product. Parts that are not named stay. */
export async function savePreferences(
  tx: Executor,
  input: { userId: string; timeZone?: string; preferences: Record<string, unknown> },
): Promise<void> {
  await execute(
    tx,
    sql`update "user" set time_zone = coalesce(${input.timeZone ?? null}, time_zone),
               preferences = (preferences::jsonb || ${JSON.stringify(input.preferences)}::jsonb)::json
        where id = ${input.userId}`,
  );
}
