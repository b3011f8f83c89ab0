/** What attacks are staged with: the day, its people, and what attackers use. */
import type { Entity, Family } from "@/lib/model/alert";
import type { EventInput } from "@/lib/model/event";
import type { Chance } from "./chance";
import type { Company, Person } from "./company";
import { DAY, type Happening, HOUR, isFree } from "./ordinary";
import { addressOf, FAR_NETWORKS, type Spot, sourceAt } from "./places";

/** What an attack needs to be staged: the company, the day it falls on, its own chance. */
export interface Stage {
  company: Company;
  dayStart: number;
  day: number;
  chance: Chance;
}
/** One attack on stage: whom it is about, its events (those with an `attack` are its own), and what falls silent meanwhile. */
export interface Staged {
  family: Family;
  entity: Entity;
  /** Other entities under which it may rightly be told. */
  also?: Entity[];
  fast: boolean;
  events: Happening[];
  mute?: Mute;
}
/** Ordinary events to be left out: the silence of a service or of a key, whole or in part. */
export interface Mute {
  /** The part that gets lost, 1 by default. */
  share?: number;
  service?: string;
  key?: string;
  from: number;
  to: number;
}

export const CURL = "curl/8.11.1";
export const PYTHON = "python-requests/2.32.3";
export const LINUX_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";
export const ORDER = { method: "GET", route: "/v1/orders/{id}", type: "order", service: "orders-api", bytes: 2400 };
export const EXPORT = {
  method: "GET",
  route: "/v1/exports/customers",
  service: "orders-api",
  bytes: 25_000_000,
  action: "customer.export",
};

export const farSpot = (chance: Chance): Spot => addressOf(chance.pick(FAR_NETWORKS), chance.int(1, 1000));
export const workHour = ({ dayStart, chance }: Stage, low = 8, high = 14): number => dayStart + (low + (high - low) * chance.next()) * HOUR;
/** The same stage on a day on which the company works: the day itself, or the last one before it. */
export function onWorkday(stage: Stage): Stage {
  let { day, dayStart } = stage;
  while (isFree(day, dayStart)) {
    day--;
    dayStart -= DAY;
  }
  return { ...stage, day, dayStart };
}
/** Somebody at home in their routine on that day: not travelling, not on holiday. */
export function someone({ company, day, chance }: Stage): Person {
  const here = company.people.filter(
    (person) =>
      person.joinedDay < day && ![...person.trips, ...person.holidays].some((span) => day >= span.fromDay - 1 && day <= span.toDay + 2),
  );
  return chance.pick(here.length > 0 ? here : company.people);
}

/** A sign-in that was refused. */
export function failedSignIn(chance: Chance, spot: Spot, account: { id: string; exists: boolean }, agent: string): EventInput {
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
