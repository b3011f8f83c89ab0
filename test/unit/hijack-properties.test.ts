import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sessionHijack } from "@/lib/detection/detectors/session-hijack";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset } from "@/lib/detection/ruleset";
import type { Alert } from "@/lib/model/alert";
import type { EventDocument, EventRecord } from "@/lib/model/event";

const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 2, 9);
const RUNS = { numRuns: Number(process.env.HIJACK_RUNS ?? 60) };

/** What an honest session is made of: where it is used from, how long after the last use, and whether the program was updated meanwhile. */
interface Step {
  from: "home" | "home6" | "carrier" | "carrier6" | "office";
  host: number;
  minutes: number;
  updated: boolean;
}
const step: fc.Arbitrary<Step> = fc.record({
  from: fc.constantFrom("home", "home6", "carrier", "carrier6", "office"),
  host: fc.integer({ min: 1, max: 250 }),
  minutes: fc.integer({ min: 1, max: 40 }),
  updated: fc.boolean(),
});
/** A life of one session, with a VPN that leaves through another country switched on once and off once, or never. */
const life = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 30 }),
  vpn: fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => ({ on: Math.min(a, b), off: Math.max(a, b) })),
  batch: fc.integer({ min: 1, max: 12 }),
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

const PLACES = {
  home: { ip: (host: number) => `203.0.113.${host}`, geo: { country: "DE", asn: 3320 } },
  home6: { ip: (host: number) => `2001:db8:1:${host.toString(16)}::7`, geo: { country: "DE", asn: 3320 } },
  carrier: { ip: (host: number) => `198.51.100.${host}`, geo: { country: "DE", asn: 64_496 } },
  carrier6: { ip: (host: number) => `2001:db8:99:${host.toString(16)}::1`, geo: { country: "DE", asn: 64_496 } },
  office: { ip: () => "192.0.2.1", geo: { country: "DE", asn: 64_497 } },
};
const agent = (version: number) =>
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/${version}.0.0.0 Mobile/15E148 Safari/604.1`;

let number = 0;
function use(t: number, part: Omit<Partial<EventDocument>, "id">): EventRecord {
  const id = `h${String(number++).padStart(9, "0")}`;
  const document = { action: "http.request", outcome: "success", direction: "inbound", service: "api", session: { id: "s1" }, ...part, id };
  return { id, occurredAt: t, receivedAt: t, document: document as EventDocument };
}

/** The uses of the life, and when the last one was. */
function usesOf({ steps, vpn }: Life): { uses: EventRecord[]; last: number } {
  let [t, version] = [START, 140];
  const uses = steps.map(({ from, host, minutes, updated }, i) => {
    t += minutes * MINUTE;
    version += updated ? 1 : 0;
    const place = PLACES[from];
    const isTunnelled = i >= vpn.on && i < vpn.off;
    const where = isTunnelled ? { ip: "198.18.0.9", geo: { country: "NL", asn: 64_498 } } : { ip: place.ip(host), geo: place.geo };
    const source = { ...where, user_agent: agent(version), ja4: `t13d_${version}`, language: "de", device_id: "d1" };
    return use(t, { actor: { type: "user", id: "ana" }, source });
  });
  return { uses, last: t };
}

function alertsOf(records: readonly EventRecord[], batch: number): Alert[] {
  const world = new MemoryWorld(compileRuleset([], { detectors: [sessionHijack()] }));
  for (let from = 0; from < records.length; from += batch) world.take(records.slice(from, from + batch));
  world.finish();
  return world.standing();
}

describe("session hijacking, whatever the session's life was", () => {
  it("is not seen in a phone that changes between networks and address families, takes updates and switches a VPN on and off", () => {
    fc.assert(
      fc.property(life, (one) => {
        expect(alertsOf(usesOf(one).uses, one.batch).map(({ explanation }) => explanation.sentence)).toEqual([]);
      }),
      RUNS,
    );
  });

  it("is seen when the session is used after it was signed out, from anywhere", () => {
    fc.assert(
      fc.property(life, step, fc.integer({ min: 1, max: 3000 }), (one, after, minutes) => {
        const { uses, last } = usesOf(one);
        const source = { ip: PLACES[after.from].ip(after.host), geo: PLACES[after.from].geo, user_agent: agent(140) };
        const out = use(last + 1000, { action: "user.logout", actor: { type: "user", id: "ana" }, source });
        const replay = use(last + 1000 + minutes * MINUTE, { actor: { type: "user", id: "ana" }, source });
        expect(alertsOf([...uses, out, replay], one.batch).map(({ title }) => title)).toEqual(["Session used after sign-out"]);
      }),
      RUNS,
    );
  });

  it("is seen when somebody signs in to a session that was opened elsewhere by another device", () => {
    fc.assert(
      fc.property(fc.constantFrom("DE", "PE", "US"), fc.integer({ min: 1, max: 600 }), fc.boolean(), (country, minutes, again) => {
        const thief = { ip: "198.18.7.7", geo: { country, asn: 64_499 }, user_agent: "curl/8.11.1" };
        const victim = { ip: "203.0.113.7", geo: { country: "DE", asn: 3320 }, user_agent: agent(140) };
        const opened = [use(START, { source: thief }), ...(again ? [use(START + 5 * MINUTE, { source: thief })] : [])];
        const signIn = use(START + (5 + minutes) * MINUTE, { action: "user.login", actor: { type: "user", id: "ana" }, source: victim });
        const [alert, ...more] = alertsOf([...opened, signIn], 1);
        expect([alert?.family, more]).toEqual(["session_hijack", []]);
      }),
      RUNS,
    );
  });
});
