import { beforeEach, describe, expect, it } from "vitest";
import { findLatestBacktest, getBacktest, startBacktest, stopBacktest } from "@/lib/backtest/manage";
import { runBacktests } from "@/lib/backtest/run-backtest";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { Context } from "@/lib/model/user";
import { addExample } from "@/lib/rules/save-example";
import { db } from "@/lib/store/db";
import { countVerdictWeeks, findOftenFalse } from "@/lib/store/rule-figures";
import { addPerson } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { eventAt, NOON } from "@/test/support/detection";
import { storeEvents } from "@/test/support/stored-events";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const NOW = new Date(NOON + 3_600_000);
const person = (name: string, role: "viewer" | "admin" = "viewer"): Context => ({
  actor: { type: "user", id: name, name, role },
  now: NOW,
});
const run = () => runBacktests(NOW, new AbortController().signal);

const BASE = "title: Failed\nid: test-failed\nlogsource: {category: api}\ndetection: {s: {outcome: failure}, condition: s}\n";
const manyAt = (limit: number) =>
  `title: Many\nid: test-many\nlevel: high\ncorrelation: {type: event_count, rules: [test-failed], group-by: [source.ip], timespan: 5m, condition: {gte: ${limit}}}\n`;
/** So many failures of an address within a minute. */
const failures = (ip: string, count: number) =>
  Array.from({ length: count }, (_, n) => eventAt(n, { outcome: "failure", source: { ip } }, `${ip}-${n}`).document as never);
const addRule = (id: string, yaml: string) =>
  database.owner("insert into rule (id, source, enabled, yaml, version, updated_at) values ($1, 'custom', true, $2, 1, now())", [id, yaml]);

beforeEach(async () => {
  await database.owner(
    "truncate task, incident, alert, incident_entity, incident_activity, outbox, event, batch, traffic_minute, detection_state, detection_world, rule, rule_version, suppression, notification_route, audit_entry restart identity cascade",
  );
  await addRule("test-failed", BASE);
  await addRule("test-many", manyAt(10));
  await storeEvents(database, [...failures("203.0.113.1", 12), ...failures("198.51.100.2", 30), ...failures("192.0.2.3", 6)]);
});

