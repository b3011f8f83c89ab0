import { TZDate } from "@date-fns/tz";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listenersOf, matchesRoute, recipientsOf, routeSentence, type RouteSubject } from "@/lib/incidents/routing";
import { compareLevels, type Level, Level as Levels } from "@/lib/model/alert";
import { expandGroups, Route, type RouteInput, RouteOptions } from "@/lib/model/route";
import { latestDigest } from "@/lib/notify/digest-schedule";
import { type HeldFor, HOURLY_SHARE, paceOf } from "@/lib/notify/pace";
import { countMessages } from "@/lib/notify/preview";
import { quietUntil } from "@/lib/notify/quiet";
import { pickForDigest } from "@/lib/notify/route-digest";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 10);
const id = (n: number) => `01939c1e-0000-7000-8000-${String(n).padStart(12, "0")}`;
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/St_Johns",
  "Africa/Casablanca",
];

const people = [1, 2, 3, 4].map((n) => ({
  id: id(n),
  email: `p${n}@example.com`,
  role: n === 1 ? "admin" : n === 2 ? "responder" : "viewer",
}));
const groups = [
  {
    id: id(50),
    name: "On call",
    members: [
      { type: "user" as const, id: id(2) },
      { type: "address" as const, address: "pager@example.com" },
    ],
  },
];
const services = fc.subarray(["orders", "billing", "login"]);
const environments = fc.subarray(["production", "staging"]);
const families = fc.subarray(["brute_force", "scanning", "injection"] as const);
const level = fc.constantFrom(...Levels.options);
const recipient = fc.constantFrom(
  { type: "role", role: "admin" },
  { type: "role", role: "viewer" },
  { type: "user", id: id(3) },
  { type: "user", id: id(99) },
  { type: "address", address: "P2@example.com" },
  { type: "address", address: "out@example.com" },
  { type: "webhook", id: id(70) },
  { type: "group", id: id(50) },
  { type: "group", id: id(51) },
);
const route = fc
  .record({
    id: fc.integer({ min: 100, max: 999 }).map(id),
    enabled: fc.boolean(),
    how: fc.constantFrom("at_once", "digest"),
    condition: fc.record({
      level,
      families,
      services,
      environments,
      query: fc.constantFrom(undefined, "entity:203.0.113.7", "-title:test"),
    }),
    recipients: fc.array(recipient, { minLength: 1, maxLength: 5 }),
  })
  .map((each) => Route.parse({ ...each, name: "A route", createdAt: new Date(0), updatedAt: new Date(0), updatedBy: null }));

const subjectOf = (more: Partial<RouteSubject>): RouteSubject => ({
  number: 1,
  state: "open",
  level: "high",
  title: "Brute force",
  families: [],
  rules: [],
  services: [],
  environments: [],
  entities: [],
  eventCount: 1,
  regressed: false,
  sample: false,
  historical: false,
  firstAt: new Date(START),
  lastAt: new Date(START),
  openedAt: new Date(START),
  ...more,
});
const subject = fc
  .record({
    level,
    families,
    services,
    environments,
    title: fc.constantFrom("Brute force", "a test"),
    entities: fc.subarray([
      { type: "ip" as const, value: "203.0.113.7" },
      { type: "actor" as const, value: "ana" },
    ]),
  })
  .map(subjectOf);

/** What a route means, written again in the plainest way. */
function meant({ enabled, condition }: Pick<RouteInput, "enabled" | "condition">, it: RouteSubject): boolean {
  const overlaps = (wanted: readonly string[] | undefined, has: readonly string[]) =>
    !wanted || wanted.length === 0 || wanted.some((each) => has.includes(each));
  const asked =
    condition.query === undefined ||
    (condition.query.startsWith("entity") ? it.entities.some(({ value }) => value === "203.0.113.7") : !it.title.includes("test"));
  return (
    enabled &&
    compareLevels(it.level, condition.level) >= 0 &&
    overlaps(condition.families, it.families) &&
    overlaps(condition.services, it.services) &&
    (it.environments.length === 0 || overlaps(condition.environments, it.environments)) &&
    asked
  );
}

/** The recipients a person would read out of a route. */
function named(recipients: RouteInput["recipients"]): Set<string> {
  const of = (each: RouteInput["recipients"][number]): string[] => {
    if (each.type === "role") return people.filter(({ role }) => role === each.role).map((person) => `user:${person.id}`);
    if (each.type === "user") return each.id === id(99) ? [] : [`user:${each.id}`];
    if (each.type === "webhook") return [`webhook:${each.id}`];
    if (each.type === "group") return each.id === id(50) ? [`user:${id(2)}`, "address:pager@example.com"] : [];
    return [each.address === "P2@example.com" ? `user:${id(2)}` : `address:${each.address}`];
  };
  return new Set(recipients.flatMap(of));
}

