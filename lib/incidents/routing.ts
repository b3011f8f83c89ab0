/** Which routes speak of an incident, to whom, and how a route reads aloud. Pure. */
import { compareLevels, type Family, type Level } from "@/lib/model/alert";
import type { Incident, IncidentEntity } from "@/lib/model/incident";
import type { Route, RouteInput, RouteRecipient } from "@/lib/model/route";
import { parseQuery } from "@/lib/query/parse";
import { compilePredicate } from "@/lib/query/predicate";
import { INCIDENT_FIELDS } from "@/lib/query/work-fields";

/** What a route looks at. `families` and `services` are those of all its alerts so far. */
export interface RouteSubject {
  number: number;
  state: Incident["state"];
  level: Level;
  title: string;
  families: readonly Family[];
  rules: readonly string[];
  services: readonly string[];
  entities: readonly Pick<IncidentEntity, "type" | "value">[];
  eventCount: number;
  regressed: boolean;
  sample: boolean;
  historical: boolean;
  firstAt: Date;
  lastAt: Date;
  openedAt: Date;
}

const documentOf = (subject: RouteSubject) => ({
  number: subject.number,
  state: subject.state,
  level: subject.level,
  title: subject.title,
  families: subject.families,
  rules: subject.rules,
  services: subject.services,
  entities: subject.entities,
  event_count: subject.eventCount,
  regressed: subject.regressed,
  sample: subject.sample,
  historical: subject.historical,
  first_at: subject.firstAt.toISOString(),
  last_at: subject.lastAt.toISOString(),
  opened_at: subject.openedAt.toISOString(),
});

/** True when the route speaks of the incident. A query that no longer parses matches: better a mail too many than one too few. */
export function matchesRoute(route: Pick<RouteInput, "enabled" | "condition">, subject: RouteSubject): boolean {
  const { level, families, services, query } = route.condition;
  if (!route.enabled || compareLevels(subject.level, level) < 0) return false;
  if (families?.length && !families.some((family) => subject.families.includes(family))) return false;
  if (services?.length && !services.some((service) => subject.services.includes(service))) return false;
  if (!query?.trim()) return true;
  const parsed = readQuery(query);
  return parsed === null || parsed(documentOf(subject));
}

const compiled = new Map<string, ((document: unknown) => boolean) | null>();
function readQuery(query: string): ((document: unknown) => boolean) | null {
  if (!compiled.has(query)) {
    if (compiled.size > 500) compiled.clear(); // routes are few; a flood of edits must not grow this
    try {
      compiled.set(query, compilePredicate(parseQuery(query, INCIDENT_FIELDS), INCIDENT_FIELDS));
    } catch {
      compiled.set(query, null);
    }
  }
  return compiled.get(query) ?? null;
}

/** Somebody who can be written to. */
export interface Reachable {
  id: string;
  email: string;
  role: string;
}

/** One who hears: the name of the recipient in the outbox, and the first route that said so. */
export interface Listener {
  recipient: string;
  channel: "mail" | "webhook";
  route: Pick<Route, "id" | "name">;
}

function resolve(recipient: RouteRecipient, people: readonly Reachable[]): string[] {
  switch (recipient.type) {
    case "role":
      return people.filter(({ role }) => role === recipient.role).map(({ id }) => `user:${id}`);
    case "user":
      return people.some(({ id }) => id === recipient.id) ? [`user:${recipient.id}`] : [];
    case "address": {
      const person = people.find(({ email }) => email === recipient.address.toLowerCase());
      return [person ? `user:${person.id}` : `address:${recipient.address.toLowerCase()}`];
    }
    case "webhook":
      return [`webhook:${recipient.id}`];
  }
}

/** Everybody a route names, as recipients of the outbox; people who are gone are left out. */
export const recipientsOf = (route: Pick<RouteInput, "recipients">, people: readonly Reachable[]): string[] =>
  route.recipients.flatMap((each) => resolve(each, people));

/** Everybody who hears of the incident at once, each exactly once, by the first route that names them. */
export function listenersOf(routes: readonly Route[], people: readonly Reachable[], subject: RouteSubject): Listener[] {
  const found = new Map<string, Listener>();
  for (const route of routes) {
    if (route.how !== "at_once" || !matchesRoute(route, subject)) continue;
    for (const recipient of recipientsOf(route, people)) {
      if (!found.has(recipient))
        found.set(recipient, {
          recipient,
          channel: recipient.startsWith("webhook:") ? "webhook" : "mail",
          route: { id: route.id, name: route.name },
        });
    }
  }
  return [...found.values()];
}

/** Who does not want it: `alerts` stops everything at once, `rule:<id>` one rule; several rules must all be stopped. */
export function isStopped(stops: readonly { recipient: string; kind: string }[], recipient: string, rules: readonly string[]): boolean {
  const kinds = new Set(stops.filter((stop) => stop.recipient === recipient).map(({ kind }) => kind));
  return kinds.has("alerts") || (rules.length > 0 && rules.every((rule) => kinds.has(`rule:${rule}`)));
}

const list = (words: readonly string[], last = "or"): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

const roleNames: Record<string, string> = { admin: "administrators", responder: "responders", viewer: "viewers", auditor: "auditors" };

/** How a route reads aloud: "When medium or worse on api-gateway, mail administrators and ana@acme.io at once". */
export function routeSentence(route: Pick<RouteInput, "condition" | "recipients" | "how">, names: ReadonlyMap<string, string>): string {
  const { level, families, services, query } = route.condition;
  const when = [
    level === "critical" ? "critical" : `${level} or worse`,
    families?.length ? `about ${list(families.map((family) => family.replaceAll("_", " ")))}` : "",
    services?.length ? `on ${list(services)}` : "",
    query?.trim() ? `where ${query.trim()}` : "",
  ].filter(Boolean);
  const whom = route.recipients.map((recipient) => {
    if (recipient.type === "role") return roleNames[recipient.role] ?? recipient.role;
    if (recipient.type === "address") return recipient.address;
    return names.get(recipient.id) ?? (recipient.type === "user" ? "a person who is gone" : "a webhook that is gone");
  });
  return `When ${when.join(" ")}, ${route.how === "at_once" ? "tell" : "put it into the digest of"} ${list(whom, "and")}${route.how === "at_once" ? " at once" : ""}`;
}
