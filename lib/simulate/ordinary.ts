/** Ordinary life, one day at a time: people who sign in and work, phones on the way, partners that poll, jobs at night, calls to third parties. */
import type { EventInput } from "@/lib/model/event";
import type { Chance } from "./chance";
import type { Company, Partner, Person } from "./company";
import { addressOf, type Network, OFFICE, type Spot, sourceAt } from "./places";

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
  agent: string;
  deviceId?: string;
}

const WEEKS_PER_RELEASE = 4;
/** Releases since the beginning of 2026 (day 20454 since the epoch). */
const versionAt = (dayNumber: number, shift: number): number =>
  Math.max(0, Math.floor((dayNumber - 20_454 + shift) / (7 * WEEKS_PER_RELEASE)) + 1);
const idOf = (person: Person): number => Number(person.id.slice(2));

/** The laptop's and the phone's user agents of a day: everybody updates, not all on the same day. */
export const agentsOf = (person: Person, dayNumber: number) => ({
  laptop: person.laptop(versionAt(dayNumber, idOf(person) % 9)),
  phone: person.phone(versionAt(dayNumber, idOf(person) % 5)),
});

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
export function signIn(at: Sitting, failed: boolean): EventInput {
  const { session, ...rest } = sitting(at);
  return {
    action: "user.login",
    outcome: failed ? "failure" : "success",
    service: "auth",
    ...rest,
    ...(failed ? { reason: "bad_password" } : { session }),
    credential: { type: "password", mfa: at.person.role === "admin" },
    http: {
      method: "POST",
      path: "/v1/login",
      route: "/v1/login",
      status: failed ? 401 : 200,
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

function workOf(chance: Chance, person: Person): Work {
  if (person.role === "finance" && chance.happens(0.02)) return REPORT;
  let left = chance.next();
  return WORK.find((work) => (left -= work.share) < 0) ?? (WORK[0] as Work); // the shares add up to one
}

/** Where a person sits on a day, or undefined when not at work. */
function placeOf(person: Person, day: number, chance: Chance): { network: Network; host: number; away: boolean } | undefined {
  const within = (span: { fromDay: number; toDay: number }) => day >= span.fromDay && day <= span.toDay;
  if (person.holidays.some(within)) return undefined;
  const trip = person.trips.find(within);
  // The days of the flight are days without work: nobody signs in from two continents on one of them.
  if (person.trips.some((one) => day === one.fromDay || day === one.toDay + 1)) return undefined;
  if (trip) return { network: trip.network, host: trip.host, away: true };
  return chance.happens(person.remoteShare)
    ? { network: person.home, host: person.homeHost, away: false }
    : { network: OFFICE, host: chance.int(1, 4), away: false };
}

function* sit(at: Sitting, from: number, count: number, chance: Chance, pace: number): Generator<Happening> {
  const shared = sitting(at);
  let t = from;
  if (chance.happens(0.05)) {
    yield { t, event: signIn(at, true) };
    t += 8 * SECOND + chance.wait(10 * SECOND);
  }
  yield { t, event: signIn(at, false) };
  for (let i = 0; i < count; i++) {
    t += SECOND + chance.wait(pace);
    const work = workOf(chance, at.person);
    yield { t, event: request(shared, work, chance, Math.round(at.person.orders + 60 * chance.bell())) };
  }
  if (chance.happens(0.3)) yield { t: t + MINUTE, event: { action: "user.logout", outcome: "success", service: "auth", ...shared } };
}

/** One day of one person. */
export function* personDay(person: Person, dayStart: number, day: number, chance: Chance): Generator<Happening> {
  const weekday = new Date(dayStart).getUTCDay();
  const weekend = weekday === 0 || weekday === 6;
  if (!chance.happens(weekend ? 0.06 : 0.9)) return;
  const place = placeOf(person, day, chance);
  if (!place) return;
  const agents = agentsOf(person, Math.floor(dayStart / DAY));
  const start = dayStart + (person.startHour + 0.4 * chance.bell()) * HOUR;
  const spot = addressOf(place.network, place.host);
  const count = Math.max(3, Math.round(person.requests * (weekend ? 0.2 : 1) * (0.6 + 0.8 * chance.next())));
  const session = (part: string) => `s-${person.id}-${day}-${part}`;
  const half = Math.ceil(count / 2);
  yield* sit({ person, session: session("am"), spot, agent: agents.laptop }, start, half, chance, (3.5 * HOUR) / half);
  yield* sit(
    { person, session: session("pm"), spot, agent: agents.laptop },
    start + 5 * HOUR,
    count - half,
    chance,
    (3 * HOUR) / Math.max(1, count - half),
  );
  if (place.away || !chance.happens(0.5)) return;
  // On the way home the carrier changes the address every few minutes, within its own network.
  const phone = { person, session: session("phone"), agent: agents.phone, deviceId: person.deviceId };
  let t = start + 10.5 * HOUR;
  for (let hop = 0; hop < chance.int(1, 4); hop++) {
    const shared = sitting({ ...phone, spot: addressOf(person.carrier, chance.int(1, 1000)) });
    if (hop === 0) yield { t, event: signIn({ ...phone, spot: addressOf(person.carrier, chance.int(1, 1000)) }, false) };
    for (let i = 0; i < 3; i++)
      yield {
        t: (t += 20 * SECOND + chance.wait(MINUTE)),
        event: request(shared, workOf(chance, person), chance, person.orders + chance.int(-80, 80)),
      };
  }
}

/** The parts that every call with a partner's key shares. */
export function partnerCall(partner: Partner, spot: Spot, agent: string): Partial<EventInput> {
  return {
    environment: "production",
    actor: { type: "service", id: partner.name },
    credential: { type: "api_key", id: partner.keyId, scopes: partner.scopes },
    source: { ...sourceAt(spot), user_agent: agent },
  };
}

/** One day of a partner's key. */
export function* partnerDay(partner: Partner, dayStart: number, day: number, chance: Chance): Generator<Happening> {
  const agent = partner.agent(versionAt(Math.floor(dayStart / DAY), partner.keyId.length));
  const spot = () => addressOf(partner.network, chance.pick(partner.hosts));
  if (partner.kind === "nightly") {
    let t = dayStart + partner.nightHour * HOUR + chance.wait(2 * MINUTE);
    const from = 20_000 + day * 50;
    for (let i = 0; i < partner.pace; i++) {
      t += 500 + chance.wait(1500);
      yield {
        t,
        event: request(
          partnerCall(partner, spot(), agent),
          { method: "GET", route: "/v1/orders/{id}", type: "order", service: "orders-api", bytes: 2400 },
          chance,
          from + i,
        ),
      };
    }
    return;
  }
  for (let t = dayStart + chance.wait(partner.pace * SECOND); t < dayStart + DAY; ) {
    yield {
      t,
      event: request(
        partnerCall(partner, spot(), agent),
        { method: "GET", route: "/v1/orders", service: "orders-api", bytes: 6000 },
        chance,
      ),
    };
    const hour = (((t % DAY) + DAY) / HOUR) % 24;
    t += partner.pace * SECOND * (hour > 6 && hour < 18 ? 1 : 2.5) * (0.8 + 0.4 * chance.next());
  }
}

/** Third parties: host, sender, what is sent, seconds between calls by day; nightly ones are uploads. */
export const THIRD_PARTIES = [
  { host: "api.payments.example", service: "billing-api", key: "out_payments", bytes: 900, pace: 120 },
  { host: "api.mailer.example", service: "orders-api", key: "out_mailer", bytes: 4000, pace: 150 },
  { host: "geo.maps.example", service: "orders-api", key: "out_maps", bytes: 200, pace: 300 },
  { host: "rates.fx.example", service: "billing-api", key: "out_fx", bytes: 100, pace: 3600 },
] as const;

/** One call to a third party. */
export function outboundCall(
  service: string,
  to: { host: string; ip?: string; port?: number; key?: string },
  sent: number,
  failed: boolean,
  chance: Chance,
): EventInput {
  return {
    action: "http.request",
    outcome: failed ? "failure" : "success",
    direction: "outbound",
    service,
    environment: "production",
    destination: { host: to.host, port: to.port ?? 443, ...(to.ip ? { ip: to.ip } : {}) },
    ...(to.key ? { credential: { type: "api_key" as const, id: to.key } } : {}),
    http: {
      method: "POST",
      host: to.host,
      path: "/v1/call",
      status: failed ? 503 : 200,
      request_bytes: Math.round(sent * (0.5 + chance.next())),
      response_bytes: 300,
      duration_ms: Math.round(40 + chance.wait(60)),
    },
  };
}

/** One day of calls to third parties, with the nightly backup. */
export function* outboundDay(dayStart: number, chance: Chance): Generator<Happening> {
  for (const party of THIRD_PARTIES) {
    for (let t = dayStart + chance.wait(party.pace * SECOND); t < dayStart + DAY; ) {
      yield { t, event: outboundCall(party.service, party, party.bytes, chance.happens(0.004), chance) };
      const hour = (t % DAY) / HOUR;
      t += chance.wait(party.pace * SECOND * (hour > 6 && hour < 18 ? 1 : 4)) + SECOND;
    }
  }
  for (let part = 0; part < 12; part++)
    yield {
      t: dayStart + 2.5 * HOUR + part * MINUTE,
      event: outboundCall("billing-api", { host: "vault.backup.example", key: "out_backup" }, 8_000_000, false, chance),
    };
}

/** A heartbeat of the scheduler: what a silent service looks like is its absence. */
export function* schedulerDay(dayStart: number): Generator<Happening> {
  for (let t = dayStart; t < dayStart + DAY; t += 5 * MINUTE)
    yield {
      t: t + 3 * SECOND,
      event: {
        action: "job.run",
        outcome: "success",
        service: "scheduler",
        environment: "production",
        actor: { type: "system", id: "cron" },
        source: { ip: "10.0.0.5" },
      },
    };
}

/** Everything ordinary of one day, not sorted. */
export function* ordinaryDay(company: Company, dayStart: number, day: number, chance: Chance): Generator<Happening> {
  for (const person of company.people) yield* personDay(person, dayStart, day, chance.fork(`${person.id} ${day}`));
  for (const partner of company.partners) yield* partnerDay(partner, dayStart, day, chance.fork(`${partner.keyId} ${day}`));
  yield* outboundDay(dayStart, chance.fork(`outbound ${day}`));
  yield* schedulerDay(dayStart);
}
