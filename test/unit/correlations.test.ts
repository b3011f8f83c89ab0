import { describe, expect, it } from "vitest";
import type { EventRecord } from "@/lib/model/event";
import { alertsOf, eventAt, rulesetOf } from "@/test/support/detection";

const BASE = `
title: Failed sign-in
name: failed
id: failed
logsource: {category: api}
detection: {s: {outcome: failure}, condition: s}
---
title: Worked
name: worked
id: worked
logsource: {category: api}
detection: {s: {outcome: success}, condition: s}
---
title: Order
name: order
id: order
logsource: {category: api}
detection: {s: {action: order}, condition: s}
---
`;

/** A ruleset of one correlation over the three rules above. */
const correlation = (body: string, vedette = "") =>
  rulesetOf(`${BASE}title: C\nid: c\nlevel: high\ncorrelation:\n${body.trim().replace(/^ */gm, "  ")}\n${vedette}`);

const ip = "203.0.113.7";
const fail = (at: number, more: object = {}, id?: string) => eventAt(at, { outcome: "failure", source: { ip }, ...more }, id);
const work = (at: number, more: object = {}) => eventAt(at, { outcome: "success", source: { ip }, ...more }, `w${at}`);
const times = (count: number, every: number, make: (at: number, n: number) => EventRecord) =>
  Array.from({ length: count }, (_, n) => make(n * every, n));

describe("event_count", () => {
  const rules = correlation("type: event_count\nrules: [failed]\ngroup-by: [source.ip]\ntimespan: 1m\ncondition: {gte: 3}");

  it("alerts when the threshold is reached inside a sliding window, and says so in numbers", () => {
    const [alert, ...more] = alertsOf(rules, [fail(50), fail(70), fail(100)]);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      key: `c|ip|${ip}|${fail(100).occurredAt}`,
      eventCount: 3,
      evidence: ["e50", "e70", "e100"],
      sourceIps: [ip],
      level: "high",
    });
    expect(alert?.explanation).toMatchObject({ measured: 3, threshold: 3, windowMs: 60_000, unit: "events" });
    expect(alert?.explanation.sentence).toBe(
      "3 events of “Failed sign-in” by the address 203.0.113.7 within 50 s, at most 3 in one window; the rule speaks from 3 or more within 1 min.",
    );
  });

  it("keeps quiet when the window is a millisecond too long", () => {
    expect(alertsOf(rules, [fail(0), fail(30), fail(60)])).toEqual([]);
    expect(alertsOf(rules, [fail(0), fail(30), fail(59.999)])).toHaveLength(1);
  });

  it("counts each group by itself and leaves out events without the group's field", () => {
    const other = { source: { ip: "198.51.100.1" } };
    expect(alertsOf(rules, [fail(0), fail(1), fail(2, other), fail(3, other), eventAt(4, { outcome: "failure" })])).toEqual([]);
  });

  it("joins what follows closely to one alert and begins another after the gap", () => {
    const alerts = alertsOf(rules, [...times(10, 5, (at) => fail(at)), ...times(5, 5, (at, n) => fail(at + 7_200, {}, `later${n}`))]);
    expect(alerts.map(({ eventCount }) => eventCount)).toEqual([10, 5]);
  });

  it("counts a flood exactly, with bounded evidence and state", () => {
    const flood = Array.from({ length: 5_000 }, (_, n) => fail(n / 100, {}, `f${n}`));
    const [alert] = alertsOf(rules, flood);
    expect(alert?.eventCount).toBe(5_000);
    expect(alert?.evidence.length).toBeLessThanOrEqual(100);
    expect(alert?.evidence[0]).toBe("f0");
  });

  it("cuts a long name in its title, so that the words behind it are read", () => {
    const named = correlation(
      "type: event_count\nrules: [failed]\ngroup-by: [actor.id]\ntimespan: 1m\ncondition: {gte: 3}",
      "vedette: {title: '{count} failed sign-ins to {entity} in {window}.'}",
    );
    const name = "a".repeat(300);
    const [alert] = alertsOf(
      named,
      [fail(50), fail(70), fail(100)].map((event) => ({ ...event, document: { ...event.document, actor: { id: name } } })),
    );
    expect(alert?.title).toBe(`3 failed sign-ins to ${"a".repeat(63)}… in 50 s.`);
  });

  it("takes ranges", () => {
    const range = correlation("type: event_count\nrules: [failed]\ngroup-by: [source.ip]\ntimespan: 1m\ncondition: {gt: 1, lte: 2}");
    expect(
      alertsOf(
        range,
        times(2, 1, (at) => fail(at)),
      ),
    ).toHaveLength(1);
    expect(
      alertsOf(
        range,
        times(1, 1, (at) => fail(at)),
      ),
    ).toHaveLength(0);
  });
});

