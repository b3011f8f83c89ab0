/**
 * Distributed credential stuffing: many accounts fail from many addresses, each address so seldom that no limit per address sees it. Watched over an hour
 * (fast) and over a day (low and slow), against the service's own ordinary failures. Who gets in from the same address has only mistyped: on the day of new
 * passwords half a company does. A sign-in service that is down refuses nobody.
 */
import type { BehaviourDetector } from "@/lib/detection/detector";
import type { EventDocument } from "@/lib/model/event";
import { actorOf, DAY, HOUR, isSignIn } from "./subject";
import { atMost, type Contribution, tallyDetector } from "./tally";

export interface DistributedSignInSettings {
  /** Different accounts that failed and different addresses they failed from, below which it is ordinary forgetfulness. */
  hour: { accounts: number; addresses: number };
  day: { accounts: number; addresses: number };
  factor: number;
}
export const distributedSignInDefaults: DistributedSignInSettings = {
  hour: { accounts: 20, addresses: 10 },
  day: { accounts: 60, addresses: 30 },
  factor: 3,
};

const isAnswered = ({ outcome, http }: EventDocument): boolean =>
  outcome === "success" || (outcome === "failure" && !((http?.status ?? 0) >= 500));

function watch(span: "hour" | "day", settings: DistributedSignInSettings): BehaviourDetector {
  const floors = settings[span];
  return tallyDetector({
    id: span === "hour" ? "distributed-sign-in" : "slow-distributed-sign-in",
    version: 2,
    family: "credential_stuffing",
    level: "high",
    title: span === "hour" ? "Distributed credential stuffing" : "Slow distributed credential stuffing",
    techniques: ["T1110.004", "T1110.003"],
    owasp: ["API2"],
    spanMs: span === "hour" ? HOUR : DAY,
    learnDays: 3,
    newcomerFactor: 1,
    measures: [
      {
        name: "accounts",
        unit: "accounts",
        floor: floors.accounts,
        factor: settings.factor,
        of: (view) => Math.round(view.distinct("account") * view.missing("refused", "entered")),
        atMost: (view) => view.distinct("account"),
      },
    ],
    groupsOf: ({ record: { document } }) =>
      isAnswered(document) && document.direction === "inbound" && isSignIn(document) && actorOf(document) ? [document.service ?? ""] : [],
    contribute({ record: { document } }): Contribution {
      const account = actorOf(document);
      const pair = `${account} ${document.source?.ip ?? ""}`;
      if (document.outcome === "success") return { sums: {}, distinct: { entered: pair }, aside: true };
      return {
        sums: { ghosts: document.actor?.exists === false ? 1 : 0 },
        distinct: {
          account,
          refused: pair,
          country: document.source?.geo?.country,
          agent: document.source?.user_agent?.slice(0, 128),
        },
      };
    },
    when: (view) => view.distinct("ip") >= floors.addresses,
    entityOf: (group) => ({ type: "service", value: group || "unknown" }),
    roles: { ip: { type: "ip", role: "attacker" }, account: { type: "actor", role: "victim" } },
    describe: ({ group, view, value, usual }) => ({
      sentence: `${value} accounts of ${group || "one service"} failed to sign in from ${view.distinct("ip")} addresses within ${span === "hour" ? "an hour" : "a day"}; usually ${atMost(usual)}.`,
      factors: [
        { name: "accounts", before: String(usual), after: String(value), weight: 1 },
        { name: "addresses", after: String(view.distinct("ip")), weight: 1 },
        { name: "accounts that do not exist", after: String(view.sum("ghosts")), weight: 0 },
        ...view
          .top("country", 3)
          .map((country) => ({ name: "country", after: country.value, weight: 0, note: `${Math.round(100 * country.share)} %` })),
      ],
    }),
  });
}

/** The detector of an hour, one group per service. */
export const distributedSignIn = (settings = distributedSignInDefaults): BehaviourDetector => watch("hour", settings);
/** The detector of a day, one group per service. */
export const slowDistributedSignIn = (settings = distributedSignInDefaults): BehaviourDetector => watch("day", settings);
