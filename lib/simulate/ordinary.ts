/** Ordinary life of people, one day at a time: who signs in where and works on what, phones on the way, flights, holidays, releases. */
import type { EventInput } from "@/lib/model/event";
import type { Chance } from "./chance";
import type { Changes } from "./changes";
import type { Person } from "./company";
import {
  addressOf,
  carrierSpot,
  type Network,
  NEW_OFFICE,
  NEW_VPN_EXIT,
  OFFICE,
  type Spot,
  sourceAt,
  TRAVEL_CARRIERS,
  twinOf,
  VPN_EXIT,
} from "./places";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An event with its time as a number, so that days can be sorted cheaply. */
export interface Happening {
  t: number;
  event: EventInput;
  /** Id of the attack it belongs to. */
  attack?: string;
}

/** A person at a screen. */
export interface Sitting {
  person: Person;
  session: string;
  spot: Spot;
  /** The second address of the same line. */
  twin?: Spot;
  /** Where the middle of the sitting leaves to the internet when a VPN is on. */
  detour?: Spot;
  /** The VPN breaks off and comes back. */
  isShaky?: boolean;
  /** What the laptop leaves through while the line at home is down: the telephone. */
  backup?: Spot;
  agent: string;
  deviceId?: string;
}

const WEEKS_PER_RELEASE = 4;
/** Releases since the beginning of 2026 (day 20454 since the epoch). */
export const versionAt = (dayNumber: number, shift: number): number =>
  Math.max(0, Math.floor((dayNumber - 20_454 + shift) / (7 * WEEKS_PER_RELEASE)) + 1);
const idOf = (person: Person): number => Number(person.id.slice(2));

/** The laptop's and the phone's user agents of a day: everybody updates, not all on the same day, and now and then somebody gets a new laptop. */
export function agentsOf(person: Person, { dayStart, day }: { dayStart: number; day: number }): { laptop: string; phone: string } {
  const dayNumber = Math.floor(dayStart / DAY);
  const laptop = day >= person.newLaptopDay ? person.nextLaptop : person.laptop;
  return { laptop: laptop(versionAt(dayNumber, idOf(person) % 9)), phone: person.phone(versionAt(dayNumber, idOf(person) % 5)) };
}

/** The parts that every event of a sitting shares. */
export function sitting(at: Sitting): Pick<EventInput, "actor" | "session" | "source" | "credential" | "environment"> {
  const { person } = at;
  return {
    environment: "production",
    actor: { type: "user", id: person.id, name: person.name, email: person.email, role: person.role, exists: true },
    session: { id: at.session },
    source: { ...sourceAt(at.spot), user_agent: at.agent, language: person.language, ...(at.deviceId ? { device_id: at.deviceId } : {}) },
  };
}

/** A sign-in, or a failed one. */
export function signIn(at: Sitting, failed: boolean | "unavailable"): EventInput {
  const { session, ...rest } = sitting(at);
  return {
    action: "user.login",
    outcome: failed ? "failure" : "success",
    service: "auth",
    ...rest,
    ...(failed === "unavailable" ? {} : failed ? { reason: "bad_password" } : { session }),
    credential: { type: "password", mfa: at.person.role === "admin" },
    http: {
      method: "POST",
      path: "/v1/login",
      route: "/v1/login",
      status: failed === "unavailable" ? 503 : failed ? 401 : 200,
      request_bytes: 180,
      response_bytes: 420,
      duration_ms: 80,
    },
  };
}

interface Work {
  method: string;
  route: string;
  type?: string;
  service: string;
  share: number;
  bytes: number;
  action?: string;
}
const WORK: readonly Work[] = [
  { method: "GET", route: "/v1/orders", service: "orders-api", share: 0.25, bytes: 9000 },
  { method: "GET", route: "/v1/orders/{id}", type: "order", service: "orders-api", share: 0.35, bytes: 2400 },
  { method: "PATCH", route: "/v1/orders/{id}", type: "order", service: "orders-api", share: 0.1, bytes: 300 },
  { method: "GET", route: "/v1/customers/{id}", type: "customer", service: "orders-api", share: 0.15, bytes: 1800 },
  { method: "GET", route: "/v1/invoices/{id}", type: "invoice", service: "billing-api", share: 0.12, bytes: 60_000 },
  { method: "GET", route: "/v1/me", service: "orders-api", share: 0.03, bytes: 600 },
];
const REPORT: Work = {
  method: "GET",
  route: "/v1/reports/{id}",
  type: "report",
  service: "billing-api",
  share: 0,
  bytes: 3_000_000,
  action: "report.download",
};

