/**
 * Floods: more requests, or more different sources, in a minute than a service has ever seen; the distributed kind that no limit per address catches. And
 * in a service so busy that its total hardly moves: one key, network, AS or route that sends more than any of its kind ever did.
 */
import type { BehaviourDetector } from "@/lib/detection/detector";
import { keyOf, MINUTE, neighbourhoodOf } from "./subject";
import { type SpanView, tallyDetector } from "./tally";

export interface FloodSettings {
  /** Requests and sources in a minute that any server takes. */
  floorRequests: number;
  floorSources: number;
  /** How many times the highest minute of five weeks: a sale or a newsletter doubles or triples, an attack multiplies. */
  factor: number;
}
export const floodDefaults: FloodSettings = { floorRequests: 600, floorSources: 200, factor: 5 };

/** What may flood alone, by the name of its sketch: exact while a minute has at most 128 of them, a lower bound beyond. */
const SINGLE = [
  { name: "ip", title: "Flood from one address" },
  { name: "network", title: "Flood from one network" },
  { name: "asn", title: "Flood from one provider" },
  { name: "key", title: "Flood with one key" },
  { name: "route", title: "Flood on one route" },
] as const;

/** The detector, one group per service. */
export function flood(settings: FloodSettings = floodDefaults): BehaviourDetector {
  return tallyDetector({
    id: "flood",
    version: 2,
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
      ...SINGLE.map(({ name, title }) => ({
        name: `busiest ${name}`,
        unit: `requests a minute of one ${name}`,
        title,
        floor: settings.floorRequests,
        factor: settings.factor,
        of: (view: SpanView) => view.most(name),
      })),
    ],
    groupsOf: ({ record: { document } }) => (document.direction === "inbound" && document.source?.ip ? [document.service ?? ""] : []),
    contribute: ({ record: { document } }) => ({
      sums: { failures: document.outcome === "failure" ? 1 : 0 },
      distinct: {
        network: document.source?.ip ? neighbourhoodOf(document.source.ip) : undefined,
        country: document.source?.geo?.country,
        asn: document.source?.geo?.asn === undefined ? undefined : `AS${document.source.geo.asn}`,
        key: keyOf(document),
        route: document.http?.route ?? document.http?.path?.slice(0, 128),
      },
    }),
    entityOf: (group) => ({ type: "service", value: group || "unknown" }),
    roles: { ip: { type: "ip", role: "attacker" }, network: { type: "network", role: "attacker" }, key: { type: "key", role: "context" } },
    describe: ({ group, view, measure, value, usual }) => ({
      sentence: `${group || "A service"} received ${value} ${measure.unit} from ${view.distinct("ip")} addresses; the highest minute of five weeks had ${usual}.`,
      factors: [
        { name: measure.name, before: String(usual), after: String(value), weight: 1 },
        { name: "failures", after: `${Math.round((100 * view.sum("failures")) / view.span.n)} %`, weight: 0 },
        ...(["key", "route", "country", "asn", "network"] as const).flatMap((name) =>
          view
            .top(name, 2)
            .map((top) => ({ name, after: top.value, weight: 0, note: `${Math.round(100 * top.share)} % of the sampled requests` })),
        ),
      ],
    }),
  });
}
