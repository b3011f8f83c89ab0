import { beforeEach, describe, expect, it } from "vitest";
import { endBulk, findBulk, runBulk, startBulk } from "@/lib/incidents/bulk-task";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Context, Role } from "@/lib/model/user";
import { inTransaction } from "@/lib/store/db";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const MANY = 60; // more than two steps
let ada: string;
const as = (role: Role = "responder"): Context => ({ actor: { type: "user", id: ada, name: "Ada", role }, now: new Date(NOON + 60_000) });
const wish = { filter: { view: "open" as const }, decision: { do: "resolve" as const, verdict: "false" as const, reason: "a load test" } };

beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, audit_entry, task, "user" restart identity cascade`,
  );
  ada = await addPerson(database, { email: "ada@example.com", role: "responder" });
  const alerts = Array.from({ length: MANY }, (_, n) => anAlert(`11.${n}.1.1`, { ruleId: `rule-${n}`, related: [] }));
  await inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now: new Date(NOON) }));
});

describe("deciding about all that match", () => {
  it("is a task that ends with every one decided, each in the log, and the wish in the audit trail once", async () => {
    const id = await startBulk(as(), wish);
    expect(await findBulk(as())).toMatchObject({ id, state: "running", total: MANY, decided: 0 });
    await expect(startBulk(as(), wish)).rejects.toMatchObject({ code: "conflict" });
    await runBulk(new Date(NOON + 120_000));
    expect(await findBulk(as(), id)).toMatchObject({ state: "done", decided: MANY, left: 0, error: null });
    expect(await rows("select distinct state, verdict, verdict_reason from incident")).toEqual([
      { state: "resolved", verdict: "false", verdict_reason: "a load test" },
    ]);
    expect(await rows("select action, count(*)::int as n from audit_entry group by 1 order by 1")).toEqual([
      { action: "incident.decide_many", n: 1 },
      { action: "incident.resolved", n: MANY },
    ]);
  });

  it("is done once by two workers together, and goes on where one that died stopped", async () => {
    const id = await startBulk(as(), wish);
    await database.owner("update task set details = jsonb_set(details::jsonb, '{after}', '20')");
    await Promise.all([runBulk(new Date(NOON + 120_000)), runBulk(new Date(NOON + 120_000))]);
    expect(await findBulk(as(), id)).toMatchObject({ state: "done", decided: MANY - 20, left: 0 });
    expect(await rows("select count(*)::int as n from incident where state = 'open'")).toEqual([{ n: 20 }]);
  });

  it("stops when asked, and when whoever asked may not any more", async () => {
    const id = await startBulk(as(), wish);
    await endBulk(as(), id);
    await runBulk(new Date(NOON + 120_000));
    expect(await findBulk(as(), id)).toMatchObject({ state: "failed", error: "Stopped.", decided: 0 });
    await startBulk(as(), wish);
    await database.owner(`update "user" set role = 'viewer'`);
    await runBulk(new Date(NOON + 120_000));
    expect(await rows("select distinct state from incident")).toEqual([{ state: "open" }]);
    expect(await rows("select state from task order by started_at, state")).toEqual([{ state: "failed" }, { state: "failed" }]);
  });

  it("is refused to those who only look", async () => {
    await expect(startBulk(as("viewer"), wish)).rejects.toMatchObject({ code: "forbidden" });
    await expect(startBulk(as("auditor"), wish)).rejects.toMatchObject({ code: "forbidden" });
    expect(await rows("select 1 from task")).toEqual([]);
  });
});
