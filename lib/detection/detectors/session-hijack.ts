/**
 * Session hijacking: inside one session the network, the device, the language, the credential or the person changes. Each change adds to a score with its
 * reason; carriers' address changes, VPNs switched on, newer versions of the same program and IPv4/IPv6 pairs do not reach the line by themselves.
 */
import type { BehaviourDetector } from "@/lib/detection/detector";
import { type IsOwnExit, ownExitTest } from "@/lib/detection/own-exits";
import type { Factor } from "@/lib/model/alert";
import { formatSpan } from "@/lib/model/format";
import {
  actorOf,
  DAY,
  type Device,
  deviceName,
  deviceOf,
  endsSession,
  isPrivateAddress,
  isSignIn,
  MINUTE,
  momentOf,
  neighbourhoodOf,
} from "./subject";
import { earlierOf, each, type Finding, type Moment, timelineDetector } from "./timeline";

/** What each change weighs; 100 points are the alert. Verdicts of people move these numbers. */
export interface HijackWeights {
  country: number;
  network: number;
  /** Another program or another operating system. */
  device: number;
  /** The same program, but older than before. */
  downgrade: number;
  deviceId: number;
  tls: number;
  language: number;
  credential: number;
  /** Both contexts stay active in turns: two places, or two installations of a program, use one session at once. */
  interleaving: number;
  /** Requests per minute far above the session's own pace. */
  rate: number;
  /** Kinds of objects that the session never touched, once it has a pattern. */
  targets: number;
  /** Another person in the same session, or a sign-in into a session that another address had opened. */
  person: number;
  afterSignOut: number;
}
export interface SessionHijackSettings {
  weights: HijackWeights;
  /** Points at which it alerts. */
  threshold: number;
  /** A request this soon after a sign-out was under way, ms. */
  signOutGraceMs: number;
  /** Networks of the organisation's own VPNs, proxies and offices: who goes in or comes out of one has not changed places. */
  ownExits: readonly string[];
}
/** The settings with the exits as a question. */
interface Judging extends SessionHijackSettings {
  isOwnExit: IsOwnExit;
}

export const sessionHijackDefaults: SessionHijackSettings = {
  weights: {
    country: 45,
    network: 20,
    device: 60,
    downgrade: 25,
    deviceId: 60,
    tls: 35,
    language: 35, // a browser takes its language along, on journeys and through VPNs
    credential: 25,
    interleaving: 45,
    rate: 20,
    targets: 10,
    person: 100,
    afterSignOut: 100,
  },
  threshold: 100,
  signOutGraceMs: 30_000,
  ownExits: [],
};

interface Use extends Moment {
  actor?: string;
  country?: string;
  asn?: number;
  device?: Device;
  deviceId?: string;
  ja4?: string;
  language?: string;
  credential?: string;
  /** Kinds of objects that it touched, in order of their names. */
  targets?: string[];
  signIn?: true;
  ends?: true;
}
interface Context {
  use: Use;
  firstAt: number;
  lastAt: number;
  lastId: string;
}
interface SessionPast {
  contexts: Context[];
  endedAt: number | null;
  endId: string | null;
  minutes: number;
  requests: number;
  targets?: string[];
  /** How often an older or otherwise different installation went on from another network. */
  swaps?: number;
}

const CONTEXT_LIMIT = 12;
const TARGET_LIMIT = 16;
const PATTERN_MINUTES = 10; // that make a pace and a pattern
const TURNS_NEEDED = 5; // within ten minutes: a VPN that is switched on and breaks off twice makes five
const SWAPS_NEEDED = 2; // in the whole session
const PACE_FACTOR = 8;
const PACE_FLOOR = 60; // requests a minute that no pace makes suspicious

const sameDevice = (a: Use, b: Use): boolean =>
  (a.device?.family ?? "") === (b.device?.family ?? "") &&
  (a.device?.system ?? "") === (b.device?.system ?? "") &&
  a.deviceId === b.deviceId;
