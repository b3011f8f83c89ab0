/** One decision about many incidents. Each is its own transaction, so that one that cannot be decided does not hold up the rest. */
import { requirePermission } from "@/lib/access/require-permission";
import { AppError } from "@/lib/errors";
import type { Context } from "@/lib/model/user";
import { acknowledgeIncident, assignIncident, noteIncident, reopenIncident, type Resolution, resolveIncident } from "./decide";

/** What to do with each. */
export type BulkDecision =
  | { do: "acknowledge" }
  | { do: "assign"; assigneeId: string | null }
  | ({ do: "resolve" } & Resolution)
  | { do: "reopen" }
  | { do: "note"; text: string };

/** How it went: decided, and left as they were because the state did not allow it. */
export interface BulkResult {
  done: number;
  left: number;
}

function decide(ctx: Context, number: number, decision: BulkDecision) {
  switch (decision.do) {
    case "acknowledge":
      return acknowledgeIncident(ctx, { number });
    case "assign":
      return assignIncident(ctx, { number, assigneeId: decision.assigneeId });
    case "resolve":
      return resolveIncident(ctx, { number, verdict: decision.verdict, reason: decision.reason });
    case "reopen":
      return reopenIncident(ctx, { number });
    case "note":
      return noteIncident(ctx, { number, text: decision.text });
  }
}

/** Decides about each of them. Callers page through a query and show how far they are; there is no cap. */
export async function decideMany(ctx: Context, input: { numbers: readonly number[]; decision: BulkDecision }): Promise<BulkResult> {
  requirePermission(ctx, "incident:write");
  const result = { done: 0, left: 0 };
  for (const number of input.numbers) {
    try {
      await decide(ctx, number, input.decision);
      result.done++;
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== "conflict" && error.code !== "not_found")) throw error;
      result.left++;
    }
  }
  return result;
}