/** One request to the API. `number` names the object where the route has one. */
export function request(
  shared: Partial<EventInput>,
  work: { method: string; route: string; type?: string; service: string; bytes: number; action?: string },
  chance: Chance,
  number?: number,
): EventInput {
  const id = work.type && number !== undefined ? String(number) : undefined;
  const status = id !== undefined && chance.happens(0.01) ? 404 : chance.happens(0.002) ? 500 : 200;
  return {
    action: work.action ?? "http.request",
    outcome: status < 400 ? "success" : "failure",
    service: work.service,
    ...shared,
    ...(id ? { targets: [{ type: work.type, id }] } : {}),
    http: {
      method: work.method,
      path: work.route.replace("{id}", id ?? ""),
      route: work.route,
      status,
      request_bytes: 200,
      response_bytes: Math.round(work.bytes * (0.5 + chance.next())),
      duration_ms: Math.round(5 + chance.wait(25)),
    },
  };
}

const isWeekend = (dayStart: number): boolean => [0, 6].includes(new Date(dayStart).getUTCDay());
/** True on the last two working days of a month, on which the books are closed. */
function isMonthEnd(dayStart: number): boolean {
  let left = 0;
  for (let t = dayStart + DAY; new Date(t).getUTCDate() !== 1; t += DAY) if (!isWeekend(t)) left++;
  return !isWeekend(dayStart) && left < 2;
}

/** The next thing somebody does. */
function workOf(chance: Chance, person: Person, { dayStart, day, changes }: Today): Work {
  if (person.role === "finance" && chance.happens(isMonthEnd(dayStart) ? 0.2 : 0.02)) return REPORT;
  let left = chance.next();
  const work = WORK.find(({ share }) => (left -= share) < 0) ?? (WORK[0] as Work); // the shares add up to one
  return day >= changes.rename ? { ...work, route: work.route.replace("/v1/", "/v2/") } : work;
}

const within = (day: number) => (span: { fromDay: number; toDay: number }) => day >= span.fromDay && day <= span.toDay;

/** One weekday in four weeks is a public holiday: a handful works. */
const isPublicHoliday = (day: number): boolean => day % 28 === 17;
/** True on days on which the company does not work. */
export const isFree = (day: number, dayStart: number): boolean => isWeekend(dayStart) || isPublicHoliday(day);
const PRESENT = { weekend: 0.06, holiday: 0.05, weekday: 0.9 };
/** Every second Tuesday at nine a release goes out, and for a minute and a half some requests fail. */
const RELEASE = { everyDays: 14, onDay: 1, hour: 9, minutes: 1.5, failures: 0.1 };

function failsByRelease(t: number, dayStart: number, day: number, chance: Chance): boolean {
  const since = t - dayStart - RELEASE.hour * HOUR;
  return day % RELEASE.everyDays === RELEASE.onDay && since >= 0 && since < RELEASE.minutes * MINUTE && chance.happens(RELEASE.failures);
}

/** The day, and what has changed by then. */
export interface Today {
  dayStart: number;
  day: number;
  changes: Changes;
}

/** Where somebody spends a stretch of the day, and how much of the day's work is done there. */
interface Stretch {
  part: string;
  at: Pick<Sitting, "spot" | "twin" | "detour" | "isShaky" | "backup">;
  from: number;
  hours: number;
  share: number;
}