describe("routes", () => {
  it("tell everybody a matching route names, once, and nobody else", () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 6 }), subject, (routes, it) => {
        const told = listenersOf(expandGroups(routes, groups), people, it).map((each) => each.recipient);
        const expected = new Set(
          routes.filter((each) => each.how === "at_once" && meant(each, it)).flatMap((each) => [...named(each.recipients)]),
        );
        expect(new Set(told)).toEqual(expected);
        expect(told).toHaveLength(expected.size);
      }),
      { numRuns: 500 },
    );
  });

  it("read aloud as what they do", () => {
    const names = new Map([
      [id(3), "Ana"],
      [id(50), "On call"],
    ]);
    const told = Route.parse({
      id: id(1),
      name: "Night",
      condition: {
        level: "high",
        families: ["brute_force"],
        services: ["orders"],
        environments: ["production"],
        query: "entity:203.0.113.7",
      },
      recipients: [
        { type: "user", id: id(3) },
        { type: "group", id: id(50) },
      ],
      options: { everyMinutes: 30, quiet: { from: 22, to: 7 }, details: "hidden" },
      createdAt: new Date(0),
      updatedAt: new Date(0),
      updatedBy: null,
    });
    expect(routeSentence(told, names)).toBe(
      "When high or worse about brute force on orders in production where entity:203.0.113.7, tell Ana and On call at once, at most one mail in 30 min, silent between 22:00 and 07:00 except when critical, without details",
    );
    const weekly = { ...told, how: "digest" as const, options: RouteOptions.parse({ digest: { kind: "weekly", hour: 6, weekday: 1 } }) };
    expect(routeSentence(weekly, names)).toMatch(/, put it into a digest for Ana and On call every Monday at 06:00$/);
  });
});

const quiet = fc.record({
  from: fc.integer({ min: 0, max: 23 }),
  to: fc.integer({ min: 0, max: 23 }),
  weekends: fc.boolean(),
  exceptCritical: fc.boolean(),
});

