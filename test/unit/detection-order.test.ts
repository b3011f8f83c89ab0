/** The same events give the same alerts, whatever the batching, the order inside the lateness bound, and however often they are replayed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LATENESS_MS } from "@/lib/detection/detector";
import { MemoryWorld } from "@/lib/detection/memory-world";
import type { EventRecord } from "@/lib/model/event";
import { eventAt, rulesetOf } from "@/test/support/detection";

const RULES = `
title: Failed
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
title: Probe
id: probe
logsource: {category: api}
detection: {s: {http.path|contains: ../}, condition: s}
vedette: {episode: 5m}
---
title: Count
id: count
correlation: {type: event_count, rules: [failed], group-by: [source.ip], timespan: 3m, condition: {gte: 4}}
vedette: {episode: 4m}
---
title: Values
id: values
correlation: {type: value_count, rules: [failed], group-by: [source.ip], timespan: 2m, condition: {field: actor.id, gte: 3}}
---
title: Together
id: together
correlation: {type: temporal, rules: [failed, worked], group-by: [actor.id], timespan: 1m}
---
title: Ordered
id: ordered
correlation: {type: temporal_ordered, rules: [failed, worked], group-by: [source.ip, actor.id], timespan: 1m}
---
title: Sum
id: sum
correlation: {type: value_sum, rules: [worked], group-by: [source.ip], timespan: 2m, condition: {field: http.response_bytes, gt: 200}}
---
title: Average
id: average
correlation: {type: value_avg, rules: [worked], group-by: [source.ip], timespan: 2m, condition: {field: http.response_bytes, gt: 60}}
---
title: Few
id: few
correlation: {type: event_count, rules: [worked], group-by: [source.ip], timespan: 2m, condition: {lte: 1}}
---
title: Median
id: median
correlation: {type: value_median, rules: [worked], group-by: [source.ip], timespan: 2m, condition: {field: http.response_bytes, gte: 50}}
---
title: Chain
id: chain
correlation: {type: temporal_ordered, rules: [count, worked], group-by: [source.ip], timespan: 10m}
vedette: {alert: true}
---
title: New
id: new
correlation: {type: new_value, rules: [worked], group-by: [actor.id], condition: {field: source.ip}}
vedette: {learning: 20m, forget: 2h}
---
title: Silence
id: silence
correlation: {type: absence, rules: [worked], group-by: [actor.id], timespan: 15m}
`;

const ruleset = rulesetOf(
  RULES.replace("id: count\n", "id: count\nname: count\n").replace("vedette: {episode: 4m}", "vedette: {episode: 4m, alert: true}"),
);

const event = fc.record({
  at: fc.integer({ min: 0, max: 3 * 3_600 }),
  ip: fc.constantFrom("203.0.113.1", "203.0.113.2"),
  actor: fc.constantFrom("ana", "ben", "eva", "tom"),
  outcome: fc.constantFrom("failure" as const, "success" as const),
  bytes: fc.integer({ min: 0, max: 120 }),
  path: fc.constantFrom("/", "/../etc"),
  delay: fc.integer({ min: 0, max: LATENESS_MS - 1 }),
});

/** Bursts make windows fill; a few seconds between the events of each. */
const burst = fc
  .tuple(fc.integer({ min: 0, max: 3 * 3_600 }), fc.array(event, { minLength: 3, maxLength: 12 }))
  .map(([start, events]) => events.map((one, n) => ({ ...one, at: start + n * 7 })));
const history = fc
  .tuple(fc.array(event, { maxLength: 30 }), fc.array(burst, { maxLength: 5 }))
  .map(([scattered, bursts]) => [...scattered, ...bursts.flat()]);

type Made = typeof history extends fc.Arbitrary<infer T> ? T : never;

const toEvents = (made: Made): (EventRecord & { arrives: number })[] =>
  made.map((one, n) => {
    const record = eventAt(
      one.at,
      {
        outcome: one.outcome,
        actor: { id: one.actor },
        service: "api",
        source: { ip: one.ip },
        http: { path: one.path, response_bytes: one.bytes },
      },
      `e${n}`,
    );
    return { ...record, arrives: record.occurredAt + one.delay };
  });

function replay(events: readonly EventRecord[], cuts: readonly number[]): unknown {
  const world = new MemoryWorld(ruleset);
  let from = 0;
  for (const cut of [...cuts.map((share) => Math.floor(share * events.length)), events.length].sort((a, b) => a - b)) {
    world.take(events.slice(from, cut));
    from = cut;
  }
  world.finish();
  return world.standing();
}

describe("the same events", () => {
  it("give the same alerts in any batches and in any order inside the lateness bound", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(history, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (made, cuts) => {
        const events = toEvents(made);
        const inOrder = [...events].sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
        const asArrived = [...events].sort((a, b) => a.arrives - b.arrives);
        expect(replay(asArrived, cuts)).toEqual(replay(inOrder, []));
      }),
      { numRuns: 40 },
    );
  });

  it("give the same alerts one by one", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(history, (made) => {
        const events = toEvents(made).sort((a, b) => a.arrives - b.arrives);
        const oneByOne = events.map((_, n) => n / events.length);
        expect(replay(events, oneByOne)).toEqual(replay(events, []));
      }),
      { numRuns: 40 },
    );
  });

  it("give the same alerts when they are replayed", () => {
    fc.assert(
      fc.property(history, (made) => {
        const events = toEvents(made);
        expect(replay(events, [0.5])).toEqual(replay(events, [0.5]));
      }),
      { numRuns: 20 },
    );
  });
});
