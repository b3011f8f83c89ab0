import { beforeEach, describe, expect, it } from "vitest";
import { endSession, endSessionsOf, takeBackEnd } from "@/lib/incidents/end-sessions";
import { sessionState } from "@/lib/model/session-record";
import type { Context, Role } from "@/lib/model/user";
import { countSessions, findSession, forgetOldSessions, listSessions } from "@/lib/store/session-records";
import { useDatabase } from "@/test/support/database";
import { eventAt, NOON } from "@/test/support/detection";
import { storeEvents } from "@/test/support/stored-events";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
const HOUR = 3_600_000;
const rows = async (text: string) => (await database.owner(text)).rows;
const as = (role: Role, ms = HOUR): Context => ({ actor: { type: "user", id: "p1", name: "Ada Klein", role }, now: new Date(NOON + ms) });
const span = { from: NOON - HOUR, to: NOON + 24 * HOUR };

type More = Parameters<typeof eventAt>[1];
const use = (second: number, more: More = {}, session = "s1") =>
  eventAt(
    second,
    {
      session: { id: session },
      actor: { id: "u1", email: "ana@example.com", role: "clerk" },
      service: "orders-api",
      source: {
        ip: "198.51.100.7",
        user_agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/143.0",
        geo: { country: "DE", asn: 3320, as_org: "Telekom" },
      },
      ...more,
    },
    `${session}-${second}`,
  );

async function take(events: ReturnType<typeof use>[], now = NOON + HOUR): Promise<void> {
  await storeEvents(
    database,
    events.map(({ document }) => document as never),
  );
  await detectEvents(new Date(now));
}

beforeEach(async () => {
  await database.owner(
    "truncate session_record, incident, alert, incident_entity, incident_activity, outbox, event, batch, detection_state, detection_world, audit_entry restart identity cascade",
  );
});

describe("the record of a session", () => {
  const events = [
    use(0, { action: "user.login", credential: { type: "password" } }),
    use(60, { http: { method: "GET", route: "/v1/orders", status: 200 } }),
    use(120, { outcome: "failure" }),
    use(180, { action: "user.role.grant", actor: { id: "u1", role: "admin" } }),
    use(240, { source: { ip: "203.0.113.9", user_agent: "curl/8.4", geo: { country: "NG", asn: 37148 } }, service: "billing-api" }),
  ];
  const whole = {
    actors: ["u1"],
    actorName: "ana@example.com",
    credentialType: "password",
    startedAt: new Date(NOON),
    lastAt: new Date(NOON + 240_000),
    requests: 5,
    failures: 1,
    privilegeChanges: 1,
    signedInAt: new Date(NOON),
    signedOutAt: null,
    closedAt: null,
  };
  const sorted = (record: Awaited<ReturnType<typeof findSession>>) =>
    record &&
    [record.addresses, record.countries, record.networks, record.devices, record.services, record.roles].map((list) => list.toSorted());

  it("says the same whether its events came in one batch or one by one, out of order", async () => {
    await take(events);
    const together = await findSession("s1");
    expect(together).toMatchObject(whole);
    expect(sorted(together)).toEqual([
      ["198.51.100.7", "203.0.113.9"],
      ["DE", "NG"],
      ["AS3320 Telekom", "AS37148"],
      ["Chrome 143 on Windows", "curl 8"],
      ["billing-api", "orders-api"],
      ["admin", "clerk"],
    ]);
    await database.owner("truncate session_record, event, batch, detection_state, detection_world cascade");
    for (const event of events.toReversed()) await take([event]);
    expect(await findSession("s1")).toMatchObject(whole);
    expect(sorted(await findSession("s1"))).toEqual(sorted(together));
  });

  it("is written once for each event, however often detection is called", async () => {
    await take(events);
    await detectEvents(new Date(NOON + HOUR));
    await detectEvents(new Date(NOON + 2 * HOUR));
    expect((await findSession("s1"))?.requests).toBe(5);
  });

  it("ends with the sign-out, opens again with a later sign-in, and expires when nothing is heard for a day", async () => {
    const stateAt = async (ms: number) => {
      const record = await findSession("s1");
      return record && sessionState(record, NOON + ms).state;
    };
    await take(events);
    expect(await stateAt(5 * 60_000)).toBe("active");
    expect(await stateAt(2 * HOUR)).toBe("idle");
    expect(await stateAt(30 * HOUR)).toBe("expired");
    await take([use(300, { action: "user.logout" })]);
    expect(await stateAt(6 * 60_000)).toBe("signed_out");
    await take([use(400, { action: "user.login" })]);
    expect(await stateAt(7 * 60_000)).toBe("active");
    await take([use(500, { action: "session.expired" })]);
    expect(await stateAt(9 * 60_000)).toBe("expired");
  });

  it("knows the other sessions of the account that were in use at the same time, and which have moved", async () => {
    await take([...events, use(100, {}, "s2"), use(9000, {}, "s3"), use(90, { actor: { id: "u2" } }, "s4")]);
    const { sessions: found } = await listSessions(span);
    expect(new Map(found.map(({ id, beside }) => [id, beside]))).toEqual(new Map([["s1", 1], ["s2", 1], ["s3", 0], ["s4", 0]])); // biome-ignore format: pairs
    expect(await countSessions(span)).toMatchObject({ all: 4, people: 2, moving: 1, rights: 1, ended: 0 });
    expect((await listSessions({ ...span, only: "moving" })).sessions.map(({ id }) => id)).toEqual(["s1"]);
    expect((await listSessions({ ...span, actors: ["u2"] })).sessions.map(({ id }) => id)).toEqual(["s4"]);
    expect(await listSessions({ ...span, service: "nobody's" })).toEqual({ sessions: [], next: null });
  });

  it("is listed page by page, each once, those with alerts first", async () => {
    await take([...events, ...Array.from({ length: 5 }, (_, n) => use(1000, {}, `t${n}`))]); // five were last used at the same moment
    await database.owner("update session_record set closed_at = now() where id = 's1'");
    await take([use(7200, {}, "s1")], NOON + 3 * HOUR);
    const pages: string[][] = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page = await listSessions(span, { limit: 2, cursor });
      pages.push(page.sessions.map(({ id }) => id));
      cursor = page.next;
    }
    expect(pages).toEqual([["s1", "t4"], ["t3", "t2"], ["t1", "t0"]]); // biome-ignore format: pages
    await expect(listSessions(span, { cursor: "bm9uZQ" })).rejects.toThrow("not one of ours");
  });

  it("keeps its lists short whatever an attacker sends, and any text as text", async () => {
    await take(
      Array.from({ length: 60 }, (_, n) =>
        use(n, { source: { ip: `203.0.113.${n}`, user_agent: `a\u0000'{"},\\${n}/1` }, service: "'); drop" }),
      ),
    );
    const record = await findSession("s1");
    expect([record?.addresses.length, record?.devices.length, record?.requests]).toEqual([20, 20, 60]);
    expect(record?.services).toEqual(["'); drop"]);
  });

  it("stays while one of its events is kept", async () => {
    await take(events);
    await forgetOldSessions(new Date(NOON + HOUR));
    expect(await findSession("s1")).not.toBeNull();
    await database.owner("truncate event");
    await forgetOldSessions(new Date(NOON + HOUR));
    expect(await findSession("s1")).toBeNull();
  });
});

