/** GET /api/v1/risk: the entities with the highest risk scores, or the score of one, with the reckoning. */
import { z } from "zod";
import { invalid, unavailable } from "@/lib/errors";
import { readParameters } from "@/lib/input";
import { json } from "@/lib/http/problem";
import type { Handler } from "@/lib/http/route";
import { type EntityRisk, listTopRisks, readRisk } from "@/lib/incidents/read-risk";
import { RISK_TYPES } from "@/lib/incidents/risk";
import { withinTime } from "@/lib/store/reading";
import { onePerKey, recognise } from "./asked";
import type { RiskOutput } from "./records";

/** What may be asked. */
export const RiskParameters = z.strictObject({
  type: z.enum(RISK_TYPES).optional().describe("Only this kind of entity."),
  value: z.string().min(1).max(4096).optional().describe("Only this entity; needs `type`."),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("Entities, the highest scores first."),
});

const round = (value: number): number => Math.round(value * 1000) / 1000;

const output = ({ type, value, score, level, sample, contributions }: EntityRisk): z.infer<typeof RiskOutput> => ({
  type,
  value,
  score: round(score),
  level,
  sample,
  contributions: contributions.map((each) => ({
    incident: each.incident,
    title: each.title,
    level: each.level,
    role: each.role,
    about_it: each.subject,
    verdict: each.verdict,
    at: new Date(each.at).toISOString(),
    base: each.base,
    role_factor: each.roleFactor,
    verdict_factor: each.verdictFactor,
    decay: round(each.decay),
    adds: round(each.adds),
  })),
});

export const readRiskScores: Handler = async (request, peer) => {
  const ctx = await recognise(request, peer, "incident:read");
  const parameters = readParameters(RiskParameters, request);
  const { type, value, limit } = parameters;
  if (value !== undefined && !type) throw invalid("Say of which kind the entity is.", [{ pointer: "type", detail: "needed with value" }]);
  return await onePerKey(ctx, async () => {
    const found = await withinTime(async (on) =>
      type && value !== undefined
        ? [await readRisk(ctx, { type, values: [value] }, on)].filter((risk) => risk !== null)
        : await listTopRisks(ctx, { ...(type ? { types: [type] } : {}), limit }, on),
    );
    if (!found) throw unavailable("This took longer than 8 seconds.", 1);
    return json({ data: found.map(output) });
  });
};
