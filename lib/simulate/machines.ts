/** Machines at work: partners that poll or come at night, calls to third parties, the scheduler. */
import type { EventInput } from "@/lib/model/event";
import type { Chance } from "./chance";
import type { Changes } from "./changes";
import type { Partner } from "./company";
import { DAY, type Happening, HOUR, MINUTE, request, SECOND, versionAt } from "./ordinary";
import { addressOf, type Spot, sourceAt } from "./places";

/** The parts that every call with a partner's key shares. */
export function partnerCall(partner: Partner, spot: Spot, agent: string): Partial<EventInput> {
  return {
    environment: "production",
    actor: { type: "service", id: partner.name },
    credential: { type: "api_key", id: partner.keyId, scopes: partner.scopes },
    source: { ...sourceAt(spot), user_agent: agent },
  };
}

/** A job that runs at night is late now and then: it waited for another, or somebody had to start it again. */
const delayOf = (chance: Chance): number => (chance.happens(0.08) ? HOUR + chance.wait(2 * HOUR) : 0);

/** One day of a partner's key. */
export function* partnerDay(
  partner: Partner,
  { dayStart, day, changes }: { dayStart: number; day: number; changes: Changes },
  chance: Chance,
): Generator<Happening> {
  const agent = partner.agent(versionAt(Math.floor(dayStart / DAY), partner.keyId.length));
  const spot = () =>
    partner.regions
      ? addressOf(chance.happens(0.3) ? partner.regions : partner.network, chance.int(1, 1000))
      : addressOf(partner.network, chance.pick(partner.hosts));
  const growth = day >= changes.partnerGrowth ? partner.growth : 1;
  if (partner.kind === "nightly") {
    let t = dayStart + partner.nightHour * HOUR + chance.wait(2 * MINUTE) + delayOf(chance.fork("delay"));
    const from = 20_000 + day * 50;
    const count = growth * partner.pace * (new Date(dayStart).getUTCDay() === 0 ? 2 : 1); // on Sundays the whole week is read again
    for (let i = 0; i < count; i++) {
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
    t += (partner.pace / growth) * SECOND * (hour > 6 && hour < 18 ? 1 : 2.5) * (0.8 + 0.4 * chance.next());
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
  const late = delayOf(chance.fork("delay"));
  for (let part = 0; part < 12; part++)
    yield {
      t: dayStart + 2.5 * HOUR + late + part * MINUTE,
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