const sameNetwork = (a: Use, b: Use): boolean =>
  a.ip === b.ip ||
  (a.asn !== undefined && b.asn !== undefined
    ? a.asn === b.asn
    : a.ip !== undefined && b.ip !== undefined && neighbourhoodOf(a.ip) === neighbourhoodOf(b.ip));
const sameContext = (a: Use, b: Use): boolean => sameDevice(a, b) && sameNetwork(a, b) && a.country === b.country && a.actor === b.actor;

function learn(past: SessionPast, use: Use): SessionPast {
  const at = past.contexts.findIndex((context) => sameContext(context.use, use));
  const known = past.contexts[at];
  const context = known
    ? { ...known, use: { ...known.use, ...use }, lastAt: use.t, lastId: use.id }
    : { use, firstAt: use.t, lastAt: use.t, lastId: use.id };
  const contexts = known ? past.contexts.with(at, context) : [...past.contexts, context].slice(-CONTEXT_LIMIT);
  const ended = use.ends
    ? { endedAt: use.t, endId: use.id }
    : use.signIn
      ? { endedAt: null, endId: null }
      : { endedAt: past.endedAt, endId: past.endId };
  const targets = joined(past.targets, use.targets);
  const swaps = swapsOf(past, [use]);
  return {
    contexts,
    ...ended,
    minutes: past.minutes + 1,
    requests: past.requests + use.n,
    ...(targets ? { targets } : {}),
    ...(swaps ? { swaps } : {}),
  };
}

/** True when another installation goes on: programs grow newer by themselves, never older. */
const isSwapped = (from: Use, to: Use): boolean =>
  (from.device !== undefined && to.device !== undefined && to.device.version < from.device.version) ||
  (from.language !== undefined && to.language !== undefined && from.language !== to.language) ||
  (from.ja4 !== undefined && to.ja4 !== undefined && from.device?.version === to.device?.version && isOtherTls(from.ja4, to.ja4));

/** The swaps of the session with the uses that follow its past. A rollback or another language is one; two installations in turns go on making them. */
function swapsOf({ contexts, swaps = 0 }: SessionPast, uses: readonly Use[]): number {
  let last = contexts.reduce<Context | undefined>((a, b) => (a && a.lastAt > b.lastAt ? a : b), undefined)?.use;
  let sum = swaps;
  for (const use of uses) {
    if (last && !sameContext(last, use) && isSwapped(last, use)) sum++;
    last = use;
  }
  return sum;
}

/** Two lists of kinds as one, in order of their names. */
function joined(a: string[] | undefined, b: string[] | undefined): string[] | undefined {
  if (!a || !b || b.every((kind) => a.includes(kind))) return a ?? b;
  return [...new Set([...a, ...b])].sort().slice(0, TARGET_LIMIT);
}

/** Two observations of the same minute and context as one. */
function merged(a: Use, b: Use): Use {
  const targets = joined(a.targets, b.targets);
  const use = earlierOf(a, b);
  if (targets) use.targets = targets;
  return use;
}

const told = (value: string | number | undefined): string => (value === undefined || value === "" ? "unknown" : String(value));

const throughExit = (from: Use, to: Use, { isOwnExit }: Judging): boolean => isOwnExit(from.ip) || isOwnExit(to.ip);

const JA4 = /^([tqd])[^_]*_([0-9a-f]{12})_[0-9a-f]{12}$/;

/** A browser speaks TCP and QUIC by turns, and adds an extension when it resumes: only other ciphers over the same transport are another program. */
function isOtherTls(a: string, b: string): boolean {
  const [one, other] = [JA4.exec(a), JA4.exec(b)];
  return one && other ? one[1] === other[1] && one[2] !== other[2] : a !== b;
}

