import { beforeEach, describe, expect, it } from "vitest";
import { addPerson } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { alertsOf, eventAt, NOON, rulesetOf } from "@/test/support/detection";
import { storeEvents } from "@/test/support/stored-events";
import { builtInRules, loadCatalog } from "@/lib/rules/catalog";
import { resetRule, saveRule } from "@/lib/rules/change-rule";
import { importRules } from "@/lib/rules/import-rules";
import { addSuppression } from "@/lib/rules/suppressions";
import { db } from "@/lib/store/db";
import { listBatchEvents } from "@/lib/store/detections";
import { listRuleAlerts } from "@/lib/store/rule-figures";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
const system = { type: "system", name: "test" } as const;
const rows = async (text: string) => (await database.owner(text)).rows;

const BASE =
  "title: Failed\nname: failed\nid: test-failed\nlogsource: {category: api}\ndetection: {s: {outcome: failure, service: shop}, condition: s}\n";
const COUNT =
  "title: Many\nid: test-many\nlevel: high\ntags: [attack.t1110]\ncorrelation: {type: event_count, rules: [test-failed], group-by: [source.ip], timespan: 5m, condition: {gte: 4}}\n";
const SILENCE = "title: Silence\nid: test-silence\ncorrelation: {type: absence, rules: [test-order], group-by: [service], timespan: 1h}\n";
const ORDER = "title: Order\nid: test-order\nlogsource: {category: api}\ndetection: {s: {action: order}, condition: s}\n";

async function addRule(id: string, yaml: string): Promise<void> {
  await database.owner("insert into rule (id, source, enabled, yaml, version, updated_at) values ($1, 'custom', true, $2, 1, now())", [
    id,
    yaml,
  ]);
}

const ours = () =>
  rows("select rule_id, entity_value, event_count::int as events, key from alert where rule_id like 'test-%' order by key");

/** Failures of a few addresses in bursts, as wire documents. */
const failures = Array.from({ length: 120 }, (_, n) =>
  eventAt(n * 11, { outcome: "failure", service: "shop", source: { ip: `203.0.113.${n % 4}` }, actor: { id: `u${n % 7}` } }, `f${n}`),
);

beforeEach(async () => {
  await database.owner(
    "truncate incident, alert, incident_entity, incident_activity, outbox, event, batch, detection_state, detection_world, rule, rule_version, test_alert, suppression, audit_entry restart identity cascade",
  );
  await addRule("test-failed", BASE);
  await addRule("test-many", COUNT);
});

describe("an event in a turn", () => {
  it("knows the key that it was sent with, while that key is in force", async () => {
    const stored = [eventAt(0, { service: "shop" }, "s0"), eventAt(1, { service: "shop" }, "s1"), eventAt(2, { service: "shop" }, "s2")];
    const id = await storeEvents(
      database,
      stored.map(({ document }) => document as never),
    );
    for (const [event, revoked] of [
      ["s0", null],
      ["s1", new Date(NOON)],
    ] as const) {
      const key = await database.owner(
        "insert into api_key (id, name, hash, hint, scopes, created_at, revoked_at) values (gen_random_uuid(), 'gateway', $1, 'x', '{ingest}', now(), $2) returning id",
        [Buffer.from(event), revoked],
      );
      await database.owner("update event set key_id = $1 where id = $2", [key.rows[0].id, event]);
    }
    const span = { minOccurredAt: new Date(NOON - 3_600_000), maxOccurredAt: new Date(NOON + 3_600_000) };
    const events = await listBatchEvents(db, [{ id, historical: false, sample: false, eventCount: 3, attempts: 0, ...span }]);
    expect(events.map((event) => [event.id, event.sender?.name]).sort()).toEqual([
      ["s0", "gateway"],
      ["s1", undefined],
      ["s2", undefined],
    ]);
  });
});

