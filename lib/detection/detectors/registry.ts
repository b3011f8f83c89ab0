/** Every behaviour detector with what people need to know about it. The engine runs `behaviourDetectors`; the rules page lists `behaviourRules`. */
import type { Detector } from "@/lib/detection/detector";
import type { Family, Level } from "@/lib/model/alert";
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
import { trafficAnomaly, trafficAnomalyDefaults } from "./traffic-anomaly";

/** One detector as people see it; `settings` are its defaults, each argued where it is declared. */
export interface BehaviourRule {
  id: string;
  title: string;
  family: Family;
  /** The highest level it usually says. */
  level: Level;
  /** What it watches, in a sentence. */
  summary: string;
  techniques: readonly string[];
  owasp: readonly string[];
  /** Fields that must arrive for it to be able to speak. */
  needs: readonly string[];
  settings: object;
  make(): Detector;
}

/** The closed list of behaviour detectors. */
export const behaviourRules: readonly BehaviourRule[] = [
  {
    id: "impossible-travel",
    title: "Impossible travel",
    family: "impossible_travel",
    level: "high",
    summary: "One person in two places, in less time than any aeroplane needs.",
    techniques: ["T1078", "T1078.004"],
    owasp: ["API2"],
    needs: ["actor.id", "source.geo"],
    settings: impossibleTravelDefaults,
    make: () => impossibleTravel(),
  },
  {
    id: "session-hijack",
    title: "Session taken over",
    family: "session_hijack",
    level: "critical",
    summary: "Network, device, language, person or pace changes inside one session, or it is used after sign-out.",
    techniques: ["T1539", "T1550.004", "T1563"],
    owasp: ["API2"],
    needs: ["session.id", "source.ip"],
    settings: sessionHijackDefaults,
    make: () => sessionHijack(),
  },
  {
    id: "new-context",
    title: "Stranger with a known account or key",
    family: "new_context",
    level: "high",
    summary: "Several things at once that a person or a key never did: country, network, device, kind of object, scope.",
    techniques: ["T1078", "T1528", "T1552"],
    owasp: ["API2"],
    needs: ["actor.id", "source.ip"],
    settings: newContextDefaults,
    make: () => newContext(),
  },
  {
    id: "data-egress",
    title: "Unusual amount of data taken out",
    family: "data_egress",
    level: "high",
    summary: "A person or key receives several times more bytes in an hour than in any hour of four weeks.",
    techniques: ["T1530", "T1567"],
    owasp: ["API3", "API6"],
    needs: ["http.response_bytes"],
    settings: dataEgressDefaults,
    make: () => dataEgress(),
  },
  {
    id: "peers",
    title: "Far more than any colleague",
    family: "enumeration",
    level: "high",
    summary: "More requests, objects, bytes or refusals in ten minutes than anybody of the same role in four weeks.",
    techniques: ["T1078", "T1213"],
    owasp: ["API1", "API4"],
    needs: ["actor.id", "actor.role"],
    settings: peerDefaults,
    make: () => peers(),
  },
  {
    id: "enumeration-walk",
    title: "Walk through other people's objects",
    family: "enumeration",
    level: "high",
    summary: "Far more distinct objects in ten minutes than ever, or ids number by number.",
    techniques: ["T1087", "T1213"],
    owasp: ["API1"],
    needs: ["targets.id"],
    settings: enumerationWalkDefaults,
    make: () => enumerationWalk(),
  },
  {
    id: "distributed-sign-in",
    title: "Distributed credential stuffing",
    family: "credential_stuffing",
    level: "high",
    summary: "Many accounts fail from many addresses within an hour.",
    techniques: ["T1110.004", "T1110.003"],
    owasp: ["API2"],
    needs: ["actor.id", "source.ip"],
    settings: distributedSignInDefaults,
    make: () => distributedSignIn(),
  },
  {
    id: "slow-distributed-sign-in",
    title: "Slow distributed credential stuffing",
    family: "credential_stuffing",
    level: "high",
    summary: "Many accounts fail from many addresses within a day.",
    techniques: ["T1110.004", "T1110.003"],
    owasp: ["API2"],
    needs: ["actor.id", "source.ip"],
    settings: distributedSignInDefaults,
    make: () => slowDistributedSignIn(),
  },
  {
    id: "flood",
    title: "Flood of requests",
    family: "rate_abuse",
    level: "high",
    summary: "A minute with far more requests or sources than any minute of four weeks.",
    techniques: ["T1498", "T1499"],
    owasp: ["API4"],
    needs: ["source.ip"],
    settings: floodDefaults,
    make: () => flood(),
  },
  {
    id: "traffic-anomaly",
    title: "Traffic outside its band",
    family: "traffic_anomaly",
    level: "high",
    summary: "Requests or failures of a service leave the band that this time of day has seen.",
    techniques: ["T1499"],
    owasp: ["API4"],
    needs: ["service"],
    settings: trafficAnomalyDefaults,
    make: () => trafficAnomaly(),
  },
  {
    id: "outbound-destination",
    title: "Call to a stranger",
    family: "outbound",
    level: "high",
    summary: "A service calls a host, a port, or with a key to a host, that it never called.",
    techniques: ["T1071", "T1041", "T1571"],
    owasp: ["API7", "API10"],
    needs: ["destination.host"],
    settings: outboundDefaults,
    make: () => outboundDestination(),
  },
  {
    id: "outbound-volume",
    title: "Unusual amount sent to a third party",
    family: "outbound",
    level: "high",
    summary: "Several times more bytes to one host in an hour than ever.",
    techniques: ["T1048", "T1567"],
    owasp: ["API10"],
    needs: ["destination.host", "http.request_bytes"],
    settings: outboundDefaults,
    make: () => outboundVolume(),
  },
  {
    id: "outbound-failure",
    title: "A third party is failing",
    family: "outbound",
    level: "low",
    summary: "Many calls to one host fail within ten minutes.",
    techniques: [],
    owasp: ["API10"],
    needs: ["destination.host"],
    settings: outboundDefaults,
    make: () => outboundFailure(),
  },
  {
    id: "silence",
    title: "Somebody went silent",
    family: "silence",
    level: "high",
    summary: "A service or key that usually speaks has paused twice as long as ever in two weeks, or a scheduled action did not run.",
    techniques: ["T1562", "T1489"],
    owasp: ["API8"],
    needs: ["service"],
    settings: silenceDefaults,
    make: () => silence() as Detector,
  },
];

/** The detectors with their default settings, ready to run. */
export const behaviourDetectors: readonly Detector[] = behaviourRules.map((rule) => rule.make());
