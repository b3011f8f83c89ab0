import { describe, expect, it } from "vitest";
import type { Detector } from "@/lib/detection/detector";
import { impossibleTravel } from "@/lib/detection/detectors/impossible-travel";
import { newContext } from "@/lib/detection/detectors/new-context";
import { outboundDestination } from "@/lib/detection/detectors/outbound";
import { sessionHijack } from "@/lib/detection/detectors/session-hijack";
import { flood } from "@/lib/detection/detectors/flood";
import { peers } from "@/lib/detection/detectors/peers";
import { trafficAnomaly } from "@/lib/detection/detectors/traffic-anomaly";
import { silence } from "@/lib/detection/detectors/silence";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset } from "@/lib/detection/ruleset";
import type { Alert } from "@/lib/model/alert";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { detectorAlerts, inTime, type Loose, recordAt as at } from "@/test/support/detection";

const START = Date.UTC(2026, 2, 2, 9);
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

const alertsOf = (detector: Detector, records: readonly EventRecord[], batch = 1): Alert[] =>
  detectorAlerts(detector, inTime(records), batch);

const LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const UPDATED = LAPTOP.replace("143", "144");
const ana = { type: "user", id: "ana" };
const berlin = { country: "DE", city: "Berlin", lat: 52.5, lon: 13.4, radius_km: 20, asn: 3320 };
const lima = { country: "PE", city: "Lima", lat: -12, lon: -77, radius_km: 20, asn: 6147 };
const home = { ip: "203.0.113.7", user_agent: LAPTOP, language: "de", geo: berlin };
const use = (minute: number, source: EventDocument["source"], more: Loose = {}) =>
  at(START + minute * MINUTE, { actor: ana, session: { id: "s1" }, source, ...more });

describe("a session", () => {
  const before = Array.from({ length: 15 }, (_, i) => use(i, home));
  it.each([
    ["a carrier that changes the address within its network", { ...home, ip: "198.51.100.9" }],
    ["a newer version of the same program", { ...home, user_agent: UPDATED, ja4: "t13d_new" }],
    ["IPv6 beside IPv4 in one network", { ...home, ip: "2001:db8:1::7" }],
    ["another network in the same country", { ...home, ip: "192.0.2.9", geo: { ...berlin, asn: 64_500 } }],
    ["a VPN switched on in another country", { ...home, ip: "192.0.2.9", geo: { country: "NL", asn: 64_501 } }],
    ["a private address", { ...home, ip: "10.1.2.3" }],
  ])("is not taken over by %s", (_, source) => {
    expect(alertsOf(sessionHijack(), [...before, ...Array.from({ length: 5 }, (_, i) => use(20 + i, source))])).toEqual([]);
  });

  it("is taken over by another program from another country, and says each change with its points", () => {
    const [alert, ...more] = alertsOf(sessionHijack(), [
      ...before,
      use(20, { ip: "192.0.2.9", user_agent: "curl/8.1", language: "de", geo: lima }),
    ]);
    expect(more).toEqual([]);
    expect(alert?.family).toBe("session_hijack");
    expect(alert?.explanation.measured).toBe(alert?.explanation.factors.reduce((sum, factor) => sum + factor.weight, 0));
    expect(alert?.explanation.factors.map((factor) => [factor.name, factor.before, factor.after])).toContainEqual(["country", "DE", "PE"]);
    const same = alert?.explanation.factors.filter(({ before, after }) => before === after);
    expect(same?.map(({ name, weight }) => [name, weight])).toEqual([
      ["person", 0],
      ["language", 0],
    ]); // what stayed is said too, and weighs nothing
  });

  it("is taken over when two places use it in turns, though the program's name is copied", () => {
    const thief = { ...home, ip: "192.0.2.9", geo: lima };
    const turns = Array.from({ length: 8 }, (_, i) => use(20 + i, i % 2 === 0 ? thief : home));
    expect(alertsOf(sessionHijack(), [...before, ...turns])).toHaveLength(1);
  });

  it("is taken over by who came in, not by its owner who goes on in between", () => {
    const thief = { ...home, ip: "192.0.2.9", language: "en-US", geo: lima };
    const turns = Array.from({ length: 12 }, (_, i) => use(20 + i, i % 2 === 0 ? thief : home));
    const [alert, ...more] = alertsOf(sessionHijack(), [...before, ...turns]);
    expect(more).toEqual([]);
    expect(alert?.sourceIps).toEqual([thief.ip]);
    expect(alert?.related.filter(({ type }) => type === "ip").map(({ value }) => value)).toEqual([thief.ip]);
  });

  it("must not be used after it was signed out, but a request under way is forgiven", () => {
    const out = use(20, home, { action: "user.logout" });
    const late = at(START + 20 * MINUTE + 10_000, { actor: ana, session: { id: "s1" }, source: home });
    expect(alertsOf(sessionHijack(), [...before, out, late])).toEqual([]);
    const [alert] = alertsOf(sessionHijack(), [...before, out, use(40, home)]);
    expect(alert?.title).toBe("Session used after sign-out");
  });

  it("does not carry two people", () => {
    expect(alertsOf(sessionHijack(), [...before, use(20, home, { actor: { type: "user", id: "ben" } })])).toHaveLength(1);
  });
});

