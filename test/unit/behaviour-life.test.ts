import { describe, expect, it } from "vitest";
import type { Detector } from "@/lib/detection/detector";
import { dataEgress } from "@/lib/detection/detectors/data-egress";
import { distributedSignIn, slowDistributedSignIn } from "@/lib/detection/detectors/distributed-sign-in";
import { enumerationWalk } from "@/lib/detection/detectors/enumeration-walk";
import { impossibleTravel } from "@/lib/detection/detectors/impossible-travel";
import { newContext } from "@/lib/detection/detectors/new-context";
import { outboundDestination } from "@/lib/detection/detectors/outbound";
import { sessionHijack } from "@/lib/detection/detectors/session-hijack";
import { silence } from "@/lib/detection/detectors/silence";
import { slowSpray } from "@/lib/detection/detectors/slow-spray";
import { trafficAnomaly, trafficAnomalyDefaults } from "@/lib/detection/detectors/traffic-anomaly";
import type { Alert } from "@/lib/model/alert";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { detectorAlerts, inTime, type Loose, recordAt as at } from "@/test/support/detection";

const START = Date.UTC(2026, 2, 2, 9);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const alertsOf = (detector: Detector, records: readonly EventRecord[], batch = 100): Alert[] =>
  detectorAlerts(detector, inTime(records), batch);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const chrome = (version: number) =>
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
const ana = { type: "user", id: "ana" };
const berlin = { country: "DE", city: "Berlin", lat: 52.5, lon: 13.4, radius_km: 20, asn: 3320 };
const frankfurt = { country: "DE", city: "Frankfurt", lat: 50.1, lon: 8.7, radius_km: 20, asn: 64_525 };
const amsterdam = { country: "NL", city: "Amsterdam", lat: 52.4, lon: 4.9, radius_km: 20, asn: 64_522 };
const lima = { country: "PE", city: "Lima", lat: -12, lon: -77, radius_km: 20, asn: 6147 };
const home = { ip: "203.0.113.7", user_agent: chrome(143), language: "de", geo: berlin };
const tunnel = { ...home, ip: "192.0.2.9", geo: amsterdam };

describe("inside one session", () => {
  const use = (seconds: number, source: EventDocument["source"], more: Loose = {}) =>
    at(START + seconds * SECOND, { actor: ana, session: { id: "s1" }, source, ...more });
  const hour = range(60).map((i) => use(i * 60, home, { targets: [{ type: "order", id: String(i) }] }));
  const later = (i: number) => 3600 + 40 * i;

  it.each([
    ["a VPN that breaks off twice in twenty minutes", (i: number) => (i === 4 || i === 8 ? home : tunnel)],
    ["a browser that speaks QUIC and TCP by turns", (i: number) => ({ ...tunnel, ja4: i % 2 ? QUIC : TCP })],
    ["a browser that resumes TLS with one more extension", (i: number) => ({ ...tunnel, ja4: i % 2 ? TCP : RESUMED })],
    ["a line at home that fails over to the telephone again and again", (i: number) => (i % 3 ? home : { ...home, ...phone })],
    ["one address in two countries by turns, as gateways in the cloud have it", (i: number) => (i % 2 ? gateway("NL") : gateway("IE"))],
    ["an older version after a rollback", () => ({ ...home, user_agent: chrome(141) })],
  ])("%s is ordinary", (_, sourceAt) => {
    const told = alertsOf(sessionHijack(), [...hour, ...range(20).map((i) => use(later(i), sourceAt(i)))], 1);
    expect(told.map(({ explanation }) => explanation.sentence)).toEqual([]);
  });
  const TCP = "t13d1516h2_8daaf6152771_02713d6af862";
  const RESUMED = "t13d1517h2_8daaf6152771_b1ff8ab2d16f";
  const QUIC = "q13d0312h3_55b375c5d22e_06cda9e17597";
  const phone = { ip: "198.51.100.9", geo: { ...berlin, asn: 64_496 } };
  const gateway = (country: string) => ({ ...home, ip: "192.0.2.77", geo: { country, asn: 64_530 } });

  it.each([
    ["an older version of the same browser", { user_agent: chrome(139) }],
    ["another language", { language: "en-US" }],
  ])("two installations in turns are a thief though the country and the browser are the same: %s", (_, difference) => {
    const thief = { ...home, ip: "198.51.100.200", geo: frankfurt, ...difference };
    const turns = (seconds: number) => range(12).map((i) => use(3600 + i * seconds, i % 2 ? thief : home));
    const [alert, ...more] = alertsOf(sessionHijack(), [...hour, ...turns(40)], 1);
    expect(more).toEqual([]);
    expect(alertsOf(sessionHijack(), [...hour, ...turns(900)], 1)).toHaveLength(1); // slowly as well
    expect(alert?.explanation.factors.map(({ name }) => name)).toEqual(expect.arrayContaining(["network", "interleaving"]));
    expect(alertsOf(sessionHijack(), [...hour, use(later(0), thief), use(later(1), home)], 1)).toEqual([]); // no turns yet
  });

  it("kinds of objects never touched add to what else has changed, and are nothing by themselves", () => {
    const invoices = { targets: [{ type: "invoice", id: "9" }] };
    const thief = { ip: "198.51.100.200", user_agent: "curl/8.1", geo: lima };
    const [alert] = alertsOf(sessionHijack(), [...hour, use(later(0), thief, invoices)], 1);
    expect(alert?.explanation.factors.find(({ name }) => name === "target pattern")).toMatchObject({ before: "order", after: "invoice" });
    expect(alertsOf(sessionHijack(), [...hour, use(later(0), home, invoices)], 1)).toEqual([]);
  });
});

