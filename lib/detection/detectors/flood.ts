/** Floods: more requests, or more different sources, in a minute than a service has ever seen; the distributed kind that no limit per address catches. */
import type { Detector } from "@/lib/detection/detector";
import { MINUTE, neighbourhoodOf } from "./subject";
import { tallyDetector } from "./tally";

export interface FloodSettings {
  /** Requests and sources in a minute that any server takes. */
  floorRequests: number;
  floorSources: number;
  /** How many times the highest minute of four weeks: a sale or a newsletter doubles or triples, an attack multiplies. */
  factor: number;
}
export const floodDefaults: FloodSettings = { floorRequests: 600, floorSources: 200, factor: 5 };

/** The detector, one group per service. */
export function flood(settings: FloodSettings = floodDefaults): Detector {
  return tallyDetector({
    id: "flood",
    version: 1,
    family: "rate_abuse",
    level: "high",
    title: "Flood of requests",
    techniques: ["T1498", "T1499"],
    owasp: ["API4"],
    spanMs: MINUTE,
    learnDays: 3,
    newcomerFactor: 5,
    measures: [
      { name: "requests", unit: "requests a minute", floor: settings.floorRequests, factor: settings.factor, of: (view) => view.span.n },
      {
        name: "sources",
        unit: "sources a minute",
        floor: settings.floorSources,
        factor: settings.factor,
        of: (view) => view.distinct("ip"),
      },
    ],
    groupsOf: ({ record: { document } }) => (document.direction === "inbound" && document.source?.ip ? [document.service ?? ""] : []),
    contribute: ({ record: { document } }) => ({
      sums: { failures: document.outcome === "failure" ? 1 : 0 },
      distinct: {
        network: document.source?.ip ? neighbourhoodOf(document.source.ip) : undefined,
        country: document.source?.geo?.country,
        asn: document.source?.geo?.asn === undefined ? undefined : `AS${document.source.geo.asn}`,
        route: document.http?.route ?? document.http?.path?.slice(0, 128),
      },
    }),
    entityOf: (group) => ({ type: "service", value: group || "unknown" }),
    roles: { ip: { type: "ip", role: "attacker" }, network: { type: "network", role: "attacker" } },
    describe: ({ group, view, measure, value, usual }) => ({
      sentence: `${group || "A service"} received ${value} ${measure.unit} from ${view.distinct("ip")} addresses; the highest minute of four weeks had ${usual}.`,
      factors: [
        { name: measure.name, before: String(usual), after: String(value), weight: 1 },
        { name: "failures", after: `${Math.round((100 * view.sum("failures")) / view.span.n)} %`, weight: 0 },
        ...(["route", "country", "asn", "network"] as const).flatMap((name) =>
          view
            .top(name, 2)
            .map((top) => ({ name, after: top.value, weight: 0, note: `${Math.round(100 * top.share)} % of the sampled requests` })),
        ),
      ],
    }),
  });
}
