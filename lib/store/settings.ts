/** Settings that people change in the product, by name; each is JSON that its reader checks. */
import { z } from "zod";
import { db, type Executor, execute, queryOne, sql } from "./db";

/** The value of a setting, or null when nobody has set it. Throws when it is not what `schema` says. */
export async function findSetting<Value>(name: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const row = await queryOne(db, sql`select value from setting where name = ${name}`, z.object({ value: z.unknown() }));
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
