/** Which routes speak of an incident, to whom, and how a route reads aloud. Pure. */
import { compareLevels, type Family, type Level } from "@/lib/model/alert";
import type { Incident, IncidentEntity } from "@/lib/model/incident";
import type { Route, RouteInput, RouteOptions, RouteRecipient } from "@/lib/model/route";
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
  /** Where it happened, as far as its evidence says; empty when no event named one. */
  environments: readonly string[];
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
  const { level, families, services, environments, query } = route.condition;
  if (!route.enabled || compareLevels(subject.level, level) < 0) return false;
  if (families?.length && !families.some((family) => subject.families.includes(family))) return false;
  if (services?.length && !services.some((service) => subject.services.includes(service))) return false;
  // an incident whose events name no environment may be anywhere: better a mail too many
  if (environments?.length && subject.environments.length > 0 && !environments.some((each) => subject.environments.includes(each)))
    return false;
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
    case "group":
      return []; // replaced by its members before anybody asks (expandGroups)
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

const clock = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;
const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** "every day at 07:00", "every Monday at 07:00", "every hour". */
function digestWords({ kind, hour, weekday }: RouteOptions["digest"]): string {
  if (kind === "hourly") return "every hour";
  return `every ${kind === "daily" ? "day" : weekdays[weekday - 1]} at ${clock(hour)}`;
}

function paceWords({ everyMinutes, quiet, details }: RouteOptions): string[] {
  const hours = quiet && quiet.from !== quiet.to ? [`between ${clock(quiet.from)} and ${clock(quiet.to)}`] : [];
  const still = [...hours, ...(quiet?.weekends ? ["at weekends"] : [])];
  return [
    everyMinutes ? `at most one mail in ${everyMinutes} min` : "",
    still.length > 0 ? `silent ${list(still, "and")}${quiet?.exceptCritical ? " except when critical" : ""}` : "",
    details === "hidden" ? "without details" : "",
  ].filter(Boolean);
}

const gone = { user: "a person who is gone", webhook: "a webhook that is gone", group: "a group that is gone" };

/** "administrators, Ana and ops@acme.io"; `names` are those of people, webhooks and groups by id. */
export function memberWords(recipients: readonly RouteRecipient[], names: ReadonlyMap<string, string>): string {
  const words = recipients.map((each) => {
    if (each.type === "role") return roleNames[each.role] ?? each.role;
    return each.type === "address" ? each.address : (names.get(each.id) ?? gone[each.type]);
  });
  return list(words, "and");
}

/** How a route reads aloud: "When medium or worse on api-gateway, tell administrators and ana@acme.io at once, at most one mail in 30 min". */
export function routeSentence(
  { condition, recipients, how, options }: Pick<RouteInput, "condition" | "recipients" | "how" | "options">,
  names: ReadonlyMap<string, string>,
): string {
  const { level, families, services, environments, query } = condition;
  const when = [
    level === "critical" ? "critical" : `${level} or worse`,
    families?.length ? `about ${list(families.map((family) => family.replaceAll("_", " ")))}` : "",
    services?.length ? `on ${list(services)}` : "",
    environments?.length ? `in ${list(environments)}` : "",
    query?.trim() ? `where ${query.trim()}` : "",
  ].filter(Boolean);
  const whom = memberWords(recipients, names);
  const told =
    how === "at_once"
      ? [`tell ${whom} at once`, ...paceWords(options)]
      : [
          `put it into a digest for ${whom} ${digestWords(options.digest)}`,
          ...paceWords({ ...options, everyMinutes: undefined, quiet: undefined }),
        ];
  return `When ${when.join(" ")}, ${told.join(", ")}`;
}
