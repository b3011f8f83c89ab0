import { beforeAll, describe, expect, it } from "vitest";
import { countScattered, listAttempts, listEntriesAfterFailures } from "@/lib/store/attempt-reads";
import { forgetAccountNames, listAccountIds } from "@/lib/store/account-names";
import { countPeople, listPeople, type PeopleKind } from "@/lib/store/people-reads";
import { listIncidentsNaming } from "@/lib/store/entity-reads";
import { listCallers, listThirdParties } from "@/lib/store/third-party-reads";
import type { LinePage, Paged } from "@/lib/store/place";
import { useDatabase } from "@/test/support/database";
import { eventAt, NOON } from "@/test/support/detection";
import { storeEvents } from "@/test/support/stored-events";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
const DAY = 86_400_000;
const span = { from: NOON - 3_600_000, to: NOON + DAY };
const linesOf = async (which: { kind: PeopleKind; service?: string }) =>
  (await listPeople({ ...span, toldSince: NOON - 14 * DAY, ...which })).lines;
type More = Parameters<typeof eventAt>[1];
let n = 0;
const at = (second: number, more: More) => eventAt(second, more, `e${n++}`).document as never;
const login = (second: number, actor: string, ip: string, outcome: "success" | "failure", exists = true) =>
  at(second, { action: "user.login", outcome, actor: { id: actor, email: `${actor}@example.com`, exists }, source: { ip } });

beforeAll(async () => {
  await storeEvents(database, [
    at(-30 * 86_400, { actor: { id: "old" }, source: { ip: "192.0.2.9" } }),
    at(10, { actor: { id: "old", name: "Ola" }, source: { ip: "192.0.2.9", geo: { country: "DE" } } }),
    at(20, { actor: { id: "old" }, outcome: "failure" }),
    at(30, { actor: { id: "robot", type: "service" }, credential: { type: "api_key", id: "key_1" }, http: { response_bytes: 500 } }),
    at(40, { direction: "outbound", service: "billing", destination: { host: "api.example.net" } } as More),
    // brute force on one account, from two places, then in
    ...Array.from({ length: 8 }, (_, i) => login(1000 + i, "ops", `203.0.113.${i % 2}`, "failure")),
    login(1010, "ops", "203.0.113.0", "success"),
    at(1020, { actor: { id: "ops" }, action: "report.export" }),
    // one address tries thirty accounts once each, half of them do not exist, and one lets it in
    ...Array.from({ length: 30 }, (_, i) => login(2000 + i, `v${i}`, "198.51.100.7", "failure", i % 2 === 0)),
    login(2040, "weak", "198.51.100.7", "success"),
    // an office: many mistype, and all get in
    ...Array.from({ length: 24 }, (_, i) => [
      login(5000 + 10 * i, `o${i}`, "192.0.2.1", "failure"),
      login(5005 + 10 * i, `o${i}`, "192.0.2.1", "success"),
    ]).flat(),
  ]);
});

describe("accounts and keys", () => {
  it("are told apart, with how it went and since when they are known", async () => {
    const people = await linesOf({ kind: "people" });
    const old = people.find(({ value }) => value === "old");
    expect(old).toMatchObject({ name: "Ola", events: 2, failures: 1, country: "DE", countries: 1, first: new Date(NOON - 30 * DAY) });
    expect(old?.course.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(people.some(({ value }) => value === "robot" || value === "v2")).toBe(false); // a machine; a guess that only failed
    expect((await linesOf({ kind: "machines" })).map(({ value, bytes }) => [value, bytes])).toEqual([["robot", 500]]);
    expect((await linesOf({ kind: "keys" })).map(({ value }) => value)).toEqual(["key_1"]);
    expect(await countPeople(span)).toEqual({ people: people.length, machines: 1, keys: 1 });
    expect(await linesOf({ kind: "people", service: "nobody's" })).toEqual([]);
  });
});

describe("a list of many", () => {
  const filter = { ...span, toldSince: NOON - 14 * DAY, kind: "people" } as const;
  const named = async <T>(page: Promise<LinePage<T>>, nameOf: (line: T) => string): Promise<LinePage<string>> => {
    const { lines, next } = await page;
    return { lines: lines.map(nameOf), next };
  };
  const lists: Record<string, (page: Paged) => Promise<LinePage<string>>> = {
    people: (page) => named(listPeople(filter, page), ({ value }) => value),
    attempts: (page) => named(listAttempts(span, "actor", page), ({ value }) => value),
    hosts: (page) => named(listThirdParties(span, page), ({ host }) => host),
    keys: (page) => named(listCallers(span, page), ({ key }) => key),
  };
  it.each(Object.entries(lists))(
    "of %s loses and doubles no line over its pages, and refuses a cursor that is not its own",
    async (_, list) => {
      const whole = (await list({ limit: 500 })).lines;
      const paged: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: LinePage<string> = await list({ limit: 7, cursor });
        paged.push(...page.lines);
        cursor = page.next;
      }
      expect(paged).toEqual(whole);
      expect(whole.length).toBeGreaterThan(0);
      for (const wrong of ["x", "W10", Buffer.from('[1,2,"a\\u0000"]').toString("base64url")])
        await expect(list({ cursor: wrong })).rejects.toMatchObject({ code: "invalid" });
    },
  );
});

