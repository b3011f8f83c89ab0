import { beforeEach, describe, expect, it } from "vitest";
import { recordAlerts, type RecordOptions } from "@/lib/incidents/record-alerts";
import type { Alert } from "@/lib/model/alert";
import { listAlertsOfFamilies } from "@/lib/store/alert-reads";
import { db, inTransaction } from "@/lib/store/db";
import { listIncidents } from "@/lib/store/incident-list";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const now = new Date(NOON + 5 * 60_000);
const record = (alerts: Alert[], more: Partial<RecordOptions> = {}) =>
  inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now, ...more }));
const rows = async (text: string) => (await database.owner(text)).rows;
const outbox = () => rows("select recipient, reason, level, state, incident_id from outbox order by id");

const accounts = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ type: "actor" as const, value: `${name}-${index}`, role: "victim" as const, events: 1 }));

beforeEach(async () => {
  await database.owner(`truncate incident, alert, incident_entity, incident_activity, outbox, "user" restart identity cascade`);
  await addPerson(database, { email: "ada@example.com" });
});

describe("recording alerts", () => {
  it("says one alert once, however often it comes, and keeps the larger saying", async () => {
    await record([anAlert("203.0.113.7", { eventCount: 12 })]);
    await record([anAlert("203.0.113.7", { eventCount: 40 }), anAlert("203.0.113.7", { eventCount: 20 })]);
    await record([anAlert("203.0.113.7", { eventCount: 30 })]);
    expect(await rows("select event_count::int as events from alert")).toEqual([{ events: 40 }]);
    expect(await rows("select number, event_count::int as events, level, state from incident")).toEqual([
      { number: 1, events: 40, level: "high", state: "open" },
    ]);
    expect((await outbox()).map(({ reason }) => reason)).toEqual(["opened", "update:1"]);
  });

  it("lets no name in an alert hide or turn the words around it", async () => {
    const name = "ana\u202Egnp.exe";
    await record([
      anAlert("203.0.113.7", {
        title: `12 failed sign-ins to ${name}`,
        entity: { type: "actor", value: name },
        explanation: { sentence: `12 failed sign-ins by the account ${name}.`, factors: [], matches: [] },
      }),
    ]);
    const said = JSON.stringify([
      ...(await rows("select title, summary from incident")),
      ...(await rows("select details from incident_activity")),
    ]);
    expect(said).toContain("12 failed sign-ins to ana\uFFFDgnp.exe");
    expect(said).toContain("by the account ana\uFFFDgnp.exe.");
    expect(await rows("select entity_value as value from alert")).toEqual([{ value: name }]); // what it is about stays as it was sent
  });

  it("lists what happens now before the past, the worst of each first, a page at a time", async () => {
    await record([anAlert("203.0.113.7", { level: "critical" })], { historical: true, world: "import" });
    await record([anAlert("198.51.100.9", { level: "low" }), anAlert("192.0.2.33", { level: "high" })]);
    const page = { limit: 2 };
    const filter = { view: "open" as const, userId: null, now };
    const first = await listIncidents(db, filter, page);
    expect(first.map(({ level }) => level)).toEqual(["high", "low"]);
    const last = first[1];
    if (!last) throw new Error("the page is short");
    expect((await listIncidents(db, filter, { ...page, cursor: last })).map(({ level }) => level)).toEqual(["critical"]);
  });

  it("is read by family and by the service that it speaks of", async () => {
    await record([anAlert("203.0.113.7", { services: ["auth", "orders-api"] }), anAlert("198.51.100.9", { services: ["billing"] })]);
    const read = async (service?: string) =>
      (await listAlertsOfFamilies(["brute_force"], { from: NOON - 3_600_000, to: NOON + 3_600_000, service })).map(
        ({ facts }) => facts.entity.value,
      );
    expect((await read()).toSorted()).toEqual(["198.51.100.9", "203.0.113.7"]);
    expect(await read("orders-api")).toEqual(["203.0.113.7"]);
    expect(await read("orders")).toEqual([]); // a part of a name is another service
  });

  it("joins alerts that share an attacker's address, and says why", async () => {
    await record([anAlert("203.0.113.7")]);
    await record([
      anAlert("203.0.113.7", {
        ruleId: "path-probing",
        family: "scanning",
        level: "critical",
        title: "60 paths probed from 203.0.113.7",
        firstAt: NOON + 120_000,
      }),
    ]);
    const [incident] = await rows("select number, level, grouped_by, title, summary from incident");
    expect(incident).toMatchObject({ level: "critical", grouped_by: "Same address 203.0.113.7" });
    expect(incident.summary).toMatchObject({ alerts: 2, attackers: 1, victims: 1 });
    expect((await outbox()).map(({ reason }) => reason)).toEqual(["opened", "worse:critical"]);
    expect((await rows("select kind from incident_activity order by id")).map(({ kind }) => kind)).toEqual(["opened", "alert", "worse"]);
  });

  it("counts all attackers and victims of an alert, also those that it does not name", async () => {
    const stuffing = (totals: Alert["totals"]) =>
      anAlert("203.0.113.1", {
        title: "Distributed credential stuffing",
        entity: { type: "service", value: "orders-api" },
        sourceIps: Array.from({ length: 20 }, (_, index) => `203.0.${index}.1`),
        related: accounts("u", 10),
        ...(totals ? { totals } : {}),
      });
    await record([stuffing({ attackers: 267, victims: 236 })]);
    const told = async () => (await rows("select title, summary from incident"))[0];
    expect(await told()).toMatchObject({
      title: "Distributed credential stuffing from 267 addresses on orders-api",
      summary: { attackers: 267, victims: 236 },
    });
    await record([anAlert("203.0.0.1", { firstAt: NOON + 60_000 })]);
    expect((await told()).summary).toMatchObject({ alerts: 2, attackers: 267, victims: 236 });
  });

  it("counts events once that several rules speak of, and says them in one short sentence", async () => {
    const ana = { type: "actor" as const, value: "ana@example.com" };
    await record([
      anAlert("203.0.113.7"),
      anAlert("203.0.113.7", { ruleId: "faster-than-typing", eventCount: 6 }),
      anAlert("203.0.113.7", { ruleId: "by-account", entity: ana }),
    ]);
    expect(await rows("select event_count::int as events, title from incident")).toEqual([
      { events: 12, title: "Brute force on orders-api: 12 failures from 203.0.113.7 to ana@example.com" },
    ]);
    await record([
      anAlert("203.0.113.7", {
        ruleId: "entry",
        techniques: ["T1110", "T1078"],
        level: "critical",
        entity: ana,
        eventCount: 13,
        firstAt: NOON + 1,
      }),
    ]);
    expect(await rows("select event_count::int as events, title from incident")).toEqual([
      { events: 13, title: "Brute force on orders-api: 13 failures from 203.0.113.7 to ana@example.com, then 1 account entered" },
    ]);
  });

  it("joins addresses of one network, but not strangers who try the same account", async () => {
    await record([anAlert("203.0.113.7"), anAlert("203.0.113.99"), anAlert("198.51.100.1")]);
    const found = await rows("select number, title from incident order by number");
    expect(found).toHaveLength(2);
    expect(found.map(({ title }) => title)).toContain("Brute force on orders-api: 24 failures from 203.0.113.0/24 to ana@example.com");
  });

  it("makes one incident, and one first mail, of a spray by a few addresses of one wide network, and says why", async () => {
    const spray = (ip: string, more: Partial<Alert> = {}) =>
      anAlert(ip, { family: "credential_stuffing", ruleId: "stuffing", related: accounts(`of-${ip}`, 10), ...more });
    const six = Array.from({ length: 6 }, (_, index) => spray(`11.7.${index * 40}.9`, { firstAt: NOON + index * 180_000 }));
    for (const alert of six) await record([alert]);
    const stranger = spray("11.8.1.9", { firstAt: NOON });
    const later = spray("11.7.250.9", { firstAt: NOON + 4 * 3_600_000 });
    const forgetful = anAlert("11.7.251.9", { related: accounts("one", 1) });
    await record([stranger, later, forgetful]);
    const found = await rows("select grouped_by, title, (summary ->> 'alerts')::int as alerts from incident order by number");
    expect(found.map(({ alerts }) => alerts)).toEqual([6, 1, 1, 1]);
    expect(found[0]).toMatchObject({
      grouped_by: "Many accounts tried from network 11.7.0.0/16 within half an hour",
      title: "Credential stuffing on orders-api: 72 failures from 6 addresses of 11.7.0.0/16 to 60 accounts",
    });
    expect((await outbox()).filter(({ incident_id: of, reason }) => String(of) === "1" && !reason.startsWith("update"))).toHaveLength(1);
  });

  it("joins an alert about an account with those who attacked it", async () => {
    await record([anAlert("203.0.113.7")]);
    await record([
      anAlert("203.0.113.7", {
        ruleId: "success-after-failures",
        level: "critical",
        title: "ana@example.com entered after 12 failures",
        entity: { type: "actor", value: "ana@example.com" },
        firstAt: NOON + 61_000,
        eventCount: 13,
      }),
    ]);
    expect(await rows("select number from incident")).toHaveLength(1);
  });

  it("does not join what is a day apart, nor live with sample or imported alerts", async () => {
    await record([anAlert("203.0.113.7")]);
    await record([anAlert("203.0.113.7", { firstAt: NOON + 24 * 3_600_000 })]);
    await record([anAlert("203.0.113.7", { firstAt: NOON + 1000 })], { historical: true });
    await record([anAlert("203.0.113.7", { firstAt: NOON + 2000 })], { sample: true });
    expect(await rows("select historical, sample from incident order by number")).toEqual([
      { historical: false, sample: false },
      { historical: false, sample: false },
      { historical: true, sample: false },
      { historical: false, sample: true },
    ]);
    expect(await outbox()).toHaveLength(2);
  });

  it("never mails about the past or about sample data", async () => {
    await record([anAlert("203.0.113.7")], { historical: true });
    await record([anAlert("203.0.113.8", { firstAt: NOON + 1 })], { sample: true });
    expect(await outbox()).toEqual([]);
  });

  it("gathers one rule on hundreds of strangers into ten incidents and a wave", async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      anAlert(`11.${Math.floor(index / 250)}.${index % 250}.9`, { firstAt: NOON + index * 1000, related: [] }),
    );
    for (let from = 0; from < many.length; from += 50) await record(many.slice(from, from + 50));
    const found = await rows(
      "select number, wave, (summary ->> 'alerts')::int as alerts, event_count::int as events, title from incident order by number",
    );
    expect(found).toHaveLength(11);
    expect(found.at(-1)).toMatchObject({ wave: true, alerts: 290, events: 290 * 12 });
    expect(found.at(-1)?.title).toContain("290 addresses");
    expect((await outbox()).filter(({ reason }) => reason === "opened")).toHaveLength(11);
  });

  it("opens a true incident again when the attack comes back, and leaves one that was found false", async () => {
    await record([anAlert("203.0.113.7"), anAlert("198.51.100.1")]);
    await database.owner(
      "update incident set state = 'resolved', verdict = case number when 1 then 'true' else 'false' end, resolved_at = $1",
      [new Date(NOON + 600_000)],
    );
    const later = { now: new Date(NOON + 3_600_000) };
    await record([anAlert("203.0.113.7", { firstAt: NOON + 3_500_000 }), anAlert("198.51.100.1", { firstAt: NOON + 3_500_000 })], later);
    expect(await rows("select number, state, regressed from incident order by number")).toEqual([
      { number: 1, state: "open", regressed: true },
      { number: 2, state: "resolved", regressed: false },
      { number: 3, state: "open", regressed: false },
    ]);
    expect((await outbox()).map(({ reason }) => reason.split(":")[0])).toEqual(["opened", "opened", "regressed", "opened"]);
  });

  /** An alert that says that two addresses are one attacker. */
  const link = (ips: string[], more: Partial<Alert> = {}) =>
    anAlert(ips[0] ?? "", {
      ruleId: "one-session",
      entity: { type: "session", value: "s-1" },
      sourceIps: ips,
      related: [],
      firstAt: NOON + 3_600_000,
      ...more,
    });

  it("tells of several that become part of one in one message, which names them", async () => {
    const ips = ["203.0.113.7", "198.51.100.1", "192.0.2.9"];
    for (const ip of ips) await record([anAlert(ip, { related: [] })]);
    await database.owner("update outbox set state = 'sent', sent_at = now(), message_id = '<m' || id || '>'");
    await record([link(ips)]);
    expect(await rows("select reason, payload ->> 'remark' as remark from outbox where reason like 'merged%'")).toEqual([
      { reason: "merged:2", remark: "INC-2 and INC-3" },
    ]);
  });

  it("makes one of two incidents when a later alert links them: the older keeps its number, nothing is lost, its title speaks of all", async () => {
    await record([anAlert("203.0.113.7")]);
    await record([anAlert("198.51.100.1", { related: [{ type: "actor", value: "ben@example.com", role: "victim", events: 12 }] })]);
    await database.owner("insert into pinned_event select 2, 'e1', now(), '{}', 'Ada', now()");
    await database.owner("update outbox set state = 'sent', sent_at = now(), message_id = '<m' || id || '>' where incident_id = 2");
    await database.owner(
      "update incident set state = 'acknowledged', assignee_id = (select id from \"user\"), acknowledged_at = $1 where number = 2",
      [now],
    );
    await record([link(["203.0.113.7", "198.51.100.1"])]);
    expect(
      await rows(
        "select number, state, verdict, verdict_reason, merged_into_id::int as into, event_count::int as events, assignee_id is not null as taken from incident order by 1",
      ),
    ).toEqual([
      { number: 1, state: "acknowledged", verdict: null, verdict_reason: null, into: null, events: 24, taken: true },
      { number: 2, state: "resolved", verdict: "duplicate", verdict_reason: "Part of INC-1", into: 1, events: 12, taken: true },
    ]);
    const [{ title, summary, grouped_by }] = await rows("select title, summary, grouped_by from incident where number = 1");
    expect(title).toContain("from 2 addresses to 2 accounts");
    expect(summary).toMatchObject({ alerts: 3, attackers: 2, victims: 2 });
    expect(grouped_by).toMatch(/^Same address /);
    expect(
      await rows(
        "select distinct incident_id::int as id from alert union select incident_id::int from incident_entity union select incident_id::int from pinned_event",
      ),
    ).toEqual([{ id: 1 }]);
    expect(
      await rows(
        "select incident_id::int as id, details ->> 'from' as old, details ->> 'reason' as reason from incident_activity where kind = 'merged' order by id",
      ),
    ).toEqual([2, 1].toSorted((a, b) => a - b).map((id) => ({ id, old: "INC-2", reason: expect.stringMatching(/^Same address /) })));
    const told = await rows("select incident_id::int as id, reason, state from outbox order by outbox.id");
    expect(told).toEqual([
      { id: 1, reason: "opened", state: "waiting" },
      { id: 2, reason: "opened", state: "sent" },
      { id: 1, reason: "merged:2", state: "waiting" },
      { id: 1, reason: "update:1", state: "waiting" },
    ]);
  });

  it("gives the same incidents as the plan alone, in any order and in turns of any size", async () => {
    const places = ["203.0.113.7", "198.51.100.1", "192.0.2.9", "8.8.4.4"];
    const alerts = places.flatMap((ip, n) => [
      anAlert(ip, { related: [], firstAt: NOON + n * 5 * 3_600_000 }),
      anAlert(ip, { ruleId: "scan", family: "scanning", related: [], firstAt: NOON + n * 5 * 3_600_000 + 60_000 }),
    ]);
    const all = [...alerts, link(places.slice(0, 3), { firstAt: NOON + 8 * 3_600_000 })];
    const partitions = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      await database.owner("truncate incident, alert, incident_entity, incident_activity, outbox restart identity cascade");
      const mixed = all.map((alert, n) => ({ alert, at: (n * 7919 + seed * 104_729) % 31 })).sort((a, b) => a.at - b.at);
      for (let from = 0; from < mixed.length; from += (seed % 3) + 1)
        await record(mixed.slice(from, from + (seed % 3) + 1).map(({ alert }) => alert));
      const groups = await rows("select string_agg(key, ' ' order by key) as keys from alert group by incident_id order by 1");
      partitions.add(groups.map(({ keys }) => keys).join("\n"));
      expect(await rows("select sum((summary ->> 'alerts')::int)::int as alerts from incident where merged_into_id is null")).toEqual([
        { alerts: 9 },
      ]);
    }
    expect([...partitions].map((each) => each.split("\n").length)).toEqual([2]);
  });

  it("does not merge what was settled, what is a day apart, or what a person took apart", async () => {
    await record([anAlert("203.0.113.7", { related: [] }), anAlert("198.51.100.1", { related: [] })]);
    await database.owner("update incident set apart = true where number = 2");
    await record([link(["203.0.113.7", "198.51.100.1"])]);
    expect(await rows("select number from incident where merged_into_id is null")).toHaveLength(2);
    await database.owner("update incident set apart = false, state = 'resolved', verdict = 'false', resolved_at = now() where number = 2");
    await record([link(["203.0.113.7", "198.51.100.1"], { firstAt: NOON + 7_200_000 })]);
    expect(await rows("select number from incident where merged_into_id is null")).toHaveLength(2);
  });

  it("stores texts that PostgreSQL would refuse", async () => {
    await record([anAlert("203.0.113.7", { title: "a\u0000b\ud800c", entity: { type: "actor", value: "x\u0000" } })]);
    expect(await rows("select title from alert")).toEqual([{ title: "a\ufffdb\ufffdc" }]);
  });

  it("gives the same incidents from eight transactions at once", async () => {
    const alerts = Array.from({ length: 64 }, (_, index) =>
      anAlert(`203.0.113.${index % 4}`, { ruleId: `rule-${index % 16}`, firstAt: NOON + index }),
    );
    await Promise.all(Array.from({ length: 8 }, (_, part) => record(alerts.filter((_, index) => index % 8 === part))));
    expect(await rows("select count(*)::int as n, sum(event_count)::int as events from incident")).toEqual([{ n: 1, events: 4 * 4 * 12 }]);
    expect(await outbox()).toHaveLength(2);
  });
});
