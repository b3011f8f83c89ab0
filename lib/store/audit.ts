/** The audit trail of the dashboard: who changed what, appended in the transaction of the change. Never updated, never deleted by the product. */
import { z } from "zod";
import type { Context } from "@/lib/model/user";
import { db, execute, type Executor, query, sql } from "./db";

/** What an entry says beyond who and when. `before` and `after` hold only what changed, never a secret. */
export interface AuditFacts {
  target?: { type: string; id: string };
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  reason?: string;
  result?: "success" | "failure";
  /** Where a request came from whose actor is nobody we know. */
  ip?: string;
}

/** Appends an entry in the transaction of the change it speaks of. `action` is `<thing>.<verb>`, for example `rule.update`. */
export async function recordAudit(tx: Executor, ctx: Context, action: string, facts: AuditFacts = {}): Promise<void> {
  const { actor, now } = ctx;
  const id = actor.type === "system" ? null : actor.id;
  const ip = facts.ip ?? (actor.type === "system" ? null : (actor.ip ?? null));
  const { target, before, after, reason, result = "success" } = facts;
  await execute(
    tx,
    sql`insert into audit_entry (at, actor_type, actor_id, actor_name, action, target_type, target_id, result, ip, reason, before, after)
        values (${now}, ${actor.type}, ${id}, ${actor.name}, ${action}, ${target?.type ?? null}, ${target?.id ?? null}, ${result}, ${ip},
                ${reason ?? null}, ${before ? JSON.stringify(before) : null}, ${after ? JSON.stringify(after) : null})`,
  );
}

const Changes = z.record(z.string(), z.unknown()).nullable();

const AuditRow = z.object({
  id: z.number(),
  at: z.date(),
  actor_type: z.string(),
  actor_id: z.string().nullable(),
  actor_name: z.string(),
  action: z.string(),
  target_type: z.string().nullable(),
  target_id: z.string().nullable(),
  result: z.string(),
  ip: z.string().nullable(),
  reason: z.string().nullable(),
  before: Changes,
  after: Changes,
});

/** One line of the trail. */
export type AuditEntry = z.infer<typeof AuditRow>;

/** Which entries to list. `action` matches the whole action or the part before the dot; `before` is the id of the last entry already seen. */
export interface AuditFilter {
  actorId?: string;
  action?: string;
  target?: { type: string; id: string };
  before?: number;
  limit: number;
}

/** Entries, newest first. */
export async function listAuditEntries(filter: AuditFilter): Promise<AuditEntry[]> {
  const { actorId = null, action = null, target, before = null, limit } = filter;
  return query(
    db,
    sql`select id, at, actor_type, actor_id, actor_name, action, target_type, target_id, result, host(ip) as ip, reason, before, after
        from audit_entry
        where (${actorId}::text is null or actor_id = ${actorId})
          and (${action}::text is null or action = ${action} or split_part(action, '.', 1) = ${action})
          and (${target?.type ?? null}::text is null or (target_type = ${target?.type ?? null} and target_id = ${target?.id ?? null}))
          and (${before}::bigint is null or id < ${before})
        order by id desc
        limit ${limit}`,
    AuditRow,
  );
}