describe("value_count", () => {
  const rules = correlation(
    "type: value_count\nrules: [failed]\ngroup-by: [source.ip]\ntimespan: 1m\ncondition: {field: actor.id, gte: 3}",
  );

  it("counts distinct values and names them", () => {
    const [alert] = alertsOf(
      rules,
      times(4, 1, (at, n) => fail(at, { actor: { id: `u${n % 3}` } })),
    );
    expect(alert?.explanation.measured).toBe(3);
    expect(alert?.explanation.factors.map(({ after }) => after).sort()).toEqual(["u0", "u1", "u2"]);
    expect(alert?.related.filter(({ role }) => role === "victim")).toHaveLength(3);
  });

  it("knows how many accounts there are when it names only the first", () => {
    const many = times(132, 0.25, (at, n) => fail(at, { actor: { id: `u${n}` } }));
    const [alert, ...more] = alertsOf(rules, many);
    expect(more).toEqual([]);
    expect(alert?.related.filter(({ role }) => role === "victim").length).toBeLessThan(132);
    expect(alert?.totals).toEqual({ attackers: 1, victims: 132 });
    expect(alertsOf(rules, many.slice(0, 3))[0]?.totals).toBeUndefined();
  });

  it("is not impressed by repetition", () => {
    expect(
      alertsOf(
        rules,
        times(50, 1, (at, n) => fail(at, { actor: { id: `u${n % 2}` } })),
      ),
    ).toEqual([]);
  });
});

describe("temporal", () => {
  it("wants all rules inside the window, in any order", () => {
    const rules = correlation("type: temporal\nrules: [failed, worked]\ngroup-by: [source.ip]\ntimespan: 1m");
    expect(alertsOf(rules, [work(0), fail(30)])).toHaveLength(1);
    expect(alertsOf(rules, [work(0), fail(61)])).toHaveLength(0);
  });

  it("wants the order when it is ordered", () => {
    const rules = correlation("type: temporal_ordered\nrules: [failed, worked]\ngroup-by: [source.ip]\ntimespan: 1m");
    expect(alertsOf(rules, [work(0), fail(30)])).toHaveLength(0);
    expect(alertsOf(rules, [fail(0), work(30)])).toHaveLength(1);
    expect(alertsOf(rules, [fail(0), work(61)])).toHaveLength(0);
  });

  it("counts how many rules stand in their order when a condition asks for fewer than all", () => {
    const rules = correlation(
      "type: temporal_ordered\nrules: [failed, worked, order]\ngroup-by: [source.ip]\ntimespan: 1m\ncondition: {gte: 2}",
    );
    const order = (at: number) => eventAt(at, { action: "order", outcome: "unknown", source: { ip } }, `o${at}`);
    expect(alertsOf(rules, [fail(0), order(10)])[0]?.explanation.measured).toBe(2);
    expect(alertsOf(rules, [fail(0), work(5), order(10)])[0]?.explanation.measured).toBe(3);
    expect(alertsOf(rules, [order(0), work(5), fail(10)])).toEqual([]);
    expect(alertsOf(rules, [work(0), fail(1.5), order(61)])[0]?.explanation.measured).toBe(2);
    expect(alertsOf(rules, [work(0), fail(1), order(61)])).toEqual([]);
  });

  it("takes one event that two rules match for one step of the order", () => {
    const rules = correlation("type: temporal_ordered\nrules: [worked, order]\ngroup-by: [source.ip]\ntimespan: 1m");
    const both = (at: number) => work(at, { action: "order" });
    expect(alertsOf(rules, [both(0)])).toEqual([]);
    expect(alertsOf(rules, [both(0), both(1)])).toHaveLength(1);
  });

  it("finds an order whose first steps come again before the last", () => {
    const rules = correlation("type: temporal_ordered\nrules: [failed, worked, order]\ngroup-by: [source.ip]\ntimespan: 1m");
    const order = eventAt(70, { action: "order", outcome: "unknown", source: { ip } });
    expect(alertsOf(rules, [fail(0), fail(20), work(30), fail(40), order])).toHaveLength(1);
    expect(alertsOf(rules, [fail(0), work(30), fail(40), order])).toEqual([]);
  });

  it("takes names in aliases for rules that are correlated by their id", () => {
    const body = (name: string) =>
      `${BASE.replace("name: order\nid: order", "name: ordering\nid: order")}title: C\nid: c\ncorrelation: {type: temporal, rules: [failed, order], group-by: [who], timespan: 1m, aliases: {who: {failed: source.ip, ${name}: destination.ip}}}`;
    const order = eventAt(5, { action: "order", outcome: "unknown", destination: { ip } });
    expect(alertsOf(rulesetOf(body("ordering")), [fail(0), order])).toHaveLength(1);
    expect(() => rulesetOf(body("worked"))).toThrow("'worked', which is none of the correlated rules");
  });

  it("joins different fields under an alias", () => {
    const rules = correlation(
      "type: temporal\nrules: [failed, order]\ngroup-by: [who]\ntimespan: 1m\naliases: {who: {failed: source.ip, order: destination.ip}}",
      "vedette: {entity: {type: ip, field: who}}",
    );
    const order = eventAt(5, { action: "order", outcome: "unknown", destination: { ip } });
    expect(alertsOf(rules, [fail(0), order])[0]?.entity).toEqual({ type: "ip", value: ip });
  });
});

