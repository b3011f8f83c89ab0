/** Attacks and troubles of every family, as they are mixed into the ordinary weeks. Each knows what it is, so that detection can be measured. */
import type { Entity, Family } from "@/lib/model/alert";
import { partnerCall } from "./machines";
import { agentsOf, type Happening, MINUTE, request, SECOND, signIn, sitting } from "./ordinary";
import { addressOf, botSpot } from "./places";
import { cookieTheftNear, exportInPieces, keyTheftNear, objectWalkSlow, passwordSpraySlow } from "./quiet-attacks";
import {
  CURL,
  EXPORT,
  failedSignIn,
  farSpot,
  LINUX_CHROME,
  type Mute,
  ORDER,
  PYTHON,
  type Stage,
  type Staged,
  someone,
  workHour,
} from "./stage";
import {
  brownOut,
  exfiltration,
  failureStorm,
  flood,
  keyToStranger,
  outage,
  scrape,
  silentKey,
  silentService,
  slowFlood,
} from "./troubles";

/** One attack or trouble of the simulated weeks. */
export interface Attack {
  id: string;
  /** The family that its alerts should have. */
  family: Family;
  kind: AttackKind;
  /** First and last moment, ms. */
  from: number;
  to: number;
  /** Whom it is about, and other entities under which it may rightly be told. */
  entity: Entity;
  also: readonly Entity[];
  /** True when it unfolds in seconds: its alert should come within a minute. */
  fast: boolean;
}

export const ATTACK_KINDS = [
  "cookie-theft",
  "cookie-theft-near",
  "replay-after-sign-out",
  "impossible-travel",
  "account-takeover",
  "key-theft",
  "key-theft-near",
  "stuffing-fast",
  "stuffing-distributed",
  "stuffing-slow",
  "password-spray",
  "password-spray-slow",
  "object-walk",
  "object-walk-slow",
  "mass-export",
  "export-in-pieces",
  "flood",
  "slow-flood",
  "scrape",
  "failure-storm",
  "outage",
  "brown-out",
  "silent-service",
  "silent-key",
  "exfiltration",
  "key-to-stranger",
] as const;
export type AttackKind = (typeof ATTACK_KINDS)[number];

function cookieTheft(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const session = `s-${person.id}-${stage.day}-stolen`;
  const agents = agentsOf(person, stage);
  const victim = { person, session, spot: addressOf(person.home, person.homeHost), agent: agents.laptop };
  // Half of the thieves copy the browser's name as well and are given away by the network and by both being active at once.
  const thief = { ...victim, spot: farSpot(chance), agent: chance.happens(0.5) ? agents.laptop : LINUX_CHROME };
  const start = workHour(stage);
  const events: Happening[] = [{ t: start, event: signIn(victim, false) }];
  for (let t = start + MINUTE; t < start + 40 * MINUTE; t += chance.wait(40 * SECOND) + SECOND)
    events.push({ t, event: request(sitting(victim), ORDER, chance, person.orders + chance.int(-90, 90)) });
  const theft = start + 25 * MINUTE;
  for (let i = 0, t = theft; i < 30; i++, t += 5 * SECOND + chance.wait(15 * SECOND)) {
    const event = { ...request(sitting(thief), ORDER, chance, person.orders + chance.int(-90, 90)) };
    if (thief.agent === agents.laptop && event.source) event.source = { ...event.source, language: "en-US" };
    events.push({ t, event, attack: "" });
  }
  return { family: "session_hijack", entity: { type: "actor", value: person.id }, fast: true, events };
}

function replayAfterSignOut(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const at = {
    person,
    session: `s-${person.id}-${stage.day}-replayed`,
    spot: addressOf(person.home, person.homeHost),
    agent: agentsOf(person, stage).laptop,
  };
  const thief = { ...at, spot: farSpot(chance) };
  const start = workHour(stage);
  const events: Happening[] = [{ t: start, event: signIn(at, false) }];
  for (let i = 0; i < 20; i++)
    events.push({ t: start + (i + 1) * 40 * SECOND, event: request(sitting(at), ORDER, chance, person.orders + i) });
  events.push({ t: start + 15 * MINUTE, event: { action: "user.logout", outcome: "success", service: "auth", ...sitting(at) } });
  for (let i = 0; i < 15; i++)
    events.push({
      t: start + 45 * MINUTE + i * 10 * SECOND,
      event: request(sitting(thief), ORDER, chance, person.orders + i),
      attack: "",
    });
  return { family: "session_hijack", entity: { type: "actor", value: person.id }, fast: true, events };
}