describe("a place", () => {
  const visit = (minute: number, source: EventDocument["source"]) => at(START + minute * MINUTE, { actor: ana, source });

  it.each([
    ["the same one, named otherwise by another address", [home, { ip: "203.0.113.200", geo: { ...berlin, city: "Mitte", lat: 52.53 } }]],
    ["a private address between two uses at home", [home, { ip: "10.1.2.3", geo: lima }, home]],
    ["an address of a carrier's own space", [home, { ip: "100.64.3.3", geo: lima }, home]],
    ["IPv6 of the local link", [home, { ip: "fe80::1", geo: lima }, home]],
    [
      "IPv4 and IPv6 of one line, placed in two towns",
      [home, { ip: "2001:db8:1::7", geo: { ...berlin, city: "Potsdam", lat: 52.4 } }, home],
    ],
  ])("that is %s is no journey", (_, sources) => {
    expect(
      alertsOf(
        impossibleTravel(),
        sources.map((source, i) => visit(5 * i, source)),
        1,
      ),
    ).toEqual([]);
  });

  it("known only by its country has that country's size", () => {
    const country = (code: string) => ({ ip: "192.0.2.50", geo: { country: code } });
    expect(alertsOf(impossibleTravel(), [visit(0, home), visit(10, country("AT"))], 1)).toEqual([]);
    expect(alertsOf(impossibleTravel(), [visit(0, home), visit(10, country("PE"))], 1)).toHaveLength(1);
  });

  it("within the region is no journey of the person's own device, which a VPN takes there; of others, and further away, it is", () => {
    const vienna = { country: "AT", city: "Vienna", lat: 48.2, lon: 16.4, radius_km: 20, asn: 8447 };
    const from = (day: number, minute: number, geo: typeof vienna, agent: string) =>
      at(START + day * DAY + minute * MINUTE, {
        actor: ana,
        session: { id: `s${day}-${minute}` },
        source: { ip: `203.0.113.${geo.asn % 250}`, geo, user_agent: agent },
      });
    const week = range(4).map((day) => from(day, 0, vienna, chrome(140)));
    const then = (geo: typeof vienna, agent: string, before = agent) =>
      alertsOf(impossibleTravel(), [...week, from(4, 0, vienna, before), from(4, 30, geo, agent)]).length;
    const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    expect([then(amsterdam, chrome(140)), then(amsterdam, firefox, chrome(140)), then(lima, chrome(140))]).toEqual([0, 1, 1]);
    expect([then(amsterdam, firefox), then(lima, firefox)]).toEqual([0, 1]); // a new one, used at home before
    const firstDay = (geo: typeof vienna) => alertsOf(impossibleTravel(), [from(0, 0, vienna, firefox), from(0, 30, geo, firefox)]).length;
    expect([firstDay(amsterdam), firstDay(lima)]).toEqual([0, 1]);
  });
});

