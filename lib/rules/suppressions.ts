/** Exceptions: events that match a query are not shown to a rule (or to any), for a time, with a reason and an owner. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import type { Suppressor } from "@/lib/detection/evaluate";
import { invalid, notFound } from "@/lib/errors";
import { readInput } from "@/lib/input";
import type { Context } from "@/lib/model/user";
import type { Query } from "@/lib/query/ast";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { compilePredicate } from "@/lib/query/predicate";
import { QueryError } from "@/lib/query/query-error";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import {
  endSuppression,
  findSuppression,
  insertSuppression,
  listActiveSuppressions,
  listSuppressionsOf,
  type Suppression,
} from "@/lib/store/suppressions";

const NewSuppression = z.object({
  ruleId: z.string().max(256).nullable(),
  query: z.string().trim().min(1, "Say which events are meant.").max(2_000),
  reason: z.string().trim().min(3, "Say why; whoever finds it later wants to know.").max(500),
  days: z.coerce.number().int().min(1).max(365),
});

/** Adds a suppression. It holds from the next detection turn on and never reaches back. */
export async function addSuppression(ctx: Context, input: z.input<typeof NewSuppression>): Promise<string> {
  requirePermission(ctx, "suppression:write");
  const { ruleId, query, reason, days } = readInput(NewSuppression, input, "Something is missing.");
  readSuppressionQuery(query);
  const id = randomUUID();
  const expiresAt = new Date(ctx.now.getTime() + days * 86_400_000);
  const ownerId = ctx.actor.type === "user" ? ctx.actor.id : null;
  await inTransaction(async (tx) => {
    await insertSuppression(tx, { id, name: query.slice(0, 200), ruleId, query, reason, ownerId, createdAt: ctx.now, expiresAt });
    await recordAudit(tx, ctx, "suppression.create", { target: { type: "suppression", id }, after: { ruleId, query, expiresAt }, reason });
  });
  return id;
}

/** Reads the query of a suppression. Throws `invalid` when it cannot be read, or would match every event. */
export function readSuppressionQuery(query: string): Query {
  try {
    const read = parseQuery(query, EVENT_FIELDS);
    if (read.type === "all" && read.nodes.length === 0)
      throw invalid("This would hide everything.", [hiding("say which events are meant")]);
    return read;
  } catch (error) {
    if (error instanceof QueryError) throw invalid(error.message, [hiding(error.message)]);
    throw error;
  }
}

const hiding = (detail: string) => ({ pointer: "/query", detail });

/** Ends a suppression at once. */
export async function stopSuppression(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "suppression:write");
  await inTransaction(async (tx) => {
    const known = z.uuid().safeParse(input.id).success ? await findSuppression(input.id, tx) : null;
    if (!known) throw notFound("There is no such exception.");
    if (await endSuppression(tx, input.id, ctx.now)) {
      await recordAudit(tx, ctx, "suppression.end", { target: { type: "suppression", id: input.id }, before: { query: known.query } });
    }
  });
}

/** The exceptions of a rule and those of all rules (null: every exception there is), those in force first; at most 200. */
export function listSuppressions(ctx: Context, ruleId: string | null): Promise<Suppression[]> {
  requirePermission(ctx, "rule:read");
  return listSuppressionsOf(ruleId);
}

/** The suppressions in force, ready to be asked. One whose query can no longer be read hides nothing. */
export async function loadSuppressors(now: Date): Promise<Suppressor[]> {
  const active = await listActiveSuppressions(now);
  return active.flatMap(({ id, ruleId, query }) => {
    try {
      return { id, ruleId, test: compilePredicate(parseQuery(query, EVENT_FIELDS), EVENT_FIELDS) };
    } catch (error) {
      if (error instanceof QueryError) return [];
      throw error;
    }
  });
}
