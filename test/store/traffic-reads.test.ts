import { beforeAll, describe, expect, it } from "vitest";
import { topSeries } from "@/lib/charts/top-series";
import {
  findFirstMinute,
  findLastEvent,
  listIncidentMarks,
  listMovers,
  listRuleMarks,
  listServiceActivity,
  listTraffic,
  listTrafficBy,
  spanBefore,
  sumTraffic,
} from "@/lib/store/traffic-reads";
import { useDatabase } from "@/test/support/database";
import { storeEvents } from "@/test/support/stored-events";

const database = useDatabase();
const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const from = Date.UTC(2026, 10, 23, 12);
const to = from + 2 * HOUR;

async function traffic(minute: number, outcome: string, events: number, signIns = 0, service = "api"): Promise<void> {
  await database.owner(
    "insert into traffic_minute (minute, service, direction, outcome, status_class, events, sign_ins) values ($1, $2, 'inbound', $3, 2, $4, $5)",
    [new Date(minute), service, outcome, events, signIns],
  );
}

beforeAll(async () => {
  for (let week = 0; week <= 3; week++) await traffic(from - week * WEEK, "success", 100 + week * 10, 4);
  await traffic(from + 30 * 60_000, "failure", 30, 20);
  await traffic(to, "failure", 999, 999); // outside: `to` is exclusive
  await traffic(from, "success", 7, 0, "web");
  const event = (i: number, time: number, ip: string) => ({
    id: `e${i}`,
    occurred_at: new Date(time).toISOString(),
    action: "user.login",
    outcome: "failure",
    direction: "inbound",
    source: { ip },
  });
  const shop = (i: number, outcome: string, bytes: number, duration: number) => ({
    ...event(i, from + i, "10.0.0.9"),
    action: "http.request",
    outcome,
    service: "shop",
    http: { route: "/v1/orders", status: 200, response_bytes: bytes, duration_ms: duration },
  });
  await storeEvents(database, [
    event(1, from, "10.0.0.1"),
    event(2, from + 1, "10.0.0.1"),
    event(3, from + 2, "10.0.0.2"),
    event(4, from - WEEK, "10.0.0.1"),
    shop(5, "success", 100, 20),
    shop(6, "failure", 200, 60),
  ]);
});

describe("traffic", () => {
  it("adds up inside the span and nothing outside", async () => {
    expect(await sumTraffic({ from, to })).toMatchObject({ events: 137, failures: 30, signIns: 24, failedSignIns: 20 });
    expect(await sumTraffic({ from, to, service: "web", direction: "inbound" })).toMatchObject({ events: 7 });
    expect(await sumTraffic({ from, to, direction: "outbound" })).toMatchObject({ events: 0 });
  });

  it("comes as every column of the span", async () => {
    const points = await listTraffic({ from, to, service: "api" }, { widthMs: 30 * 60_000 });
    expect(points.map(({ success, failure }) => [success, failure])).toEqual([
      [100, 0],
      [0, 30],
      [0, 0],
      [0, 0],
    ]);
    expect(await findFirstMinute()).toBe(from - 3 * WEEK);
  });

  it("begins after the last week of silence: an imported log says nothing of what is usual now", async () => {
    await traffic(from - 60 * WEEK, "success", 500);
    expect(await findFirstMinute()).toBe(from - 3 * WEEK);
    await database.owner("delete from traffic_minute where minute = $1", [new Date(from - 60 * WEEK)]);
  });

  it("comes by service and status from the rollup, by route and key from the events, the rest together", async () => {
    const span = { from, to };
    const services = topSeries(await listTrafficBy(span, { by: "service", widthMs: HOUR, limit: 1 }), 2);
    expect(services.map(({ value, requests, failures, course }) => [value, requests, failures, course])).toEqual([
      ["api", 130, 30, [130, 0]],
      [null, 7, 0, [7, 0]],
    ]);
    expect(topSeries(await listTrafficBy(span, { by: "status", widthMs: HOUR }), 2).map(({ value }) => value)).toEqual(["2.."]);
    expect(topSeries(await listTrafficBy(span, { by: "key", widthMs: HOUR }), 2)).toEqual([]);
    const [route] = topSeries(await listTrafficBy({ ...span, service: "shop" }, { by: "route", widthMs: HOUR }), 2);
    expect(route).toMatchObject({ value: "/v1/orders", requests: 2, failures: 1, bytesOut: 300, latencyMs: 40 });
  });

  it("knows when rules were changed", async () => {
    await database.owner(
      "insert into audit_entry (at, actor_type, actor_name, action, target_type, target_id) values ($1, 'user', 'Ada', 'rule.update', 'rule', 'r1'), ($1, 'user', 'Ada', 'user.create', 'user', 'u')",
      [new Date(from + 1)],
    );
    expect(await listRuleMarks({ from, to })).toEqual([{ at: from + 1, action: "rule.update", rule: "r1" }]);
  });

  it("tells who moved against the week before", async () => {
    expect(await listMovers({ from, to }, { field: "ip", q: "outcome:failure action:user.login" })).toEqual([
      { value: "10.0.0.1", count: 2, before: 1 },
      { value: "10.0.0.2", count: 1, before: 0 },
    ]);
    expect(spanBefore({ from, to })).toEqual({ from: from - WEEK, to: to - WEEK });
  });

  it("says when each service last spoke", async () => {
    const [first] = await listServiceActivity(to - 1);
    expect(first).toMatchObject({ service: "api", lastAt: from + 30 * 60_000 });
    expect(await findLastEvent()).toMatchObject({ occurredAt: from + 6 });
  });

  it("marks the incidents that began in the span", async () => {
    await database.owner(
      "insert into incident (level, title, grouped_by, first_at, last_at, event_count, opened_at, updated_at) values ('high', 'T', 'same source', $1, $1, 1, $1, $1)",
      [new Date(from)],
    );
    expect(await listIncidentMarks({ from, to })).toEqual([{ at: from, number: 1, level: "high", title: "T" }]);
    expect(await listIncidentMarks({ from: from + 1, to })).toEqual([]);
  });

  it("names accounts as people do, by their latest name, and adds up those of one name", async () => {
    const door = (id: string, time: number, actor: object) => ({
      id,
      occurred_at: new Date(time).toISOString(),
      action: "user.login",
      outcome: "failure",
      direction: "inbound",
      service: "door",
      actor,
    });
    await storeEvents(database, [
      door("d1", from + 1, { id: "u_1", email: "old@example.com" }),
      door("d2", from + 2, { id: "u_1", email: "ana@example.com" }),
      door("d3", from + 3, { id: "u_2", email: "ana@example.com" }),
      door("d4", from + 4, { email: "nobody@example.com" }),
      door("d5", from + 5, { id: "u_3" }),
      door("d6", from - WEEK, { id: "u_1", email: "older@example.com" }),
    ]);
    expect(await listMovers({ from, to, service: "door" }, { field: "actor" })).toEqual([
      { value: "ana@example.com", count: 3, before: 1 },
      { value: "nobody@example.com", count: 1, before: 0 },
      { value: "u_3", count: 1, before: 0 },
    ]);
  });
});
