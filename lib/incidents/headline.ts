/** The sentence that stands over an incident: what happened, where, how much, from whom, to whom. Pure. */
import type { Family } from "@/lib/model/alert";
import type { IncidentEntity, IncidentSummary } from "@/lib/model/incident";
import { visible } from "@/lib/model/visible";
import { networkOf, wideNetworkOf } from "./networks";

/** What each family is called at the beginning of a sentence. */
export const familyWords: Record<Family, string> = {
  brute_force: "Brute force",
  credential_stuffing: "Credential stuffing",
  scanning: "Scanning",
  injection: "Injection attempts",
  rate_abuse: "Too many requests",
  session_hijack: "Session taken over",
  impossible_travel: "Impossible travel",
  new_context: "Unfamiliar sign-in",
  enumeration: "Enumeration",
  privilege: "Privileged change",
  key_abuse: "Key misused",
  traffic_anomaly: "Unusual traffic",
  data_egress: "Data leaving",
  outbound: "Unusual outgoing calls",
  contract: "Requests outside the specification",
  posture: "Weakened security",
  silence: "Silence",
  audit: "Change in Vedette",
};

const grouped = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const counted = (value: number, one: string, many = `${one}s`): string => `${grouped(value)} ${value === 1 ? one : many}`;

/** What the incident knows of its entities: the named ones, worst first, and how many there are in all. */
export interface HeadlineFacts {
  summary: IncidentSummary;
  entities: readonly Pick<IncidentEntity, "type" | "value" | "role">[];
  eventCount: number;
  wave: boolean;
}

const unit: Partial<Record<Family, [string, string]>> = {
  brute_force: ["failure", "failures"],
  credential_stuffing: ["failure", "failures"],
  enumeration: ["request", "requests"],
  scanning: ["request", "requests"],
  injection: ["request", "requests"],
  rate_abuse: ["request", "requests"],
  contract: ["request", "requests"],
};

function from({ entities, summary }: HeadlineFacts): string {
  const addresses = entities.filter(({ type, role }) => type === "ip" && role === "attacker").map(({ value }) => value);
  const total = Math.max(summary.attackers, addresses.length);
  if (total === 1 && addresses[0]) return ` from ${addresses[0]}`;
  if (total < 2) return "";
  const known = addresses.length === total;
  const shared = (networks: Set<string | null>) => (known && networks.size === 1 ? [...networks][0] : null);
  const near = shared(new Set(addresses.map((address) => networkOf(address) ?? address)));
  if (near) return ` from ${near}`;
  const wide = shared(new Set(addresses.map(wideNetworkOf)));
  return ` from ${grouped(total)} addresses${wide ? ` of ${wide}` : ""}`;
}

function against({ entities, summary }: HeadlineFacts): string {
  const victims = entities.filter(({ type, role }) => type === "actor" && role === "victim");
  const total = Math.max(summary.victims, victims.length);
  if (total === 1 && victims[0]) return ` to ${victims[0].value}`;
  return total > 1 ? ` to ${counted(total, "account")}` : "";
}

function on({ summary }: HeadlineFacts): string {
  if (summary.services.length === 1) return ` on ${summary.services[0]}`;
  return summary.services.length > 1 ? ` on ${counted(summary.services.length, "service")}` : "";
}

// what an attacker does once something has worked; other alerts of one attack speak of the same tries
const sequels: ReadonlySet<Family> = new Set([
  "session_hijack",
  "privilege",
  "data_egress",
  "key_abuse",
  "impossible_travel",
  "new_context",
]);

// what says most about an attack comes first: unusual traffic is only the noise that stuffing makes
const telling: readonly Family[] = [
  "session_hijack",
  "credential_stuffing",
  "injection",
  "brute_force",
  "key_abuse",
  "data_egress",
  "enumeration",
  "privilege",
  "impossible_travel",
  "scanning",
  "contract",
  "new_context",
  "outbound",
  "rate_abuse",
  "posture",
  "audit",
  "silence",
  "traffic_anomaly",
];
const rankOf = (family: Family): number => telling.indexOf(family);

/** What followed the tries: accounts entered, data leaving. Empty when nothing did. */
function sequel({ summary }: HeadlineFacts, main: Family): string {
  const entries = summary.rules.filter(({ entry }) => entry);
  const accounts = Math.max(0, ...entries.map(({ alerts }) => alerts));
  if (accounts > 0) return `, then ${counted(accounts, "account")} entered`;
  const next = summary.rules.find(({ family }) => family !== main && sequels.has(family));
  return next && rankOf(main) > 0 ? `, then ${familyWords[next.family].charAt(0).toLowerCase()}${familyWords[next.family].slice(1)}` : "";
}

/** The headline, at most 180 characters. One alert speaks for itself; several are added up under the family that counted most. */
export function headlineOf(facts: HeadlineFacts): string {
  const { summary, eventCount } = facts;
  const [worst] = summary.leads;
  if (!worst) return "Alerts";
  if (summary.alerts === 1) return short(withEntity(worst.title, worst.entity.value, facts));
  const rules = summary.rules.filter(({ entry }) => !entry);
  const [busiest] = [...rules].sort((a, b) => rankOf(a.family) - rankOf(b.family) || b.events - a.events || (a.id < b.id ? -1 : 1));
  const main = busiest?.family ?? worst.family;
  const [one, many] = unit[main] ?? ["event", "events"];
  const noisy = rules.every(
    ({ family }) => family === main || family === "traffic_anomaly" || family === "rate_abuse" || family === "brute_force",
  );
  const events = noisy ? eventCount : Math.min(eventCount, busiest?.events ?? eventCount);
  return short(
    `${familyWords[main]}${on(facts)}: ${counted(Math.max(events, 1), one, many)}${from(facts)}${against(facts)}${sequel(facts, main)}`,
  );
}

const NAMED = 60; // characters by which a title is known to name its entity: it may cut a long name

function withEntity(title: string, entity: string, facts: HeadlineFacts): string {
  const missing = title.includes(visible(entity).slice(0, NAMED)) ? "" : from(facts) || `: ${entity}`;
  const place = facts.summary.services.some((service) => title.includes(service)) ? "" : on(facts);
  return `${title}${missing}${place}`;
}

const short = (text: string): string => visible(text.length <= 180 ? text : `${text.slice(0, 177).trimEnd()}...`);