/** What changed from one use to another, each with its weight. */
function changes(from: Use, to: Use, judging: Judging): Factor[] {
  const { weights } = judging;
  const factors: Factor[] = [];
  const add = (name: string, weight: number, pair: [string | number | undefined, string | number | undefined], note?: string) =>
    factors.push({ name, before: told(pair[0]), after: told(pair[1]), weight, ...(note ? { note } : {}) });
  const place = throughExit(from, to, judging)
    ? { country: 0, network: 0, note: "through an exit of your own" }
    : { country: weights.country, network: weights.network };
  if (from.country && to.country && from.country !== to.country) add("country", place.country, [from.country, to.country], place.note);
  if (!sameNetwork(from, to))
    add("network", place.network, [from.asn ? `AS${from.asn} ${from.ip}` : from.ip, to.asn ? `AS${to.asn} ${to.ip}` : to.ip], place.note);
  if (from.device && to.device) {
    const names: [string, string] = [deviceName(from.device), deviceName(to.device)];
    if (from.device.family !== to.device.family || from.device.system !== to.device.system) add("device", weights.device, names);
    else if (to.device.version < from.device.version) add("older version", weights.downgrade, names);
    else if (to.device.version > from.device.version) add("newer version", 0, names, "an update of the same program");
  }
  if (from.deviceId && to.deviceId && from.deviceId !== to.deviceId) add("device id", weights.deviceId, [from.deviceId, to.deviceId]);
  const updated = to.device && from.device && to.device.version !== from.device.version;
  if (from.ja4 && to.ja4 && isOtherTls(from.ja4, to.ja4))
    add("TLS fingerprint", updated ? 0 : weights.tls, [from.ja4, to.ja4], updated ? "changes with the program's version" : undefined);
  if (from.language && to.language && from.language !== to.language) add("language", weights.language, [from.language, to.language]);
  if (from.credential && to.credential && from.credential !== to.credential)
    add("credential", weights.credential, [from.credential, to.credential]);
  if (from.actor && to.actor && from.actor !== to.actor) add("person", weights.person, [from.actor, to.actor], "two people in one session");
  if (!from.actor && to.actor && to.signIn && from.ip !== to.ip && !sameDevice(from, to))
    add("fixation", weights.person, [told(from.ip), told(to.ip)], "the session was opened from elsewhere before this sign-in");
  return factors;
}

/** What stayed as it was though it could have changed: part of the explanation, without weight. */
function unchanged(from: Use, to: Use): Factor[] {
  const pairs: [name: string, before: string | undefined, after: string | undefined][] = [
    ["person", from.actor, to.actor],
    ["country", from.country, to.country],
    ["network", from.asn === undefined ? from.ip : `AS${from.asn}`, to.asn === undefined ? to.ip : `AS${to.asn}`],
    ["device", from.device && deviceName(from.device), to.device && deviceName(to.device)],
    ["device id", from.deviceId, to.deviceId],
    ["TLS fingerprint", from.ja4, to.ja4],
    ["language", from.language, to.language],
    ["credential", from.credential, to.credential],
  ];
  return pairs.flatMap(([name, before, after]) => (before && before === after ? [{ name, before, after, weight: 0 }] : []));
}

/** How often the two contexts took turns, counted over `uses` in order of time. */
function turnsOf(from: Use, to: Use, uses: readonly Use[]): number {
  let turns = 0;
  let last: "from" | "to" | undefined;
  for (const use of uses) {
    const side = sameContext(use, to) ? "to" : sameContext(use, from) ? "from" : undefined;
    if (side && last && side !== last) turns++;
    if (side) last = side;
  }
  return turns;
}

function signOutFactor(past: SessionPast, recent: readonly Use[], use: Use, settings: Judging): { factor: Factor; id: string } | undefined {
  if (use.ends || use.signIn) return undefined;
  const end = [...recent].reverse().find((one) => one.ends || one.signIn);
  const [at, id] = end ? [end.ends ? end.t : null, end.id] : [past.endedAt, past.endId];
  if (at === null || id === null || use.t - at <= settings.signOutGraceMs) return undefined;
  return {
    factor: {
      name: "after sign-out",
      before: "signed out",
      after: `used ${formatSpan(use.t - at)} later`,
      weight: settings.weights.afterSignOut,
    },
    id,
  };
}