/** The stretches at the laptop. On the day of a flight: the morning where the person was, and the evening, if any is left, where the aeroplane landed. */
function stretchesOf(person: Person, { dayStart, day, changes }: Today, chance: Chance): Stretch[] {
  const start = dayStart + (person.startHour + 0.4 * chance.bell()) * HOUR;
  const home = homeOf(person, chance);
  const arriving = person.trips.find((trip) => trip.fromDay === day);
  const leaving = person.trips.find((trip) => trip.toDay + 1 === day);
  const flight = arriving ?? leaving;
  if (flight) {
    const hotel = { spot: addressOf(flight.network, flight.host) };
    const [before, after] = arriving ? [home, hotel] : [hotel, home];
    const landing = start + 3.5 * HOUR + travelMs(person.home, flight.network);
    const morning = { part: "am", at: before, from: start, hours: 2, share: 0.3 };
    return landing < dayStart + 21 * HOUR ? [morning, { part: "pm", at: after, from: landing, hours: 1.5, share: 0.2 }] : [morning];
  }
  const trip = person.trips.find(within(day));
  const office = { spot: addressOf(day >= changes.officeMove ? NEW_OFFICE : OFFICE, chance.int(1, 4)) };
  const remote = chance.happens(person.remoteShare);
  const at = trip ? { spot: addressOf(trip.network, trip.host) } : remote ? home : office;
  if (
    !trip &&
    remote &&
    day >= (idOf(person) % 25 === 0 ? changes.vpnPilot : idOf(person) % 2 === 0 ? changes.vpnRollOut : Number.POSITIVE_INFINITY)
  )
    return [
      { part: "am", at, from: start, hours: 3, share: 0.5 },
      { part: "pm", at: { spot: addressOf(NEW_VPN_EXIT, 1 + (idOf(person) % 2)) }, from: start + 4.6 * HOUR, hours: 3, share: 0.5 },
    ];
  const vpn = { detour: addressOf(VPN_EXIT, 1 + (idOf(person) % 3)), isShaky: person.weakLine };
  const afternoon = !trip && remote && person.vpn ? { ...at, ...vpn } : at;
  return [
    { part: "am", at, from: start, hours: 3.5, share: 0.5 },
    { part: "pm", at: afternoon, from: start + 5 * HOUR, hours: 3, share: 0.5 },
  ];
}

function homeOf(person: Person, chance: Chance): Stretch["at"] {
  const spot = addressOf(person.home, person.homeHost);
  const backup = person.weakLine && chance.happens(0.3) ? { backup: carrierSpot(person.carrier, chance) } : {};
  return person.dualStack && chance.happens(0.7) ? { spot, twin: twinOf(spot, person.homeHost), ...backup } : { spot, ...backup };
}

/** Where the i-th of `count` requests of a sitting leaves to the internet. */
function spotAt(at: Sitting, i: number, { count, chance }: { count: number; chance: Chance }): Spot {
  if (at.detour && 3 * i >= count && 3 * i < 2 * count && !(at.isShaky && i % 4 === 0)) return at.detour;
  if (at.backup && Math.floor(i / 4) % 3 === 1) return at.backup;
  return at.twin && chance.happens(0.4) ? at.twin : at.spot;
}

/** From door to door: three hours at both ends, and 800 km/h between. */
function travelMs(from: Network, to: Network): number {
  const [a, b] = [from.city, to.city];
  const km = 111 * Math.hypot(a.lat - b.lat, (a.lon - b.lon) * Math.cos((a.lat * Math.PI) / 180));
  return (3 + km / 800) * HOUR;
}

/** The sign-in service is down for eight minutes on one morning. */
const isDown = (t: number, { dayStart, day, changes }: Today): boolean =>
  day === changes.signInOutage && t >= dayStart + 7.5 * HOUR && t < dayStart + 7.5 * HOUR + 8 * MINUTE;

interface Shift extends Today {
  from: number;
  hours: number;
  count: number;
}

function* sit(at: Sitting, shift: Shift, chance: Chance): Generator<Happening> {
  const { dayStart, day, from, count } = shift;
  const until = from + 1.5 * shift.hours * HOUR;
  let t = from;
  for (; isDown(t, shift); t += 30 * SECOND + chance.wait(20 * SECOND)) yield { t, event: signIn(at, "unavailable") };
  const isNew = day === shift.changes.passwords;
  for (let tries = chance.happens(isNew ? 0.3 : 0.05) ? (isNew ? chance.int(1, 2) : 1) : 0; tries > 0; tries--) {
    yield { t, event: signIn(at, true) };
    t += 8 * SECOND + chance.wait(10 * SECOND);
  }
  yield { t, event: signIn(at, false) };
  const pace = (shift.hours * HOUR) / Math.max(1, count);
  for (let i = 0; i < count; i++) {
    t += SECOND + chance.wait(pace);
    if (t > until) return;
    const spot = spotAt(at, i, { count, chance });
    const work = workOf(chance, at.person, shift);
    const event = request(sitting({ ...at, spot }), work, chance, Math.round(at.person.orders + 60 * chance.bell()));
    const fails = work.service === "orders-api" && failsByRelease(t, dayStart, day, chance);
    yield { t, event: fails ? { ...event, outcome: "failure", http: { ...event.http, status: 502 } } : event };
  }
  if (chance.happens(0.3)) yield { t: t + MINUTE, event: { action: "user.logout", outcome: "success", service: "auth", ...sitting(at) } };
}