describe("ending a session", () => {
  it("is on record with who, when and why, and once only", async () => {
    await take([use(0)]);
    await endSession(as("responder"), { id: "s1", reason: "Stolen laptop" });
    const record = await findSession("s1");
    expect(record).toMatchObject({ closedBy: "Ada Klein", closedReason: "Stolen laptop", closedAt: new Date(NOON + HOUR) });
    expect(record && sessionState(record, NOON + HOUR).state).toBe("ended");
    await expect(endSession(as("responder"), { id: "s1", reason: "again" })).rejects.toMatchObject({ code: "conflict" });
    await expect(endSession(as("responder"), { id: "nobody", reason: "why" })).rejects.toMatchObject({ code: "not_found" });
    await expect(endSession(as("responder"), { id: "s1", reason: " " })).rejects.toMatchObject({ code: "invalid" });
    expect(await rows("select action, target_id, reason from audit_entry")).toEqual([
      { action: "api_session.end", target_id: "s1", reason: "Stolen laptop" },
    ]);
  });

  it.each(["viewer", "auditor"] as const)("is not for a %s", async (role) => {
    await take([use(0)]);
    await expect(endSession(as(role), { id: "s1", reason: "because" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(endSessionsOf(as(role), { actor: "u1", reason: "because" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(takeBackEnd(as(role), { id: "s1" })).rejects.toMatchObject({ code: "forbidden" });
  });

  it("of an account ends the open ones and leaves the others as they are", async () => {
    await take([
      use(0),
      use(10, {}, "s2"),
      use(20, { action: "user.logout" }, "s2"),
      use(30, {}, "s3"),
      use(40, { actor: { id: "u2" } }, "s4"),
    ]);
    expect(await endSessionsOf(as("responder"), { actor: "u1", reason: "Password leaked" })).toBe(2);
    expect(await rows("select id from session_record where closed_at is not null order by id")).toEqual([{ id: "s1" }, { id: "s3" }]);
    await expect(endSessionsOf(as("responder"), { actor: "u1", reason: "Password leaked" })).rejects.toMatchObject({ code: "conflict" });
  });

  const alerts = () => rows("select title, level, entity_value, event_count::int as events from alert where rule_id = 'session-hijack'");

  it("alarms when the application lets it in afterwards, once, with a count that grows", async () => {
    await take([use(0)]);
    await endSession(as("responder", 10_000), { id: "s1", reason: "Stolen laptop" });
    await take([use(20), use(65, { outcome: "failure" })], NOON + HOUR); // under way, and refused
    expect(await alerts()).toEqual([]);
    await take([use(100), use(110)]);
    await take([use(120)]);
    expect(await alerts()).toEqual([{ title: "Session used after it was ended", level: "critical", entity_value: "s1", events: 3 }]);
    const record = await findSession("s1");
    expect(record && sessionState(record, NOON + HOUR).state).toBe("replayed");
  });

  it("can be taken back; then its use is no replay", async () => {
    await take([use(0)]);
    await endSession(as("responder", 10_000), { id: "s1", reason: "Stolen laptop" });
    await takeBackEnd(as("responder", 20_000), { id: "s1" });
    await take([use(200)]);
    expect(await alerts()).toEqual([]);
    await expect(takeBackEnd(as("responder"), { id: "s1" })).rejects.toMatchObject({ code: "conflict" });
  });
});