function targetFactors(past: SessionPast, use: Use, weights: HijackWeights): Factor[] {
  const { targets = [], minutes } = past;
  const news = use.targets?.filter((kind) => !targets.includes(kind)) ?? [];
  if (minutes < PATTERN_MINUTES || targets.length === 0 || targets.length >= TARGET_LIMIT || news.length === 0) return [];
  return [{ name: "target pattern", before: targets.join(", "), after: news.join(", "), weight: weights.targets }];
}

const OTHER_INSTALLATION = new Set(["older version", "language", "TLS fingerprint"]);
/** What only another installation of the program explains. */
const isOtherInstallation = ({ name, weight }: Factor): boolean => weight > 0 && OTHER_INSTALLATION.has(name);
const INSTALLATIONS = 4 / 3; // two places may be one person with a VPN; two installations in turns are hardly ever one

/** True when two countries are active in turns. */
function takesTurns(
  from: Use,
  to: Use,
  { factors, earlier }: { factors: readonly Factor[]; earlier: readonly Use[] },
  judging: Judging,
): boolean {
  const isElsewhere = from.country !== to.country && !throughExit(from, to, judging);
  return isElsewhere && factors.some(({ weight }) => weight > 0) && turnsOf(from, to, [...earlier, to]) > TURNS_NEEDED;
}

const interleaving = (from: Use, to: Use, isTwo: boolean, weights: HijackWeights): Factor => ({
  name: "interleaving",
  before: told(from.ip),
  after: told(to.ip),
  weight: Math.round(weights.interleaving * (isTwo ? INSTALLATIONS : 1)),
  note: isTwo ? "two installations are active in turns" : "both are active in turns",
});

interface Reckoning {
  from: Use | undefined;
  factors: Factor[];
  score: number;
  evidence: string[];
}

