/**
 * New context: a person or a key shows up from where, with what, or for what it never did before. One new thing is life (travel, a new phone, a release);
 * several at once are a stranger with somebody's credential. How grave it is depends on what was done, and on whether anybody here was ever seen like this.
 */
import { type BehaviourDetector, LATENESS_MS, type ObservedEvent } from "@/lib/detection/detector";
import { Memo } from "@/lib/detection/memo";
import { type IsOwnExit, ownExitTest } from "@/lib/detection/own-exits";
import type { Factor } from "@/lib/model/alert";
import { appearancesOf, isShared, learnShared, type SharedAddresses } from "./shared-addresses";
import { actorOf, callerOf, DAY, deviceKind, deviceOf, isPerson, isPrivateAddress, keyOf, MINUTE, momentOf, own } from "./subject";
import { each, type Finding, type Moment, timelineDetector } from "./timeline";

type Aspect = "country" | "network" | "address" | "device" | "target" | "scope" | "hour";

export interface NewContextSettings {
  /** Points of a value never seen for this person or key, by aspect. */
  person: Record<Aspect, number>;
  key: Record<Aspect, number>;
  /** Points at which it alerts. */
  threshold: number;
  /** The past is believed after this many days with activity; a person's earlier, if more points speak against it. */
  learnDays: number;
  /** A value not seen for this long is new again, days. */
  forgetDays: number;
  /** Networks (CIDR) of the organisation's own proxies, VPN exits and offices: country and network say nothing there. */
  ownExits: readonly string[];
}

export const newContextDefaults: NewContextSettings = {
  person: { country: 45, network: 15, address: 0, device: 45, target: 10, scope: 10, hour: 10 },
  // A key lives in a machine: its network and its program change with a release, rarely both. An address says something where the network does not.
  key: { country: 45, network: 45, address: 45, device: 45, target: 15, scope: 30, hour: 0 },
  threshold: 90,
  learnDays: 7,
  forgetDays: 90,
  ownExits: [],
};

interface Sight extends Moment {
  /** With which key, if any. */
  key?: true;
  values: Partial<Record<Aspect, string>>;
  sensitive?: string;
}
/** By aspect and value: when anybody was first seen with it, and on which day last; and the addresses that people share. The state of the common group. */
type Everybody = Partial<Record<Aspect, Record<string, [firstAt: number, lastDay: number]>>> & { addresses?: SharedAddresses };
const EVERYBODY = "*";
const SHARED: readonly Aspect[] = ["country", "network", "device"]; // what people have in common; hours and objects are each one's own
const EVERYBODY_LIMIT = 2000; // values by aspect; the longest unseen go first

interface Habits {
  days: number;
  lastDay: number;
  seen: Partial<Record<Aspect, Record<string, number>>>;
  /** Strange appearances of a key that are not believed yet: by their values, the days on which they came. */
  doubted?: Record<string, number[]>;
}

const VALUE_LIMIT = 48; // per aspect; the longest unseen goes first
const FEW_ADDRESSES = 4; // a key that has come from more lives on machines that come and go
const SENSITIVE = /(?:export|download|role|permission|grant|invite|key|token|password|mfa|sso|webhook|delete)/i;
const isSensitive = new Memo((action) => SENSITIVE.test(action), 1_024);

/** What alarmed is doubted until it has come on so many days: a thief's address must not become the key's own by its first use. */
const DOUBTED_DAYS = 3;
const DOUBTED_LIMIT = 8;

/** Notes a strange appearance of a key; undefined once it has come often enough to be believed. */
function doubt(habits: Habits, sight: Sight, settings: NewContextSettings): Habits | undefined {
  if (!sight.key || habits.days < settings.learnDays) return undefined;
  const news = newsOf({ habits, everybody: undefined }, sight, { weights: settings.key, forgetMs: settings.forgetDays * DAY });
  if (pointsOf(news) < settings.threshold) return undefined;
  const name = `=${news.map(({ factor }) => factor.after).join("|")}`;
  const day = Math.floor(sight.t / DAY);
  const days = [...new Set([...(habits.doubted?.[name] ?? []), day])].slice(-DOUBTED_DAYS);
  if (days.length >= DOUBTED_DAYS) return undefined;
  const doubted = Object.entries({ ...habits.doubted, [name]: days }).sort((a, b) => (b[1].at(-1) ?? 0) - (a[1].at(-1) ?? 0));
  return { ...habits, doubted: Object.fromEntries(doubted.slice(0, DOUBTED_LIMIT)) };
}