describe("a backtest", () => {
  it("says what is new and what is gone, of these what was judged true, and who would be written to", async () => {
    await detectEvents(NOW); // the rule in force really alerts about .1 and .2
    await database.owner(
      "update incident set state = 'resolved', verdict = 'true', resolved_at = now() where id = (select incident_id from alert where entity_value = '203.0.113.1')",
    );
    await addPerson(database, { email: "ana@example.com" });
    await database.owner(
      `insert into notification_route (id, name, condition, recipients, how, created_at, updated_at)
       values (gen_random_uuid(), 'All', '{"level":"medium"}', '[{"type":"address","address":"ana@example.com"}]', 'at_once', now(), now())`,
    );
    const before = await rows("select count(*)::int as alerts, (select count(*)::int from outbox) as mails from alert");
    const { id, state } = await startBacktest(person("ana"), { id: "test-many", yaml: manyAt(20), days: 1 });
    expect(state).toBe("waiting");
    await run();
    const { result, ...done } = await getBacktest(person("ana"), id);
    expect(done).toMatchObject({ state: "done", read: 48, readTo: NOW.getTime(), comparedWith: 1 });
    expect(result).toMatchObject({
      draft: { alerts: 1, incidents: 1, mails: 1 },
      live: { alerts: 2, incidents: 2, mails: 2 },
      fresh: 0,
      gone: 1,
      lost: 1,
      goneList: [{ entity: { type: "ip", value: "203.0.113.1" }, verdict: "true", incident: expect.any(Number) }],
      entities: [{ entity: { type: "ip", value: "198.51.100.2" }, alerts: 1 }],
    });
    expect(result?.bars.reduce((sum, bar) => sum + bar.same + bar.gone, 0)).toBe(2);
    expect(result?.events.length).toBeGreaterThan(0);
    expect(result?.peaks).toEqual({
      oneOf: 1,
      counts: [
        [6, 1],
        [12, 1],
        [30, 1],
      ],
    });
    expect(result?.goneList[0]?.evidence).toHaveLength(12);
    expect(await rows("select count(*)::int as alerts, (select count(*)::int from outbox) as mails from alert")).toEqual(before);
  });

  it("gives its alerts as examples to a draft, and tries the draft on them at once", async () => {
    const { id } = await startBacktest(person("ana"), { id: "test-many", yaml: manyAt(20), days: 1 });
    await run();
    const gone = (await getBacktest(person("ana"), id)).result?.goneList[0];
    if (!gone) throw new Error("the draft loses an alert");
    const span = { events: gone.evidence, from: gone.firstAt, until: gone.lastAt };
    const ignored = await addExample(person("ana"), { id: "test-many", yaml: manyAt(20), list: "ignores", ...span });
    expect(ignored.fault).toBeNull();
    const [saved] = parseRules(ignored.yaml, "x.yml").documents;
    expect(saved?.extension.ignores?.[0]).toHaveLength(12);
    const matched = await addExample(person("ana"), { id: "test-many", yaml: manyAt(20), list: "matches", ...span });
    expect(matched.fault).toContain("raises no alert");
    await expect(addExample(person("ana"), { yaml: manyAt(20), list: "matches", ...span, events: ["gone"] })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("tells by week what people found a rule's alerts to be, and whom the false ones name", async () => {
    await detectEvents(NOW);
    await database.owner(
      "update incident set verdict = 'false' where id = (select incident_id from alert where entity_value = '203.0.113.1')",
    );
    await database.owner(
      "update incident set verdict = 'true' where id = (select incident_id from alert where entity_value = '198.51.100.2')",
    );
    const since = new Date(NOON - 8 * 86_400_000);
    expect(await countVerdictWeeks(db, "test-many", since)).toEqual([
      { week: 1, verdict: "false", alerts: 1 },
      { week: 1, verdict: "true", alerts: 1 },
    ]);
    expect(await findOftenFalse(db, "test-many", since)).toMatchObject({ entity: { type: "ip", value: "203.0.113.1" }, alerts: 1 });
    expect(await findOftenFalse(db, "test-failed", since)).toBeNull();
  });

  it("has nothing to compare a new rule with, and finds everything new", async () => {
    const { id } = await startBacktest(person("ana"), { yaml: manyAt(5).replace("test-many", "test-new"), days: 1 });
    await run();
    expect(await getBacktest(person("ana"), id)).toMatchObject({
      comparedWith: null,
      result: { fresh: 3, gone: 0, live: { alerts: 0, incidents: 0, mails: 0 } },
    });
  });

  it("holds back what an exception in force holds back", async () => {
    await database.owner(
      "insert into suppression (id, name, rule_id, query, reason, created_at, expires_at) values (gen_random_uuid(), 'x', 'test-many', 'ip:198.51.100.2', 'ours', now(), now() + interval '1 day')",
    );
    const { id } = await startBacktest(person("ana"), { id: "test-many", yaml: manyAt(6), days: 1 });
    await run();
    const { result } = await getBacktest(person("ana"), id);
    expect(result?.freshList.map(({ entity }) => entity.value)).toEqual(["192.0.2.3"]);
  });

  it("is one for each person, is stopped by its owner, and is nobody else's to see", async () => {
    const first = await startBacktest(person("ana"), { id: "test-many", yaml: manyAt(6), days: 1 });
    const later = { ...person("ana"), now: new Date(NOW.getTime() + 1_000) };
    const second = await startBacktest(later, { id: "test-many", yaml: manyAt(7), days: 1 });
    const other = await startBacktest(person("ben"), { id: "test-many", yaml: manyAt(8), days: 1 });
    expect((await getBacktest(person("ana"), first.id)).state).toBe("stopped");
    await expect(getBacktest(person("ben"), second.id)).rejects.toMatchObject({ code: "not_found" });
    await expect(stopBacktest(person("ben"), second.id)).rejects.toMatchObject({ code: "not_found" });
    expect((await stopBacktest(person("ana"), second.id)).state).toBe("stopped");
    await run();
    expect((await getBacktest(person("ana"), second.id)).result).toBeNull();
    expect((await getBacktest(person("ben"), other.id)).state).toBe("done");
    expect((await findLatestBacktest(person("ana"), "test-many"))?.id).toBe(second.id);
  });

  it("refuses a draft that cannot run, with the place, and a span that is none", async () => {
    await expect(
      startBacktest(person("ana"), { id: "test-many", yaml: manyAt(6).replace("test-failed", "nobody"), days: 1 }),
    ).rejects.toMatchObject({ code: "invalid", details: { problems: [expect.objectContaining({ line: expect.any(Number) })] } });
    await expect(startBacktest(person("ana"), { id: "test-many", yaml: manyAt(6), from: 5, until: 5 })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  it("whose worker died is done again once, then given up", async () => {
    const { id } = await startBacktest(person("ana"), { id: "test-many", yaml: manyAt(6), days: 1 });
    await database.owner("update task set state = 'running', updated_at = now() - interval '2 minutes'");
    await run();
    expect((await getBacktest(person("ana"), id)).state).toBe("done");
    await database.owner(
      `update task set state = 'running', updated_at = now() - interval '2 minutes', details = jsonb_set(details::jsonb, '{attempts}', '2')::json`,
    );
    await run();
    expect(await getBacktest(person("ana"), id)).toMatchObject({ state: "failed", error: expect.stringContaining("twice") });
  });
});