describe("a key", () => {
  const credential = { type: "api_key" as const, id: "key_1" };
  const cloud = { ip: "203.0.113.50", user_agent: "acme-sync/2.1", geo: { country: "DE", asn: 24_940 } };
  const life = (sourceAt: (i: number) => EventDocument["source"]) =>
    range(10 * 24).map((i) => at(START + i * HOUR, { credential, source: sourceAt(i) }));
  const neighbour = { ...cloud, ip: "203.0.113.199" };
  const told = (sourceAt: (i: number) => EventDocument["source"], source: EventDocument["source"]) =>
    alertsOf(newContext(), [...life(sourceAt), at(START + 10 * DAY, { credential, source })]).map(({ family }) => family);

  it("that always came from a few addresses is stolen when a neighbour of theirs uses it with another program", () => {
    expect(told(() => cloud, { ...neighbour, user_agent: "curl/8.1" })).toEqual(["key_abuse"]);
  });

  it.each([
    ["moves to another machine", () => cloud, neighbour],
    ["gets another program on its machine", () => cloud, { ...cloud, user_agent: "acme-connect/1.0" }],
    ["opens a second region of its cloud", () => cloud, { ...neighbour, geo: { country: "IE", asn: 24_940 } }],
    [
      "lives on machines that come and go",
      (i: number) => ({ ...cloud, ip: `203.0.113.${i % 100}` }),
      { ...neighbour, user_agent: "acme-connect/1.0" },
    ],
  ])("that %s is its owner's", (_, sourceAt, source) => {
    expect(told(sourceAt, source)).toEqual([]);
  });
});

describe("sign-ins of a company", () => {
  const signIn = (t: number, person: number, outcome: "success" | "failure", more: Loose = {}) =>
    at(t, {
      action: "user.login",
      service: "auth",
      outcome,
      actor: { type: "user", id: `u${person}` },
      source: { ip: `203.0.${person >> 8}.${person & 255}`, geo: { country: "DE", asn: 3320 + (person % 3) } },
      ...more,
    });
  const week = range(5).flatMap((day) => range(60).map((person) => signIn(START + day * DAY + person * MINUTE, person, "success")));
  const today = START + 5 * DAY;
  const bot = (i: number) => ({ source: { ip: `198.51.${i}.9`, geo: { country: "PE", asn: 6147 } } });

  it("who mistypes a new password and gets in is nobody's attack, and hides none", () => {
    const mistyped = range(60).flatMap((person) => [
      signIn(today + person * 50 * SECOND, person, "failure"),
      signIn(today + person * 50 * SECOND + 20 * SECOND, person, "success"),
    ]);
    const attack = range(40).map((i) => signIn(today + i * 60 * SECOND, 500 + i, "failure", bot(i)));
    for (const detector of [distributedSignIn(), slowDistributedSignIn()]) expect(alertsOf(detector, [...week, ...mistyped])).toEqual([]);
    const [alert, ...more] = alertsOf(distributedSignIn(), [...week, ...mistyped, ...attack]);
    expect(more).toEqual([]);
    expect(alert?.explanation.measured).toBe(40);
  });

  it("cannot be refused by a service that is down", () => {
    const http = { method: "POST", path: "/login", status: 503 };
    const outage = range(60).map((person) => signIn(today + person * 10 * SECOND, person, "failure", { http }));
    expect(alertsOf(distributedSignIn(), [...week, ...outage])).toEqual([]);
  });

  it("are sprayed when over days many accounts fail from a provider from which nobody gets in", () => {
    const spray = range(20).map((i) => signIn(today + i * 3 * HOUR, i, "failure", bot(i)));
    const [alert, ...more] = alertsOf(slowSpray(), [...week, ...spray]);
    expect(more).toEqual([]);
    expect([alert?.entity, alert?.family]).toEqual([{ type: "asn", value: "6147" }, "credential_stuffing"]);
    const entered = range(6).map((i) => signIn(today + i * 3 * HOUR + MINUTE, i, "success", bot(i)));
    expect(alertsOf(slowSpray(), [...week, ...spray, ...entered])).toEqual([]); // then people live there
  });
});