function learn(habits: Habits, sight: Sight, settings: NewContextSettings): Habits {
  const doubted = doubt(habits, sight, settings);
  if (doubted) return doubted;
  const day = Math.floor(sight.t / DAY);
  const seen: Habits["seen"] = { ...habits.seen };
  for (const [aspect, value] of Object.entries(sight.values) as [Aspect, string][]) {
    if (aspect === "address" && own(seen.address, value) === undefined && Object.keys(seen.address ?? {}).length > FEW_ADDRESSES) continue;
    const values = { ...seen[aspect], [value]: sight.t };
    const names = Object.keys(values);
    if (names.length > VALUE_LIMIT) delete values[names.reduce((a, b) => ((values[a] ?? 0) <= (values[b] ?? 0) ? a : b))];
    seen[aspect] = values;
  }
  return { ...habits, days: habits.days + (habits.lastDay === day ? 0 : 1), lastDay: day, seen };
}

/** Folds sights into what everybody is known by. The earliest time counts, so that the order of arrival does not. */
function learnEverybody(everybody: Everybody | undefined, sights: readonly Sight[]): Everybody {
  let next = everybody;
  for (const sight of sights) {
    const day = Math.floor(sight.t / DAY);
    for (const aspect of SHARED) {
      const value = sight.values[aspect];
      if (value === undefined) continue;
      const known = own(next?.[aspect], value);
      if (known && known[0] <= sight.t && known[1] >= day) continue;
      const seen: [number, number] = known ? [Math.min(known[0], sight.t), Math.max(known[1], day)] : [sight.t, day];
      next = { ...next, [aspect]: withLimit({ ...next?.[aspect], [value]: seen }) };
    }
  }
  return next ?? {};
}

function withLimit(values: Record<string, [number, number]>): Record<string, [number, number]> {
  const names = Object.keys(values);
  if (names.length <= EVERYBODY_LIMIT) return values;
  const kept = names.sort((a, b) => (values[b]?.[1] ?? 0) - (values[a]?.[1] ?? 0) || (a < b ? -1 : 1)).slice(0, 0.9 * EVERYBODY_LIMIT);
  return Object.fromEntries(kept.map((name) => [name, values[name] as [number, number]])); // kept are names of it
}

/** True when nobody here was seen with this value until the lateness bound before now. */
const isNewHere = (everybody: Everybody | undefined, aspect: Aspect, { values, t }: Sight): boolean =>
  SHARED.includes(aspect) && (own(everybody?.[aspect], values[aspect] ?? "")?.[0] ?? Number.POSITIVE_INFINITY) > t - LATENESS_MS;

/** True when a key only ever came from a few addresses, and now from another in a network and country of its own. */
function isFixed({ seen }: Habits, { values, t }: Sight, forgetMs: number): boolean {
  const isOwn = (aspect: "country" | "network"): boolean => {
    const value = values[aspect];
    return value === undefined || (own(seen[aspect], value) ?? Number.NEGATIVE_INFINITY) > t - forgetMs;
  };
  return Object.keys(seen.address ?? {}).length <= FEW_ADDRESSES && isOwn("country") && isOwn("network");
}

