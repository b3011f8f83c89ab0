/** Data egress: a person or a key takes out far more than it ever did in an hour, or in small pieces in a day. */
import type { BehaviourDetector } from "@/lib/detection/detector";
import { formatBytes } from "@/lib/model/format";
import { callerGroup, callerOf, HOUR } from "./subject";
import { tallyDetector } from "./tally";

export interface DataEgressSettings {
  /** Bytes an hour that are never remarkable. 50 MB: a few reports and pictures. */
  floorBytes: number;
  /** Bytes a day that are never remarkable. 150 MB: the reports of a month. */
  floorBytesDaily: number;
  /** How many times the own highest hour, or day, of five weeks. */
  factor: number;
}
export const dataEgressDefaults: DataEgressSettings = { floorBytes: 50_000_000, floorBytesDaily: 150_000_000, factor: 3 };

const DAILY = "bytes a day";

/** The detector, one group per key or else per person. */
export function dataEgress(settings: DataEgressSettings = dataEgressDefaults): BehaviourDetector {
  return tallyDetector({
    id: "data-egress",
    version: 2,
    family: "data_egress",
    level: "high",
    title: "Unusual amount of data taken out",
    techniques: ["T1530", "T1567"],
    owasp: ["API3", "API6"],
    spanMs: HOUR,
    learnDays: 3,
    newcomerFactor: 4,
    measures: [
      {
        name: "bytes",
        unit: "bytes",
        floor: settings.floorBytes,
        factor: settings.factor,
        of: (view) => view.sum("bytes"),
        daily: { name: DAILY, floor: settings.floorBytesDaily, title: "Unusual amount of data taken out in a day" },
      },
    ],
    groupsOf({ record: { document } }) {
      if (document.direction !== "inbound" || !document.http?.response_bytes) return [];
      const caller = callerGroup(document);
      return caller === undefined ? [] : [caller];
    },
    contribute: ({ record: { document } }) => ({
      sums: { bytes: document.http?.response_bytes ?? 0 },
      distinct: { route: document.http?.route ?? document.http?.path?.slice(0, 128), target: document.targets?.[0]?.type },
    }),
    entityOf: callerOf,
    roles: { ip: { type: "ip", role: "attacker" } },
    describe: ({ group, view, measure, value, usual }) => ({
      sentence: `${callerOf(group).value} took out ${formatBytes(value)} ${measure.name === DAILY ? "within a day; the highest day" : `in ${view.span.n} answers within an hour; the highest hour`} of five weeks was ${formatBytes(usual)}.`,
      factors: [
        { name: "bytes out", before: formatBytes(usual), after: formatBytes(value), weight: 1 },
        ...view
          .top("route", 3)
          .map((route) => ({ name: "route", after: route.value, weight: 0, note: `${Math.round(100 * route.share)} % of the answers` })),
      ],
    }),
  });
}
