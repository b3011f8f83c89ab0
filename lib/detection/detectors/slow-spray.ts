/**
 * A provider from whose addresses many accounts are tried over days and nobody gets in: a spray so slow and so spread that no hour, no day and no single
 * address shows it. People mistype as well, but where people are they get in most of the time.
 */
import type { BehaviourDetector } from "@/lib/detection/detector";
import { actorOf, DAY, isSignIn } from "./subject";
import { type Contribution, type SpanView, tallyDetector } from "./tally";

export interface SlowSpraySettings {
  /** Different accounts that were refused in a week from one provider where hardly anybody gets in. */
  accounts: number;
  /** From so many of its addresses: rules hear of a single one. */
  addresses: number;
  /** Share of the accounts seen there that may get in, above which it is a network of people. */
  entered: number;
}
export const slowSprayDefaults: SlowSpraySettings = { accounts: 15, addresses: 5, entered: 0.2 };

/** The detector, one group per provider (autonomous system). */
export function slowSpray(settings: SlowSpraySettings = slowSprayDefaults): BehaviourDetector {
  const entered = (view: SpanView): number => view.distinct("entered");
  return tallyDetector({
    id: "slow-spray",
    version: 1,
    family: "credential_stuffing",
    level: "high",
    title: "Many accounts tried from one provider",
    techniques: ["T1110.003"],
    owasp: ["API2"],
    spanMs: 7 * DAY,
    keptValues: 24,
    learnDays: 0,
    newcomerFactor: 1,
    measures: [
      {
        name: "accounts",
        unit: "accounts",
        floor: settings.accounts,
        factor: 1,
        of: (view) => (entered(view) > settings.entered * view.distinct("account") ? 0 : view.distinct("account")),
      },
    ],
    groupsOf: ({ record: { document } }) =>
      document.direction === "inbound" &&
      document.source?.geo?.asn !== undefined &&
      isSignIn(document) &&
      actorOf(document) &&
      !((document.http?.status ?? 0) >= 500)
        ? [String(document.source.geo.asn)]
        : [],
    contribute({ record: { document } }): Contribution | undefined {
      const account = actorOf(document);
      if (document.outcome === "success") return { sums: {}, distinct: { entered: account }, aside: true };
      return document.outcome === "failure" ? { sums: {}, distinct: { account, country: document.source?.geo?.country } } : undefined;
    },
    when: (view) => view.distinct("ip") >= settings.addresses,
    entityOf: (group) => ({ type: "asn", value: group }),
    roles: { ip: { type: "ip", role: "attacker" }, account: { type: "actor", role: "victim" } },
    describe: ({ group, view, value }) => ({
      sentence: `${value} accounts were refused from ${view.distinct("ip")} addresses of AS${group} within a week; ${entered(view)} got in from there.`,
      factors: [
        { name: "accounts", after: String(value), weight: 1 },
        { name: "addresses", after: String(view.distinct("ip")), weight: 0 },
        { name: "got in", after: String(entered(view)), weight: 0 },
      ],
    }),
  });
}