describe("quiet hours", () => {
  it("last from the first to the last quiet minute of the reader's own clock, in every zone and over every change of it", () => {
    fc.assert(
      fc.property(quiet, fc.constantFrom(...ZONES), fc.integer({ min: 0, max: 365 * 24 * 60 }), (hours, zone, minute) => {
        const now = START + minute * MINUTE;
        const still = (at: number) => {
          const local = new TZDate(at, zone);
          const [day, hour] = [local.getDay(), local.getHours()];
          if (hours.weekends && (day === 0 || day === 6)) return true;
          const wraps = hours.from > hours.to;
          return hours.from !== hours.to && (wraps ? hour >= hours.from || hour < hours.to : hour >= hours.from && hour < hours.to);
        };
        const end = quietUntil(hours, zone, now);
        expect(end === null).toBe(!still(now));
        if (end === null) return;
        expect(end).toBeGreaterThan(now);
        expect(still(end)).toBe(false);
        expect(still(end - 1)).toBe(true);
        for (let at = now; at < end; at += 13 * MINUTE) expect(still(at)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

interface Waiting {
  at: number;
  level: Level;
  due: number;
  held: HeldFor | null;
  incident: number;
}

describe("pace", () => {
  it("lets every message leave in exactly one mail, never two within the route's time or in its quiet, criticals apart", () => {
    const arrivals = fc.array(fc.record({ at: fc.integer({ min: 0, max: 20 * 60 }), critical: fc.boolean() }), {
      minLength: 1,
      maxLength: 25,
    });
    fc.assert(
      fc.property(
        arrivals,
        fc.constantFrom(0, 5, 30, 120),
        fc.constantFrom(undefined, { from: 2, to: 9, weekends: false, exceptCritical: true }),
        (list, every, hours) => {
          let waiting: Waiting[] = list.map(({ at, critical }, incident) => ({
            at: START + at * MINUTE,
            level: critical ? "critical" : "high",
            due: START + at * MINUTE,
            held: null,
            incident,
          }));
          const mails: { at: number; of: Waiting[]; urgent: boolean; storm: boolean }[] = [];
          for (let now = START; now < START + 4 * DAY && waiting.length > 0; now += MINUTE) {
            for (;;) {
              const due = waiting
                .filter((each) => each.due <= now)
                .sort((a, b) => Number(b.level === "critical") - Number(a.level === "critical") || a.due - b.due);
              const [row] = due;
              if (!row) break;
              const got = {
                sent: mails.filter((mail) => !mail.storm && mail.at > now - HOUR).length,
                lastStorm:
                  mails
                    .filter((mail) => mail.storm && mail.of[0]?.held === "storm")
                    .map((mail) => new Date(mail.at))
                    .at(-1) ?? null,
                lastOfRoute: mails.length > 0 ? new Date(mails.at(-1)?.at ?? 0) : null,
                criticals: 0,
                due: due.length,
              };
              const until = quietUntil(hours, "UTC", now);
              const paced = { ...row, kind: "incident" as const, reason: "opened", createdAt: new Date(row.at) };
              const pace = paceOf(
                paced,
                got,
                { everyMs: every * MINUTE, quietUntil: until === null ? null : new Date(until), exceptCritical: true },
                new Date(now),
              );
              if (pace.do === "put_off") {
                expect(pace.until.getTime()).toBeGreaterThan(now);
                Object.assign(row, { due: pace.until.getTime(), held: pace.why });
                continue;
              }
              const of = pace.do === "fold" ? due : [row];
              mails.push({ at: now, of, urgent: row.level === "critical", storm: pace.do === "fold" });
              waiting = waiting.filter((each) => !of.includes(each));
            }
          }
          expect(waiting).toEqual([]);
          expect(mails.flatMap(({ of }) => of.map(({ incident }) => incident)).sort((a, b) => a - b)).toEqual(
            list.map((_, index) => index),
          );
          mails.forEach((mail, index) => {
            if (mail.urgent) return;
            if (hours) expect(quietUntil(hours, "UTC", mail.at)).toBeNull();
            const before = mails[index - 1];
            if (before && every > 0) expect(mail.at - before.at).toBeGreaterThanOrEqual(every * MINUTE);
          });
          for (const mail of mails)
            expect(
              mails.filter((each) => !each.urgent && !each.storm && each.at <= mail.at && each.at > mail.at - HOUR).length,
            ).toBeLessThanOrEqual(HOURLY_SHARE);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is foretold by the preview: a burst within the time is one mail and one more", () => {
    const told = (minutes: number[], options: object) =>
      countMessages(
        { name: "x", enabled: true, condition: { level: "low" }, recipients: [], how: "at_once", options: RouteOptions.parse(options) },
        minutes.map((minute) => ({ openedAt: new Date(START + minute * MINUTE), level: "high" })),
        { zone: "UTC", recipient: `user:${id(1)}`, now: new Date(START + DAY) },
      );
    expect(told([0, 1, 2, 3], {})).toBe(4);
    expect(told([0, 1, 2, 3], { everyMinutes: 30 })).toBe(2);
    expect(told([0, 1, 2, 40], { everyMinutes: 30 })).toBe(3);
    expect(told([0, 60, 120, 600], { quiet: { from: 0, to: 8 } })).toBe(2);
  });
});

describe("digests of routes", () => {
  it("tell of every incident of the route, of none outside it, and of each once in one digest", () => {
    const history = fc.record({
      opened: fc.integer({ min: 0, max: 9 * 24 * 60 }),
      lasts: fc.option(fc.integer({ min: 1, max: 4 * 24 * 60 }), { nil: null }),
      acknowledged: fc.boolean(),
      it: subject,
    });
    const digest = fc.record({
      kind: fc.constantFrom("hourly", "daily", "weekly"),
      hour: fc.integer({ min: 0, max: 23 }),
      weekday: fc.integer({ min: 1, max: 7 }),
    });
    fc.assert(
      fc.property(route, fc.array(history, { maxLength: 12 }), digest, fc.constantFrom(...ZONES), (spoken, histories, choice, zone) => {
        const seen = new Map<number, number>();
        const outside = new Set(histories.flatMap(({ it }, index) => (matchesRoute({ ...spoken, enabled: true }, it) ? [] : [index + 1])));
        const told = new Set<string>();
        for (let now = START; now < START + 25 * DAY; now += choice.kind === "hourly" ? HOUR : 6 * HOUR) {
          const period = latestDigest(choice, zone, now);
          if (!period || told.has(String(period.to))) continue;
          told.add(String(period.to));
          const standing = histories.flatMap(({ opened, lasts, acknowledged, it }, index) => {
            const openedAt = START + opened * MINUTE;
            const resolvedAt = lasts === null ? null : openedAt + lasts * MINUTE;
            if (openedAt > now) return [];
            const done = resolvedAt !== null && resolvedAt <= now;
            const state = done ? ("resolved" as const) : acknowledged ? ("acknowledged" as const) : ("open" as const);
            return [{ ...it, number: index + 1, openedAt: new Date(openedAt), state, resolvedAt: done ? new Date(resolvedAt ?? 0) : null }];
          });
          const { waiting, settled } = pickForDigest(spoken, standing, period);
          const numbers = [...waiting, ...settled].map(({ number }) => number);
          expect(new Set(numbers).size).toBe(numbers.length);
          for (const number of numbers) {
            expect(outside.has(number)).toBe(false);
            seen.set(number, (seen.get(number) ?? 0) + 1);
          }
        }
        // the first digest may tell of a period that began before anything: what was opened from then on is told
        histories.forEach((_, index) => {
          if (!outside.has(index + 1)) expect(seen.get(index + 1) ?? 0).toBeGreaterThan(0);
        });
      }),
      { numRuns: 60 },
    );
  });

  it("reach each recipient that the route names and no webhook", () => {
    const [weekly] = expandGroups(
      [
        {
          recipients: [
            { type: "group" as const, id: id(50) },
            { type: "webhook" as const, id: id(70) },
          ],
        },
      ],
      groups,
    );
    expect(recipientsOf(weekly ?? { recipients: [] }, people)).toEqual([`user:${id(2)}`, "address:pager@example.com", `webhook:${id(70)}`]);
  });
});
