import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { impossibleTravel, impossibleTravelDefaults } from "@/lib/detection/detectors/impossible-travel";
import { newContext, newContextDefaults } from "@/lib/detection/detectors/new-context";
import { sessionHijack, sessionHijackDefaults } from "@/lib/detection/detectors/session-hijack";
import type { Detector } from "@/lib/detection/detector";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset } from "@/lib/detection/ruleset";
import { exitOf, insideNetworks, isCovered, readNetwork } from "@/lib/model/own-exit";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { builtInRules } from "@/lib/rules/catalog";
import { alertsOf, eventAt } from "@/test/support/detection";

const MINUTE = 60;
const DAY = 1440 * MINUTE;
const EXITS = ["198.51.100.0/24", "2001:db8:4::/48"];
let n = 0;
const at = (seconds: number, document: Partial<EventDocument>) => eventAt(seconds, document as never, `x${n++}`);
const ruleIds = (ruleset: ReturnType<typeof compileRuleset>, events: readonly EventRecord[]) => [
  ...new Set(alertsOf(ruleset, events).map(({ ruleId }) => ruleId)),
];
const withDetector = (detector: Detector) => compileRuleset([], { detectors: [detector] });

describe("a network of the organisation", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7/32"],
    [" 203.0.113.0/24 ", "203.0.113.0/24"],
    ["2001:DB8:0004::/48", "2001:db8:4::/48"],
    ["2001:db8::7", "2001:db8::7/128"],
    ["::ffff:203.0.113.7", "203.0.113.7/32"],
    ["::ffff:203.0.113.0/120", "203.0.113.0/24"],
  ])("%s is kept as %s", (written, network) => {
    expect(readNetwork(written)).toEqual({ network });
  });

  it.each([
    ["", /Write an address/],
    ["vpn.example.com", /Write an address/],
    ["203.0.113", /Write an address/],
    ["0xCB.0.113.7", /Write an address/],
    ["203.0.113.0/33", /Write an address/],
    ["fe80::1%eth0", /Write an address/],
    ["203.0.113.7/24", /Do you mean 203\.0\.113\.0\/24, or the one address 203\.0\.113\.7\?/],
    ["10.0.0.0/8", /not a public address/],
    ["fd00::/48", /not a public address/],
    ["203.0.0.0/8", /too wide/],
    ["2001:d00::/24", /too wide/],
    ["0.0.0.0/0", /not a public address/],
    ["9".repeat(500), /Write an address/],
  ])("%s is refused with what to write instead", (written, problem) => {
    expect(readNetwork(written)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it("holds exactly the addresses under its prefix, and covers exactly the networks inside it", () => {
    const address = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(address, fc.integer({ min: 16, max: 32 }), fc.integer({ min: 0, max: 15 }), (value, bits, flip) => {
        const text = (v: number) => [24, 16, 8, 0].map((shift) => (v >>> shift) & 255).join(".");
        const network = `${text((value & (0xffffffff << (32 - bits))) >>> 0)}/${bits}`;
        const inside = insideNetworks([network]);
        expect(inside(text(value))).toBe(true);
        expect(inside(`::ffff:${text(value)}`)).toBe(true);
        expect(inside(text((value ^ (1 << (31 - flip))) >>> 0))).toBe(false); // differs within the first 16 bits
        expect(isCovered(`${text(value)}/32`, network)).toBe(true);
        expect(isCovered(network, `${text(value)}/32`)).toBe(bits === 32);
      }),
      { numRuns: 200 },
    );
    expect(insideNetworks(EXITS)("no address")).toBe(false);
    expect(insideNetworks(EXITS)("2001:db8:4:1::9")).toBe(true);
  });

  it("that is the narrowest names an address", () => {
    const exits = [
      { name: "all", network: "198.51.0.0/16" },
      { name: "Frankfurt", network: "198.51.100.0/24" },
    ];
    expect(exitOf(exits, "198.51.100.9")?.name).toBe("Frankfurt");
    expect(exitOf(exits, "198.51.101.9")?.name).toBe("all");
    expect(exitOf(exits, "203.0.113.9")).toBeUndefined();
  });
});