describe("what somebody takes", () => {
  const take = (t: number, bytes: number, target?: string) =>
    at(t, {
      actor: ana,
      source: home,
      http: { method: "GET", path: "/v1/x", response_bytes: bytes },
      ...(target ? { targets: [{ type: "customer", id: target }] } : {}),
    });
  const day = (number: number, bytes = 20_000) => range(60).map((i) => take(START + number * DAY + i * 4 * MINUTE, bytes, `c${i}`));
  const life = range(7).flatMap((number) => day(number));

  it("in small answers adds up within the day, with ids that nobody can guess as well", () => {
    const pieces = range(250).map((i) => take(START + 7 * DAY + i * 90 * SECOND, 1_000_000));
    const evening = range(3).map((i) => take(START + 7 * DAY + 9 * HOUR + i * MINUTE, 20_000));
    const [egress, ...more] = alertsOf(dataEgress(), [...life, ...pieces, ...evening], 1);
    expect(more).toEqual([]);
    expect(egress?.explanation.sentence).toMatch(/^ana took out .* within a day; the highest day of five weeks was/);
    const burst = range(40).map((i) => take(START + 7 * DAY + i * 8 * SECOND, 25_000_000));
    expect(alertsOf(dataEgress(), [...life, ...burst, ...day(7)], 1).map(({ title }) => title)).toEqual([
      "Unusual amount of data taken out",
    ]);
    const walk = range(400).map((i) => take(START + 7 * DAY + i * 60 * SECOND, 2000, `${(i * 7919) % 100_003}`));
    const [opened, ...others] = alertsOf(enumerationWalk(), [...life, ...walk], 1);
    expect(others).toEqual([]);
    expect(opened?.explanation.sentence).toMatch(
      /^ana opened \d+ objects \(customer\) within a day; the highest day of five weeks had 60\.$/,
    );
  });

  it("at the end of one month is the measure of the next, though months differ in length", () => {
    const closing = (number: number, bytes: number) => range(10).map((i) => take(START + number * DAY + 5 * HOUR + i * MINUTE, bytes));
    const months = [...range(45).flatMap((number) => day(number)), ...closing(10, 4_000_000), ...closing(41, 11_000_000)];
    expect(alertsOf(dataEgress(), months)).toEqual([]);
    expect(alertsOf(dataEgress(), [...months, ...closing(44, 40_000_000)])).toHaveLength(1);
  });
});

describe("outgoing calls", () => {
  const call = (t: number, host: string, port: number) => at(t, { direction: "outbound", destination: { host, port } });
  const life = range(5 * 24).map((i) => call(START + i * HOUR, "api.pay.example", 443));
  const told = (host: string, port: number) =>
    alertsOf(outboundDestination(), [...life, call(START + 5 * DAY, host, port)]).map(({ level }) => level);

  it("to a known host are news on a rare port; to a stranger on a rare port they are an alert", () => {
    expect(told("api.pay.example", 443)).toEqual([]);
    expect(told("api.pay.example", 4444)).toEqual(["informational"]);
    expect(told("new.example", 443)).toEqual(["informational"]);
    expect(told("new.example", 4444)).toEqual(["medium"]);
  });
});

