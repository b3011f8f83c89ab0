/** Attacks and troubles of every family, as they are mixed into the ordinary weeks. Each knows what it is, so that detection can be measured. */
import type { Entity, Family } from "@/lib/model/alert";
import type { EventInput } from "@/lib/model/event";
import type { Chance } from "./chance";
import type { Company, Person } from "./company";
import {
  agentsOf,
  DAY,
  type Happening,
  HOUR,
  MINUTE,
  outboundCall,
  partnerCall,
  request,
  SECOND,
  signIn,
  sitting,
  THIRD_PARTIES,
} from "./ordinary";
import { addressOf, botSpot, FAR_NETWORKS, type Spot, sourceAt } from "./places";

/** One attack or trouble of the simulated weeks. */
export interface Attack {
  id: string;
  /** The family that its alerts should have. */
  family: Family;
  kind: AttackKind;
  /** First and last moment, ms. */
  from: number;
  to: number;
  /** Whom it is about. */
  entity: Entity;
  /** True when it unfolds in seconds: its alert should come within a minute. */
  fast: boolean;
}

export const ATTACK_KINDS = [
  "cookie-theft",
  "replay-after-sign-out",
  "impossible-travel",
  "account-takeover",
  "key-theft",
  "stuffing-fast",
  "stuffing-distributed",
  "stuffing-slow",
  "object-walk",
  "mass-export",
  "flood",
  "failure-storm",
  "silent-service",
  "exfiltration",
  "key-to-stranger",
] as const;
export type AttackKind = (typeof ATTACK_KINDS)[number];

/** What an attack needs to be staged: the company, the day it falls on, its own chance. */
export interface Stage {
  company: Company;
  dayStart: number;
  day: number;
  chance: Chance;
}
interface Staged {
  family: Family;
  entity: Entity;
  fast: boolean;
  events: Happening[];
  /** Ordinary events to be left out: the silence. */
  mute?: { service: string; from: number; to: number };
}

const CURL = "curl/8.11.1";
const PYTHON = "python-requests/2.32.3";
const LINUX_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";
const ORDER = { method: "GET", route: "/v1/orders/{id}", type: "order", service: "orders-api", bytes: 2400 };
const EXPORT = { method: "GET", route: "/v1/exports/customers", service: "orders-api", bytes: 25_000_000, action: "customer.export" };

const farSpot = (chance: Chance): Spot => addressOf(chance.pick(FAR_NETWORKS), chance.int(1, 1000));
const workHour = ({ dayStart, chance }: Stage, low = 8, high = 14): number => dayStart + (low + (high - low) * chance.next()) * HOUR;
/** Somebody at home in their routine on that day: not travelling, not on holiday. */
function someone({ company, day, chance }: Stage): Person {
  const here = company.people.filter(
    (person) => ![...person.trips, ...person.holidays].some((span) => day >= span.fromDay - 1 && day <= span.toDay + 2),
  );
  return chance.pick(here.length > 0 ? here : company.people);
}

