/** From an episode of a rule to the alert that people see. */
import type { Alert, Entity, Level } from "@/lib/model/alert";
import type { RuleMeta } from "@/lib/detection/sigma/rule";
import { canonicalName } from "@/lib/detection/match/fields";
import { familyOf, owaspOf, techniquesOf } from "@/lib/detection/sigma/tags";
import type { Episode } from "@/lib/detection/correlation/state";
import { explain, sayDuration, sayMeasured, type Telling } from "./sentence";

/** What a rule contributes to all its alerts; made once per rule. */
export interface AlertMould {
  rule: RuleMeta;
  ruleVersion: number;
  family: Alert["family"];
  level: Level;
  techniques: string[];
  owasp: string[];
}

const RELATED = 20; // as the model says

export function mouldOf(rule: RuleMeta, ruleVersion: number, tags: readonly string[] = rule.tags): AlertMould {
  return {
    rule,
    ruleVersion,
    family: rule.extension.family ?? familyOf(tags),
    level: rule.level,
    techniques: techniquesOf(tags),
    owasp: [...new Set([...(rule.extension.owasp ?? []), ...owaspOf(tags)])],
  };
}

/** The stable identity of an alert. `rest` tells groups apart that share the entity. */
export const alertKey = (ruleId: string, entity: Entity, start: number, rest = ""): string =>
  `${ruleId}|${entity.type}|${entity.value}|${start}${rest ? `|${rest}` : ""}`;

/** Builds the alert of one episode. */
export function buildAlert(mould: AlertMould, telling: Telling, rest: string): Alert {
  const { entity, episode } = telling;
  const ips = ranked(episode.p).map(([name]) => name);
  const related = relatedOf(entity, episode);
  const totals = totalsOf(telling, [entity, ...related]);
  return {
    key: alertKey(mould.rule.id, entity, episode.a, rest),
    ruleId: mould.rule.id,
    ruleVersion: mould.ruleVersion,
    family: mould.family,
    level: mould.level,
    title: titleOf(mould.rule, telling),
    entity,
    related,
    ...(totals ? { totals } : {}),
    firstAt: Math.min(episode.f, episode.a),
    lastAt: episode.z,
    eventCount: episode.n,
    evidence: [...episode.h, ...episode.l],
    sourceIps: entity.type === "ip" ? [entity.value, ...ips.filter((ip) => ip !== entity.value)].slice(0, RELATED) : ips.slice(0, RELATED),
    services: ranked(episode.c)
      .map(([name]) => name)
      .slice(0, RELATED),
    techniques: mould.techniques,
    owasp: mould.owasp,
    explanation: explain(telling),
  };
}

const ranked = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));

function relatedOf(entity: Entity, episode: Episode): Alert["related"] {
  const kinds = [
    ["ip", episode.p, "attacker"],
    ["actor", episode.u, "victim"],
    ["service", episode.c, "context"],
  ] as const;
  const all = kinds.flatMap(([type, counts, role]) => ranked(counts).map(([value, events]) => ({ type, value, role, events })));
  const others = all.filter(({ type, value }) => type !== entity.type || value !== entity.value);
  return others
    .sort((a, b) => b.events - a.events || (a.type < b.type ? -1 : a.type > b.type ? 1 : a.value < b.value ? -1 : 1))
    .slice(0, RELATED);
}

/** How many addresses and accounts there are in all, when they are more than are named: an episode has names of some, and its rule may have counted more. */
function totalsOf({ spec, episode, valueFields }: Telling, named: readonly Entity[]): Alert["totals"] {
  const [field = ""] = spec.type === "value_count" && valueFields.length === 1 ? valueFields : [];
  const all = (type: Entity["type"], names: Record<string, number>, counted: string) =>
    Math.max(Object.keys(names).length, canonicalName(field) === counted ? episode.pk : 0, named.filter((one) => one.type === type).length);
  const totals = { attackers: all("ip", episode.p, "source.ip"), victims: all("actor", episode.u, "actor.id") };
  return totals.attackers + totals.victims > named.filter(({ type }) => type === "ip" || type === "actor").length ? totals : undefined;
}

const NAME_MOST = 64; // characters of a value in a title: the words behind it must still be read

const clipped = (value: string): string => (value.length > NAME_MOST ? `${value.slice(0, NAME_MOST - 1)}…` : value);

function titleOf(rule: RuleMeta, { entity, episode, spec, group, valueFields }: Telling): string {
  const template = rule.extension.title;
  if (!template) return rule.title;
  const words: Record<string, string> = {
    entity: entity.value,
    count: String(episode.n),
    rule: rule.title,
    window: sayDuration(episode.z > episode.f ? episode.z - episode.f : spec.windowMs),
    measured: sayMeasured(episode.pk, spec, valueFields),
    value: Object.keys(episode.v)[0] ?? "",
    service: ranked(episode.c)[0]?.[0] ?? "",
    actor: ranked(episode.u)[0]?.[0] ?? "",
    ip: ranked(episode.p)[0]?.[0] ?? "",
  };
  return template.replace(/\{([\w.]+)\}/g, (whole, word: string) => clipped(words[word] ?? group[word] ?? whole)).slice(0, 256);
}
