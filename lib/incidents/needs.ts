/** Which incidents need a person, in the order in which to look at them. */
import { requirePermission } from "@/lib/access/require-permission";
import { compareLevels } from "@/lib/model/alert";
import type { Context } from "@/lib/model/user";
import { listNeeding, type Need } from "@/lib/store/overview-reads";
import { type EntityRisk, readRisks } from "./read-risk";

/** An incident that waits, with the risk of whoever in it has the highest. */
export interface RankedNeed extends Need {
  risk: EntityRisk | null;
}

const CANDIDATES = 200; // the worst by level; whoever has more waiting works through them from there

/** The incidents that need this person: those of the riskiest entities first, then the worst, then those where somebody got in, then the newest; made-up ones last. `others` are open too, but low or with somebody else. */
export async function listNeeds(ctx: Context, limit: number): Promise<{ needs: RankedNeed[]; total: number; others: number }> {
  requirePermission(ctx, "incident:read");
  const { needs, total, others } = await listNeeding(ctx.actor.type === "user" ? ctx.actor.id : null, CANDIDATES);
  const told = (need: Need) => need.entities.filter(({ role }) => role !== "context");
  const risks = await readRisks(ctx, needs.flatMap(told));
  const ranked = needs.map((need): RankedNeed => {
    const own = told(need).flatMap(({ type, value }) => risks.get(`${type}|${value}`) ?? []);
    return { ...need, risk: own.sort((a, b) => b.score - a.score)[0] ?? null };
  });
  return { needs: ranked.sort(byRisk).slice(0, limit), total, others };
}

// whole points: a difference of a fraction is no reason to put an older incident before a newer one
const score = ({ risk }: RankedNeed): number => Math.round(risk?.score ?? 0);

const byRisk = (a: RankedNeed, b: RankedNeed): number =>
  Number(a.sample) - Number(b.sample) ||
  score(b) - score(a) ||
  compareLevels(b.level, a.level) ||
  Number(b.entered) - Number(a.entered) ||
  b.lastAt.getTime() - a.lastAt.getTime();