describe("silence", () => {
  /** A service that rests at night and speaks every ten minutes from eight to twenty. */
  const office = (day: number, from = 8, to = 20) =>
    range(((to - from) * HOUR) / (10 * MINUTE)).map((i) => at(Date.UTC(2026, 2, 2) + day * DAY + from * HOUR + i * 10 * MINUTE, {}));
  const watch = range(13 * 24).map((i) => at(Date.UTC(2026, 2, 2) + i * HOUR, { service: "clock" }));
  const told = (...days: EventRecord[][]) =>
    alertsOf(silence() as Detector, [...watch, ...days.flat()]).filter(({ entity }) => entity.value === "api");

  it("at night is the cadence that was learnt, and a shorter day is none either", () => {
    expect(told(...range(12).map((day) => office(day)), office(12, 10))).toEqual([]);
  });

  it("twice as long as any night is told while it lasts, with the longest pause beside it", () => {
    const [alert, ...more] = told(...range(10).map((day) => office(day)));
    expect(more).toEqual([]);
    expect(alert?.explanation.sentence).toMatch(/for 24\.\d hours; its longest pause in 14 days was 12\.\d hours/);
  });

  it("of somebody who is not known for eight days says nothing", () => {
    expect(told(...range(7).map((day) => office(day)))).toEqual([]);
  });
});

describe("minutes of traffic", () => {
  const requests = (minute: number, count: number, more: (n: number) => Loose = () => ({})) =>
    range(count).map((n) => at(START + minute * MINUTE + (n * 59_000) / count, { http: { route: "/v1/a", duration_ms: 20 }, ...more(n) }));
  const life = range(4 * 1440).flatMap((minute) => requests(minute, 18 + (minute % 4)));
  const now = 4 * 1440;
  const outage = range(60).flatMap((i) => requests(now + i, 1));

  it("that are closed are corrected by what comes late", () => {
    const late = range(60).flatMap((i) => requests(now + i, 18));
    const arriving = [...outage, ...late.map((record) => ({ ...record, lateBy: 9 * MINUTE }))].sort(
      (a, b) => a.occurredAt + ("lateBy" in a ? 9 * MINUTE : 0) - b.occurredAt - ("lateBy" in b ? 9 * MINUTE : 0),
    );
    expect(detectorAlerts(trafficAnomaly(), [...life, ...outage], 500).map(({ title }) => title)).toEqual(["Drop of requests"]);
    expect(detectorAlerts(trafficAnomaly(), [...life, ...arriving], 500)).toEqual([]);
  });

  it("that usually hold less than a request are never a drop: silence knows the cadence", () => {
    const calm = (days: number) => range(days * 1440).flatMap((minute) => requests(minute, minute % 5 ? 1 : 0));
    const busy = range(30).flatMap((i) => requests(now + i, 2));
    const night = range(6).flatMap((i) => requests(now + 90 + i * 30, 1));
    expect(alertsOf(trafficAnomaly(), [...calm(4), ...busy, ...night], 500)).toEqual([]);
    expect(alertsOf(trafficAnomaly({ ...trafficAnomalyDefaults, dropUsual: 0 }), [...calm(4), ...busy, ...night], 500)).not.toEqual([]);
  });

  it.each([
    ["far outside the band but of few requests", range(3).flatMap((i) => requests(now + i, 100)), 0],
    ["of many requests but hardly outside the band", range(3).flatMap((i) => requests(now + i, 50)), 0],
    ["far outside the band and of many requests", range(3).flatMap((i) => requests(now + i, 260)), 1],
  ])("%s count as a spike only when statistic and floor agree", (_, burst, alerts) => {
    expect(alertsOf(trafficAnomaly(), [...life, ...burst], 500)).toHaveLength(alerts);
  });

  it("have an excess whose shares add up to the whole, along each dimension", () => {
    const burst = requests(now, 400, (n) => ({
      http: { route: n % 4 ? "/v1/b" : "/v1/c", duration_ms: 20 },
      source: { ip: n % 2 ? "198.51.100.1" : "198.51.100.2", geo: { country: "PE" } },
    }));
    const [alert] = alertsOf(trafficAnomaly(), [...life, ...burst], 500);
    const shareOf = (name: string) => alert?.explanation.factors.filter((factor) => factor.name === name).map(({ weight }) => weight) ?? [];
    for (const name of ["route", "ip", "country"]) {
      const sum = shareOf(name).reduce((total, share) => total + share, 0);
      expect(sum).toBeGreaterThan(0.95);
      expect(sum).toBeLessThanOrEqual(1.05);
    }
    expect(shareOf("route")[0]).toBeCloseTo(3 * (shareOf("route")[1] ?? 0), 1);
  });
});
