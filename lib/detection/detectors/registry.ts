/** Every behaviour detector with what people need to know about it. The engine runs `behaviourDetectors`; the rules page lists `behaviourRules`. */
import type { BehaviourDetector, Detector, DetectorFacts } from "@/lib/detection/detector";
import { dataEgress, dataEgressDefaults } from "./data-egress";
import { distributedSignIn, distributedSignInDefaults, slowDistributedSignIn } from "./distributed-sign-in";
import { enumerationWalk, enumerationWalkDefaults } from "./enumeration-walk";
import { flood, floodDefaults } from "./flood";
import { impossibleTravel, impossibleTravelDefaults } from "./impossible-travel";
import { newContext, newContextDefaults } from "./new-context";
import { outboundDefaults, outboundDestination, outboundFailure, outboundVolume } from "./outbound";
import { peerDefaults, peers } from "./peers";
import { sessionHijack, sessionHijackDefaults } from "./session-hijack";
import { silence, silenceDefaults } from "./silence";
import { slowSpray, slowSprayDefaults } from "./slow-spray";
import { trafficAnomaly, trafficAnomalyDefaults } from "./traffic-anomaly";

/** What only people need to know about a detector. */
interface Entry {
  /** What it watches, in a sentence. */
  summary: string;
  /** Fields that must arrive for it to be able to speak. */
  needs: readonly string[];
  /** Its defaults, each argued where it is declared. */
  settings: object;
  make(): BehaviourDetector;
}
/** One detector as people see it: the facts are its own. */
export interface BehaviourRule extends Omit<Entry, "make">, DetectorFacts {
  id: string;
  make(): Detector;
}

const entries: readonly Entry[] = [
  {
    summary: "One person in two places, in less time than any aeroplane needs.",
    needs: ["actor.id", "source.geo.country"],
    settings: impossibleTravelDefaults,
    make: () => impossibleTravel(),
  },
  {
    summary: "Network, device, language, person or pace changes inside one session, or it is used after sign-out.",
    needs: ["session.id", "source.ip"],
    settings: sessionHijackDefaults,
    make: () => sessionHijack(),
  },
  {
    summary: "Several things at once that a person or a key never did: country, network, device, kind of object, scope.",
    needs: ["actor.id", "source.ip"],
    settings: newContextDefaults,
    make: () => newContext(),
  },
  {
    summary: "A person or key receives several times more bytes in an hour, or in a day, than in any of five weeks.",
    needs: ["http.response_bytes"],
    settings: dataEgressDefaults,
    make: () => dataEgress(),
  },
  {
    summary: "More requests, objects, bytes or refusals in ten minutes than anybody of the same role in five weeks.",
    needs: ["actor.id", "actor.role"],
    settings: peerDefaults,
    make: () => peers(),
  },
  {
    summary: "Far more distinct objects in ten minutes or in a day than ever, or ids number by number.",
    needs: ["targets.id"],
    settings: enumerationWalkDefaults,
    make: () => enumerationWalk(),
  },
  {
    summary: "Many accounts fail from many addresses within an hour.",
    needs: ["actor.id", "source.ip"],
    settings: distributedSignInDefaults,
    make: () => distributedSignIn(),
  },
  {
    summary: "Many accounts fail from many addresses within a day.",
    needs: ["actor.id", "source.ip"],
    settings: distributedSignInDefaults,
    make: () => slowDistributedSignIn(),
  },
  {
    summary: "Over days, many accounts fail from the addresses of one provider, and nobody gets in from there.",
    needs: ["actor.id", "source.geo.asn"],
    settings: slowSprayDefaults,
    make: () => slowSpray(),
  },
  {
    summary: "A minute with far more requests or sources than any minute of five weeks.",
    needs: ["source.ip"],
    settings: floodDefaults,
    make: () => flood(),
  },
  {
    summary: "Requests or failures of a service leave the band that this time of day has seen.",
    needs: ["service"],
    settings: trafficAnomalyDefaults,
    make: () => trafficAnomaly(),
  },
  {
    summary: "A service calls a host, a port, or with a key to a host, that it never called.",
    needs: ["destination.host"],
    settings: outboundDefaults,
    make: () => outboundDestination(),
  },
  {
    summary: "Several times more bytes to one host in an hour than ever.",
    needs: ["destination.host", "http.request_bytes"],
    settings: outboundDefaults,
    make: () => outboundVolume(),
  },
  {
    summary: "Many calls to one host fail within ten minutes.",
    needs: ["destination.host"],
    settings: outboundDefaults,
    make: () => outboundFailure(),
  },
  {
    summary:
      "A service, key or log source that usually speaks has paused twice as long as ever in two weeks, or a scheduled action did not run.",
    needs: ["service"],
    settings: silenceDefaults,
    make: () => silence() as BehaviourDetector,
  },
];

/** The closed list of behaviour detectors. */
export const behaviourRules: readonly BehaviourRule[] = entries.map((entry) => {
  const { id, about } = entry.make();
  return { id, ...about, ...entry };
});

/** The detectors with their default settings, ready to run. */
export const behaviourDetectors: readonly Detector[] = behaviourRules.map((rule) => rule.make());
