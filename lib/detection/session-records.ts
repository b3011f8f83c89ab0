/** Session records, the pure part: what a turn's events add to the record of each session, and the alert about a session used after a person ended it. */
import type { Alert } from "@/lib/model/alert";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { END_GRACE_MS, SESSION_LIST_LIMIT } from "@/lib/model/session-record";
import { formatSpan } from "@/lib/model/format";
import { actorOf, deviceName, deviceOf, endsSession, isSignIn } from "./detectors/subject";

/** What some events add to the record of their session. Adding it twice counts twice: it belongs into the transaction that marks their batches. */
export interface SessionDelta {
  id: string;
  actors: string[];
  actorName: string | null;
  roles: string[];
  credentialType: string | null;
  credentialId: string | null;
  startedAt: number;
  lastAt: number;
  requests: number;
  failures: number;
  privilegeChanges: number;
  addresses: string[];
  countries: string[];
  networks: string[];
  devices: string[];
  services: string[];
  signedInAt: number | null;
  signedOutAt: number | null;
  expiredAt: number | null;
}

const PRIVILEGE =
  /(?:^|[._-])(?:role|roles|permission|permissions|privilege|privileges|scope|scopes|admin|member|mfa|2fa|api_?key|token|policy)[._-](?:grant|granted|assign|assigned|add|added|create|created|update|updated|change|changed|elevate|elevated|disable|disabled|reset|remove|removed)$|(?:^|[._-])(?:sudo|elevate|impersonate|step_?up|assume_?role)(?:$|[._-])/i;
const EXPIRING = /(?:^|[._-])(?:expired?|timeout|timed_?out)$/i;

/** True when the event gave somebody other rights, and did so. */
export const changesPrivilege = ({ action, outcome }: EventDocument): boolean => outcome !== "failure" && PRIVILEGE.test(action);

const startOf = (id: string, t: number): SessionDelta => ({
  id,
  actors: [],
  actorName: null,
  roles: [],
  credentialType: null,
  credentialId: null,
  startedAt: t,
  lastAt: t,
  requests: 0,
  failures: 0,
  privilegeChanges: 0,
  addresses: [],
  countries: [],
  networks: [],
  devices: [],
  services: [],
  signedInAt: null,
  signedOutAt: null,
  expiredAt: null,
});

function note(list: string[], value: string | undefined): void {
  if (value !== undefined && value !== "" && list.length < SESSION_LIST_LIMIT && !list.includes(value)) list.push(value);
}

const networkOf = (document: EventDocument): string | undefined => {
  const { asn, as_org } = document.source?.geo ?? {};
  return asn === undefined ? as_org : `AS${asn}${as_org ? ` ${as_org}` : ""}`;
};

function addEvent(delta: SessionDelta, t: number, document: EventDocument): void {
  const { actor, credential, source } = document;
  delta.startedAt = Math.min(delta.startedAt, t);
  delta.lastAt = Math.max(delta.lastAt, t);
  delta.requests++;
  if (document.outcome === "failure") delta.failures++;
  if (changesPrivilege(document)) delta.privilegeChanges++;
  note(delta.actors, actorOf(document));
  note(delta.roles, actor?.role);
  note(delta.addresses, source?.ip);
  note(delta.countries, source?.geo?.country);
  note(delta.networks, networkOf(document));
  const device = deviceOf(document);
  note(delta.devices, device && deviceName(device));
  note(delta.services, document.service);
  delta.actorName ??= actor?.email ?? actor?.name ?? null;
  delta.credentialType ??= credential?.type ?? null;
  delta.credentialId ??= credential?.id ?? null;
  if (isSignIn(document) && document.outcome === "success") {
    delta.signedInAt = Math.max(delta.signedInAt ?? t, t);
    delta.credentialType = credential?.type ?? delta.credentialType; // what opened it says more than what carried on
  } else if (endsSession(document)) {
    if (EXPIRING.test(document.action)) delta.expiredAt = Math.max(delta.expiredAt ?? t, t);
    else delta.signedOutAt = Math.max(delta.signedOutAt ?? t, t);
  }
}

/** One delta for each session that the events name, by id, so that two writers take their rows in the same order. */
export function sessionDeltas(events: readonly EventRecord[]): SessionDelta[] {
  const deltas = new Map<string, SessionDelta>();
  for (const { occurredAt, document } of events) {
    const id = document.session?.id;
    if (!id) continue;
    let delta = deltas.get(id);
    if (!delta) deltas.set(id, (delta = startOf(id, occurredAt)));
    addEvent(delta, occurredAt, document);
  }
  return [...deltas.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A session that a person ended, and when (ms). */
export interface EndedSession {
  id: string;
  closedAt: number;
}

/** Uses of ended sessions among the events, after the grace that the application had to let go: by session, in order of time. */
export function usesAfterEnd(events: readonly EventRecord[], ended: readonly EndedSession[]): Map<string, EventRecord[]> {
  const closedAt = new Map(ended.map((session) => [session.id, session.closedAt]));
  const uses = new Map<string, EventRecord[]>();
  for (const event of events) {
    const id = event.document.session?.id ?? "";
    const end = closedAt.get(id);
    // a refused use shows that the application obeys
    if (end === undefined || event.occurredAt <= end + END_GRACE_MS || event.document.outcome === "failure" || endsSession(event.document))
      continue;
    const known = uses.get(id);
    if (known) known.push(event);
    else uses.set(id, [event]);
  }
  for (const list of uses.values()) list.sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
  return uses;
}

const EVIDENCE = 50; // of this turn; the incident page finds the rest by the session

/** The alert about uses of a session that a person had ended; `count` and `firstAt` are of all uses so far. One alert for each end. */
export function replayAlert(session: EndedSession, uses: readonly EventRecord[], all: { count: number; firstAt: number }): Alert {
  const [first] = uses;
  const last = uses.at(-1);
  const who = first && actorOf(first.document);
  const ips = [...new Set(uses.flatMap(({ document }) => document.source?.ip ?? []))].slice(0, SESSION_LIST_LIMIT);
  const services = [...new Set(uses.flatMap(({ document }) => document.service ?? []))].slice(0, SESSION_LIST_LIMIT);
  const later = formatSpan(all.firstAt - session.closedAt);
  return {
    key: `session-hijack|session|${session.id}|${session.closedAt}`,
    ruleId: "session-hijack",
    ruleVersion: 1,
    family: "session_hijack",
    level: "critical",
    title: "Session used after it was ended",
    entity: { type: "session", value: session.id },
    related: [
      ...ips.map((value) => ({ type: "ip" as const, value, role: "attacker" as const, events: uses.length })),
      ...(who ? [{ type: "actor" as const, value: who, role: "victim" as const, events: uses.length }] : []),
    ],
    firstAt: all.firstAt,
    lastAt: last?.occurredAt ?? all.firstAt,
    eventCount: all.count,
    evidence: uses.slice(0, EVIDENCE).map(({ id }) => id),
    sourceIps: ips,
    services,
    techniques: ["T1550.004"],
    owasp: ["API2"],
    explanation: {
      sentence: `A person ended this session of ${who ?? "an unknown person"}; the application still let it in ${later} later.`,
      measured: all.count,
      threshold: 1,
      unit: "uses after the end",
      factors: [{ name: "after its end", before: "ended by a person", after: `used ${later} later`, weight: 100 }],
      matches: [],
    },
  };
}