describe("a detection turn", () => {
  it("turns a batch into alerts and an incident, marks it, and does nothing the second time", async () => {
    await storeEvents(
      database,
      failures.map(({ document }) => document as never),
    );
    await detectEvents(new Date(NOON + 3_600_000));
    const first = await ours();
    expect(first.map(({ rule_id, events }) => [rule_id, events])).toEqual(Array.from({ length: 4 }, () => ["test-many", 30]));
    expect(await rows("select count(*)::int as n from batch where detected_at is null")).toEqual([{ n: 0 }]);
    expect(await rows("select count(*)::int as n from incident")).not.toEqual([{ n: 0 }]);
    await detectEvents(new Date(NOON + 3_601_000));
    expect(await ours()).toEqual(first);
  });

  it("gives the alerts of one quiet pass when four workers share many small batches that come out of order", async () => {
    const expected = alertsOf(rulesetOf(`${BASE}---\n${COUNT}`), failures);
    const shuffled = [...failures].sort(
      (a, b) => a.occurredAt + (Number(a.id.slice(1)) % 5) * 60_000 - (b.occurredAt + (Number(b.id.slice(1)) % 5) * 60_000),
    );
    for (let at = 0; at < shuffled.length; at += 9)
      await storeEvents(
        database,
        shuffled.slice(at, at + 9).map(({ document }) => document as never),
      );
    const now = new Date(NOON + 3_600_000);
    await Promise.all([1, 2, 3, 4].map(() => detectEvents(now)));
    expect((await ours()).map(({ key, events }) => [key, events])).toEqual(
      expected.map(({ key, eventCount }) => [key, eventCount] as const).sort(),
    );
  });

  it("leaves out a batch that fails three times, with its reason, and goes on with the others", async () => {
    const poisoned = await storeEvents(database, [{ ...failures[0]?.document, id: "poison" } as never]);
    await database.owner(`update event set document = '7' where batch_id = ${poisoned}`);
    await storeEvents(
      database,
      failures.map(({ document }) => document as never),
    );
    for (let turn = 0; turn < 4; turn++) await detectEvents(new Date(NOON + 3_600_000 + turn));
    expect(await rows("select attempts, failure is not null as told, detected_at is null as waits from batch order by id")).toEqual([
      { attempts: 3, told: true, waits: true },
      { attempts: 1, told: true, waits: false },
    ]);
    expect(await ours()).toHaveLength(4);
  });

  it("puts a rule that fails out of action, tells every administrator once, and goes on with the others", async () => {
    await database.owner(`truncate "user" cascade`);
    await addPerson(database, { email: "ada@example.com" });
    await addRule("test-service", COUNT.replace("test-many", "test-service").replace("[source.ip]", "[service]"));
    const documents = failures.map(({ document }) => document as never);
    await storeEvents(database, documents.slice(0, 4));
    await detectEvents(new Date(NOON + 60_000));
    await database.owner("update detection_state set state = '7' where detector = 'test-many'"); // nothing that the rule could go on from
    await storeEvents(database, documents.slice(4, 60));
    await detectEvents(new Date(NOON + 61_000));
    await storeEvents(database, documents.slice(60));
    await detectEvents(new Date(NOON + 62_000));
    expect((await ours()).map(({ rule_id, events }) => [rule_id, events])).toEqual([["test-service", 120]]);
    expect(await rows("select enabled, disabled_reason is not null as told from rule where id = 'test-many'")).toEqual([
      { enabled: false, told: true },
    ]);
    expect(await rows("select payload->>'title' as title from outbox where kind = 'note'")).toEqual([
      { title: "A rule failed and was put out of action" },
    ]);
    expect(await rows("select 1 from audit_entry where action = 'rule.disable'")).toHaveLength(1);
  });

  it("keeps what a tested rule says apart: no alert, no incident, no mail; and tells people once it is on", async () => {
    await database.owner("update rule set test_only = true, updated_at = now() where id = 'test-many'");
    await database.owner(`truncate "user" cascade`);
    await addPerson(database, { email: "ada@example.com" });
    const documents = failures.map(({ document }) => document as never);
    await storeEvents(database, documents.slice(0, 60));
    await detectEvents(new Date(NOON + 60_000));
    expect(await rows("select rule_id, event_count::int as events from test_alert")).toEqual(
      Array.from({ length: 4 }, () => ({ rule_id: "test-many", events: 15 })),
    );
    expect((await listRuleAlerts(db, "test-many")).map(({ incident }) => incident)).toEqual([null, null, null, null]);
    expect(await ours()).toEqual([]);
    expect(await rows("select 1 from incident union all select 1 from outbox")).toEqual([]);

    await database.owner("update rule set test_only = false, updated_at = now() where id = 'test-many'");
    await storeEvents(database, documents.slice(60));
    await detectEvents(new Date(NOON + 61_000));
    expect((await ours()).map(({ rule_id, events }) => [rule_id, events])).toEqual(Array.from({ length: 4 }, () => ["test-many", 30]));
    expect(await rows("select count(*)::int as n from test_alert")).toEqual([{ n: 4 }]);
  });

  it("tells of a silence when nothing comes at all", async () => {
    await addRule("test-order", ORDER);
    await addRule("test-silence", SILENCE);
    await storeEvents(database, [eventAt(0, { action: "order", outcome: "unknown", service: "shop" }).document as never]);
    await detectEvents(new Date(NOON + 60_000));
    expect(await ours()).toEqual([]);
    await detectEvents(new Date(NOON + 2 * 3_600_000));
    expect((await ours()).map(({ rule_id, entity_value }) => [rule_id, entity_value])).toEqual([["test-silence", "shop"]]);
    await detectEvents(new Date(NOON + 9 * 3_600_000));
    expect(await ours()).toHaveLength(1);
    expect(await rows("select count(*)::int as n from detection_state where detector = 'test-silence'")).toEqual([{ n: 0 }]);
  });

  it("takes up a rule as soon as somebody changes it", async () => {
    await storeEvents(
      database,
      failures.slice(0, 3).map(({ document }) => document as never),
    );
    await detectEvents(new Date(NOON + 60_000));
    await database.owner("update rule set enabled = false, updated_at = now() where id = 'test-many'");
    await storeEvents(
      database,
      failures.slice(3).map(({ document }) => document as never),
    );
    await detectEvents(new Date(NOON + 120_000));
    expect(await ours()).toEqual([]);
  });

  it("holds back what an exception names, from its rule alone, and counts it", async () => {
    await addSuppression(
      { actor: system, now: new Date(NOON) },
      { ruleId: "test-many", query: "ip:203.0.113.0/31", reason: "Load test", days: 7 },
    );
    await storeEvents(
      database,
      failures.map(({ document }) => document as never),
    );
    await detectEvents(new Date(NOON + 3_600_000));
    expect((await ours()).map(({ entity_value }) => entity_value)).toEqual(["203.0.113.2", "203.0.113.3"]);
    expect(await rows("select hits::int as hits from suppression")).toEqual([{ hits: 60 }]);
  });
});

