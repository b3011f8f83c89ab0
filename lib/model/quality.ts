/** Is what arrives good enough to watch? Judged on the latest events; each finding says what it costs and how to mend it. Pure. */
import type { EventDocument } from "./event";
import { formatSpan, plural } from "./format";

/** One question, its answer in words, and how many of the judged events are good. `fix`: rules cannot work; `look`: some cannot; `ok`: nothing to do. */
export interface QualityCheck {
  name: string;
  state: "ok" | "look" | "fix";
  text: string;
  good: number;
  of: number;
  /** What to change at the sender. */
  remedy?: string;
  /** The field it is about, as rules name it. */
  field?: string;
}

/** An event as it is judged: what was kept, and when it was received. */
export interface JudgedEvent {
  document: EventDocument;
  receivedAt: number;
}

const CLOCK_MS = 60_000;

const fieldOf: Readonly<Record<string, string>> = {
  Address: "source.ip",
  Actor: "actor.id",
  Session: "session.id",
  Outcome: "outcome",
  "User agent": "source.user_agent",
};

/** The answers, those to mend first. Nothing to judge gives nothing. */
export function judgeQuality(events: readonly JudgedEvent[]): QualityCheck[] {
  if (events.length === 0) return [];
  const checks = [address, actor, session, outcome, agent, clock, secrets].map((check) => check(events));
  const order = { fix: 0, look: 1, ok: 2 };
  return checks
    .map((check) => ({ ...check, ...(fieldOf[check.name] ? { field: fieldOf[check.name] } : {}) }))
    .toSorted((a, b) => order[a.state] - order[b.state]);
}

const count = (events: readonly JudgedEvent[], test: (event: JudgedEvent) => boolean): number =>
  events.reduce((sum, event) => sum + (test(event) ? 1 : 0), 0);

const PRIVATE =
  /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd][0-9a-f]{2}:|fe80:)/i;

function address(events: readonly JudgedEvent[]): QualityCheck {
  const of = events.length;
  const ips = events.map(({ document }) => document.source?.ip);
  const good = count(events, ({ document }) => document.source?.ip !== undefined && !PRIVATE.test(document.source.ip));
  const distinct = new Set(ips.filter((ip) => ip !== undefined));
  const [only] = distinct;
  const remedy =
    "Send the address of the client as source.ip. Behind a proxy: Express app.set('trust proxy', 1), nginx real_ip, or the first address of X-Forwarded-For that your own proxy added.";
  const say = (state: QualityCheck["state"], text: string): QualityCheck => ({
    name: "Address",
    state,
    text,
    good,
    of,
    ...(state === "ok" ? {} : { remedy }),
  });
  if (distinct.size === 0) return say("fix", "No event says where it came from, so attackers would all look alike.");
  if (good === 0)
    return say(
      "fix",
      distinct.size === 1
        ? `Every event comes from ${only}. That is inside your network, probably your proxy, so attackers would all look alike.`
        : "All addresses are inside your network, so attackers could not be told apart.",
    );
  if (distinct.size === 1 && of >= 20)
    return say("look", `Every event comes from ${only}. If that is a proxy or load balancer, attackers would all look alike.`);
  if (good < of * 0.8) return say("look", `${plural(of - good, "event")} come from inside your network or from nowhere.`);
  return say("ok", `${plural(distinct.size, "address", "addresses")}, public and told apart.`);
}

/** A check that asks whether something is there. */
function presence(
  name: string,
  has: (document: EventDocument) => boolean,
  words: { ok: string; some: string; none: string; remedy: string; needed: boolean },
) {
  return (events: readonly JudgedEvent[]): QualityCheck => {
    const of = events.length;
    const good = count(events, ({ document }) => has(document));
    const { ok, some, none, remedy, needed } = words;
    if (good >= of * 0.9) return { name, state: "ok", text: ok, good, of };
    return { name, state: good === 0 && needed ? "fix" : "look", text: good === 0 ? none : some, good, of, remedy };
  };
}

const actor = presence("Actor", (document) => Boolean(document.actor?.id ?? document.actor?.email), {
  ok: "Events say who acted.",
  some: "Some events do not say who acted.",
  none: "No event says who acted, so nothing can be known of accounts.",
  remedy: "Send actor.id (and actor.email) of whoever is signed in, and for failed sign-ins the name that was tried.",
  needed: true,
});

const session = presence("Session", (document) => document.session !== undefined, {
  ok: "Events name their session.",
  some: "Some events name no session, so a stolen one could not be followed.",
  none: "No event names its session, so a stolen one could not be noticed.",
  remedy: "Send session.id, the cookie or token itself or a hash of it. It is kept only as a keyed hash.",
  needed: false,
});

const agent = presence("User agent", (document) => document.source?.user_agent !== undefined, {
  ok: "Events carry the client's user agent.",
  some: "Some events carry no user agent.",
  none: "No event carries the client's user agent, so a change of device goes unnoticed.",
  remedy: "Send source.user_agent: the User-Agent header of the client's request, not of your own HTTP library.",
  needed: false,
});

function outcome(events: readonly JudgedEvent[]): QualityCheck {
  const of = events.length;
  const good = count(events, ({ document }) => document.outcome !== "unknown");
  const failures = count(events, ({ document }) => document.outcome === "failure");
  const told = count(events, ({ document }) => document.outcome === "failure" && document.actor?.exists !== undefined);
  const remedy = "Send outcome: success or failure (or http.status), a short reason for failures, and actor.exists for failed sign-ins.";
  if (good === 0)
    return {
      name: "Outcome",
      state: "fix",
      text: "No event says whether it succeeded, so failed sign-ins cannot be counted.",
      good,
      of,
      remedy,
    };
  if (good < of * 0.9)
    return { name: "Outcome", state: "look", text: `${plural(of - good, "event")} do not say whether they succeeded.`, good, of, remedy };
  const known = failures === 0 ? "" : told === failures ? "; the failures say whether the account exists" : "";
  return {
    name: "Outcome",
    state: "ok",
    text: `${plural(good - failures, "success", "successes")} and ${plural(failures, "failure")}${known}.`,
    good,
    of,
  };
}

function clock(events: readonly JudgedEvent[]): QualityCheck {
  const of = events.length;
  const distance = ({ document, receivedAt }: JudgedEvent) => Math.abs(receivedAt - Date.parse(document.occurred_at));
  const good = count(events, (event) => distance(event) <= CLOCK_MS);
  const worst = Math.max(...events.map(distance));
  if (good >= of * 0.9)
    return {
      name: "Clock",
      state: "ok",
      text: `Within ${formatSpan(Math.max(...events.map(distance).filter((ms) => ms <= CLOCK_MS), 1000))} of ours.`,
      good,
      of,
    };
  return {
    name: "Clock",
    state: "look",
    text: `${plural(of - good, "event")} are more than a minute from our clock, up to ${formatSpan(worst)}. Late events alert late.`,
    good,
    of,
    remedy: "Send events within a minute, with occurred_at in UTC: new Date().toISOString().",
  };
}

function secrets(events: readonly JudgedEvent[]): QualityCheck {
  const masked = count(events, ({ document }) => document.marks?.includes("redacted") ?? false);
  const text =
    masked === 0
      ? "No secrets were found in what arrived."
      : `Secrets were masked in ${plural(masked, "event")} before anything was stored.`;
  return { name: "Secrets", state: "ok", text, good: events.length, of: events.length };
}