describe("travel", () => {
  const signIn = (t: number, geo: EventDocument["source"], more: Loose = {}) =>
    at(t, { action: "user.login", actor: ana, source: geo, ...more });
  const there = { ip: "192.0.2.9", geo: lima };

  it("is impossible from Berlin to Lima in half an hour, and says km, minutes and km/h", () => {
    const [alert] = alertsOf(impossibleTravel(), [signIn(START, home), signIn(START + 30 * MINUTE, there)]);
    expect(alert?.explanation.sentence).toMatch(/Berlin, DE and 30 min later in Lima, PE, 11\d{3} km away: 22\d{3} km\/h/);
    expect(alert?.evidence).toHaveLength(2);
  });

  it.each([
    ["in 14 hours", 14 * 60 * MINUTE, there],
    ["for who failed to sign in", 30 * MINUTE, undefined],
    ["to an address without a place", 30 * MINUTE, { ip: "192.0.2.9" }],
    ["when coordinates are vaguer than the distance", 30 * MINUTE, { ip: "192.0.2.9", geo: { ...lima, radius_km: 12_000 } }],
  ])("is possible %s", (_, gap, source) => {
    const second = source ? signIn(START + gap, source) : signIn(START + gap, there, { outcome: "failure" });
    expect(alertsOf(impossibleTravel(), [signIn(START, home), second])).toEqual([]);
  });

  it.each([
    ["possible through the exit that five colleagues have used for days", 4, 5, 0],
    ["impossible through an address that five accounts share since this morning", 0, 5, 1],
    ["impossible through an address that only four people share", 4, 4, 1],
  ])("is %s", (_, days, people, expected) => {
    const colleagues = Array.from({ length: people }, (_, i) =>
      at(START - days * DAY - (60 + i) * MINUTE, { action: "user.login", actor: { type: "user", id: `p${i}` }, source: there }),
    );
    const life = [...colleagues, signIn(START, home), signIn(START + 30 * MINUTE, there)];
    expect(alertsOf(impossibleTravel(), life).map(({ entity }) => entity.value)).toEqual(expected ? ["ana"] : []);
  });

  it("is impossible although the exit of the office came in between", () => {
    const office = { ip: "203.0.113.200", geo: home.geo };
    const colleagues = Array.from({ length: 5 }, (_, i) =>
      at(START - 4 * DAY - i * MINUTE, { action: "user.login", actor: { type: "user", id: `p${i}` }, source: office }),
    );
    const morning = Array.from({ length: 18 }, (_, i) => signIn(START + (i + 1) * 10 * MINUTE, office));
    const life = [...colleagues, signIn(START, home), ...morning, signIn(START + 190 * MINUTE, there)];
    expect(alertsOf(impossibleTravel(), life).map(({ explanation }) => explanation.sentence)).toEqual([
      expect.stringMatching(/^ana was active in Berlin, DE and 190 min later in Lima/),
    ]);
  });

  it("of a way once gone is no news for 30 days, and news again after", () => {
    const pair = (day: number) => [signIn(START + day * DAY, home), signIn(START + day * DAY + 30 * MINUTE, there)];
    expect(alertsOf(impossibleTravel(), [...pair(0), ...pair(3)])).toHaveLength(1);
    expect(alertsOf(impossibleTravel(), [...pair(0), ...pair(40)])).toHaveLength(2);
  });
});