const ana = { type: "user", id: "ana" };
const LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/143.0.0.0 Safari/537.36";
const home = {
  ip: "203.0.113.7",
  user_agent: LAPTOP,
  geo: { country: "DE", city: "Berlin", lat: 52.5, lon: 13.4, radius_km: 20, asn: 3320 },
};
const lima = { country: "PE", city: "Lima", lat: -12, lon: -77, radius_km: 20, asn: 6147 };
const vpn = { ip: "198.51.100.9", user_agent: LAPTOP, geo: lima };

describe("impossible travel", () => {
  const trip = (source: EventDocument["source"]) => [
    at(0, { action: "user.login", actor: ana, source: home }),
    at(30 * MINUTE, { action: "user.login", actor: ana, source }),
    at(60 * MINUTE, { action: "user.login", actor: ana, source: home }),
  ];
  it("is not said of an exit that is named, v4 or v6, going or coming back; it is of any other address", () => {
    const named = () => withDetector(impossibleTravel({ ...impossibleTravelDefaults, ownExits: EXITS }));
    expect(ruleIds(named(), trip(vpn))).toEqual([]);
    expect(ruleIds(named(), trip({ ...vpn, ip: "2001:db8:4::9" }))).toEqual([]);
    expect(ruleIds(named(), trip({ ...vpn, ip: "192.0.2.9" }))).toEqual(["impossible-travel"]);
    expect(ruleIds(withDetector(impossibleTravel()), trip(vpn))).toEqual(["impossible-travel"]);
  });

  it("is not said from a stay that was stored before the exit was named", () => {
    const before = new MemoryWorld(withDetector(impossibleTravel()));
    before.take([at(0, { action: "user.login", actor: ana, source: vpn })]);
    const after = new MemoryWorld(withDetector(impossibleTravel({ ...impossibleTravelDefaults, ownExits: EXITS })));
    Object.assign(after, { states: Reflect.get(before, "states"), watermark: Reflect.get(before, "watermark") });
    after.take([at(30 * MINUTE, { action: "user.login", actor: ana, source: home })]);
    expect(after.standing()).toEqual([]);
  });
});

describe("a session that changes hands", () => {
  const named = () => withDetector(sessionHijack({ ...sessionHijackDefaults, ownExits: EXITS }));
  const german = { ...home, language: "de" };
  const use = (minute: number, source: EventDocument["source"]) =>
    at(minute * MINUTE, { action: "order.read", actor: ana, session: { id: "s1" }, direction: "inbound", source });
  const turns = (source: EventDocument["source"]) => [0, 1, 2, 3, 4, 5].map((n) => use(n, n % 2 === 0 ? german : source));

  it("is not seen in turns between home and an exit that is named, whatever the language; it is at any other address", () => {
    expect(ruleIds(named(), turns({ ...vpn, language: "en" }))).toEqual([]);
    expect(ruleIds(named(), turns({ ...vpn, ip: "2001:db8:4::9", language: "en" }))).toEqual([]);
    expect(ruleIds(named(), turns({ ...vpn, ip: "192.0.2.9", language: "en" }))).toEqual(["session-hijack"]);
    expect(ruleIds(withDetector(sessionHijack()), turns({ ...vpn, language: "en" }))).toEqual(["session-hijack"]);
  });

  it("is seen at an exit that is named when program and device are others, and says what the exit left out", () => {
    const theft = [use(0, { ...german, device_id: "d1" }), use(9, { ...vpn, user_agent: "curl/8.1", device_id: "d2" })];
    const [alert] = alertsOf(named(), theft);
    expect(alert).toMatchObject({ ruleId: "session-hijack", explanation: { measured: 120 } });
    const place = alert?.explanation.factors.filter(({ name }) => ["country", "network"].includes(name));
    expect(place?.map(({ weight, note }) => [weight, note])).toEqual([0, 0].map((weight) => [weight, "through an exit of your own"]));
  });
});