function impossibleTravel(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const agents = agentsOf(person, stage);
  const start = workHour(stage);
  const here = { person, session: `s-${person.id}-${stage.day}-here`, spot: addressOf(person.home, person.homeHost), agent: agents.laptop };
  const there = { ...here, session: `s-${person.id}-${stage.day}-there`, spot: farSpot(chance) };
  const events: Happening[] = [{ t: start, event: signIn(here, false) }];
  for (let i = 0; i < 10; i++)
    events.push({ t: start + (i + 1) * MINUTE, event: request(sitting(here), ORDER, chance, person.orders + i) });
  const far = start + 20 * MINUTE + chance.wait(20 * MINUTE);
  events.push({ t: far, event: signIn(there, false), attack: "" });
  for (let i = 0; i < 10; i++)
    events.push({ t: far + (i + 1) * 30 * SECOND, event: request(sitting(there), ORDER, chance, person.orders + i), attack: "" });
  return { family: "impossible_travel", entity: { type: "actor", value: person.id }, fast: true, events };
}

function accountTakeover(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  // At night: nobody is anywhere else, so no aeroplane gives it away; the country and the device do.
  const at = { person, session: `s-${person.id}-${stage.day}-night`, spot: farSpot(chance), agent: LINUX_CHROME };
  const start = workHour(stage, 1.5, 3.5);
  const events: Happening[] = [{ t: start, event: signIn(at, false), attack: "" }];
  for (let i = 0; i < 12; i++)
    events.push({
      t: start + (i + 1) * 20 * SECOND,
      event: request(sitting(at), i === 8 ? { ...EXPORT, bytes: 900_000 } : ORDER, chance, person.orders + chance.int(-90, 90)),
      attack: "",
    });
  return { family: "new_context", entity: { type: "actor", value: person.id }, fast: true, events };
}

function keyTheft(stage: Stage): Staged {
  const { chance, company } = stage;
  const partner = chance.pick(company.partners);
  const shared = partnerCall(partner, farSpot(chance), chance.pick([CURL, PYTHON]));
  const start = workHour(stage, 0, 23);
  const events: Happening[] = [];
  for (let i = 0; i < 40; i++)
    events.push({
      t: start + i * 15 * SECOND + chance.wait(2 * SECOND),
      event: request(shared, { ...ORDER, route: "/v1/orders", type: "" }, chance),
      attack: "",
    });
  return { family: "key_abuse", entity: { type: "key", value: partner.keyId }, fast: true, events };
}

const leaked = ({ company, chance }: Stage) =>
  chance.happens(0.25)
    ? { id: chance.pick(company.people).id, exists: true }
    : { id: `user${chance.int(1, 99_999)}@mail.example`, exists: false };

function stuffing(stage: Stage, shape: "fast" | "distributed" | "slow"): Staged {
  const { chance } = stage;
  const [tries, gap] = shape === "fast" ? [150, 1200] : shape === "distributed" ? [250, 5 * SECOND] : [260, 5 * MINUTE];
  const one = farSpot(chance);
  const events: Happening[] = [];
  let t = shape === "slow" ? stage.dayStart + 10 * MINUTE : workHour(stage);
  for (let i = 0; i < tries; i++) {
    t += 200 + chance.wait(gap);
    events.push({
      t,
      event: failedSignIn(chance, shape === "fast" ? one : botSpot(chance), leaked(stage), shape === "fast" ? PYTHON : LINUX_CHROME),
      attack: "",
    });
  }
  const entity: Entity = shape === "fast" ? { type: "ip", value: one.ip } : { type: "service", value: "auth" };
  return { family: "credential_stuffing", entity, fast: shape === "fast", events };
}