describe("third parties", () => {
  it("are whom we call and who calls us by key, with their course", async () => {
    const [party] = (await listThirdParties(span)).lines;
    expect(party).toMatchObject({ host: "api.example.net", services: ["billing"], calls: 1 });
    expect(party?.course.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect((await listCallers(span)).lines.map(({ key, actor }) => [key, actor])).toEqual([["key_1", "robot"]]);
  });
});

describe("who got in after failures", () => {
  it("is the account that was guessed, and the one that an address found by trying many; an office that mistypes is not", async () => {
    const entries = await listEntriesAfterFailures(span);
    expect(
      entries.map(({ actor, own, failures, accounts, sources, requests }) => ({ actor, own, failures, accounts, sources, requests })),
    ).toEqual([
      { actor: "weak", own: false, failures: 30, accounts: 30, sources: 1, requests: 0 },
      { actor: "ops", own: true, failures: 8, accounts: 1, sources: 2, requests: 1 },
    ]);
  });

  it("is shown with when it failed and what it did next", async () => {
    const [, ops] = await listEntriesAfterFailures(span);
    expect(ops?.failedAt.toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => NOON + (1000 + i) * 1000));
    expect(ops).toMatchObject({ afterAt: [NOON + 1_020_000], next: [{ count: 1, refused: 0 }] });
    expect(await listIncidentsNaming("actor", ["ops"])).toEqual(new Map());
  });

  it("is told apart from many addresses that try once or twice each and never get in", async () => {
    await storeEvents(
      database,
      Array.from({ length: 40 }, (_, i) => login(9000 + i, `d${i % 20}`, `203.0.113.${100 + i}`, "failure", i % 2 === 0)),
    );
    expect(await countScattered(span)).toMatchObject({ addresses: 40, failures: 40, accounts: 20, existing: 10 });
  });

  it("stands beside how many of the tried accounts are known, and when it happened", async () => {
    const attacker = (await listAttempts(span, "ip")).lines.find(({ value }) => value === "198.51.100.7");
    expect(attacker).toMatchObject({ failures: 30, accounts: 30, existing: 15, entered: 1 });
    expect(attacker?.course.filter((count) => count > 0)).toEqual([30]);
  });
});

describe("an account", () => {
  const ids = (name: string) => listAccountIds(name, { limit: 5 });

  it("is found by its id, mail address and name once detection has seen them, whatever their case", async () => {
    expect(await ids("ops")).toEqual(["ops"]); // an id needs no detection
    expect(await ids("ops@example.com")).toEqual([]);
    const now = new Date(NOON + DAY);
    await detectEvents(now);
    for (const name of ["ops", "OPS@example.com", "ops@EXAMPLE.com"]) expect(await ids(name)).toEqual(["ops"]);
    expect(await ids("ola")).toEqual(["old"]);
    expect(await ids("nobody@example.com")).toEqual([]);
    expect(await ids("%")).toEqual([]);
    expect(await forgetAccountNames(now)).toBe(0);
    expect(await forgetAccountNames(new Date(now.getTime() + 1))).toBeGreaterThan(50);
    expect(await ids("ola")).toEqual([]);
  });
});