describe("a key", () => {
  const partner = { type: "api_key" as const, id: "key_1", scopes: ["read"] };
  const cloud = { ip: "203.0.113.50", user_agent: "acme-sync/2.1", geo: { country: "DE", asn: 24_940 } };
  const life = Array.from({ length: 10 * 24 }, (_, i) => at(START + i * 60 * MINUTE, { credential: partner, source: cloud }));
  const later = START + 10 * DAY;

  it("is abused from a new network with a new program, and not after an update or a move alone", () => {
    const call = (source: EventDocument["source"]) =>
      alertsOf(newContext(), [...life, at(later, { credential: partner, source })]).map((alert) => alert.family);
    expect(call({ ...cloud, ip: "192.0.2.1", user_agent: "curl/8.1", geo: { country: "DE", asn: 64_510 } })).toEqual(["key_abuse"]);
    expect(call({ ...cloud, user_agent: "acme-sync/3.0" })).toEqual([]);
    expect(call({ ...cloud, ip: "192.0.2.1", geo: { country: "DE", asn: 64_510 } })).toEqual([]);
  });
});

describe("outgoing calls", () => {
  const call = (t: number, host: string, more: Loose = {}) =>
    at(t, { direction: "outbound", destination: { host, port: 443 }, credential: { type: "api_key", id: "out_pay" }, ...more });
  const life = Array.from({ length: 5 * 24 }, (_, i) => call(START + i * 60 * MINUTE, "api.pay.example"));

  it("to a new host are a note; with a key of somebody else they are an alert", () => {
    const [note] = alertsOf(outboundDestination(), [...life, call(START + 5 * DAY, "new.example", { credential: { type: "none" } })]);
    expect(note?.level).toBe("informational");
    const [alert] = alertsOf(outboundDestination(), [...life, call(START + 5 * DAY, "phish.example")]);
    expect(alert?.level).toBe("high");
  });

  it.each([
    ["to a bare address are an alert where calls have names", "api.pay.example", "198.51.100.7", ["high"]],
    ["to another address of a known neighbourhood are no news", "203.0.113.7", "203.0.113.9", []],
    ["to a strange address are an alert for the key alone where no call has a name", "203.0.113.7", "198.51.100.7", ["high"]],
  ])("%s", (_, usual, strange, levels) => {
    const calls = [...Array.from({ length: 5 * 24 }, (_, i) => call(START + i * 60 * MINUTE, usual)), call(START + 5 * DAY, strange)];
    expect(alertsOf(outboundDestination(), calls).map(({ level }) => level)).toEqual(levels);
  });

  it("to a new address without a key are a note where no call has a name", () => {
    const noKey = { credential: { type: "none" as const } };
    const calls = Array.from({ length: 5 * 24 }, (_, i) => call(START + i * 60 * MINUTE, "203.0.113.7", noKey));
    const found = alertsOf(outboundDestination(), [...calls, call(START + 5 * DAY, "198.51.100.7", noKey)]);
    expect(found.map(({ level }) => level)).toEqual(["informational"]);
  });
});

describe("a service", () => {
  it("that speaks every five minutes is missed when it stops, once", () => {
    const beats = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => at(from + i * 5 * MINUTE, { service: "scheduler", action: "job.run" }));
    const life = [...beats(START, (9 * DAY) / (5 * MINUTE)), ...beats(START + 9 * DAY + 180 * MINUTE, 12)];
    const alerts = alertsOf(silence() as Detector, life);
    expect(alerts.map((alert) => [alert.family, alert.entity.value])).toEqual([["silence", "scheduler"]]);
    expect(alertsOf(silence() as Detector, beats(START, (10 * DAY) / (5 * MINUTE)))).toEqual([]);
  });
});

