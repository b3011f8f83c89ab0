import { beforeEach, describe, expect, it } from "vitest";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Context, Role } from "@/lib/model/user";
import { previewSuppression, suggestSuppression } from "@/lib/rules/preview-suppression";
import { addSuppression, listSuppressions, stopSuppression } from "@/lib/rules/suppressions";
import { inTransaction } from "@/lib/store/db";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { storeEvents } from "@/test/support/stored-events";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const by = (id: string, role: Role = "responder"): Context => ({
  actor: { type: "user", id, name: "Ana", role },
  now: new Date(NOON + 60_000),
});
const failure = (id: string, ip: string, path: string) => ({
  id,
  occurred_at: new Date(NOON + 1_000).toISOString(),
  action: "user.login",
  outcome: "failure",
  direction: "inbound",
  source: { ip, user_agent: 'a "quoted" agent' },
  http: { method: "POST", path },
});
const RULE = "brute-force-source";
let ana: string;

beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, event, batch, suppression, audit_entry, "user" restart identity cascade`,
  );
  ana = await addPerson(database, { email: "ana@example.com", name: "Ana" });
  await storeEvents(database, [
    failure("a1", "203.0.113.7", "/login"),
    failure("a2", "203.0.113.7", "/login"),
    failure("b1", "198.51.100.1", "/login"),
    failure("b2", "198.51.100.1", "/token"),
    failure("c1", "192.0.2.1", "/login"),
  ]);
  const alerts = [
    anAlert("203.0.113.7", { evidence: ["a1", "a2"] }),
    anAlert("198.51.100.1", { evidence: ["b1", "b2"] }),
    anAlert("192.0.2.1", { evidence: ["c1"] }),
    anAlert("192.0.2.200", { evidence: ["long gone"], ruleId: "other" }),
  ];
  await inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now: new Date(NOON) }));
});

describe("what an exception would have hidden", () => {
  it("counts alerts all of whose events match, those that would be smaller, and names confirmed incidents", async () => {
    await database.owner(
      "update incident set verdict = 'true' where id = (select incident_id from alert where entity_value = '192.0.2.1')",
    );
    const [{ number }] = await rows("select number from incident where verdict = 'true'");
    expect(await previewSuppression(by(ana), { ruleId: RULE, query: "path:/login" })).toEqual({
      days: 30,
      alerts: 3,
      hidden: 2,
      smaller: 1,
      unknown: 0,
      confirmed: [number],
    });
    expect(await previewSuppression(by(ana), { ruleId: RULE, query: "ip:203.0.113.0/24" })).toMatchObject({ hidden: 1, confirmed: [] });
    expect(await previewSuppression(by(ana), { ruleId: null, query: "path:/login" })).toMatchObject({ alerts: 4, unknown: 1 });
  });

  it("says what is wrong with a query, and refuses one that means everything", async () => {
    await expect(previewSuppression(by(ana), { ruleId: RULE, query: "nofield:1" })).rejects.toMatchObject({ code: "invalid" });
    for (const query of ["", "*", "  "])
      await expect(previewSuppression(by(ana), { ruleId: RULE, query })).rejects.toMatchObject({ code: "invalid" });
    expect(await rows("select count(*)::int as n from suppression")).toEqual([{ n: 0 }]);
  });

  it("is suggested by an alert out of what its events share, ready to be read again", async () => {
    const [{ key }] = await rows("select key from alert where entity_value = '198.51.100.1'");
    const found = await suggestSuppression(by(ana), key);
    const texts = found?.conditions.map(({ text }) => text) ?? [];
    expect(texts).toContain("ip:198.51.100.1");
    expect(texts.some((text) => text.startsWith("path:"))).toBe(false);
    const query = texts.join(" ");
    expect(await previewSuppression(by(ana), { ruleId: RULE, query })).toMatchObject({ hidden: 1 });
    expect(await suggestSuppression(by(ana), "no|such|alert|0")).toBeNull();
  });
});

describe("an exception", () => {
  it("has an owner, a reason and an end, is listed with its rule and with all, and leaves two lines in the audit trail", async () => {
    const id = await addSuppression(by(ana), { ruleId: RULE, query: "ip:203.0.113.7", reason: "Our scanner", days: 7 });
    const [listed] = await listSuppressions(by(ana), RULE);
    expect(listed).toMatchObject({ id, ownerName: "Ana", reason: "Our scanner", expiresAt: new Date(NOON + 60_000 + 7 * 86_400_000) });
    expect(await listSuppressions(by(ana), "other")).toHaveLength(0);
    expect(await listSuppressions(by(ana), null)).toHaveLength(1);
    await stopSuppression(by(ana), { id });
    await stopSuppression(by(ana), { id }); // ending it twice is no news
    expect((await rows("select action from audit_entry order by id")).map(({ action }) => action)).toEqual([
      "suppression.create",
      "suppression.end",
    ]);
  });

  it("is made and ended only by those who may, and leaves no trace otherwise", async () => {
    for (const role of ["viewer", "auditor"] as const) {
      await expect(addSuppression(by(ana, role), { ruleId: RULE, query: "ip:203.0.113.7", reason: "why", days: 7 })).rejects.toMatchObject({
        code: "forbidden",
      });
    }
    expect(await rows("select 1 from suppression union all select 1 from audit_entry")).toHaveLength(0);
  });

  it("without a reason or for too long is refused, with the field that is wrong", async () => {
    await expect(addSuppression(by(ana), { ruleId: RULE, query: "ip:1.2.3.4", reason: "", days: 900 })).rejects.toMatchObject({
      details: { problems: [{ pointer: "/reason" }, { pointer: "/days" }] },
    });
  });
});
