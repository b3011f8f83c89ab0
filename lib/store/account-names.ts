/** Names of accounts: written in detection's transaction, read where somebody asks for a person by mail address or name. */
import { z } from "zod";
import type { AccountName } from "@/lib/detection/account-names";
import { asJson, db, type Executor, execute, query, type Sql, sql, type Tx } from "./db";

const LENGTH_MOST = 320; // the longest mail address that an event may have: where people ask by name, all names must be here

/** The same small letters in every database; compared by the index's own collation, or the index could not be used. */
const lowered = (text: Sql): Sql => sql`lower(${text} collate "C") collate "default"`;

/** Remembers names that say more than the id itself; a known one costs a look, and a write a day (a conflict alone would lock its row, which is a write). */
export async function rememberAccountNames(
  tx: Tx,
  names: readonly AccountName[],
  { now, sample }: { now: Date; sample: boolean },
): Promise<void> {
  if (names.length === 0) return;
  await execute(
    tx,
    sql`insert into account_name as known (name, actor_id, seen_at, sample)
      select name, id, ${now}::timestamptz, ${sample}::boolean
      from (
        select distinct ${lowered(sql`name`)} as name, id from json_to_recordset(${asJson(names)}::json) as said(id text, name text)
        where ${lowered(sql`name`)} <> id and length(name) <= ${LENGTH_MOST} and length(id) <= ${LENGTH_MOST}
      ) said
      where not exists (
        select from account_name k
        where k.name = said.name and k.actor_id = said.id and k.seen_at >= ${now}::timestamptz - interval '1 day' and (${sample}::boolean or not k.sample)
        offset 0 -- each by its key: a join of so many would be planned as a walk over all names
      )
      order by 1, 2
      on conflict (name, actor_id) do update set seen_at = excluded.seen_at, sample = known.sample and excluded.sample
        where known.seen_at < excluded.seen_at - interval '1 day' or (known.sample and not excluded.sample)`,
  );
}

/** Ids of the accounts that go by a name or id, whatever its case; empty when nobody does. At most `limit`. */
export async function listAccountIds(name: string, { limit, on = db }: { limit: number; on?: Executor }): Promise<string[]> {
  const rows = await query(
    on,
    sql`select actor_id as id from account_name where name = ${lowered(sql`${name}::text`)}
      union select ${name}::text where exists (select from event where event.actor_id = ${name})
      order by 1 limit ${limit}`,
    z.object({ id: z.string() }),
  );
  return rows.map(({ id }) => id);
}

/** Forgets names that no event has said since. */
export const forgetAccountNames = (before: Date): Promise<number> => execute(db, sql`delete from account_name where seen_at < ${before}`);
