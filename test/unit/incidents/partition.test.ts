import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SharedEntity } from "@/lib/incidents/grouping";
import { type KnownAlert, planIncidents } from "@/lib/incidents/plan";
import type { Alert } from "@/lib/model/alert";
import { Incident } from "@/lib/model/incident";
import { anAlert, NOON } from "@/test/support/alerts";

const HOUR = 3_600_000;

/** Incidents in memory, kept as the database keeps them. */
function memory() {
  const incidents = new Map<number, Incident>();
  const shared = new Map<number, SharedEntity[]>();
  const known = new Map<string, KnownAlert>();
  let last = 0;
  return {
    record(alerts: readonly Alert[]) {
      for (const draft of planIncidents({ alerts, known, incidents, shared })) {
        const id = draft.before?.id ?? ++last;
        for (const { incident } of draft.absorbed) {
          shared.set(id, [...(shared.get(id) ?? []), ...(shared.get(incident.id) ?? [])]);
          incidents.delete(incident.id);
          shared.delete(incident.id);
          for (const alert of known.values()) if (alert.incidentId === incident.id) alert.incidentId = id;
        }
        for (const { alert } of draft.alerts)
          known.set(alert.key, { key: alert.key, incidentId: id, eventCount: alert.eventCount, level: alert.level });
        shared.set(id, [...(shared.get(id) ?? []), ...draft.entities.values()]);
        incidents.set(id, stored(id, draft));
      }
    },
    /** Which alerts are together, as text that does not depend on numbers. */
    partition: () =>
      [...groupsOf(known)]
        .map((keys) => keys.sort().join(" "))
        .sort()
        .join("\n"),
    summaries: () => [...incidents.values()].map(({ summary, level, firstAt, lastAt }) => ({ summary, level, firstAt, lastAt })),
  };
}

function groupsOf(known: ReadonlyMap<string, KnownAlert>): string[][] {
  const groups = new Map<number, string[]>();
  for (const { key, incidentId } of known.values()) groups.set(incidentId, [...(groups.get(incidentId) ?? []), key]);
  return [...groups.values()];
}

function stored(id: number, draft: ReturnType<typeof planIncidents>[number]): Incident {
  const at = new Date(NOON);
  return {
    ...(draft.before ?? {
      state: "open",
      assigneeId: null,
      verdict: null,
      verdictReason: null,
      mergedIntoId: null,
      snoozedUntil: null,
      snooze: null,
      regressed: false,
      historical: false,
      sample: false,
      apart: false,
      openedAt: at,
      acknowledgedAt: null,
      resolvedAt: null,
      updatedAt: at,
      version: 1,
    }),
    id,
    number: id,
    title: "",
    level: draft.level,
    groupedBy: draft.groupedBy,
    firstAt: new Date(draft.firstAt),
    lastAt: new Date(draft.lastAt),
    eventCount: draft.eventCount,
    summary: draft.summary,
    leadRuleId: draft.leadRuleId,
    wave: draft.wave,
  };
}

const alerts = fc
  .uniqueArray(
    fc.record({
      rule: fc.nat(40),
      ip: fc.constantFrom("203.0.113.7", "203.0.113.8", "198.51.100.1", "192.0.2.9", "8.8.4.4", "8.8.99.4", "8.8.200.4"),
      family: fc.constantFrom("brute_force" as const, "credential_stuffing" as const),
      about: fc.constantFrom("ip" as const, "actor" as const, "session" as const),
      account: fc.constantFrom("ana", "ben", "root"),
      hours: fc.constantFrom(0, 0.3, 0.7, 1, 1.4, 7, 13, 20, 26, 40),
    }),
    { minLength: 2, maxLength: 9, selector: ({ rule }) => rule },
  )
  .map((list) =>
    list.map(({ rule, ip, family, about, account, hours }) =>
      anAlert(ip, {
        ruleId: `rule-${rule}`,
        family,
        firstAt: NOON + hours * HOUR,
        entity: about === "ip" ? { type: "ip", value: ip } : { type: about, value: about === "actor" ? account : `s-${account}` },
        sourceIps: about === "session" ? [] : [ip],
        related: [{ type: "actor", value: account, role: "victim", events: 3 }],
      }),
    ),
  );

describe("which alerts belong together", () => {
  it("does not depend on the order in which they come, nor on how they are split into turns", () => {
    fc.assert(
      fc.property(alerts, fc.infiniteStream(fc.nat(1000)), (list, chance) => {
        const rolls = chance[Symbol.iterator]();
        const roll = () => Number(rolls.next().value);
        const whole = memory();
        whole.record(list);
        const shuffled = list.map((alert) => ({ alert, at: roll() })).sort((a, b) => a.at - b.at);
        const parts = memory();
        for (let from = 0; from < shuffled.length; ) {
          const size = 1 + (roll() % 3);
          parts.record(shuffled.slice(from, from + size).map(({ alert }) => alert));
          from += size;
        }
        expect(parts.partition()).toBe(whole.partition());
        expect(sums(parts)).toEqual(sums(whole));
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
  });

  const sums = (world: ReturnType<typeof memory>) =>
    world
      .summaries()
      .map(({ summary: { alerts: count, rules, techniques }, level, firstAt, lastAt }) => ({
        count,
        rules: rules.map(({ id, alerts: n, events }) => `${id} ${n} ${events}`),
        techniques,
        level,
        firstAt,
        lastAt,
      }))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

  it("becomes one when a later alert links two incidents, and the older keeps its number", () => {
    const world = memory();
    world.record([anAlert("203.0.113.7", { related: [] })]);
    world.record([anAlert("198.51.100.1", { related: [] })]);
    const link = anAlert("203.0.113.7", {
      ruleId: "two-places",
      entity: { type: "session", value: "s-1" },
      sourceIps: ["203.0.113.7", "198.51.100.1"],
      firstAt: NOON + 2 * HOUR,
      related: [],
    });
    world.record([link]);
    expect(world.partition().split("\n")).toHaveLength(1);
    expect(world.summaries()[0]?.summary.alerts).toBe(3);
  });
});