/** One day of one person. */
export function* personDay(person: Person, today: Today, chance: Chance): Generator<Happening> {
  const { dayStart, day } = today;
  const kind = isWeekend(dayStart) ? "weekend" : isPublicHoliday(day) ? "holiday" : "weekday";
  if (day < person.joinedDay || person.holidays.some(within(day)) || !chance.happens(PRESENT[kind])) return;
  const agents = agentsOf(person, today);
  const more = person.role === "finance" && isMonthEnd(dayStart) ? 1.5 : 1;
  const count = Math.max(3, Math.round(more * person.requests * (kind === "weekday" ? 1 : 0.2) * (0.6 + 0.8 * chance.next())));
  const stretches = stretchesOf(person, today, chance);
  for (const { part, at, from, hours, share } of stretches) {
    const session = `s-${person.id}-${day}-${part}`;
    yield* sit({ person, session, ...at, agent: agents.laptop }, { ...today, from, hours, count: Math.ceil(count * share) }, chance);
  }
  const last = stretches[stretches.length - 1];
  if (!last) return;
  const evening = last.from + (last.hours + 2.5) * HOUR;
  if (chance.happens(0.5)) yield* onThePhone(person, { ...today, from: evening }, chance);
  const isFlying = person.trips.some(({ fromDay, toDay }) => day === fromDay || day === toDay + 1);
  if (day >= person.tabletDay && !isFlying && chance.happens(0.3)) yield* onTheTablet(person, { ...today, from: evening + HOUR }, chance);
}

type Evening = Today & { from: number };

/** On the way home the carrier changes the address every few minutes, within its own network; abroad, too, the carrier hands over at home, or the card is a local one. */
function* onThePhone(person: Person, at: Evening, chance: Chance): Generator<Happening> {
  const trip = person.trips.find(within(at.day));
  const carrier =
    trip && person.localCard && at.day > trip.fromDay ? TRAVEL_CARRIERS.find(({ city }) => city === trip.network.city) : undefined;
  const agent = at.day >= at.changes.rename ? person.nextPhone(0) : agentsOf(person, at).phone;
  const phone = { person, session: `s-${person.id}-${at.day}-phone`, agent, deviceId: person.deviceId };
  const hops = chance.int(1, 4);
  for (let hop = 0, t = at.from; hop < hops; hop++) {
    const here = { ...phone, spot: carrierSpot(carrier ?? person.carrier, chance) };
    if (hop === 0) yield { t, event: signIn(here, false) };
    for (let i = 0; i < 3; i++)
      yield {
        t: (t += 20 * SECOND + chance.wait(MINUTE)),
        event: request(sitting(here), workOf(chance, person, at), chance, person.orders + chance.int(-80, 80)),
      };
  }
}

const TABLET =
  "Mozilla/5.0 (iPad; CPU OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1";

/** An hour on the sofa, at home or in the hotel. */
function* onTheTablet(person: Person, at: Evening, chance: Chance): Generator<Happening> {
  const trip = person.trips.find(within(at.day));
  const spot = trip ? addressOf(trip.network, trip.host) : addressOf(person.home, person.homeHost);
  const tablet = { person, session: `s-${person.id}-${at.day}-tablet`, agent: TABLET, deviceId: `${person.deviceId}-t`, spot };
  yield { t: at.from, event: signIn(tablet, false) };
  for (let i = 0, t = at.from; i < 6; i++)
    yield {
      t: (t += 20 * SECOND + chance.wait(2 * MINUTE)),
      event: request(sitting(tablet), workOf(chance, person, at), chance, person.orders + chance.int(-80, 80)),
    };
}