function cookieTheft(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const session = `s-${person.id}-${stage.day}-stolen`;
  const agents = agentsOf(person, Math.floor(stage.dayStart / DAY));
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
    agent: agentsOf(person, Math.floor(stage.dayStart / DAY)).laptop,
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
  const agents = agentsOf(person, Math.floor(stage.dayStart / DAY));
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

function failedSignIn(chance: Chance, spot: Spot, account: { id: string; exists: boolean }, agent: string): EventInput {
  return {
    action: "user.login",
    outcome: "failure",
    reason: account.exists ? "bad_password" : "unknown_user",
    service: "auth",
    environment: "production",
    actor: { type: "user", id: account.id, exists: account.exists },
    source: { ...sourceAt(spot), user_agent: agent },
    credential: { type: "password" },
    http: {
      method: "POST",
      path: "/v1/login",
      route: "/v1/login",
      status: 401,
      request_bytes: 180,
      response_bytes: 90,
      duration_ms: Math.round(60 + chance.wait(20)),
    },
  };
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

function objectWalk(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const at = {
    person,
    session: `s-${person.id}-${stage.day}-walk`,
    spot: addressOf(person.home, person.homeHost),
    agent: agentsOf(person, Math.floor(stage.dayStart / DAY)).laptop,
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
    agent: agentsOf(person, Math.floor(stage.dayStart / DAY)).laptop,
  };
  const start = workHour(stage, 16, 19);
  const events: Happening[] = [{ t: start, event: signIn(at, false) }];
  for (let i = 0; i < 40; i++) events.push({ t: start + MINUTE + i * 8 * SECOND, event: request(sitting(at), EXPORT, chance), attack: "" });
  return { family: "data_egress", entity: { type: "actor", value: person.id }, fast: true, events };
}

function flood(stage: Stage): Staged {
  const { chance } = stage;
  const start = workHour(stage, 6, 20);
  const work = { method: "GET", route: "/v1/search", service: "orders-api", bytes: 20_000 };
  const events: Happening[] = [];
  for (let i = 0; i < 9000; i++)
    events.push({
      t: start + i * 30 + chance.wait(20),
      event: request({ environment: "production", source: { ...sourceAt(botSpot(chance)), user_agent: LINUX_CHROME } }, work, chance),
      attack: "",
    });
  return { family: "rate_abuse", entity: { type: "service", value: "orders-api" }, fast: true, events };
}

function failureStorm(stage: Stage): Staged {
  const { chance, company } = stage;
  const start = workHour(stage, 8, 14);
  const events: Happening[] = [];
  for (let t = start; t < start + 20 * MINUTE; t += chance.wait(400)) {
    const person = chance.pick(company.people);
    const at = {
      person,
      session: `s-${person.id}-${stage.day}-am`,
      spot: addressOf(person.home, person.homeHost),
      agent: agentsOf(person, Math.floor(stage.dayStart / DAY)).laptop,
    };
    const { session: _, ...shared } = sitting(at);
    const event = request(shared, { method: "GET", route: "/v1/invoices", service: "billing-api", bytes: 100 }, chance);
    events.push({ t, event: { ...event, outcome: "failure", http: { ...event.http, status: 503 } }, attack: "" });
  }
  return { family: "traffic_anomaly", entity: { type: "service", value: "billing-api" }, fast: true, events };
}

function silentService(stage: Stage): Staged {
  const from = workHour(stage);
  return {
    family: "silence",
    entity: { type: "service", value: "scheduler" },
    fast: false,
    events: [],
    mute: { service: "scheduler", from, to: from + 4 * HOUR },
  };
}

function exfiltration(stage: Stage): Staged {
  const { chance } = stage;
  const start = workHour(stage, 0, 23);
  const spot = botSpot(chance);
  const host = chance.happens(0.5) ? spot.ip : `cdn-${chance.int(100, 999)}.drop.example`;
  const events: Happening[] = [];
  for (let i = 0; i < 25; i++)
    events.push({
      t: start + i * 20 * SECOND,
      event: outboundCall("orders-api", { host, port: chance.pick([443, 8443, 4444]) }, 6_000_000, false, chance),
      attack: "",
    });
  return { family: "outbound", entity: { type: "host", value: host }, fast: true, events };
}

function keyToStranger(stage: Stage): Staged {
  const { chance } = stage;
  const start = workHour(stage, 0, 23);
  const party = chance.pick(THIRD_PARTIES);
  const host = `api-${party.key.slice(4)}-${stage.day}.phish.example`;
  const events: Happening[] = [];
  for (let i = 0; i < 8; i++)
    events.push({
      t: start + i * 40 * SECOND,
      event: outboundCall(party.service, { host, key: party.key }, party.bytes, false, chance),
      attack: "",
    });
  return { family: "outbound", entity: { type: "host", value: host }, fast: true, events };
}

const STAGES: Record<AttackKind, (stage: Stage) => Staged> = {
  "cookie-theft": cookieTheft,
  "replay-after-sign-out": replayAfterSignOut,
  "impossible-travel": impossibleTravel,
  "account-takeover": accountTakeover,
  "key-theft": keyTheft,
  "stuffing-fast": (stage) => stuffing(stage, "fast"),
  "stuffing-distributed": (stage) => stuffing(stage, "distributed"),
  "stuffing-slow": (stage) => stuffing(stage, "slow"),
  "object-walk": objectWalk,
  "mass-export": massExport,
  flood,
  "failure-storm": failureStorm,
  "silent-service": silentService,
  exfiltration,
  "key-to-stranger": keyToStranger,
};

/** Stages one attack on one day: what it is, its events, and what falls silent. */
export function stageAttack(kind: AttackKind, stage: Stage): { attack: Attack; events: Happening[]; mute?: Staged["mute"] } {
  const staged = STAGES[kind](stage);
  const id = `${kind}-${stage.day}`;
  const own = staged.events.filter((happening) => happening.attack !== undefined).map((happening) => happening.t);
  const from = Math.round(staged.mute?.from ?? Math.min(...own));
  const to = Math.round(staged.mute?.to ?? Math.max(...own));
  const events = staged.events.map((happening) => (happening.attack === undefined ? happening : { ...happening, attack: id }));
  return {
    attack: { id, family: staged.family, kind, from, to, entity: staged.entity, fast: staged.fast },
    events,
    ...(staged.mute ? { mute: staged.mute } : {}),
  };
}
