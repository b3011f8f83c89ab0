/**
 * A company's ordinary API life over weeks, with labelled attacks in it: for sample data, tests and measuring detection. Pure: the seed and the options
 * decide every byte; all addresses, AS numbers and host names are reserved for tests and documents.
 */
import type { EventInput } from "@/lib/model/event";
import { type Attack, ATTACK_KINDS, type AttackKind, stageAttack } from "./attacks";
import { type Chance, chanceOf } from "./chance";
import { type Company, companyOf } from "./company";
import { outboundDay, partnerDay, schedulerDay } from "./machines";
import { DAY, type Happening, HOUR, personDay } from "./ordinary";
import type { Mute } from "./stage";

export interface SimulateOptions {
  seed: number;
  days: number;
  people: number;
  /** Midnight UTC of the first day, ms since the epoch. */
  start: number;
  /** Days at the beginning without attacks, in which baselines form; by default a third, at most 14. */
  calmDays?: number;
  /** Which attacks, on which days (0 is the first); by default every kind, spread over the days that are not calm. */
  attacks?: readonly { kind: AttackKind; day: number }[];
  /** False: no move, no new VPN, no new passwords (changes.ts); by default about one of each in four weeks. */
  changes?: false;
}

/** One event, and the id of the attack it belongs to. */
export interface SimulatedEvent {
  event: EventInput & { occurred_at: string };
  label?: string;
}

const calmOf = (options: SimulateOptions): number => options.calmDays ?? Math.min(14, Math.floor(options.days / 3));

/** Spreads the kinds over the days, each kind once per round, so that a long run has several of each. */
function planOf(options: SimulateOptions, chance: Chance): { kind: AttackKind; day: number }[] {
  if (options.attacks) return options.attacks.filter(({ day }) => day < options.days).map(({ kind, day }) => ({ kind, day }));
  const calm = calmOf(options);
  const free = options.days - calm;
  if (free <= 0) return [];
  const rounds = Math.max(1, Math.round(free / 7));
  return Array.from({ length: rounds }, (_, round) =>
    ATTACK_KINDS.map((kind) => ({ kind, day: calm + Math.min(free - 1, Math.floor(((round + chance.next()) * free) / rounds)) })),
  ).flat();
}

interface Scene {
  company: Company;
  staged: ReturnType<typeof stageAttack>[];
}

const SILENCING: readonly AttackKind[] = ["outage", "brown-out", "silent-service", "silent-key"];
const nextDay = (day: number, options: SimulateOptions): number => (day + 1 < options.days ? day + 1 : calmOf(options));

/** True when something else happens to what `one` silences, within the hour. */
const clashes = ({ mute }: Scene["staged"][number], other: Scene["staged"][number]): boolean =>
  mute !== undefined &&
  (other.mute
    ? other.mute.service === mute.service &&
      other.mute.key === mute.key &&
      other.mute.from < mute.to + HOUR &&
      mute.from < other.mute.to + HOUR
    : other.events.some(
        ({ t, event, attack }) =>
          attack !== undefined &&
          t > mute.from - HOUR &&
          t < mute.to + HOUR &&
          (mute.service === undefined ? event.credential?.id === mute.key : event.service === mute.service),
      ));

function sceneOf(options: SimulateOptions): Scene {
  const chance = chanceOf(options.seed);
  const company = companyOf(chance.fork("company"), options);
  const used = new Set<string>();
  const staged: Scene["staged"] = [];
  // What silences a service comes last, and on a day on which nothing else happens to it: two troubles at once would hide each other.
  const plan = planOf(options, chance.fork("plan")).sort((a, b) => Number(SILENCING.includes(a.kind)) - Number(SILENCING.includes(b.kind)));
  for (const { kind, day: planned } of plan) {
    for (let day = planned, tries = 0; tries < options.days; tries++, day = nextDay(day, options)) {
      if (used.has(`${kind} ${day}`)) continue; // the same kind twice a day would be one episode
      const stage = { company, dayStart: options.start + day * DAY, day, chance: chance.fork(`attack ${kind} ${day}`) };
      const one = stageAttack(kind, stage);
      if (tries < Math.min(7, options.days - 1) && !options.attacks && staged.some((other) => clashes(one, other))) continue;
      used.add(`${kind} ${day}`);
      staged.push(one);
      break;
    }
  }
  return { company, staged };
}

const isMuted = (mute: Mute, event: EventInput, t: number): boolean =>
  t >= mute.from &&
  t < mute.to &&
  (mute.service !== undefined ? mute.service === event.service : mute.key === event.credential?.id) &&
  (Math.round(t) % 100) / 100 < (mute.share ?? 1); // the milliseconds are as good as chance

/** The attacks of a run, in order of time. */
export function attacksOf(options: SimulateOptions): Attack[] {
  return sceneOf(options)
    .staged.map(({ attack }) => attack)
    .sort((a, b) => a.from - b.from);
}

/** Everything ordinary of one day, not sorted. */
function* ordinaryDay(company: Company, dayStart: number, day: number, chance: Chance): Generator<Happening> {
  const { changes } = company;
  for (const person of company.people) yield* personDay(person, { dayStart, day, changes }, chance.fork(`${person.id} ${day}`));
  for (const partner of company.partners) yield* partnerDay(partner, { dayStart, day, changes }, chance.fork(`${partner.keyId} ${day}`));
  yield* outboundDay(dayStart, chance.fork(`outbound ${day}`));
  yield* schedulerDay(dayStart);
}

/** The events of a run in order of time. Ids are made of the seed, so that sending a run twice adds nothing. */
export function* simulate(options: SimulateOptions): Generator<SimulatedEvent> {
  const { company, staged } = sceneOf(options);
  const chance = chanceOf(options.seed).fork("ordinary");
  let carried: Happening[] = [];
  let number = 0;
  for (let day = 0; day <= options.days; day++) {
    const dayStart = options.start + day * DAY;
    const today = [...carried];
    if (day < options.days) {
      today.push(...ordinaryDay(company, dayStart, day, chance));
      for (const { attack, events } of staged) if (Math.floor((attack.from - options.start) / DAY) === day) today.push(...events);
    }
    today.sort((a, b) => a.t - b.t);
    const end = day < options.days ? dayStart + DAY : Number.POSITIVE_INFINITY;
    carried = today.filter(({ t }) => t >= end);
    for (const { t, event, attack } of today) {
      if (t >= end) break;
      // of a brown-out part comes through: attacks are in that part, or they would be told of without ever having happened
      if (staged.some(({ mute }) => mute !== undefined && !(attack && mute.share !== undefined) && isMuted(mute, event, t))) continue;
      const id = `sim-${options.seed}-${number++}`;
      yield { event: { id, occurred_at: new Date(Math.round(t)).toISOString(), ...event }, ...(attack ? { label: attack } : {}) };
    }
  }
}