describe("numbers", () => {
  const bytes = (at: number, response_bytes: number) => work(at, { http: { path: "/", response_bytes } });
  const over = (type: string, condition: string) =>
    correlation(
      `type: ${type}\nrules: [worked]\ngroup-by: [source.ip]\ntimespan: 1m\ncondition: {field: http.response_bytes, ${condition}}`,
    );

  it("are added up", () => {
    expect(alertsOf(over("value_sum", "gt: 100"), [bytes(0, 60), bytes(1, 40)])).toHaveLength(0);
    expect(alertsOf(over("value_sum", "gt: 100"), [bytes(0, 60), bytes(1, 41)])[0]?.explanation.measured).toBe(101);
    const many = Array.from({ length: 1_000 }, (_, n) => work(n / 100, { http: { path: "/", response_bytes: 7 } }));
    expect(alertsOf(over("value_sum", "gte: 7000"), many)[0]?.explanation.measured).toBe(7_000);
  });

  it("are averaged, and ranked, once late events cannot change them", () => {
    expect(alertsOf(over("value_avg", "gt: 50"), [bytes(0, 40), bytes(1, 62)])[0]?.explanation.measured).toBe(51);
    expect(alertsOf(over("value_median", "gte: 9"), [bytes(0, 1), bytes(1, 9), bytes(2, 10)])[0]?.explanation.measured).toBe(9);
    expect(alertsOf(over("value_percentile", "gte: 10, percentile: 90"), [bytes(0, 1), bytes(1, 9), bytes(2, 10)])).toHaveLength(1);
    expect(alertsOf(over("value_avg", "gt: 100"), [bytes(0, 40)])).toHaveLength(0);
  });
});

describe("a correlation without grouping", () => {
  it("counts everything together, whatever service and address it is of", () => {
    const rules = correlation("type: event_count\nrules: [failed]\ntimespan: 1m\ncondition: {gte: 3}");
    const from = (n: number) => ({ service: `s${n}`, source: { ip: `192.0.2.${n}` } });
    const [alert, ...more] = alertsOf(rules, [fail(0, from(1)), fail(1, from(2)), fail(2, from(3))]);
    expect(more).toEqual([]);
    expect(alert?.entity).toEqual({ type: "service", value: "all services" });
    expect(alert?.services).toEqual(["s1", "s2", "s3"]);
  });
});

