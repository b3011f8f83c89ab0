/** Whose events an incident is about, so that charts, answers and links all count the same ones. Pure. */
import ipaddr from "ipaddr.js";
import type { EntityType } from "@/lib/model/alert";
import type { Incident, IncidentEntity } from "@/lib/model/incident";
import type { Whose } from "@/lib/store/incident-reads";
import { networkOf } from "./networks";

const LIMIT = 100;

/** What the counts are about, in words: "these 3 addresses". */
export interface Scope {
  whose: Whose;
  kind: EntityType;
  count: number;
  /** "203.0.113.7", "these 3 addresses", "ana@example.com". */
  name: string;
  /** The same in the query language. */
  query: string;
}

const nouns: Partial<Record<EntityType, string>> = {
  ip: "addresses",
  actor: "accounts",
  session: "sessions",
  key: "keys",
  service: "services",
  host: "hosts",
};
const fields: Partial<Record<EntityType, string>> = {
  ip: "ip",
  actor: "actor",
  session: "session",
  key: "key",
  service: "service",
  host: "destination",
};

const quoted = (value: string): string => (/^[\w.@:/-]+$/.test(value) ? value : JSON.stringify(value));

/** The attackers' addresses when any are known; else the sessions, keys, accounts, hosts or services that the alerts are about. */
export function scopeOf(incident: Pick<Incident, "sample" | "summary">, entities: readonly IncidentEntity[]): Scope {
  const empty: Whose = { ips: [], actors: [], sessions: [], keys: [], services: [], hosts: [], sample: incident.sample };
  const values = (type: EntityType, pick: (entity: IncidentEntity) => boolean) =>
    entities
      .filter((entity) => entity.type === type && pick(entity))
      .map(({ value }) => value)
      .slice(0, LIMIT);
  const subjects = entities.filter(({ subject }) => subject);
  const only = (type: EntityType) => subjects.length > 0 && subjects.every((entity) => entity.type === type);
  const choices: [EntityType, keyof Omit<Whose, "sample">, string[]][] = [
    ...(only("session")
      ? [["session", "sessions", values("session", ({ subject }) => subject)] as [EntityType, "sessions", string[]]]
      : []),
    ...(only("key") ? [["key", "keys", values("key", ({ subject }) => subject)] as [EntityType, "keys", string[]]] : []),
    ["ip", "ips", values("ip", ({ role }) => role === "attacker").filter((value) => ipaddr.isValid(value))],
    ["session", "sessions", values("session", ({ subject }) => subject)],
    ["key", "keys", values("key", ({ subject }) => subject)],
    ["actor", "actors", values("actor", ({ subject }) => subject)],
    ["host", "hosts", values("host", ({ subject }) => subject)],
    ["service", "services", values("service", () => true)],
  ];
  for (const [kind, part, found] of choices) {
    if (found.length === 0) continue;
    return { whose: { ...empty, [part]: found }, kind, count: found.length, name: nameOf(kind, found), query: queryOf(kind, found) };
  }
  return {
    whose: { ...empty, services: [...incident.summary.services] },
    kind: "service",
    count: incident.summary.services.length,
    name: "all events",
    query: "",
  };
}

function nameOf(kind: EntityType, values: readonly string[]): string {
  const [first] = values;
  if (values.length === 1 && first) return first.slice(0, 80);
  const networks = kind === "ip" ? new Set(values.map((value) => networkOf(value) ?? value)) : new Set<string>();
  const [network] = networks;
  return networks.size === 1 && network ? network : `these ${values.length} ${nouns[kind] ?? "entities"}`;
}

function queryOf(kind: EntityType, values: readonly string[]): string {
  const field = fields[kind] ?? kind;
  const networks = kind === "ip" ? [...new Set(values.map((value) => networkOf(value) ?? value))] : [];
  const shown = networks.length > 0 && values.length > 3 && networks.length < values.length ? networks : values;
  const terms = shown.slice(0, 40).map(quoted);
  return terms.length === 1 ? `${field}:${terms[0]}` : `${field}:(${terms.join(" OR ")})`;
}
