/**
 * Which alerts belong together. Pure. An alert joins the incident with which it shares what an attacker cannot easily change in the meantime: an
 * address, a network, an account, a session, a key. What everybody shares (a service, a country, a tried account named "root") joins nothing.
 */
import { type Alert, compareLevels, type EntityType } from "@/lib/model/alert";
import type { IncidentEntity } from "@/lib/model/incident";
import { isWide, networkOf, wideNetworkOf } from "./networks";

/** How far apart in event time an alert and an incident may be: half a day, so that an evening's work of one attacker is one incident. */
export const JOIN_GAP_MS = 12 * 3_600_000;

/** How far apart sprays from one wide network may be to be one attack: strangers rent from one provider, but seldom spray in the same half hour. */
export const SPRAY_GAP_MS = 30 * 60_000;

/** So many accounts tried make a spray; fewer may be people who forgot. */
const SPRAYED = 3;

/** When one rule has opened this many incidents within WAVE_MS, further ones go to one wave: nobody works through a hundred of a kind. */
export const WAVE_AFTER = 10;
export const WAVE_MS = 3_600_000;

/** The most entities that one alert brings to its incident. */
const ENTITY_LIMIT = 100;

// the subject of these families is the one who suffers; of all others, the one who does it
const sufferers = new Set(["brute_force", "credential_stuffing", "session_hijack", "impossible_travel", "new_context", "key_abuse"]);
const doers: ReadonlySet<EntityType> = new Set(["ip", "network", "asn", "agent", "device", "country"]);

/** Whether the entity an alert is about did it or suffered it. */
function roleOfSubject(alert: Alert): "attacker" | "victim" {
  const named = alert.related.find(
    ({ type, value, role }) => type === alert.entity.type && value === alert.entity.value && role !== "context",
  );
  if (named && named.role !== "context") return named.role;
  if (doers.has(alert.entity.type)) return "attacker";
  if (["service", "route", "series", "host"].includes(alert.entity.type)) return "victim";
  return sufferers.has(alert.family) ? "victim" : "attacker";
}

/** The wide network that an alert's spray comes from: sign-ins to many accounts, by an address or a network; null for anything else. */
function sprayedFrom({ family, entity, related }: Alert): string | null {
  if (entity.type !== "ip" && entity.type !== "network") return null;
  const tried = related.filter(({ type, role }) => type === "actor" && role === "victim").length;
  const sprays = family === "credential_stuffing" || (family === "brute_force" && tried >= SPRAYED);
  return sprays ? wideNetworkOf(entity.value) : null;
}

/** The entities an alert brings, each once: its subject, those it names, its addresses, and the public networks of these. */
export function entitiesOf(alert: Alert): IncidentEntity[] {
  const span = { firstAt: alert.firstAt, lastAt: alert.lastAt, level: alert.level };
  const found = new Map<string, IncidentEntity>();
  const add = (entity: Omit<IncidentEntity, "firstAt" | "lastAt" | "level">) => {
    const key = `${entity.type}|${entity.value}`;
    if (!found.has(key) && found.size < ENTITY_LIMIT && entity.value !== "") found.set(key, { ...entity, ...span });
  };
  add({ ...alert.entity, role: roleOfSubject(alert), subject: true, events: alert.eventCount });
  const wide = sprayedFrom(alert);
  if (wide) add({ type: "network", value: wide, role: "context", subject: false, events: 0 });
  for (const { type, value, role, events } of alert.related) add({ type, value, role, subject: false, events });
  for (const value of alert.sourceIps) add({ type: "ip", value, role: "attacker", subject: false, events: 0 });
  for (const value of alert.services) add({ type: "service", value, role: "context", subject: false, events: 0 });
  for (const { type, value, role } of Array.from(found.values())) {
    const network = type === "ip" && role === "attacker" ? networkOf(value) : null;
    if (network) add({ type: "network", value: network, role: "context", subject: false, events: 0 });
  }
  return [...found.values()];
}

const strong: ReadonlySet<EntityType> = new Set(["ip", "session", "key", "device"]);

/** As much of an entity as grouping looks at. */
export type SharedEntity = Pick<IncidentEntity, "type" | "value" | "role" | "subject" | "firstAt" | "lastAt">;

/**
 * How much one shared entity says that two things are one: 0 nothing, 2 enough, 4 certain. The same both ways, and never less when a role becomes stronger or a
 * span wider: that is what makes the incidents come out alike in whatever order alerts come.
 */