/** One password for everybody: each account once, from four addresses of one network, slower than any limit per address. */
function passwordSpray(stage: Stage): Staged {
  const { chance, company } = stage;
  const one = farSpot(chance);
  const spots = [0, 1, 2, 3].map((i) => addressOf(one.network, chance.int(1, 900) + i));
  const events: Happening[] = [];
  let t = workHour(stage, 0, 20);
  for (const person of company.people.filter((_, i) => i % Math.ceil(company.people.length / 80) === 0)) {
    t += 15 * SECOND + chance.wait(15 * SECOND);
    events.push({ t, event: failedSignIn(chance, chance.pick(spots), { id: person.id, exists: true }, LINUX_CHROME), attack: "" });
  }
  return {
    family: "credential_stuffing",
    entity: { type: "service", value: "auth" },
    also: spots.map(({ ip }) => ({ type: "ip", value: ip })),
    fast: false,
    events,
  };
}

function objectWalk(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const at = {
    person,
    session: `s-${person.id}-${stage.day}-walk`,
    spot: addressOf(person.home, person.homeHost),
    agent: agentsOf(person, stage).laptop,
  };
  const start = workHour(stage);
  const first = 30_000 + chance.int(0, 5000);
  const events: Happening[] = [{ t: start, event: signIn(at, false) }];
  for (let i = 0; i < 300; i++) {
    const event = request(sitting(at), { ...ORDER, route: "/v1/customers/{id}", type: "customer" }, chance, first + i);
    const refused = chance.happens(0.4);
    events.push({
      t: start + MINUTE + i * 900 + chance.wait(200),
      event: refused ? { ...event, outcome: "failure", http: { ...event.http, status: 403 } } : event,
      attack: "",
    });
  }
  return { family: "enumeration", entity: { type: "actor", value: person.id }, fast: true, events };
}

function massExport(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const at = {
    person,
    session: `s-${person.id}-${stage.day}-export`,
    spot: addressOf(person.home, person.homeHost),
    agent: agentsOf(person, stage).laptop,
  };
  const start = workHour(stage, 16, 19);
  const events: Happening[] = [{ t: start, event: signIn(at, false) }];
  for (let i = 0; i < 40; i++) events.push({ t: start + MINUTE + i * 8 * SECOND, event: request(sitting(at), EXPORT, chance), attack: "" });
  return { family: "data_egress", entity: { type: "actor", value: person.id }, fast: true, events };
}

const STAGES: Record<AttackKind, (stage: Stage) => Staged> = {
  "cookie-theft": cookieTheft,
  "cookie-theft-near": cookieTheftNear,
  "replay-after-sign-out": replayAfterSignOut,
  "impossible-travel": impossibleTravel,
  "account-takeover": accountTakeover,
  "key-theft": keyTheft,
  "key-theft-near": keyTheftNear,
  "stuffing-fast": (stage) => stuffing(stage, "fast"),
  "stuffing-distributed": (stage) => stuffing(stage, "distributed"),
  "stuffing-slow": (stage) => stuffing(stage, "slow"),
  "object-walk": objectWalk,
  "object-walk-slow": objectWalkSlow,
  "mass-export": massExport,
  "export-in-pieces": exportInPieces,
  "password-spray": passwordSpray,
  "password-spray-slow": passwordSpraySlow,
  flood,
  "slow-flood": slowFlood,
  scrape,
  "failure-storm": failureStorm,
  outage,
  "brown-out": brownOut,
  "silent-service": silentService,
  "silent-key": silentKey,
  exfiltration,
  "key-to-stranger": keyToStranger,
};

/** Stages one attack on one day: what it is, its events, and what falls silent. */
export function stageAttack(kind: AttackKind, stage: Stage): { attack: Attack; events: Happening[]; mute?: Mute } {
  const staged = STAGES[kind](stage);
  const id = `${kind}-${stage.day}`;
  const own = staged.events.filter((happening) => happening.attack !== undefined).map((happening) => happening.t);
  const from = Math.round(staged.mute?.from ?? Math.min(...own));
  const to = Math.round(staged.mute?.to ?? Math.max(...own));
  const events = staged.events.map((happening) => (happening.attack === undefined ? happening : { ...happening, attack: id }));
  return {
    attack: { id, family: staged.family, kind, from, to, entity: staged.entity, also: staged.also ?? [], fast: staged.fast },
    events,
    ...(staged.mute ? { mute: staged.mute } : {}),
  };
}