describe("chaining", () => {
  const rules = rulesetOf(`${BASE}
title: Many failures
name: many
id: many
level: medium
correlation: {type: event_count, rules: [failed], group-by: [source.ip, actor.id], timespan: 10m, condition: {gte: 3}}
---
title: Then in
id: then
level: critical
correlation: {type: temporal_ordered, rules: [many, worked], group-by: [actor.id], timespan: 10m}
`);
  const who = { actor: { id: "ana" } };

  it("hands on the moments of a correlation with the fields that the next one groups by", () => {
    const alerts = alertsOf(rules, [...times(3, 10, (at) => fail(at, who)), work(40, { ...who, source: { ip: "192.0.2.9" } })]);
    expect(alerts.map(({ ruleId, entity }) => [ruleId, entity.type, entity.value])).toEqual([["then", "actor", "ana"]]);
  });

  it("keeps quiet below the threshold of the lower one", () => {
    expect(alertsOf(rules, [...times(2, 10, (at) => fail(at, who)), work(40, who)])).toEqual([]);
  });

  it("refuses to go round in circles, and names what is missing", () => {
    const circle = (refers: string, by: string) =>
      `title: ${by}\nid: ${by}\ncorrelation: {type: temporal, rules: [${refers}], group-by: [source.ip], timespan: 1m}`;
    expect(() => rulesetOf(`${circle("b", "a")}\n---\n${circle("a", "b")}`)).toThrow(/itself/);
    expect(() => rulesetOf(circle("nowhere", "a"))).toThrow(/nowhere/);
  });

  it("generates the rules below when asked to", () => {
    const both = correlation(
      "type: event_count\nrules: [failed]\ngroup-by: [source.ip]\ntimespan: 1m\ncondition: {gte: 2}\ngenerate: true",
    );
    expect(
      alertsOf(
        both,
        times(2, 1, (at) => fail(at)),
      )
        .map(({ ruleId }) => ruleId)
        .sort(),
    ).toEqual(["c", "failed"]);
  });
});

describe("new_value", () => {
  const rules = correlation(
    "type: new_value\nrules: [worked]\ngroup-by: [actor.id]\ncondition: {field: source.geo.country}",
    "vedette: {learning: 1d, forget: 30d}",
  );
  const DAY = 86_400;
  const from = (at: number, country: string) => work(at, { actor: { id: "ana" }, source: { ip, geo: { country } } });

  it("watches first, then tells of the first sighting once", () => {
    const alerts = alertsOf(rules, [
      from(0, "DE"),
      from(DAY / 2, "FR"),
      from(2 * DAY, "FR"),
      from(2 * DAY + 60, "BR"),
      from(3 * DAY, "BR"),
    ]);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.explanation.sentence).toContain("“BR”");
  });

  it("forgets what was unseen for long", () => {
    expect(alertsOf(rules, [from(0, "DE"), from(5 * DAY, "DE"), from(36 * DAY, "DE")])).toHaveLength(1);
  });
});

describe("absence", () => {
  const rules = correlation("type: absence\nrules: [order]\ngroup-by: [service]\ntimespan: 1h");
  const order = (at: number) => eventAt(at, { action: "order", outcome: "unknown", service: "shop" });

  it("tells of a silence in the middle and of one that lasts", () => {
    const other = eventAt(5 * 3_600, { outcome: "unknown", service: "other" });
    const alerts = alertsOf(rules, [order(0), order(1_800), order(3 * 3_600), other]);
    expect(alerts.map(({ firstAt }) => firstAt).length).toBe(2);
    expect(alerts[0]?.explanation.sentence).toContain("Nothing of “Order”");
  });

  it("keeps quiet while events keep coming", () => {
    expect(alertsOf(rules, times(5, 1_000, order))).toEqual([]);
  });
});

describe("a detection that alerts by itself", () => {
  it("joins an attacker's tries to one alert with the place and the text that gave it away", () => {
    const rules = rulesetOf(
      "title: SQL\nid: sql\nlevel: high\ntags: [attack.t1190]\nlogsource: {category: webserver}\ndetection: {s: {http.query|contains: union select}, condition: s}",
    );
    const probe = (at: number) => eventAt(at, { service: "web", source: { ip }, http: { path: "/a", query: "id=1+union%20select+1" } });
    const [alert, ...more] = alertsOf(rules, times(3, 60, probe));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      eventCount: 3,
      family: "injection",
      entity: { type: "ip", value: ip },
      techniques: ["T1190"],
      services: ["web"],
    });
    expect(alert?.explanation.matches[0]).toMatchObject({ field: "http.query", excerpt: "id=1+union%20select+1" });
    expect(alert?.explanation.matches[0]?.decoded).toContain("union select");
  });

  it("keeps alerts apart by the fields that the rule names", () => {
    const rules = rulesetOf(
      "title: T\nid: t\nlogsource: {category: api}\ndetection: {s: {action: x}, condition: s}\nvedette: {entity: service, suppress_by: [http.path]}",
    );
    const at = (n: number, path: string) => eventAt(n, { action: "x", service: "shop", http: { path } });
    const alerts = alertsOf(rules, [at(0, "/a"), at(1, "/a"), at(2, "/b")]);
    expect(alerts.map(({ eventCount }) => eventCount)).toEqual([2, 1]);
    expect(new Set(alerts.map(({ key }) => key)).size).toBe(2);
  });
});
