/**
 * How much an account, a key, an address or a service has to do with what went wrong in the last 14 days: 0 to 100, with the reckoning. Pure. Each
 * incident that names it counts once, by the worst alert that does; points halve every three and a half days, and what people found decides.
 */
import { type Level } from "@/lib/model/alert";
import type { IncidentEntity, IncidentState, Verdict } from "@/lib/model/incident";

/** The kinds of thing that have a score. */
export const RISK_TYPES = ["actor", "key", "ip", "service"] as const;
export type RiskType = (typeof RISK_TYPES)[number];

/** True for kinds of thing that have a score. */
export const hasRisk = (type: string): type is RiskType => (RISK_TYPES as readonly string[]).includes(type);

const DAY_MS = 86_400_000;

/** How far back alerts count, and after how long half of their points are left: at the end of the span a sixteenth is. */
export const RISK_SPAN_MS = 14 * DAY_MS;
export const RISK_HALF_LIFE_MS = 3.5 * DAY_MS;

/** Points of one fresh alert, in percent: a critical one alone is most of the way, ten low ones are not a critical one. */
const POINTS: Record<Level, number> = { informational: 2, low: 6, medium: 18, high: 40, critical: 70 };

/** What people found: a real attack weighs more, what is allowed hardly counts, a false alarm not at all. */
const VERDICTS: Record<Verdict, number> = { true: 1.3, benign: 0.1, false: 0, duplicate: 0 };

/** Whom an alert is about, or who did it, counts in full; whoever suffered it half; what it only happened near a fifth. */
const ROLES: Record<IncidentEntity["role"], number> = { attacker: 1, victim: 0.5, context: 0.2 };

const MOST = 97; // of one incident: no single one is certainty

/** One incident that names the entity, with the worst alert that does. */
export interface RiskFact {
  incident: number;
  title: string;
  level: Level;
  role: IncidentEntity["role"];
  subject: boolean;
  state: IncidentState;
  verdict: Verdict | null;
  /** Event time of the last alert that names it, ms. */
  at: number;
}

/** What one incident contributes: `base` by level, times each factor, are its `points`; `adds` is what it raises the score by. */
export interface RiskContribution extends RiskFact {
  base: number;
  roleFactor: number;
  verdictFactor: number;
  decay: number;
  points: number;
  adds: number;
}

/** A score from 0 to 100, its name, and what it is made of, most telling first. The parts add up to the score. */
export interface Risk {
  score: number;
  level: Level;
  contributions: RiskContribution[];
}

/** What a score is called. */
export function riskLevel(score: number): Level {
  if (score >= 70) return "critical";
  if (score >= 40) return "high";
  if (score >= 15) return "medium";
  return score >= 5 ? "low" : "informational";
}

function contribute(fact: RiskFact, now: number): Omit<RiskContribution, "adds"> {
  const base = POINTS[fact.level];
  const roleFactor = fact.subject ? 1 : ROLES[fact.role];
  const verdictFactor = fact.verdict === null ? 1 : VERDICTS[fact.verdict];
  const decay = 0.5 ** (Math.max(0, now - fact.at) / RISK_HALF_LIFE_MS);
  return { ...fact, base, roleFactor, verdictFactor, decay, points: Math.min(MOST, base * roleFactor * verdictFactor) * decay };
}

/**
 * The score of one entity. Each contribution takes its share of what is left to 100, so that the sum is bounded and does not depend on the order; facts
 * older than the span do not count.
 */
export function scoreRisk(facts: readonly RiskFact[], now: number): Risk {
  let left = 100;
  const contributions = facts
    .filter(({ at }) => now - at < RISK_SPAN_MS)
    .map((fact) => contribute(fact, now))
    .sort((a, b) => b.points - a.points || a.incident - b.incident)
    .map((each): RiskContribution => {
      const adds = (left * each.points) / 100;
      left -= adds;
      return { ...each, adds };
    });
  const score = 100 - left;
  return { score, level: riskLevel(score), contributions };
}
