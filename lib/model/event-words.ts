/** Events in words: the short name of what happened, and a whole sentence. Plain text; much of it was written by strangers. */
import type { EventDocument, Outcome } from "./event";
import { isLegible, visible } from "./visible";

const SIGN_IN = /(?:^|[._-])(?:log-?_?in|sign-?_?in|authenticate)(?:$|[._-])/i;

/** True for actions that try to sign somebody in: `user.login`, `auth.sign_in`. */
export const isSignInAction = (action: string): boolean => SIGN_IN.test(action);

const REASONS = new Map([
  ["bad_password", "Wrong password"],
  ["invalid_password", "Wrong password"],
  ["wrong_password", "Wrong password"],
  ["invalid_credentials", "Wrong password"],
  ["bad_credentials", "Wrong password"],
  ["no_such_user", "No such account"],
  ["unknown_user", "No such account"],
  ["user_not_found", "No such account"],
  ["invalid_user", "No such account"],
  ["rate_limited", "Too many tries"],
  ["too_many_attempts", "Too many tries"],
  ["locked", "Account locked"],
  ["account_locked", "Account locked"],
  ["mfa_failed", "Second factor failed"],
  ["bad_otp", "Second factor failed"],
  ["expired", "Credential expired"],
  ["revoked", "Credential revoked"],
]);

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `bad_password` → `Wrong password`; a reason nobody knows is only made readable: `card_declined` → `Card declined`. */
export const reasonWords = (reason: string): string => REASONS.get(reason) ?? sentenceCase(reason.replace(/[_.-]+/g, " ").trim() || reason);

const method = (document: EventDocument): string => document.http?.method?.toUpperCase() ?? "";
const place = (document: EventDocument): string => document.http?.route ?? document.http?.path ?? "";

/** What happened in a few words, for a line in a table: `Wrong password`, `Signed in`, `GET /v1/orders/{id}`, `report.export`. */
export const eventTitle = (document: EventDocument): string => visible(titleOf(document));

function titleOf(document: EventDocument): string {
  const { action, outcome, reason, direction } = document;
  if (outcome === "failure" && reason) return reasonWords(reason);
  if (isSignInAction(action)) return outcome === "success" ? "Signed in" : outcome === "failure" ? "Sign-in failed" : "Sign-in";
  const path = place(document);
  if (path !== "" && (action === "http.request" || action === "http")) {
    const host = direction === "outbound" ? (document.destination?.host ?? document.http?.host ?? "") : "";
    return `${method(document)} ${host}${path}`.trim();
  }
  return action;
}

/** What whoever did it is called: the first of mail address, name and id in which there is something to read. */
export const actorName = ({ actor }: EventDocument): string | undefined =>
  [actor?.email, actor?.name, actor?.id].find(isLegible) ?? actor?.id;

const regions = new Intl.DisplayNames("en", { type: "region" });

/** `GB` → `United Kingdom`; a code nobody knows stays as it is. */
export function countryName(code: string): string {
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}

/** One sentence: who did what, to which service, from where, and what became of it. */
export function eventSentence(document: EventDocument): string {
  const { action, outcome, reason, service, source, direction } = document;
  const key = document.credential?.id;
  const who = actorName(document) ?? (key ? `Key ${key}` : direction === "outbound" ? (service ?? "A service") : "Someone");
  const from = [source?.ip && `from ${source.ip}`, source?.geo?.country && `in ${placeName(source.geo.city, source.geo.country)}`]
    .filter(Boolean)
    .join(" ");
  const to = service && who !== service ? `${direction === "outbound" ? "for" : isSignInAction(action) ? "to" : "on"} ${service}` : "";
  const why = outcome === "failure" && reason ? `: ${reasonWords(reason).toLowerCase()}` : "";
  return visible(`${[who, deed(document), to, from].filter(Boolean).join(" ")}${why}.`);
}

const placeName = (city: string | undefined, country: string): string => {
  const name = countryName(country);
  const article = /^(United|Netherlands|Philippines)/.test(name) ? `the ${name}` : name;
  return city ? `${city}, ${article}` : article;
};

function deed(document: EventDocument): string {
  const { action, outcome, http, destination } = document;
  if (isSignInAction(action)) return outcome === "success" ? "signed in" : outcome === "failure" ? "failed to sign in" : "tried to sign in";
  const path = place(document);
  if (path === "") return outcome === "failure" ? `failed at ${action}` : `did ${action}`;
  const status = http?.status === undefined ? (outcome === "unknown" ? "" : ` (${outcome})`) : ` (${http.status})`;
  const host = document.direction === "outbound" ? (destination?.host ?? http?.host ?? "") : "";
  return action === "http.request"
    ? `called ${`${method(document)} ${host}${path}`.trim()}${status}`
    : `did ${action} by ${`${method(document)} ${path}`.trim()}${status}`;
}

/** What a line of a table shows of an event. */
export interface EventSummary {
  id: string;
  /** Event time, ms since the epoch. */
  at: number;
  title: string;
  outcome: Outcome;
  action: string;
  reason?: string;
  actor?: string;
  /** The account is known not to exist. */
  ghost: boolean;
  key?: string;
  ip?: string;
  country?: string;
  asn?: number;
  network?: string;
  service?: string;
  status?: number;
  sample: boolean;
}

/** The summary of an event's document. */
export function summarize(id: string, at: number, document: EventDocument): EventSummary {
  const { actor, source, service, http, credential, reason, marks } = document;
  const name = actorName(document);
  const geo = source?.geo;
  return {
    id,
    at,
    title: eventTitle(document),
    outcome: document.outcome,
    action: document.action,
    ghost: actor?.exists === false,
    sample: marks?.includes("sample") ?? false,
    ...(reason !== undefined && { reason }),
    ...(name !== undefined && { actor: name }),
    ...(credential?.id !== undefined && { key: credential.id }),
    ...(source?.ip !== undefined && { ip: source.ip }),
    ...(geo?.country !== undefined && { country: geo.country }),
    ...(geo?.asn !== undefined && { asn: geo.asn }),
    ...(geo?.as_org !== undefined && { network: geo.as_org }),
    ...(service !== undefined && { service }),
    ...(http?.status !== undefined && { status: http.status }),
  };
}
