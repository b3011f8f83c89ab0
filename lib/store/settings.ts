/** Settings that people change in the product, by name; each is JSON that its reader checks. */
import { z } from "zod";
import { db, type Executor, execute, query, queryOne, sql, type Tx } from "./db";

/** The value of a setting, or null when nobody has set it. Throws when it is not what `schema` says. */
export async function findSetting<Value>(name: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const row = await queryOne(db, sql`select value from setting where name = ${name}`, z.object({ value: z.unknown() }));
  return row === null ? null : schema.parse(row.value);
}

/** The same for a change in this transaction: nobody else changes it until the end. */
export async function lockSetting<Value>(tx: Tx, name: string, schema: z.ZodType<Value>): Promise<Value | null> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtext(${`setting ${name}`}))`);
  const row = await queryOne(tx, sql`select value from setting where name = ${name}`, z.object({ value: z.unknown() }));
  return row === null ? null : schema.parse(row.value);
}

/** Sets a setting. */
export async function saveSetting(
  on: Executor,
  { name, value, by, at }: { name: string; value: unknown; by: string | null; at: Date },
): Promise<void> {
  await execute(
    on,
    sql`
    insert into setting (name, value, updated_at, updated_by) values (${name}, ${JSON.stringify(value)}::json, ${at}, ${by})
    on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
  );
}

const SettingRow = z.object({ name: z.string(), value: z.unknown(), updatedAt: z.date(), updatedBy: z.string().nullable() });

/** The settings whose names begin so, by name; at most 500. */
export function listSettings(prefix: string): Promise<z.infer<typeof SettingRow>[]> {
  return query(
    db,
    sql`select name, value, updated_at as "updatedAt", updated_by as "updatedBy" from setting where starts_with(name, ${prefix}) order by name limit 500`,
    SettingRow,
  );
}

/** Forgets a setting; how many rows that were. */
export function removeSetting(on: Executor, name: string): Promise<number> {
  return execute(on, sql`delete from setting where name = ${name} -- no-op if it was not set`);
}