describe("a key that polls", () => {
  const polls = (from: number, until: number) =>
    Array.from({ length: Math.ceil((until - from) / (20 * MINUTE)) }, (_, i) =>
      at(from + i * 20 * MINUTE, { service: "shop", credential: { type: "api_key", id: "key_a" } }),
    );

  it.each([
    ["excused for the hour in which its service is down", 55, 0],
    ["missed when it stays away longer", 120, 1],
  ])("is %s", (_, minutes, expected) => {
    const life = [...polls(START, START + 9 * DAY), ...polls(START + 9 * DAY + minutes * MINUTE, START + 10 * DAY)];
    const missed = alertsOf(silence() as Detector, life, 20).filter(({ entity }) => entity.type === "key");
    expect(missed).toHaveLength(expected);
  });
});

describe("a log source", () => {
  it("is missed by its name when it stops, though its service still speaks through another", () => {
    const from = (sender: string, days: number) =>
      Array.from({ length: (days * DAY) / (5 * MINUTE) }, (_, i) => ({
        ...at(START + i * 5 * MINUTE, { service: "shop" }),
        sender: { id: sender, name: `shipper ${sender}` },
      }));
    const events = [...from("one", 10), ...from("two", 9)].sort((a, b) => a.occurredAt - b.occurredAt);
    expect(alertsOf(silence() as Detector, events, 50).map(({ title, entity, services }) => [title, entity.value, services])).toEqual([
      ["A log source went silent", "log source shipper two", ["shop"]],
    ]);
  });
});

describe("a scheduled action", () => {
  const nights = (days: readonly number[]) =>
    days.map((day) =>
      at(START + day * DAY + (day % 3) * MINUTE, { service: "jobs", action: "backup.run", actor: { type: "system", id: "cron" } }),
    );
  const noise = (days: number) => Array.from({ length: days * 48 }, (_, i) => at(START + i * 30 * MINUTE, { service: "web" }));

  it("that runs once a night is missed within hours, and one that rests on weekends is not", () => {
    const daily = nights(Array.from({ length: 12 }, (_, day) => day));
    const [alert, ...more] = alertsOf(silence() as Detector, [...daily, ...noise(13)], 50);
    expect(more).toEqual([]);
    expect([alert?.title, alert?.entity.value, alert?.explanation.measured]).toEqual([
      "A scheduled action did not run",
      "jobs backup.run",
      1801,
    ]);
    const workdays = nights(Array.from({ length: 21 }, (_, day) => day).filter((day) => day % 7 < 5));
    expect(alertsOf(silence() as Detector, [...workdays, ...noise(20)], 50)).toEqual([]);
  });
});