/** What is new about this sight, with its weight; an aspect of which nothing is known yet says nothing. */
function newsOf(
  { habits, everybody }: { habits: Habits; everybody: Everybody | undefined },
  sight: Sight,
  { weights, forgetMs, pointsHere = 0 }: { weights: Record<Aspect, number>; forgetMs: number; pointsHere?: number },
): { factor: Factor; newHere: boolean }[] {
  return (Object.entries(sight.values) as [Aspect, string][]).flatMap(([aspect, value]) => {
    const known = habits.seen[aspect];
    if (aspect === "address" && !isFixed(habits, sight, forgetMs)) return [];
    if (!known || (own(known, value) ?? Number.NEGATIVE_INFINITY) > sight.t - forgetMs) return [];
    const usual = Object.entries(known).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const newHere = isNewHere(everybody, aspect, sight);
    const factor = {
      name: aspect,
      before: usual
        .slice(0, 4)
        .map(([name]) => name)
        .join(", "),
      after: value,
      weight: weights[aspect] + (newHere ? pointsHere : 0),
      note: `never seen in ${habits.days} active days${newHere ? ", and not from anybody else here" : ""}`,
    };
    return [{ factor, newHere }];
  });
}

/** What news amount to. */
const pointsOf = (news: ReturnType<typeof newsOf>): number => news.reduce((sum, { factor }) => sum + factor.weight, 0);

/** What speaks against a sight: news, points for a deed, and how many it took. */
interface Judgement {
  news: ReturnType<typeof newsOf>;
  done: number;
  threshold: number;
}

function finding(group: string, sight: Sight, { news, done, threshold }: Judgement): Finding {
  const factors = news.map(({ factor }) => factor);
  if (sight.sensitive) factors.push({ name: "done next", after: sight.sensitive, weight: done });
  const score = pointsOf(news) + done;
  // What nobody here was ever seen with is graver, but travel to a new country must not become an alert by it: it raises the level, the points only of the hardly known.
  const unheardOf = news.filter(({ newHere }) => newHere).length;
  const entity = callerOf(group);
  const { value } = entity;
  const isKey = entity.type === "key";
  return {
    family: isKey ? "key_abuse" : "new_context",
    level: sight.sensitive || unheardOf >= 2 || score >= 1.5 * threshold ? "high" : "medium",
    title: isKey ? "API key used by a stranger" : "Sign of a stranger in a known account",
    entity,
    strength: score + 10 * unheardOf + (sight.sensitive ? 50 : 0),
    evidence: [sight.id],
    sourceIps: sight.ip ? [sight.ip] : [],
    related: sight.ip ? [{ type: "ip", value: sight.ip, role: "attacker", events: sight.n }] : [],
    explanation: {
      sentence:
        `${isKey ? "The key" : ""} ${value} appeared with ${news.map(({ factor }) => `a new ${factor.name} (${factor.after})`).join(", ")}${sight.sensitive ? ` and did ${sight.sensitive}` : ""}.`.trim(),
      measured: score,
      threshold,
      unit: "points",
      factors,
    },
  };
}

const POINTS_A_DAY = 10; // that a person's past is too short, for each day that it lacks
const POINTS_HERE = 15; // for what nobody here was ever seen with: most of what can be said of a person who is known for less than half of the days
const POINTS_DONE = 25; // for a sensitive deed of somebody so little known

/** Points at which this much of a past alerts. Who is back from a holiday is known for days only: country, network and device of somebody else still say it. */
const pointsFor = ({ days }: Habits, isKey: boolean, { threshold, learnDays }: NewContextSettings): number =>
  days >= learnDays ? threshold : isKey ? Number.POSITIVE_INFINITY : threshold + POINTS_A_DAY * (learnDays - days);

/** True when there is a past of everybody here to compare with. */
const isKnownHere = (everybody: Everybody | undefined, t: number, { learnDays }: NewContextSettings): boolean =>
  Object.values(everybody?.country ?? {}).some(([firstAt]) => firstAt <= t - learnDays * DAY);

/** The values without what an exit of the organisation says of everybody behind it. */
function withoutPlace({ country: _country, network: _network, address: _address, ...rest }: Sight["values"]): Sight["values"] {
  return rest;
}