describe("new context", () => {
  const life = Array.from({ length: 10 }, (_, day) => at(day * DAY, { action: "order.read", actor: ana, source: home }));
  const CURL = "curl/8.1";
  const theft = (ip: string, t = 10 * DAY) => at(t, { action: "export.create", actor: ana, source: { ip, user_agent: CURL, geo: lima } });
  const named = () => withDetector(newContext({ ...newContextDefaults, ownExits: EXITS }));

  it("is not said of a person at an exit that is named; it is at any other address", () => {
    expect(ruleIds(named(), [...life, theft("198.51.100.9")])).toEqual([]);
    expect(ruleIds(named(), [...life, theft("192.0.2.9")])).toEqual(["new-context"]);
    expect(ruleIds(withDetector(newContext()), [...life, theft("198.51.100.9")])).toEqual(["new-context"]);
  });

  it.each([
    ["not said at an exit that five colleagues have used for days", 4, 5, []],
    ["said at an address that five accounts share since this morning", 0, 5, ["new-context"]],
    ["said at an address that only four people share", 4, 4, ["new-context"]],
  ])("is %s", (_, days, people, expected) => {
    const colleagues = Array.from({ length: people }, (_, i) =>
      at((10 - days) * DAY - (60 + i) * MINUTE, { action: "user.login", actor: { type: "user", id: `p${i}` }, source: vpn }),
    );
    const events = [...life, ...colleagues, theft("198.51.100.9")].toSorted((a, b) => a.occurredAt - b.occurredAt);
    expect(ruleIds(withDetector(newContext()), events)).toEqual(expected);
  });

  it("of a key still counts what is new about program, object and scope at an exit", () => {
    const key = { type: "api_key" as const, id: "key_1", scopes: ["read"] };
    const cloud = { ip: "203.0.113.50", user_agent: "acme-sync/2.1", geo: { country: "DE", asn: 24_940 } };
    const work = Array.from({ length: 10 }, (_, day) =>
      at(day * DAY, { credential: key, source: cloud, targets: [{ type: "order", id: "1" }] }),
    );
    const call = (more: Partial<EventDocument>) =>
      ruleIds(named(), [
        ...work,
        at(10 * DAY, { credential: key, source: { ...cloud, ip: "198.51.100.9", geo: lima, user_agent: CURL }, ...more }),
      ]);
    expect(call({ targets: [{ type: "order", id: "1" }] })).toEqual([]);
    expect(call({ credential: { ...key, scopes: ["admin"] }, targets: [{ type: "user", id: "1" }] })).toEqual(["new-context"]);
  });
});

describe("rules that take everybody behind one address for one guesser", () => {
  const { documents } = builtInRules();
  const named = compileRuleset(documents, { decoder: requestDecoder, ownExits: EXITS });
  const login = (i: number, ip: string, actor: string, outcome: "success" | "failure" = "failure") =>
    at(i * 5, { action: "user.login", outcome, service: "auth", actor: { id: actor }, source: { ip } });
  const office = (ip: string) => [...Array.from({ length: 12 }, (_, i) => login(i, ip, `u${i}`)), login(13, ip, "u3", "success")];

  it("do not hear of an exit that is named, nor do those built on them; they do of any other address", () => {
    const families = (ip: string) => new Set(alertsOf(named, office(ip)).map(({ family }) => family));
    expect(families("192.0.2.9")).toContain("credential_stuffing");
    expect([...families("198.51.100.9")].filter((family) => family === "credential_stuffing" || family === "brute_force")).toEqual([]);
  });

  it("leave the guesses at one account, and everything that is not guessing, to be told at an exit too", () => {
    const guesses = Array.from({ length: 20 }, (_, i) => login(i, "198.51.100.9", "ana"));
    expect(alertsOf(named, guesses).map(({ entity }) => entity)).toContainEqual({ type: "actor", value: "ana" });
    const injection = at(0, {
      source: { ip: "198.51.100.9" },
      http: { method: "GET", path: "/a", query: "id=1' union select password from users--" },
    });
    expect(alertsOf(named, [injection]).map(({ family }) => family)).toContain("injection");
  });
});
