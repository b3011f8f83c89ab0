/** Adding an alert to what an incident's alerts add up to. Pure; the same alerts in any order give the same numbers. */
import { type Alert, compareLevels, type Level } from "@/lib/model/alert";
import type { IncidentRule, IncidentSummary, LeadAlert } from "@/lib/model/incident";

const LEADS = 6;
const LISTED = 30;

const lead = (alert: Alert): LeadAlert => ({
  key: alert.key,
  ruleId: alert.ruleId,
  family: alert.family,
  level: alert.level,
  title: alert.title.slice(0, 300),
  sentence: alert.explanation.sentence.slice(0, 600),
  entity: { type: alert.entity.type, value: alert.entity.value.slice(0, 200) },
  firstAt: alert.firstAt,
  eventCount: alert.eventCount,
});

const worstFirst = (a: LeadAlert, b: LeadAlert): number =>
  compareLevels(b.level, a.level) || b.eventCount - a.eventCount || a.firstAt - b.firstAt || (a.key < b.key ? -1 : 1);

const union = (known: readonly string[], more: readonly string[]): string[] => [...new Set([...known, ...more])].slice(0, LISTED);

function countRule(rules: readonly IncidentRule[], alert: Alert, before: { eventCount: number } | undefined): IncidentRule[] {
  const known = rules.find(({ id }) => id === alert.ruleId);
  const base = known ?? {
    id: alert.ruleId,
    version: alert.ruleVersion,
    title: alert.title,
    family: alert.family,
    level: alert.level,
    entry: false,
    alerts: 0,
    events: 0,
  };
  const counted = {
    ...base,
    version: alert.ruleVersion,
    level: worse(base.level, alert.level),
    entry: base.entry || alert.techniques.some((technique) => technique.startsWith("T1078")),
    alerts: base.alerts + (before ? 0 : 1),
    events: base.events + alert.eventCount - (before?.eventCount ?? 0),
  };
  return inOrder([...rules.filter(({ id }) => id !== alert.ruleId), counted]);
}

const inOrder = (rules: readonly IncidentRule[]): IncidentRule[] =>
  rules.toSorted((a, b) => compareLevels(b.level, a.level) || b.events - a.events || (a.id < b.id ? -1 : 1)).slice(0, LISTED);

/** The worse of two levels. */
export const worse = (a: Level, b: Level): Level => (compareLevels(a, b) >= 0 ? a : b);

/** Adds an alert, or its later saying when `before` is what was counted of it so far. */
export function addAlert(summary: IncidentSummary, alert: Alert, before?: { eventCount: number }): IncidentSummary {
  return {
    ...summary,
    leads: [...summary.leads.filter(({ key }) => key !== alert.key), lead(alert)].sort(worstFirst).slice(0, LEADS),
    rules: countRule(summary.rules, alert, before),
    services: union(summary.services, alert.services),
    techniques: union(summary.techniques, alert.techniques),
    owasp: union(summary.owasp, alert.owasp),
    alerts: summary.alerts + (before ? 0 : 1),
    attackers: Math.max(summary.attackers, alert.totals?.attackers ?? 0),
    victims: Math.max(summary.victims, alert.totals?.victims ?? 0),
  };
}

/** What two incidents that are one add up to. Distinct entities are counted anew by whoever stores it. */
export function addSummary(a: IncidentSummary, b: IncidentSummary): IncidentSummary {
  const rules = new Map(a.rules.map((rule) => [rule.id, rule]));
  for (const rule of b.rules) {
    const known = rules.get(rule.id);
    rules.set(
      rule.id,
      known
        ? {
            ...known,
            version: Math.max(known.version, rule.version),
            level: worse(known.level, rule.level),
            entry: known.entry || rule.entry,
            alerts: known.alerts + rule.alerts,
            events: known.events + rule.events,
          }
        : rule,
    );
  }
  return {
    leads: [...a.leads, ...b.leads].sort(worstFirst).slice(0, LEADS),
    rules: inOrder([...rules.values()]),
    services: union(a.services, b.services),
    environments: union(a.environments, b.environments),
    techniques: union(a.techniques, b.techniques),
    owasp: union(a.owasp, b.owasp),
    alerts: a.alerts + b.alerts,
    attackers: Math.max(a.attackers, b.attackers),
    victims: Math.max(a.victims, b.victims),
  };
}
