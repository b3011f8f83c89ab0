import { beforeAll, expect, it } from "vitest";
import { findNovelty, listAlertsOf } from "@/lib/store/event-context";
import { findEvent, type StoredEvent } from "@/lib/store/event-reads";
import { useDatabase } from "@/test/support/database";
import { storeEvents } from "@/test/support/stored-events";

const database = useDatabase();
const at = Date.UTC(2026, 10, 23, 12);
const event = (id: string, minute: number, source: object) => ({
  id,
  occurred_at: new Date(at + minute * 60_000).toISOString(),
  action: "user.login",
  outcome: "success",
  direction: "inbound",
  actor: { id: "u_1" },
  source,
});
const home = { ip: "198.51.100.1", agent: { family: "Chrome" }, geo: { country: "DE", city: "Berlin", asn: 3320, as_org: "Telekom" } };
const get = async (id: string): Promise<StoredEvent> => (await findEvent(id)) ?? Promise.reject(new Error(id));

beforeAll(async () => {
  await storeEvents(database, [
    event("old", 0, home),
    event("same", 1, home),
    event("away", 2, { ip: "203.0.113.7", agent: { family: "curl" }, geo: { country: "GB", asn: 62240 } }),
  ]);
  const facts = { evidence: ["same"], explanation: { sentence: "S", measured: 12, threshold: 10, factors: [], matches: [] } };
  await database.owner(
    `insert into incident (level, title, grouped_by, first_at, last_at, event_count, opened_at, updated_at) values ('high', 'T', 'g', $1, $1, 1, $1, $1)`,
    [new Date(at)],
  );
  await database.owner(
    `insert into alert (key, incident_id, rule_id, rule_version, family, level, title, entity_type, entity_value, first_at, last_at, event_count, facts, created_at, updated_at)
     values ('k', 1, 'r', 1, 'brute_force', 'high', 'Many failures', 'ip', '198.51.100.1', $1, $2, 3, $3, $1, $1)`,
    [new Date(at), new Date(at + 90_000), JSON.stringify(facts)],
  );
});

it("says what is new about an event, and what was usual before it", async () => {
  expect(await findNovelty(await get("away"))).toEqual({
    addressFirstAt: at + 120_000,
    newNetwork: true,
    newCountry: true,
    newAgent: true,
    usual: { city: "Berlin", network: "Telekom", agent: "Chrome" },
  });
  expect(await findNovelty(await get("same"))).toMatchObject({ addressFirstAt: at, newNetwork: false, newCountry: false, newAgent: false });
});

it("says nothing of an account that was never seen before", async () => {
  expect(await findNovelty(await get("old"))).toEqual({ addressFirstAt: at });
});

it("finds the alerts that an event is evidence of", async () => {
  expect(await listAlertsOf(await get("same"))).toMatchObject([
    { incident: 1, level: "high", title: "Many failures", explanation: { measured: 12, threshold: 10 } },
  ]);
  expect(await listAlertsOf(await get("old"))).toEqual([]);
});
