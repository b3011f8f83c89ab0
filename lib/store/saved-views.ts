/** Named filters of lists. */
import { z } from "zod";
import type { SavedPage, SavedView, SavedViewInput } from "@/lib/model/saved-view";
import { type Executor, execute, query, queryOne, sql, type Tx } from "./db";

const Row = z.object({
  id: z.string(),
  name: z.string(),
  query: z.string(),
  shared: z.boolean(),
  own: z.boolean(),
  owner: z.string(),
});

/** A person's own views of a page, then those that others share; each by name, 200 at most. */
export function listSavedViews(on: Executor, { page, userId }: { page: SavedPage; userId: string }): Promise<SavedView[]> {
  return query(
    on,
    sql`select v.id, v.name, v.query, v.shared, v.owner_id = ${userId} as own, coalesce(u.name, 'somebody who left') as owner
        from saved_view v left join "user" u on u.id = v.owner_id
        where v.page = ${page} and (v.owner_id = ${userId} or v.shared) order by (v.owner_id <> ${userId}), lower(v.name), v.id limit 200`,
    Row,
  );
}

const Kept = z.object({ id: z.string(), ownerId: z.string(), page: z.string(), name: z.string(), query: z.string(), shared: z.boolean() });

/** One view, locked. */
export const findSavedView = (tx: Tx, id: string) =>
  queryOne(tx, sql`select id, owner_id as "ownerId", page, name, query, shared from saved_view where id = ${id} for update`, Kept);

/** How many views a person keeps. */
export async function countSavedViews(tx: Tx, userId: string): Promise<number> {
  return (await queryOne(tx, sql`select count(*) as n from saved_view where owner_id = ${userId}`, z.object({ n: z.number() })))?.n ?? 0;
}

/** Keeps a view; one of the same person, page and name is replaced. */
export async function saveView(
  tx: Tx,
  input: SavedViewInput,
  { id, userId, now }: { id: string; userId: string; now: Date },
): Promise<void> {
  await execute(tx, sql`delete from saved_view where owner_id = ${userId} and page = ${input.page} and lower(name) = lower(${input.name})`);
  await execute(
    tx,
    sql`insert into saved_view (id, owner_id, shared, page, name, query, created_at)
        values (${id}, ${userId}, ${input.shared}, ${input.page}, ${input.name}, ${input.query}, ${now})`,
  );
}

export async function removeSavedView(tx: Tx, id: string): Promise<void> {
  await execute(tx, sql`delete from saved_view where id = ${id}`);
}