describe("travel with two devices", () => {
  const PHONE = "ExampleApp/7.1 (iPhone; iOS 26.1)";
  const hotel = { ip: "192.0.2.40", user_agent: LAPTOP, geo: { country: "US", city: "New York", lat: 40.7, lon: -74, radius_km: 20 } };
  const carrier = { ip: "203.0.113.99", user_agent: PHONE, geo: berlin };
  const person = (t: number, source: EventDocument["source"], session: string) => at(t, { actor: ana, source, session: { id: session } });
  const life = Array.from({ length: 8 }, (_, day) => [
    person(START + day * DAY, home, `l${day}`),
    person(START + day * DAY + 8 * 60 * MINUTE, carrier, `p${day}`),
  ]).flat();
  const away = START + 8 * DAY + 8 * 60 * MINUTE; // a day after the last morning at home

  it("is possible when a telephone abroad leaves through its carrier at home", () => {
    const roaming = [person(away, hotel, "l6"), person(away + 30 * MINUTE, carrier, "p6")];
    expect(alertsOf(impossibleTravel(), [...life, ...roaming])).toEqual([]);
  });

  it("is impossible for a thief who copies the laptop's name while the laptop is at home", () => {
    const theft = [person(away, home, "l6"), person(away + 10 * MINUTE, carrier, "p6"), person(away + 30 * MINUTE, hotel, "x")];
    expect(alertsOf(impossibleTravel(), [...life, ...theft])).toHaveLength(1);
  });

  it("is possible when a telephone never seen before leaves near home while its owner is abroad, not when it is elsewhere", () => {
    const laptopOnly = life.filter((event) => event.document.source?.user_agent === LAPTOP);
    const hamburg = { ...carrier, geo: { country: "DE", city: "Hamburg", lat: 53.55, lon: 10, radius_km: 20 } };
    const elsewhere = { ...carrier, geo: lima };
    const next = away + 30 * MINUTE;
    expect(alertsOf(impossibleTravel(), [...laptopOnly, person(away, hotel, "l6"), person(next, hamburg, "p6")])).toEqual([]);
    expect(alertsOf(impossibleTravel(), [...laptopOnly, person(away, hotel, "l6"), person(next, elsewhere, "p6")])).toHaveLength(1);
    expect(alertsOf(impossibleTravel(), [...laptopOnly, person(away, home, "l6"), person(next, elsewhere, "p6")])).toHaveLength(1);
    const stranger = { ...hotel, user_agent: "curl/8.1" };
    expect(alertsOf(impossibleTravel(), [...laptopOnly, person(away, stranger, "x"), person(next, hamburg, "p6")])).toHaveLength(1);
  });

  it("leaves a VPN switched on in the middle of a session to the session detector", () => {
    const exit = { ...home, ip: "192.0.2.9", geo: { country: "NL", city: "Amsterdam", lat: 52.4, lon: 4.9, radius_km: 20 } };
    expect(alertsOf(impossibleTravel(), [...life, person(away, home, "v"), person(away + MINUTE, exit, "v")])).toEqual([]);
  });
});

describe("names that come from outside", () => {
  it.each(["constructor", "__proto__", "toString"])("are names like others: %s", (name) => {
    const calls = Array.from({ length: 5 * 24 }, (_, i) =>
      at(START + i * 60 * MINUTE, { direction: "outbound", destination: { host: "api.pay.example", port: 443 } }),
    );
    const strange = at(START + 5 * DAY, { direction: "outbound", destination: { host: name, port: 4444 } });
    expect(alertsOf(outboundDestination(), [...calls, strange]).map(({ entity }) => entity.value)).toEqual([name]);
    const visits = [0, 1].map((day) => at(START + day * DAY, { actor: ana, source: { ip: "203.0.113.7", user_agent: name, geo: berlin } }));
    expect(() => alertsOf(impossibleTravel(), visits)).not.toThrow();
  });
});

