/** Attacks and troubles of volume: floods, failures, outages, silence, and what leaves through outgoing calls. */
import { outboundCall, THIRD_PARTIES } from "./machines";
import { agentsOf, type Happening, HOUR, MINUTE, request, SECOND, sitting } from "./ordinary";
import { addressOf, botSpot, sourceAt } from "./places";
import { farSpot, LINUX_CHROME, onWorkday, PYTHON, type Stage, type Staged, workHour } from "./stage";

export function flood(stage: Stage): Staged {
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

export function failureStorm(stage: Stage): Staged {
  const { chance, company } = stage;
  const start = workHour(stage, 8, 14);
  const events: Happening[] = [];
  for (let t = start; t < start + 20 * MINUTE; t += chance.wait(400)) {
    const person = chance.pick(company.people);
    const at = {
      person,
      session: `s-${person.id}-${stage.day}-am`,
      spot: addressOf(person.home, person.homeHost),
      agent: agentsOf(person, stage).laptop,
    };
    const { session: _, ...shared } = sitting(at);
    const event = request(shared, { method: "GET", route: "/v1/invoices", service: "billing-api", bytes: 100 }, chance);
    events.push({ t, event: { ...event, outcome: "failure", http: { ...event.http, status: 503 } }, attack: "" });
  }
  return { family: "traffic_anomaly", entity: { type: "service", value: "billing-api" }, fast: true, events };
}

export function silentService(stage: Stage): Staged {
  const from = workHour(stage);
  return {
    family: "silence",
    entity: { type: "service", value: "scheduler" },
    also: [{ type: "series", value: "scheduler job.run" }],
    fast: false,
    events: [],
    mute: { service: "scheduler", from, to: from + 4 * HOUR },
  };
}

/** A partner's job that stopped: the key that polls by day and night says nothing for eight hours. */
export function silentKey(stage: Stage): Staged {
  const { chance, company } = stage;
  const partner = chance.pick(company.partners.filter(({ kind }) => kind === "poll"));
  const from = workHour(stage);
  return {
    family: "silence",
    entity: { type: "key", value: partner.keyId },
    fast: false,
    events: [],
    mute: { key: partner.keyId, from, to: from + 8 * HOUR },
  };
}

const outageOf = (stage: Stage, share: number) => {
  const from = workHour(onWorkday(stage), 8, 11);
  return {
    entity: { type: "service" as const, value: "orders-api" },
    also: [{ type: "series" as const, value: "orders-api inbound" }],
    fast: false,
    events: [],
    mute: { service: "orders-api", from, to: from + 45 * MINUTE, share },
  };
};
/** A service that nobody reaches for three quarters of an hour in the middle of a working day. */
export const outage = (stage: Stage): Staged => ({ family: "silence", ...outageOf(stage, 1) });
/** A service that most requests do not reach: a broken node, a wrong route. */
export const brownOut = (stage: Stage): Staged => ({ family: "traffic_anomaly", ...outageOf(stage, 0.9) });

/** Distributed, low and slow: hundreds of addresses, each below every limit of its own, on one expensive route. */
export function slowFlood(stage: Stage): Staged {
  const { chance } = stage;
  const start = workHour(stage, 6, 20);
  const work = { method: "GET", route: "/v1/search", service: "orders-api", bytes: 20_000 };
  const bots = Array.from({ length: 500 }, () => botSpot(chance));
  const events: Happening[] = [];
  for (let t = start; t < start + 15 * MINUTE; t += chance.wait(60_000 / 900))
    events.push({
      t,
      event: request({ environment: "production", source: { ...sourceAt(chance.pick(bots)), user_agent: LINUX_CHROME } }, work, chance),
      attack: "",
    });
  return { family: "rate_abuse", entity: { type: "service", value: "orders-api" }, fast: true, events };
}

/** Rapid requests from one address: a scraper that knows no pause. */
export function scrape(stage: Stage): Staged {
  const { chance } = stage;
  const start = workHour(stage, 0, 23);
  const spot = farSpot(chance);
  const work = { method: "GET", route: "/v1/orders", service: "orders-api", bytes: 9000 };
  const events: Happening[] = [];
  for (let i = 0; i < 3000; i++)
    events.push({
      t: start + i * 60 + chance.wait(20),
      event: request({ environment: "production", source: { ...sourceAt(spot), user_agent: PYTHON } }, work, chance),
      attack: "",
    });
  return { family: "rate_abuse", entity: { type: "ip", value: spot.ip }, fast: true, events };
}

export function exfiltration(stage: Stage): Staged {
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

export function keyToStranger(stage: Stage): Staged {
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