function sightOf(event: ObservedEvent, isOwnExit: IsOwnExit): Sight | undefined {
  const { document } = event.record;
  const { source } = document;
  if (!source || (source.ip && isPrivateAddress(source.ip))) return undefined;
  const values: Sight["values"] = {};
  if (!isOwnExit(source.ip)) {
    if (source.geo?.country) values.country = source.geo.country;
    if (source.geo?.asn !== undefined) values.network = `AS${source.geo.asn}`;
  }
  const device = deviceKind(deviceOf(document));
  if (device) values.device = device;
  const target = document.targets?.[0]?.type;
  if (target) values.target = target;
  const sight: Sight = { ...momentOf(event), values };
  if (!keyOf(document))
    values.hour = String(Math.floor((event.record.occurredAt % DAY) / (DAY / 8)) * 3); // eighths of a day, UTC
  else {
    const scopes = document.credential?.scopes;
    if (scopes?.length) values.scope = [...scopes].sort().join(" ").slice(0, 128);
    if (source.ip) values.address = source.ip;
    sight.key = true;
  }
  if (isSensitive.get(document.action)) sight.sensitive = document.action;
  return sight;
}

/** The detector, one group per person, one per key, and one for what everybody is known by. */
export function newContext(settings: NewContextSettings = newContextDefaults): BehaviourDetector {
  const forgetMs = settings.forgetDays * DAY;
  const isOwnExit = ownExitTest(settings.ownExits);
  const observe = each((event) => sightOf(event, isOwnExit));
  const timeline = timelineDetector<Sight, Habits>({
    id: "new-context",
    version: 2,
    title: "Stranger with a known account or key",
    family: "new_context",
    level: "high",
    techniques: ["T1078", "T1528", "T1552"],
    owasp: ["API2"],
    episodeMs: DAY,
    groupsOf({ record: { document } }) {
      if (document.outcome !== "success" || document.direction !== "inbound" || !document.source) return [];
      const key = keyOf(document);
      if (key) return [EVERYBODY, `key:${key}`];
      return isPerson(document) ? [EVERYBODY, `actor:${actorOf(document)}`] : [];
    },
    observe,
    keyOf: (sight) => `${Math.floor(sight.t / (10 * MINUTE))}|${sight.ip ?? ""}|${JSON.stringify(sight.values)}|${sight.sensitive ?? ""}`,
    emptyBaseline: () => ({ days: 0, lastDay: -1, seen: {} }),
    learn: (habits, sight) => learn(habits, sight, settings),
    judge({ group, baseline, moment, common }) {
      const isKey = group.startsWith("key:");
      const points = pointsFor(baseline, isKey, settings);
      if (points === Number.POSITIVE_INFINITY) return undefined;
      const everybody = common as Everybody | undefined; // what this detector stored there under the same version
      // sights from before an exit was named are in the state still; that people share an address says nothing of keys
      const isExit = isOwnExit(moment.ip) || (!isKey && isShared(everybody?.addresses, moment.ip, moment.t));
      const sight = isExit ? { ...moment, values: withoutPlace(moment.values) } : moment;
      const isHardlyKnown = baseline.days * 2 < settings.learnDays;
      const pointsHere = isHardlyKnown && isKnownHere(everybody, moment.t, settings) ? POINTS_HERE : 0;
      const news = newsOf({ habits: baseline, everybody }, sight, {
        weights: isKey ? settings.key : settings.person,
        forgetMs,
        pointsHere,
      });
      const done = isHardlyKnown && sight.sensitive ? POINTS_DONE : 0;
      return pointsOf(news) + done >= points ? finding(group, sight, { news, done, threshold: points }) : undefined;
    },
  });
  return {
    ...timeline,
    commonGroup: EVERYBODY,
    advance(input) {
      if (input.group !== EVERYBODY) return timeline.advance(input as Parameters<typeof timeline.advance>[0]);
      const before = input.state as Everybody | undefined; // as above
      const everybody = learnEverybody(before, observe(input.events));
      const addresses = learnShared(before?.addresses, input.events.flatMap(appearancesOf));
      return { state: addresses === everybody.addresses ? everybody : { ...everybody, addresses }, alerts: [] };
    },
  };
}