describe("peers", () => {
  const agent = (id: string) => ({ type: "user", id, role: "agent" });
  const click = (t: number, id: string, order: number) =>
    at(t, { actor: agent(id), source: { ip: "203.0.113.7" }, targets: [{ type: "order", id: String(order) }] });
  const week = Array.from({ length: 5 * 6 }, (_, i) =>
    ["ana", "ben", "cleo", "dan"].flatMap((id, person) =>
      Array.from({ length: 5 }, (_, n) =>
        click(START + Math.floor(i / 6) * DAY + (i % 6) * 60 * MINUTE + n * MINUTE, id, person * 100 + n),
      ),
    ),
  ).flat();
  const walk = (id: string) => Array.from({ length: 80 }, (_, n) => click(START + 5 * DAY + n * 5000, id, 5000 + 7 * n));

  it("say when a newcomer opens far more objects than anybody of the role, with the role's own number", () => {
    const [alert, ...more] = alertsOf(peers(), [...week, ...walk("eve")]);
    expect(more).toEqual([]);
    expect([alert?.family, alert?.entity.value, alert?.explanation.measured]).toEqual(["enumeration", "eve", 80]);
    expect(alert?.explanation.sentence).toContain("4 with the role agent in five weeks had 5 objects");
  });

  it("say the same in any batches and in any order inside the lateness bound", () => {
    const records = [...week, ...walk("eve"), ...walk("fay").slice(0, 60)];
    const expected = JSON.stringify(alertsOf(peers(), records, records.length));
    for (const size of [1, 7, 100]) expect(JSON.stringify(alertsOf(peers(), records, size))).toBe(expected);
    const mixed = records.map((record, i) => ({ record, at: record.occurredAt + ((i * 7919) % 9) * MINUTE })).sort((a, b) => a.at - b.at);
    const world = new MemoryWorld(compileRuleset([], { detectors: [peers()] }));
    for (let from = 0; from < mixed.length; from += 13) world.take(mixed.slice(from, from + 13).map(({ record }) => record));
    expect(JSON.stringify(world.standing())).toBe(expected);
  });

  it("count what each of a thousand colleagues does, and keep a little for the role", () => {
    const crowd = [0, 10, 20].flatMap((minute) =>
      Array.from({ length: 1000 }, (_, n) => click(START + 5 * DAY + (minute * 60 + (n % 590)) * 1000, `crowd${n}`, n)),
    );
    const [alert] = alertsOf(peers(), [...week, ...crowd, ...walk("eve")], 100);
    expect([alert?.entity.value, alert?.explanation.measured]).toEqual(["eve", 80]);
    const detector = peers();
    const world = new MemoryWorld(compileRuleset([], { detectors: [detector] }));
    const result = world.take(crowd);
    const role = [...result.changed].find(({ group }) => group.startsWith("all|"));
    expect(JSON.stringify(role?.stored?.state).length).toBeLessThan(20_000);
  });

  it("say nothing about a role of which too few are known", () => {
    const alone = week.filter(({ document }) => document.actor?.id === "ana");
    expect(alertsOf(peers(), [...alone, ...walk("eve")])).toEqual([]);
  });
});

describe("a flood", () => {
  const minute = (day: number, from: number, count: number) =>
    Array.from({ length: count }, (_, n) =>
      at(START + day * DAY + from * MINUTE + (n * MINUTE) / count, { source: { ip: `198.51.${n % 7}.9` }, http: { route: "/v1/search" } }),
    );
  const ordinary = (days: number) => Array.from({ length: days }, (_, day) => minute(day, 0, 60)).flat();

  it("does not teach the next one to hide: not by its minutes, nor by those at its edges", () => {
    const first = [...minute(5, 30, 500), ...minute(5, 31, 900), ...minute(5, 32, 500)];
    const alerts = alertsOf(flood(), [...ordinary(8), ...first, ...minute(7, 30, 900)]);
    expect(alerts.map(({ firstAt }) => Math.floor((firstAt - START) / DAY))).toEqual([5, 7]);
  });

  it("that comes every day is growth, and believed after four days", () => {
    const grown = [4, 5, 6, 7, 8, 9].flatMap((day) => minute(day, 30, 900));
    const alerts = alertsOf(flood(), [...ordinary(10), ...grown]);
    expect(alerts.map(({ firstAt }) => Math.floor((firstAt - START) / DAY))).toEqual([4, 5, 6, 7]);
  });
});

describe("a flood within a busy service", () => {
  const busy = (day: number, key: string | undefined, count: number) =>
    Array.from({ length: count }, (_, n) =>
      at(START + day * DAY + (n * MINUTE) / count, {
        source: { ip: `198.51.${n % 100}.9` },
        http: { route: `/v1/r${n % 20}` },
        ...(key ? { credential: { type: "api_key" as const, id: key } } : {}),
      }),
    );
  const week = Array.from({ length: 6 }, (_, day) => [...busy(day, undefined, 1500), ...busy(day, "key_1", 100)]).flat();

  it("is seen by the one key that makes it, though the total hardly moves", () => {
    const [alert, ...more] = alertsOf(flood(), [...week, ...busy(5, "key_2", 900)], 500);
    expect(more).toEqual([]);
    expect([alert?.title, alert?.explanation.measured, alert?.explanation.expected]).toEqual(["Flood with one key", 900, [0, 100]]);
    expect(alert?.related).toContainEqual({ type: "key", value: "key_2", role: "context", events: 900 });
  });
});