function weigh(ours: SharedEntity, theirs: SharedEntity): number {
  const doer = ours.role === "attacker" && theirs.role === "attacker";
  if (strong.has(ours.type)) return doer || (ours.subject && theirs.subject) ? 4 : ours.subject || theirs.subject ? 2 : 0;
  if (ours.type === "network") return isWide(ours.value) && !isNear(ours, theirs, SPRAY_GAP_MS) ? 0 : 2;
  // an account that many try (root, admin) joins nothing unless an alert is about that account
  if (ours.type === "actor") return ours.subject || theirs.subject || doer ? 3 : 0;
  return ours.subject && theirs.subject ? 3 : 0;
}

const ENOUGH = 2;

/** Why two things that share an entity are one, in words: "Same address 203.0.113.7"; null when it does not say enough. */
export function linkBy(ours: SharedEntity, theirs: SharedEntity): string | null {
  if (weigh(ours, theirs) < ENOUGH) return null;
  if (ours.type === "network" && isWide(ours.value)) return `Many accounts tried from network ${ours.value} within half an hour`;
  return `Same ${words[ours.type] ?? ours.type} ${ours.value}`;
}

/** Whether two spans of event time are near enough to be one attack. */
export const isNear = (a: Span, b: Span, gap = JOIN_GAP_MS): boolean => a.firstAt <= b.lastAt + gap && a.lastAt >= b.firstAt - gap;

type Span = Pick<IncidentEntity, "firstAt" | "lastAt">;

/** What a shared entity must be on the other side to say anything: `any`, `subject` of an alert there, or nothing can (`null`). */
export function asks(entity: Pick<IncidentEntity, "type" | "role" | "subject">): "any" | "subject" | null {
  if (entity.subject || entity.type === "network") return "any";
  if (entity.role === "attacker" && (strong.has(entity.type) || entity.type === "actor")) return "any";
  return strong.has(entity.type) || entity.type === "actor" ? "subject" : null;
}

/** An incident that shares at least one entity with an alert. */
export interface Candidate {
  id: number;
  firstAt: number;
  lastAt: number;
  /** Settled as a real attack: it takes an alert only when no other incident does. */
  resolved: boolean;
  shared: readonly SharedEntity[];
}

/** Why an alert joined, in words: "Same address 203.0.113.7". */
export interface Join {
  incidentId: number;
  reason: string;
}

const words: Partial<Record<EntityType, string>> = { ip: "address", actor: "account", asn: "provider", agent: "user agent" };

/** Which incident is the older one. Ids of incidents that are not stored yet are negative: -1 before -2, and both after every stored one. */
export const oldestFirst = (a: { id: number }, b: { id: number }): number =>
  a.id > 0 === b.id > 0 ? Math.abs(a.id) - Math.abs(b.id) : b.id - a.id;

/** The incident that an alert joins: one that is not settled, with most in common, then the oldest; null when none has enough. */
export function chooseIncident(
  alert: Pick<Alert, "firstAt" | "lastAt">,
  entities: readonly IncidentEntity[],
  candidates: readonly Candidate[],
): Join | null {
  const ours = new Map(entities.map((entity) => [`${entity.type}|${entity.value}`, entity]));
  let best: (Join & { score: number; resolved: boolean }) | null = null;
  for (const candidate of [...candidates].sort(oldestFirst)) {
    if (!isNear(alert, candidate) || (best && !best.resolved && candidate.resolved)) continue;
    let score = 0;
    let top: { weight: number; reason: string } = { weight: 0, reason: "" };
    for (const theirs of candidate.shared) {
      const mine = ours.get(`${theirs.type}|${theirs.value}`);
      const weight = mine ? weigh(mine, theirs) : 0;
      score += weight;
      if (mine && weight > top.weight) top = { weight, reason: linkBy(mine, theirs) ?? "" };
    }
    const better = score > (best?.score ?? 0) || (best?.resolved && !candidate.resolved);
    if (top.weight >= ENOUGH && better) best = { incidentId: candidate.id, reason: top.reason, score, resolved: candidate.resolved };
  }
  return best && { incidentId: best.incidentId, reason: best.reason };
}

/** Alerts in the order in which they happened; equal times by key, so that every run groups alike. The worst first within one instant. */
export function inOrder(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort((a, b) => a.firstAt - b.firstAt || compareLevels(b.level, a.level) || (a.key < b.key ? -1 : 1));
}
