/**
 * Peers: somebody does far more in ten minutes than anybody of the same role ever did. The own past says nothing about newcomers and little about those who
 * seldom work; what colleagues do in their busiest minutes says what the role needs.
 */
import type { BehaviourDetector } from "@/lib/detection/detector";
import { formatBytes } from "@/lib/model/format";
import { actorOf, keyOf, MINUTE } from "./subject";
import { peerDetector } from "./peer-tally";
import type { Measure, TallyRules } from "./tally";

export interface PeerSettings {
  /** In ten minutes, never remarkable for a person at a screen: a click every two seconds, a long list opened, a film, a form filled in wrongly. */
  floors: { requests: number; objects: number; bytes: number; refusals: number };
  /** How many times the busiest ten minutes of the whole role in five weeks. */
  factor: number;
  /** Colleagues needed before they say anything, and days. */
  members: number;
  learnDays: number;
}
export const peerDefaults: PeerSettings = {
  floors: { requests: 300, objects: 60, bytes: 100_000_000, refusals: 30 },
  factor: 3,
  members: 4,
  learnDays: 3,
};

const REFUSALS = [401, 403, 404];

const measuresOf = ({ floors, factor }: PeerSettings): Measure[] => [
  {
    name: "requests",
    unit: "requests",
    floor: floors.requests,
    factor,
    title: "Far more requests than any colleague",
    of: (view) => view.span.n,
  },
  {
    name: "objects",
    unit: "objects",
    floor: floors.objects,
    factor,
    family: "enumeration",
    title: "Far more objects than any colleague",
    of: (view) => view.distinct("target"),
  },
  {
    name: "bytes out",
    unit: "bytes",
    floor: floors.bytes,
    factor,
    family: "data_egress",
    title: "Far more data than any colleague",
    of: (view) => view.sum("bytes"),
  },
  {
    name: "refusals",
    unit: "refused requests",
    floor: floors.refusals,
    factor,
    family: "enumeration",
    title: "Refused far more often than any colleague",
    of: (view) => view.sum("refusals"),
  },
];

const describe: TallyRules["describe"] = ({ group, view, measure, value, usual, members }) => {
  const text = (amount: number) => (measure.name === "bytes out" ? formatBytes(amount) : `${amount} ${measure.unit}`);
  return {
    sentence: `${view.span.member} made ${text(value)} in ten minutes; the busiest ten minutes of all ${members} with the role ${group} in five weeks had ${text(usual)}.`,
    factors: [
      { name: measure.name, before: text(usual), after: text(value), weight: 1, note: `the most that anybody of the role ${group} did` },
      { name: "colleagues", after: String(members), weight: 0 },
    ],
  };
};

/** The detector, one circle per role; keys are no people and have no role. */
export function peers(settings: PeerSettings = peerDefaults): BehaviourDetector {
  return peerDetector({
    id: "peers",
    version: 2,
    family: "rate_abuse",
    level: "high",
    title: "Far more than any colleague",
    techniques: ["T1078", "T1213"],
    owasp: ["API1", "API4"],
    spanMs: 10 * MINUTE,
    learnDays: settings.learnDays,
    newcomerFactor: Number.POSITIVE_INFINITY, // a role that is not known says nothing
    membersNeeded: settings.members,
    measures: measuresOf(settings),
    circleOf: ({ record: { document } }) =>
      document.direction === "inbound" && document.actor?.role && !keyOf(document) ? document.actor.role : undefined,
    memberOf: ({ record: { document } }) => actorOf(document),
    contribute({ record: { document } }) {
      const target = document.targets?.[0];
      return {
        sums: { bytes: document.http?.response_bytes ?? 0, refusals: REFUSALS.includes(document.http?.status ?? 0) ? 1 : 0 },
        distinct: { target: target?.id ? `${target.type ?? ""}:${target.id}` : undefined },
      };
    },
    entityOf: (_, member = "") => ({ type: "actor", value: member }),
    roles: { ip: { type: "ip", role: "attacker" } },
    describe,
  });
}
