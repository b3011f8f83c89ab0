import { beforeEach, describe, expect, it } from "vitest";
import { decideMany } from "@/lib/incidents/bulk";
import { acknowledgeIncident, assignIncident, noteIncident, reopenIncident, resolveIncident, snoozeIncident } from "@/lib/incidents/decide";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { SessionHijackSettings } from "@/lib/detection/detectors/session-hijack";
import { resetHijackLessons } from "@/lib/incidents/hijack-lessons";
import { mergeIncidents, splitIncident } from "@/lib/incidents/regroup";
import { wakeSnoozed } from "@/lib/incidents/snooze";
import type { Alert } from "@/lib/model/alert";
import type { Context, Role } from "@/lib/model/user";
import { loadCatalog } from "@/lib/rules/catalog";
import { rulesRevision } from "@/lib/store/rules";
import { inTransaction } from "@/lib/store/db";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const record = (alerts: Alert[]) =>
  inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now: new Date(NOON) }));
let ada: string;
let ben: string;
const as = (id: string, name: string, role: Role = "responder", ms = 60_000): Context => ({
  actor: { type: "user", id, name, role },
  now: new Date(NOON + ms),
});

beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, audit_entry, "user" restart identity cascade`,
  );
  ada = await addPerson(database, { email: "ada@example.com", name: "Ada Klein" });
  ben = await addPerson(database, { email: "ben@example.com", name: "Ben Ortiz" });
  await record([anAlert("203.0.113.7"), anAlert("198.51.100.1"), anAlert("192.0.2.1")]);
  await database.owner("update outbox set state = 'sent', sent_at = now()");
});

describe("deciding about an incident", () => {
  it("acknowledges and assigns in one step, with a line in the log and in the audit trail", async () => {
    const incident = await acknowledgeIncident(as(ada, "Ada Klein"), { number: 1 });
    expect(incident).toMatchObject({ state: "acknowledged", assigneeId: ada });
    expect(await rows("select kind, actor_name from incident_activity where incident_id = 1 order by id desc limit 1")).toEqual([
      { kind: "acknowledged", actor_name: "Ada Klein" },
    ]);
    expect(await rows("select action, target_id from audit_entry")).toEqual([{ action: "incident.acknowledged", target_id: "INC-1" }]);
    await expect(acknowledgeIncident(as(ada, "Ada Klein"), { number: 1 })).rejects.toMatchObject({ code: "conflict" });
  });

  it("is refused to those who only look, and leaves no trace", async () => {
    for (const role of ["viewer", "auditor"] as const) {
      const ctx = as(ada, "Ada", role);
      for (const work of [
        () => acknowledgeIncident(ctx, { number: 1 }),
        () => resolveIncident(ctx, { number: 1, verdict: "true" }),
        () => noteIncident(ctx, { number: 1, text: "x" }),
        () => mergeIncidents(ctx, { number: 1, into: 2 }),
        () => decideMany(ctx, { numbers: [1], decision: { do: "acknowledge" } }),
      ])
        await expect(work()).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await rows("select 1 from audit_entry")).toHaveLength(0);
  });

  it("tells everybody who heard of it how it ended, except the one who ended it", async () => {
    await resolveIncident(as(ada, "Ada Klein"), { number: 1, verdict: "false", reason: "an uptime checker" });
    expect(await rows("select recipient, reason from outbox where state = 'waiting'")).toEqual([
      { recipient: `user:${ben}`, reason: `resolved:${NOON + 60_000}` },
    ]);
    expect(await rows("select state, verdict, verdict_reason, assignee_id from incident where number = 1")).toEqual([
      { state: "resolved", verdict: "false", verdict_reason: "an uptime checker", assignee_id: ada },
    ]);
    await expect(resolveIncident(as(ada, "Ada"), { number: 2, verdict: "false" })).rejects.toMatchObject({ code: "invalid" });
    await reopenIncident(as(ada, "Ada Klein"), { number: 1 });
    expect(await rows("select state, verdict from incident where number = 1")).toEqual([{ state: "open", verdict: null }]);
  });

  it("mails whom it is given to and who is named in a note, and nobody else", async () => {
    await assignIncident(as(ada, "Ada Klein"), { number: 1, assigneeId: ben });
    await noteIncident(as(ada, "Ada Klein"), {
      number: 1,
      text: "@Ben can you **end the sessions**? See [how](https://wiki.example/a). cc @nobody @ada",
    });
    expect(await rows("select recipient, split_part(reason, ':', 1) as reason from outbox where state = 'waiting' order by id")).toEqual([
      { recipient: `user:${ben}`, reason: "assigned" },
      { recipient: `user:${ben}`, reason: "mentioned" },
    ]);
    const [note] = await rows("select payload ->> 'remark' as remark from outbox where reason like 'mentioned%'");
    expect(note.remark).toBe("Ada Klein wrote: @Ben can you end the sessions? See how (https://wiki.example/a). cc @nobody @ada");
  });

  it("sleeps until its time, or until it becomes worse", async () => {
    await snoozeIncident(as(ada, "Ada"), { number: 1, snooze: { until: new Date(NOON + 3_600_000).toISOString() } });
    await snoozeIncident(as(ada, "Ada"), { number: 2, snooze: { untilWorse: true } });
    expect(await wakeSnoozed(new Date(NOON + 3_599_000))).toBe(0);
    expect(await wakeSnoozed(new Date(NOON + 3_600_000))).toBe(1);
    const [second] = await rows(
      "select e.entity_value as ip from incident i join incident_entity e on e.incident_id = i.id and e.entity_type = 'ip' where number = 2",
    );
    await record([anAlert(second.ip, { eventCount: 50 })]);
    expect(await rows("select state from incident where number = 2")).toEqual([{ state: "snoozed" }]);
    await record([anAlert(second.ip, { eventCount: 60, level: "critical" })]);
    expect(await rows("select state from incident where number = 2")).toEqual([{ state: "open" }]);
  });

  it("merges two into one and splits one into two with every alert and event counted once", async () => {
    const total = async () =>
      rows(
        "select sum(event_count)::int as events, sum((summary ->> 'alerts')::int)::int as alerts from incident where merged_into_id is null",
      );
    await mergeIncidents(as(ada, "Ada"), { number: 2, into: 1 });
    expect(await total()).toEqual([{ events: 36, alerts: 3 }]);
    expect(await rows("select state, verdict, merged_into_id::int as into from incident where number = 2")).toEqual([
      { state: "resolved", verdict: "duplicate", into: 1 },
    ]);
    const [{ key }] = await rows("select key from alert where incident_id = 1 order by key limit 1");
    expect(await splitIncident(as(ada, "Ada"), { number: 1, alertKeys: [key] })).toBe(4);
    expect(await total()).toEqual([{ events: 36, alerts: 3 }]);
    expect(await rows("select count(*)::int as n from incident_entity where incident_id = 1 and entity_type = 'ip'")).toEqual([{ n: 1 }]);
    expect(await rows("select number, apart from incident where apart")).toEqual([{ number: 4, apart: true }]);
  });

  it("decides about many, and says how many it left as they were", async () => {
    await acknowledgeIncident(as(ada, "Ada"), { number: 2 });
    expect(await decideMany(as(ada, "Ada"), { numbers: [1, 2, 3, 99], decision: { do: "acknowledge" } })).toEqual({ done: 2, left: 2 });
    expect(await decideMany(as(ada, "Ada"), { numbers: [1, 2, 3], decision: { do: "resolve", verdict: "true" } })).toEqual({
      done: 3,
      left: 0,
    });
  });
});

describe("a verdict about a taken session", () => {
  const factors = [
    { name: "country", before: "DE", after: "PE", weight: 45 },
    { name: "network", before: "AS1", after: "AS2", weight: 20 },
    { name: "newer version", before: "1", after: "2", weight: 0 },
  ];
  const weights = async () => {
    const { detectors } = await loadCatalog();
    const settings = detectors.find(({ rule }) => rule.id === "session-hijack")?.rule.settings as SessionHijackSettings | undefined;
    return settings?.weights;
  };

  it("moves the weights of its factors, is on record, and is taken back when the incident opens again or all is forgotten", async () => {
    const alert = anAlert("203.0.113.99");
    await record([{ ...alert, ruleId: "session-hijack", explanation: { ...alert.explanation, factors } }]);
    const [row] = await rows("select incident_id::int as id from alert where rule_id = 'session-hijack'");
    const [{ number }] = await rows(`select number from incident where id = ${row.id}`);
    const before = await rulesRevision();
    await resolveIncident(as(ada, "Ada Klein"), { number, verdict: "false", reason: "our own VPN" });
    expect(await weights()).toMatchObject({ country: 41, network: 18, device: 60 });
    expect(await rulesRevision()).not.toBe(before);
    const said = await rows("select before, after from audit_entry where action = 'detector.tune'");
    expect(said).toEqual([{ before: { country: 45, network: 20 }, after: { country: 41, network: 18 } }]);
    await reopenIncident(as(ada, "Ada Klein", "responder", 120_000), { number });
    expect(await weights()).toMatchObject({ country: 45, network: 20 });
    await resolveIncident(as(ada, "Ada Klein", "responder", 180_000), { number, verdict: "true" });
    expect(await weights()).toMatchObject({ country: 47, network: 21 });
    await expect(resetHijackLessons(as(ada, "Ada Klein", "viewer"))).rejects.toMatchObject({ code: "forbidden" });
    await resetHijackLessons(as(ada, "Ada Klein", "admin"));
    expect(await weights()).toMatchObject({ country: 45, network: 20 });
  });
});