describe("changing rules", () => {
  const ctx = { actor: system, now: new Date(NOON) };

  it("keeps every version, refuses what cannot run and what somebody else overtook", async () => {
    const saved = await saveRule(ctx, { id: "test-many", yaml: COUNT.replace("gte: 4", "gte: 9"), comment: "Quieter", basedOn: 1 });
    expect(saved).toEqual({ id: "test-many", version: 2 });
    await expect(saveRule(ctx, { id: "test-many", yaml: COUNT, basedOn: 1 })).rejects.toMatchObject({ code: "conflict" });
    await expect(saveRule(ctx, { id: "test-many", yaml: COUNT.replace("test-failed", "nowhere") })).rejects.toMatchObject({
      code: "invalid",
    });
    expect(await rows("select version, comment from rule_version where rule_id = 'test-many'")).toEqual([
      { version: 2, comment: "Quieter" },
    ]);
    expect(await rows("select action from audit_entry where target_id = 'test-many'")).toEqual([{ action: "rule.update" }]);
  });

  it("edits a built-in rule beside its file and returns to it", async () => {
    const [file] = builtInRules().documents;
    if (!file) throw new Error("there are no built-in rules");
    await saveRule(ctx, { id: file.id, yaml: file.source.replace(/^title: .*$/m, "title: Ours") });
    const edited = (await loadCatalog()).rules.find(({ id }) => id === file.id);
    expect(edited).toMatchObject({ source: "edited", version: 2, builtInYaml: file.source, document: { title: "Ours" } });
    await resetRule(ctx, { id: file.id });
    expect((await loadCatalog()).rules.find(({ id }) => id === file.id)).toMatchObject({
      source: "built-in",
      version: 3,
      yaml: file.source,
    });
  });

  it("imports foreign rules once, switched off when their log does not arrive here", async () => {
    const files = [
      {
        name: "a.yml",
        text: "title: Web\nid: imported-web\nlogsource: {category: webserver}\ndetection: {s: {cs-uri-query|contains: evil}, condition: s}",
      },
      {
        name: "b.yml",
        text: "title: Cloud\nid: imported-cloud\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {eventName: X}, condition: s}",
      },
      { name: "c.yml", text: "title: Broken\nid: imported-broken\nlogsource: {}\ndetection: {s: {a|nope: 1}, condition: s}" },
    ];
    const report = await importRules(ctx, files);
    expect([report.loaded, report.elsewhere, report.refused].map((list) => list.length)).toEqual([1, 1, 1]);
    await importRules(ctx, files);
    expect(await rows("select id, enabled from rule where id like 'imported-%' order by id")).toEqual([
      { id: "imported-cloud", enabled: false },
      { id: "imported-web", enabled: true },
    ]);
  });
});