describe("a stolen key", () => {
  const partner = { type: "api_key" as const, id: "key_1", scopes: ["read"] };
  const cloud = { ip: "203.0.113.50", user_agent: "acme-sync/2.1", geo: { country: "DE", asn: 24_940 } };
  const thief = { ip: "192.0.2.1", user_agent: "curl/8.1", geo: { country: "PE", asn: 64_510 } };
  const life = Array.from({ length: 20 * 24 }, (_, i) => at(START + i * 60 * MINUTE, { credential: partner, source: cloud }));
  const theft = (day: number) => at(START + day * DAY + MINUTE, { credential: partner, source: thief });

  it("is told again when the thief comes back, and believed when it comes every day", () => {
    expect(alertsOf(newContext(), [...life, theft(9), theft(14)])).toHaveLength(2);
    expect(alertsOf(newContext(), [...life, ...[9, 10, 11, 12, 13].map(theft)])).toHaveLength(3);
  });

  it("says what nobody here was ever seen with", () => {
    const [alert] = alertsOf(newContext(), [...life, theft(9)]);
    expect(alert?.level).toBe("high");
    expect(alert?.explanation.factors.find(({ name }) => name === "country")?.note).toContain("not from anybody else here");
    const ben = Array.from({ length: 3 }, (_, day) => at(START + day * DAY, { actor: { type: "user", id: "ben" }, source: thief }));
    const [known] = alertsOf(newContext(), [...life, ...ben, theft(9)]);
    expect(known?.explanation.factors.find(({ name }) => name === "country")?.note).not.toContain("anybody else");
  });
});

