/** Suppressions: expiring exceptions, and how often each was used. */
import { z } from "zod";
import { db, type Executor, execute, query, queryOne, sql, type Tx } from "./db";

const SuppressionRow = z.object({
  id: z.string(),
  name: z.string(),
  /** One rule or detector; null: all of them. */
  ruleId: z.string().nullable(),
  query: z.string(),
  reason: z.string(),
  ownerId: z.string().nullable(),
  ownerName: z.string().nullable(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  hits: z.number(),
  lastHitAt: z.date().nullable(),
});
export type Suppression = z.infer<typeof SuppressionRow>;

const columns = sql`s.id, s.name, s.rule_id as "ruleId", s.query, s.reason, s.owner_id as "ownerId", u.name as "ownerName", s.created_at as "createdAt",
  s.expires_at as "expiresAt", s.ended_at as "endedAt", s.hits, s.last_hit_at as "lastHitAt"`;

/** Suppressions in force at a moment; at most 1,000. */
export const listActiveSuppressions = (now: Date, on: Executor = db): Promise<Suppression[]> =>
  query(
    on,
    sql`select ${columns} from suppression s left join "user" u on u.id = s.owner_id
        where s.ended_at is null and (s.expires_at is null or s.expires_at > ${now})
        order by s.created_at
        limit 1000`,
    SuppressionRow,
  );

/** The newest suppressions of a rule (null: of all), ended ones too; those that have not ended first. */
export const listSuppressionsOf = (ruleId: string | null, on: Executor = db): Promise<Suppression[]> =>
  query(
    on,
    sql`select ${columns} from suppression s left join "user" u on u.id = s.owner_id
        where ${ruleId}::text is null or s.rule_id = ${ruleId} or s.rule_id is null
        order by s.ended_at is null desc, s.created_at desc
        limit 200`,
    SuppressionRow,
  );

export const findSuppression = (id: string, on: Executor = db): Promise<Suppression | null> =>
  queryOne(on, sql`select ${columns} from suppression s left join "user" u on u.id = s.owner_id where s.id = ${id}::uuid`, SuppressionRow);

/** What a new suppression says. */
export type NewSuppression = Pick<Suppression, "id" | "name" | "ruleId" | "query" | "reason" | "ownerId" | "createdAt" | "expiresAt">;

export async function insertSuppression(tx: Tx, made: NewSuppression): Promise<void> {
  await execute(
    tx,
    sql`insert into suppression (id, name, rule_id, query, reason, owner_id, created_at, expires_at)
        values (${made.id}, ${made.name}, ${made.ruleId}, ${made.query}, ${made.reason}, ${made.ownerId}, ${made.createdAt}, ${made.expiresAt})`,
  );
}

/** Ends a suppression; false when it had ended already. */
export async function endSuppression(tx: Tx, id: string, now: Date): Promise<boolean> {
  return (
    (await execute(
      tx,
      sql`update suppression set ended_at = ${now} where id = ${id}::uuid and ended_at is null -- no-op if it has ended`,
    )) > 0
  );
}

/** Adds what a detection turn held back. */
export async function countSuppressed(tx: Tx, counts: ReadonlyMap<string, number>, now: Date): Promise<void> {
  for (const [id, hits] of counts) {
    await execute(tx, sql`update suppression set hits = hits + ${hits}, last_hit_at = ${now} where id = ${id}::uuid`);
    await execute(
      tx,
      sql`insert into suppression_hour as h (suppression_id, hour, hits) values (${id}::uuid, date_trunc('hour', ${now}::timestamptz, 'UTC'), ${hits})
          on conflict (suppression_id, hour) do update set hits = h.hits + excluded.hits`,
    );
  }
}

/** Tells one set of suppressions in force from another. */
export async function suppressionsRevision(now: Date, on: Executor = db): Promise<string> {
  const row = await queryOne(
    on,
    sql`select count(*) || '/' || coalesce(max(created_at)::text, '') as revision
        from suppression where ended_at is null and (expires_at is null or expires_at > ${now})`,
    z.object({ revision: z.string() }),
  );
  return row?.revision ?? "";
}
