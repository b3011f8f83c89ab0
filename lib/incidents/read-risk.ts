/** Reads risk scores: of given entities, and the highest of all. Whoever may look at incidents may see them. */
import { requirePermission } from "@/lib/access/require-permission";
import type { Context } from "@/lib/model/user";
import { db, type Executor } from "@/lib/store/db";
import { listRiskCandidates, listRiskRows, type RiskRow } from "@/lib/store/risk-reads";
import { hasRisk, type Risk, RISK_SPAN_MS, RISK_TYPES, type RiskType, scoreRisk } from "./risk";

/** An entity with its score. `sample`: all of it comes from sample data. */
export interface EntityRisk extends Risk {
  type: RiskType;
  value: string;
  sample: boolean;
}

const keyOf = ({ type, value }: { type: string; value: string }): string => `${type}|${value}`;

/** The scores of these entities by `type|value`; kinds without a score, and entities that nothing names, are left out. */
export async function readRisks(
  ctx: Context,
  entities: readonly { type: string; value: string }[],
  on: Executor = db,
): Promise<Map<string, EntityRisk>> {
  requirePermission(ctx, "incident:read");
  const now = ctx.now.getTime();
  const scored = entities.filter(({ type }) => hasRisk(type)).slice(0, 2000);
  const rows = scored.length === 0 ? [] : await listRiskRows(on, scored, new Date(now - RISK_SPAN_MS));
  const byEntity = new Map<string, RiskRow[]>();
  for (const row of rows) byEntity.set(keyOf(row), [...(byEntity.get(keyOf(row)) ?? []), row]);
  return new Map(
    [...byEntity].flatMap(([key, [first, ...more]]): [string, EntityRisk][] => {
      if (!first || !hasRisk(first.type)) return [];
      const facts = [first, ...more];
      const risk = scoreRisk(facts, now);
      return [[key, { ...risk, type: first.type, value: first.value, sample: facts.every(({ sample }) => sample) }]];
    }),
  );
}

/** The score of one entity that may be known by several names (an account by its id and its address); null when no incident names it. */
export async function readRisk(
  ctx: Context,
  { type, values }: { type: string; values: readonly string[] },
  on: Executor = db,
): Promise<EntityRisk | null> {
  const all = [
    ...(
      await readRisks(
        ctx,
        values.map((value) => ({ type, value })),
        on,
      )
    ).values(),
  ];
  const [first] = all;
  if (!first) return null;
  const facts = new Map(all.flatMap(({ contributions }) => contributions).map((each) => [each.incident, each]));
  return { ...first, ...scoreRisk([...facts.values()], ctx.now.getTime()), sample: all.every(({ sample }) => sample) };
}

const CANDIDATES = 5; // so many times the wanted number are reckoned exactly

/** The entities with the highest scores, made-up ones last. */
export async function listTopRisks(
  ctx: Context,
  { types = RISK_TYPES, limit = 5 }: { types?: readonly RiskType[]; limit?: number } = {},
  on: Executor = db,
): Promise<EntityRisk[]> {
  requirePermission(ctx, "incident:read");
  const since = new Date(ctx.now.getTime() - RISK_SPAN_MS);
  const candidates = await listRiskCandidates(on, { types, since, limit: limit * CANDIDATES });
  const risks = await readRisks(ctx, candidates, on);
  return [...risks.values()]
    .filter(({ score }) => score >= 1)
    .sort((a, b) => Number(a.sample) - Number(b.sample) || b.score - a.score || (keyOf(a) < keyOf(b) ? -1 : 1))
    .slice(0, limit);
}