describe("a person who is known for a few days", () => {
  const office = { ip: "203.0.113.50", user_agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0", geo: { country: "DE", asn: 24_940 } };
  const abroad = { ...office, ip: "192.0.2.1", geo: { country: "PE", asn: 64_510 } };
  const stranger = { ...abroad, user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/139.0" };
  const ana = { type: "user" as const, id: "ana" };
  const after = (days: number, source: object, hours: number) =>
    alertsOf(newContext(), [
      ...Array.from({ length: days * 6 }, (_, i) =>
        at(START + Math.floor(i / 6) * DAY + (i % 6) * 20 * MINUTE, { actor: ana, source: office }),
      ),
      at(START + days * DAY + hours * 60 * MINUTE, { actor: ana, source }),
    ]).map(({ explanation }) => [explanation.measured, explanation.threshold]);

  it("is judged from half a week on, by more points the shorter it is", () => {
    expect(after(3, stranger, 12)).toEqual([]);
    expect(after(4, stranger, 12)).toEqual([]);
    expect(after(5, stranger, 12)).toEqual([[115, 110]]);
    expect(after(6, stranger, 1)).toEqual([[105, 100]]);
    expect(after(7, stranger, 1)).toEqual([[105, 90]]);
  });

  it("is judged after one day by what nobody here was ever seen with, once people here are known", () => {
    const ben = { type: "user" as const, id: "ben" };
    const others = Array.from({ length: 20 }, (_, day) => at(START + day * DAY, { actor: ben, source: office }));
    const late = (days: number, source: object, hours: number, action = "http.request") => {
      const first = START + (20 - days) * DAY;
      const own = Array.from({ length: days }, (_, day) => at(first + day * DAY, { actor: ana, source: office }));
      const last = at(START + 20 * DAY + hours * 60 * MINUTE, { actor: ana, source, action });
      return alertsOf(newContext(), [...others, ...own, last]).map(({ explanation }) => [explanation.measured, explanation.threshold]);
    };
    expect(late(1, stranger, 12)).toEqual([[160, 150]]);
    expect(late(2, stranger, 1)).toEqual([[150, 140]]);
    expect(late(1, { ...abroad, user_agent: "curl/8.1" }, 1, "customer.export")).toEqual([[175, 150]]);
    for (const days of [1, 2, 3, 4, 5, 6]) expect(late(days, abroad, 12, "customer.export")).toEqual([]);
  });

  it("may travel, and may come at another hour", () => {
    for (const days of [4, 5, 6, 7]) expect(after(days, abroad, 12)).toEqual([]);
  });
});

describe("traffic", () => {
  const HOUR = 60 * MINUTE;
  const fourDays = (requests: (day: number, minute: number) => number) =>
    Array.from({ length: 4.15 * 24 * 60 }, (_, i) => i).flatMap((i) =>
      Array.from({ length: requests(Math.floor(i / 1440), i % 1440) }, (_, n) =>
        at(START + i * MINUTE + n * 900, {
          source: { ip: `198.51.100.${n % 200}` },
          http: { route: n % 2 ? "/v1/a" : "/v1/b", duration_ms: 20 },
        }),
      ),
    );
  /** Twenty a minute for three hours, else one in five minutes. */
  const daily = (minute: number): number => (minute < 180 ? 18 + (minute % 4) : minute % 5 === 0 ? 1 : 0);

  it("that falls away is a drop; a day on which it never rose is not", () => {
    const outage = fourDays((day, minute) => (day === 4 && minute >= 60 && minute < 120 ? 1 : daily(minute)));
    const [drop, ...more] = alertsOf(trafficAnomaly(), outage, 1000);
    expect(more).toEqual([]);
    expect(drop?.sourceIps).toEqual([]); // who still calls has not made the outage
    expect(drop?.explanation.sentence).toMatch(
      /had [12] requests inbound in a minute over \d+ minutes; about \d+ are missing; at least 1[789] are usual/,
    );
    expect(
      alertsOf(
        trafficAnomaly(),
        fourDays((day, minute) => (day === 4 ? minute % 2 : daily(minute))),
        100,
      ),
    ).toEqual([]);
  });

  it("of a few requests a minute is missed as well, but neither a lull nor a burst that ends is a drop", () => {
    const few = (minute: number): number => [6, 3, 8, 5, 7, 4, 9, 2][(minute * 5) % 8] ?? 0;
    const withHour = (hour: (minute: number) => number) =>
      alertsOf(
        trafficAnomaly(),
        fourDays((day, minute) => (day === 4 && minute >= 60 && minute < 105 ? hour(minute) : few(minute))),
        1000,
      );
    expect(withHour((minute) => (minute % 2 ? 0 : 1)).map(({ title }) => title)).toEqual(["Drop of requests"]);
    expect(withHour((minute) => few(minute) / 1.6)).toEqual([]);
    expect(withHour((minute) => few(minute) + (minute < 75 ? 20 : 0))).toEqual([]);
  });

  it("that exceeds its band names who made the excess, and what else was out of its band, in one alert", () => {
    const life = fourDays((_, minute) => daily(minute));
    const burst = Array.from({ length: 400 }, (_, n) =>
      at(START + 4 * DAY + 1.5 * HOUR + n * 100, {
        outcome: "failure",
        source: { ip: "192.0.2.66" },
        http: { route: "/v1/c", duration_ms: 20 },
      }),
    );
    const [alert, ...more] = alertsOf(trafficAnomaly(), [...life, ...burst], 1000);
    expect(more).toEqual([]);
    const factors = Object.fromEntries(alert?.explanation.factors.map((factor) => [factor.name, factor]) ?? []);
    expect(Object.keys(factors)).toEqual(expect.arrayContaining(["requests", "failures", "route", "ip"]));
    expect(factors.route).toMatchObject({ after: "/v1/c", before: "0.0 a minute" });
    expect(factors.route?.weight).toBeGreaterThan(0.9);
    expect(alert?.sourceIps).toEqual(["192.0.2.66"]); // not whoever else called in those minutes
  });
});
