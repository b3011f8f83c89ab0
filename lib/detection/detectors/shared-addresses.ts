/**
 * Addresses that many people share: the organisation's own proxies, VPN exits and gateways, learnt from use. Whoever appears there has not travelled.
 * An attacker with several accounts shares an address as well: it takes several days, and only what was known before counts.
 */
import { LATENESS_MS, type ObservedEvent } from "@/lib/detection/detector";
import { actorOf, DAY, isPerson, isPrivateAddress, own } from "./subject";

/** By address: the people first seen there, the earliest first, and the last day of use. */
export type SharedAddresses = Readonly<Record<string, { people: readonly (readonly [name: string, firstAt: number])[]; lastDay: number }>>;

/** One person at one address. */
export interface Appearance {
  ip: string;
  person: string;
  t: number;
}

/** The appearance that an event is of a person at a public address; none for machines. */
export function appearancesOf({ record: { document, occurredAt } }: ObservedEvent): Appearance[] {
  const ip = document.source?.ip;
  const person = actorOf(document);
  return ip === undefined || person === undefined || !isPerson(document) || isPrivateAddress(ip) ? [] : [{ ip, person, t: occurredAt }];
}

const PEOPLE_NEEDED = 5; // a family or a flat share has fewer
const DAYS_NEEDED = 3; // after which a person's alert about the first accounts has long been read
const ADDRESS_LIMIT = 500; // those with the fewest people and the longest unused go first
const NAME_LENGTH = 64;

const inOrder = (a: readonly [string, number], b: readonly [string, number]): number => a[1] - b[1] || (a[0] < b[0] ? -1 : 1);

/** Folds appearances in; their order does not matter, since the earliest ones count. */
export function learnShared(known: SharedAddresses | undefined, appearances: readonly Appearance[]): SharedAddresses {
  const before = known ?? {};
  let next: Record<string, SharedAddresses[string]> | undefined;
  for (const { ip, person, t } of appearances) {
    const seen = own(next ?? before, ip);
    const joined = joinedBy(seen, person.slice(0, NAME_LENGTH), t);
    if (joined === seen) continue;
    next ??= { ...before }; // copied once, and only when there is something new
    next[ip] = joined;
  }
  return next ? withLimit(next) : before;
}

/** The address after one appearance; the same object when it says nothing new. */
function joinedBy(seen: SharedAddresses[string] | undefined, name: string, t: number): SharedAddresses[string] {
  const { people = [], lastDay = 0 } = seen ?? {};
  const day = Math.floor(t / DAY);
  const before = people.find(([one]) => one === name);
  const isKnown = before ? before[1] <= t : people.length === PEOPLE_NEEDED && (people.at(-1)?.[1] ?? 0) <= t;
  if (seen && isKnown && lastDay >= day) return seen;
  const others = people.filter(([one]) => one !== name);
  const all = [...others, [name, Math.min(t, before?.[1] ?? t)] as const].sort(inOrder).slice(0, PEOPLE_NEEDED);
  return { people: all, lastDay: Math.max(lastDay, day) };
}

function withLimit(addresses: SharedAddresses): SharedAddresses {
  const entries = Object.entries(addresses);
  if (entries.length <= ADDRESS_LIMIT) return addresses;
  const kept = entries.sort(([a, x], [b, y]) => y.people.length - x.people.length || y.lastDay - x.lastDay || (a < b ? -1 : 1));
  return Object.fromEntries(kept.slice(0, 0.9 * ADDRESS_LIMIT));
}

/** True when the address was known to be shared before `t`, the lateness bound left out. */
export function isShared(addresses: SharedAddresses | undefined, ip: string | undefined, t: number): boolean {
  const people = ip === undefined ? [] : (own(addresses, ip)?.people ?? []);
  const [first, last] = [people[0]?.[1] ?? t, people.at(-1)?.[1] ?? t];
  return people.length >= PEOPLE_NEEDED && last <= t - LATENESS_MS && first <= t - DAYS_NEEDED * DAY;
}
