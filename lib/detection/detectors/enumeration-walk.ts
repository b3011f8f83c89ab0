/** Object enumeration (BOLA): somebody walks through the objects of others, more of them than ever before in minutes or in a day, or number by number. */
import type { BehaviourDetector } from "@/lib/detection/detector";
import { callerGroup, callerOf, MINUTE } from "./subject";
import { atMost, type SpanView, tallyDetector } from "./tally";

export interface EnumerationWalkSettings {
  /** Distinct objects in ten minutes that are never remarkable. 40: a long list opened one by one. */
  floorObjects: number;
  /** Objects opened in a day that are never remarkable. 300: one every minute and a half of a working day. */
  floorObjectsDaily: number;
  factor: number;
  /** Numeric ids in an unbroken row that are a walk by themselves. */
  runLength: number;
}
export const enumerationWalkDefaults: EnumerationWalkSettings = { floorObjects: 40, floorObjectsDaily: 300, factor: 3, runLength: 25 };

const DAILY = "objects a day";
const SAMPLED = 128;

/** The longest run of consecutive numbers among the ids of one type; SAMPLED once there are too many ids to keep them all. */
function longestRun(view: SpanView): number {
  if (view.distinct("target") >= SAMPLED) return SAMPLED;
  const numbers = new Map<string, number[]>();
  for (const { value } of view.top("target", SAMPLED)) {
    const found = /^(.*?)(\d{1,15})$/.exec(value);
    if (found) numbers.set(found[1] ?? "", [...(numbers.get(found[1] ?? "") ?? []), Number(found[2])]);
  }
  let longest = 0;
  for (const list of numbers.values()) {
    list.sort((a, b) => a - b);
    let run = 1;
    for (let i = 1; i < list.length; i++) {
      run = (list[i] ?? 0) === (list[i - 1] ?? 0) + 1 ? run + 1 : 1;
      longest = Math.max(longest, run);
    }
  }
  return longest;
}

/** The detector, one group per key or else per person. */
export function enumerationWalk(settings: EnumerationWalkSettings = enumerationWalkDefaults): BehaviourDetector {
  return tallyDetector({
    id: "enumeration-walk",
    version: 2,
    family: "enumeration",
    level: "high",
    title: "Walk through other people's objects",
    techniques: ["T1087", "T1213"],
    owasp: ["API1"],
    spanMs: 10 * MINUTE,
    learnDays: 3,
    newcomerFactor: 15,
    measures: [
      {
        name: "objects",
        unit: "objects",
        floor: settings.floorObjects,
        factor: settings.factor,
        of: (view) => view.distinct("target"),
        daily: { name: DAILY, floor: settings.floorObjectsDaily, title: "Far more objects opened than on any day" },
      },
      // Past runs count as well: a batch job that reads every invoice each night is no news.
      {
        name: "run",
        unit: "consecutive ids",
        floor: settings.runLength,
        factor: 2,
        of: longestRun,
        atMost: (view) => Math.min(view.distinct("target"), SAMPLED),
      },
    ],
    groupsOf({ record: { document } }) {
      if (document.direction !== "inbound" || !document.targets?.[0]?.id) return [];
      const caller = callerGroup(document);
      return caller === undefined ? [] : [caller];
    },
    contribute({ record: { document } }) {
      const target = document.targets?.[0];
      const status = document.http?.status;
      return {
        sums: { refused: status === 403 || status === 404 || status === 401 ? 1 : 0 },
        distinct: { target: target?.id ? `${target.type ?? ""}:${target.id}` : undefined, type: target?.type },
      };
    },
    entityOf: callerOf,
    roles: { ip: { type: "ip", role: "attacker" } },
    describe: ({ group, view, measure, value, usual }) => ({
      sentence:
        measure.name === DAILY
          ? `${callerOf(group).value} opened ${value} objects (${view.top("type", 1)[0]?.value ?? "untyped"}) within a day; the highest day of five weeks had ${usual}.`
          : `${callerOf(group).value} touched ${view.distinct("target")} different objects (${view.top("type", 1)[0]?.value ?? "untyped"}) in ten minutes: ${value} ${measure.unit}, usually ${atMost(usual)}.`,
      factors: [
        { name: measure.name, before: String(usual), after: String(value), weight: 1 },
        { name: "refused", after: `${view.sum("refused")} of ${view.span.n}`, weight: 0 },
        ...view.top("target", 3).map((target) => ({ name: "object", after: target.value, weight: 0 })),
      ],
    }),
  });
}