/** The strongest case against one use of the session: compared with each earlier context. */
function reckon(past: SessionPast, recent: readonly Use[], use: Use, judging: Judging): Reckoning {
  const { weights } = judging;
  const earlier = [...past.contexts.map((context) => ({ ...context.use, id: context.lastId, t: context.lastAt })), ...recent];
  const signOut = signOutFactor(past, recent, use, judging);
  const pace = past.minutes >= PATTERN_MINUTES ? past.requests / past.minutes : undefined;
  const fast = pace !== undefined && use.n > Math.max(PACE_FLOOR, PACE_FACTOR * pace);
  const common: Factor[] = [
    ...(signOut ? [signOut.factor] : []),
    ...(fast ? [{ name: "rate", before: `${pace.toFixed(1)} / min`, after: `${use.n} / min`, weight: weights.rate }] : []),
    ...targetFactors(past, use, weights),
  ];
  let worst: Reckoning = {
    from: earlier.at(-1),
    factors: common,
    score: common.reduce((sum, factor) => sum + factor.weight, 0),
    evidence: signOut ? [signOut.id, use.id] : [use.id],
  };
  // Somebody who was here before in the same context is no stranger, except for what the session itself says.
  const familiar = past.contexts.some((context) => sameContext(context.use, use));
  const swaps = swapsOf(past, [...recent, use]);
  const seen = new Set<string>();
  for (const from of earlier) {
    const key = `${from.ip}|${from.deviceId}|${from.device && deviceName(from.device)}|${from.actor}|${from.ja4}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const factors = changes(from, use, judging);
    const isTwo = swaps > SWAPS_NEEDED && !sameContext(from, use) && factors.some(isOtherInstallation);
    const turns = isTwo || takesTurns(from, use, { factors, earlier }, judging);
    if (turns) factors.push(interleaving(from, use, isTwo, weights));
    const all = [...factors, ...common];
    const score = all.reduce((sum, factor) => sum + factor.weight, 0);
    if (score > worst.score && !(familiar && !isTwo && score < 2 * judging.threshold))
      worst = { from, factors: all, score, evidence: [...new Set([from.id, ...worst.evidence])] };
  }
  return worst;
}

/** Whose the change is: who was in the session first and goes on using it is no intruder. */
function intruderOf({ contexts }: SessionPast, from: Use | undefined, use: Use): Use {
  const [known, other] = [use, from].map((one) => contexts.findIndex((context) => one && sameContext(context.use, one)));
  return from && known !== undefined && other !== undefined && known >= 0 && (other < 0 || known < other) ? from : use;
}

function finding(session: string, use: Use, found: Reckoning & { intruder: Use }, settings: SessionHijackSettings): Finding {
  const { intruder } = found;
  const reasons = found.factors.filter((factor) => factor.weight > 0).sort((a, b) => b.weight - a.weight);
  const who = use.actor ?? found.from?.actor;
  return {
    family: "session_hijack",
    level: found.score >= 1.5 * settings.threshold ? "critical" : "high",
    title: reasons[0]?.name === "after sign-out" ? "Session used after sign-out" : "Session taken over",
    entity: { type: "session", value: session },
    strength: found.score,
    evidence: found.evidence,
    sourceIps: intruder.ip ? [intruder.ip] : [],
    related: [
      ...(intruder.ip ? [{ type: "ip" as const, value: intruder.ip, role: "attacker" as const, events: intruder.n }] : []),
      ...(who ? [{ type: "actor" as const, value: who, role: "victim" as const, events: use.n }] : []),
    ],
    explanation: {
      sentence: `The session of ${who ?? "an unknown person"} changed inside: ${reasons.map((factor) => `${factor.name} ${factor.before} → ${factor.after}`).join(", ")}.`,
      measured: found.score,
      threshold: settings.threshold,
      unit: "points",
      factors: [...found.factors, ...(found.from ? unchanged(found.from, use) : [])],
    },
  };
}

/** The detector, one group per session. */
export function sessionHijack(settings: SessionHijackSettings = sessionHijackDefaults): BehaviourDetector {
  const judging: Judging = { ...settings, isOwnExit: ownExitTest(settings.ownExits) };
  return timelineDetector<Use, SessionPast>({
    id: "session-hijack",
    version: 1,
    title: "Session taken over",
    family: "session_hijack",
    level: "critical",
    techniques: ["T1539", "T1550.004", "T1563"],
    owasp: ["API2"],
    episodeMs: DAY,
    groupsOf: ({ record: { document } }) =>
      document.session && document.direction === "inbound" && document.source?.ip ? [document.session.id] : [],
    observe: each((event) => {
      const { document } = event.record;
      const { source, credential } = document;
      const settledUse = endsSession(document) || document.outcome !== "failure";
      if (!source?.ip || isPrivateAddress(source.ip) || !settledUse) return undefined; // a refused request shows a guess, not a takeover
      const use: Use = momentOf(event);
      const actor = actorOf(document);
      const device = deviceOf(document);
      if (actor !== undefined) use.actor = actor;
      if (source.geo?.country !== undefined) use.country = source.geo.country;
      if (source.geo?.asn !== undefined) use.asn = source.geo.asn;
      if (device !== undefined) use.device = device;
      if (source.device_id !== undefined) use.deviceId = source.device_id;
      if (source.ja4 !== undefined) use.ja4 = source.ja4;
      if (source.language !== undefined) use.language = source.language;
      if (endsSession(document)) use.ends = true;
      const target = document.targets?.[0]?.type;
      if (target) use.targets = [target.slice(0, 64)];
      if (isSignIn(document)) use.signIn = true;
      else if (credential?.id) use.credential = credential.id;
      return use;
    }),
    keyOf: (use) =>
      [
        Math.floor(use.t / MINUTE),
        use.ip,
        use.device && deviceName(use.device),
        use.deviceId,
        use.ja4,
        use.language,
        use.actor,
        use.credential,
        use.signIn ? "in" : use.ends ? `out${use.t}` : "",
      ].join("|"),
    merge: merged,
    emptyBaseline: () => ({ contexts: [], endedAt: null, endId: null, minutes: 0, requests: 0 }),
    learn,
    judge({ group, baseline, recent, moment }) {
      const found = reckon(baseline, recent, moment, judging);
      const intruder = intruderOf(baseline, found.from, moment);
      return found.score >= settings.threshold ? finding(group, moment, { ...found, intruder }, settings) : undefined;
    },
  });
}
