/** Outgoing calls: a service talks to a host it never talked to, a key goes to a host it does not belong to, more leaves than ever, or a third party fails. */
import type { BehaviourDetector, Detector } from "@/lib/detection/detector";
import type { Factor } from "@/lib/model/alert";
import { formatBytes } from "@/lib/model/format";
import { DAY, HOUR, MINUTE, momentOf, neighbourhoodOf, own } from "./subject";
import { atMost, tallyDetector } from "./tally";
import { each, type Finding, type Moment, timelineDetector } from "./timeline";

export interface OutboundSettings {
  /** Points of each strangeness of a call, and the points from which it is more than a note. */
  weights: { host: number; bareAddress: number; port: number; keyPair: number; upload: number };
  threshold: number;
  /** A first call that sends more than this is an upload, bytes. */
  uploadBytes: number;
  learnDays: number;
  /** Bytes an hour to one host that are never remarkable, and how many times the highest hour of five weeks. */
  floorBytes: number;
  factor: number;
  /** Failed calls to one host in ten minutes. */
  floorFailures: number;
}
export const outboundDefaults: OutboundSettings = {
  weights: { host: 40, bareAddress: 40, port: 40, keyPair: 60, upload: 40 },
  threshold: 60,
  uploadBytes: 1_000_000,
  learnDays: 3,
  floorBytes: 20_000_000,
  factor: 4,
  floorFailures: 30,
};

interface Call extends Moment {
  host: string;
  /** What it is remembered by: the name, or the neighbourhood of a bare address, since third parties move within theirs. */
  party: string;
  port?: number;
  key?: string;
  bare?: true;
  sent: number;
}
interface Partners {
  days: number;
  lastDay: number;
  hosts: Record<string, number>;
  ports: Record<string, number>;
  /** By "key>host", and every key that has a known partner. */
  pairs: Record<string, number>;
}

const PARTNER_LIMIT = 500;
const isNeighbourhood = (party: string): boolean => party.includes("/"); // no host name holds one
const remember = (known: Record<string, number>, name: string, t: number): Record<string, number> => {
  const next = { ...known, [name]: t };
  const names = Object.keys(next);
  if (names.length > PARTNER_LIMIT) delete next[names.reduce((a, b) => ((next[a] ?? 0) <= (next[b] ?? 0) ? a : b))];
  return next;
};

function newsOf(partners: Partners, call: Call, settings: OutboundSettings): Factor[] {
  const { weights } = settings;
  const factors: Factor[] = [];
  const newHost = own(partners.hosts, call.party) === undefined;
  if (newHost)
    factors.push({
      name: "destination",
      before: `${Object.keys(partners.hosts).length} known hosts`,
      after: call.host,
      weight: weights.host,
      note: "never called before",
    });
  // where no call ever had a name, an address is no sign of anything
  if (newHost && call.bare && !Object.keys(partners.hosts).every(isNeighbourhood))
    factors.push({ name: "bare address", after: call.host, weight: weights.bareAddress, note: "no name, only an address" });
  if (call.port !== undefined && own(partners.ports, String(call.port)) === undefined && Object.keys(partners.ports).length > 0)
    factors.push({
      name: "port",
      before: Object.keys(partners.ports).slice(0, 5).join(", "),
      after: String(call.port),
      weight: weights.port,
    });
  const hostsOfKey = call.key ? Object.keys(partners.pairs).filter((pair) => pair.startsWith(`${call.key}>`)) : [];
  if (call.key && hostsOfKey.length > 0 && !hostsOfKey.includes(`${call.key}>${call.party}`))
    factors.push({
      name: "key",
      before: hostsOfKey.map((pair) => pair.slice(call.key?.length ?? 0).slice(1)).join(", "),
      after: `${call.key} → ${call.host}`,
      weight: weights.keyPair,
      note: "this key went elsewhere before",
    });
  if (newHost && call.sent >= settings.uploadBytes) factors.push({ name: "upload", after: formatBytes(call.sent), weight: weights.upload });
  return factors;
}

function finding(service: string, call: Call, factors: Factor[], settings: OutboundSettings): Finding {
  const score = factors.reduce((sum, factor) => sum + factor.weight, 0);
  return {
    family: "outbound",
    // A new partner alone is a note for the Third parties page: releases bring some.
    level: score >= 1.5 * settings.threshold ? "high" : score >= settings.threshold ? "medium" : "informational",
    title: score >= settings.threshold ? "Call to a stranger" : "New third party",
    entity: { type: "host", value: call.host },
    strength: score,
    evidence: [call.id],
    sourceIps: [],
    related: [
      { type: "service", value: service, role: "context", events: call.n },
      ...(call.key ? [{ type: "key" as const, value: call.key, role: "victim" as const, events: call.n }] : []),
    ],
    explanation: {
      sentence: `${service || "A service"} called ${call.host}${call.port ? `:${call.port}` : ""}: ${factors.map((factor) => `${factor.name} ${factor.after}`).join(", ")}.`,
      measured: score,
      threshold: settings.threshold,
      unit: "points",
      factors,
    },
  };
}

/** New destinations, rare ports, and keys that go elsewhere; one group per service. */
export function outboundDestination(settings: OutboundSettings = outboundDefaults): BehaviourDetector {
  return timelineDetector<Call, Partners>({
    id: "outbound-destination",
    version: 2,
    title: "Call to a stranger",
    family: "outbound",
    level: "high",
    techniques: ["T1071", "T1041", "T1571"],
    owasp: ["API7", "API10"],
    episodeMs: DAY,
    groupsOf: ({ record: { document } }) =>
      document.direction === "outbound" && (document.destination?.host || document.destination?.ip) ? [document.service ?? ""] : [],
    observe: each((event) => {
      const { destination, credential, http } = event.record.document;
      const host = destination?.host ?? destination?.ip;
      if (!host) return undefined;
      const bare = /^[\d.]+$/.test(host) || host.indexOf(":") !== host.lastIndexOf(":"); // one colon is a port
      const { port } = destination ?? {};
      return {
        ...momentOf(event),
        host,
        party: bare ? neighbourhoodOf(host) : host,
        sent: http?.request_bytes ?? 0,
        ...(port ? { port } : {}),
        ...(credential?.id ? { key: credential.id } : {}),
        ...(bare ? { bare } : {}),
      };
    }),
    keyOf: (call) =>
      `${Math.floor(call.t / MINUTE)}|${call.host}|${call.port ?? ""}|${call.key ?? ""}|${call.sent >= settings.uploadBytes}`,
    emptyBaseline: () => ({ days: 0, lastDay: -1, hosts: {}, ports: {}, pairs: {} }),
    learn(partners, call) {
      const day = Math.floor(call.t / DAY);
      return {
        days: partners.days + (partners.lastDay === day ? 0 : 1),
        lastDay: day,
        hosts: remember(partners.hosts, call.party, call.t),
        ports: call.port ? remember(partners.ports, String(call.port), call.t) : partners.ports,
        pairs: call.key ? remember(partners.pairs, `${call.key}>${call.party}`, call.t) : partners.pairs,
      };
    },
    judge({ group, baseline, moment }) {
      if (baseline.days < settings.learnDays) return undefined;
      const factors = newsOf(baseline, moment, settings);
      return factors.length > 0 ? finding(group, moment, factors, settings) : undefined;
    },
  });
}

const pairOf = (group: string): [service: string, host: string] => [
  group.slice(0, group.indexOf(">")),
  group.slice(group.indexOf(">") + 1),
];
const groupsOfCall: Detector["groupsOf"] = ({ record: { document } }) => {
  const host = document.destination?.host ?? document.destination?.ip;
  return document.direction === "outbound" && host ? [`${document.service ?? ""}>${host}`] : [];
};

/** More bytes to one host than ever; one group per service and host. */
export function outboundVolume(settings: OutboundSettings = outboundDefaults): BehaviourDetector {
  return tallyDetector({
    id: "outbound-volume",
    version: 1,
    family: "outbound",
    level: "high",
    title: "Unusual amount sent to a third party",
    techniques: ["T1048", "T1567"],
    owasp: ["API10"],
    spanMs: HOUR,
    learnDays: 3,
    newcomerFactor: 10,
    measures: [{ name: "bytes", unit: "bytes", floor: settings.floorBytes, factor: settings.factor, of: (view) => view.sum("bytes") }],
    groupsOf: groupsOfCall,
    contribute: ({ record: { document } }) => ({
      sums: { bytes: document.http?.request_bytes ?? 0 },
      distinct: { key: document.credential?.id },
    }),
    entityOf: (group) => ({ type: "host", value: pairOf(group)[1] }),
    describe: ({ group, view, value, usual }) => ({
      sentence: `${pairOf(group)[0] || "A service"} sent ${formatBytes(value)} to ${pairOf(group)[1]} in ${view.span.n} calls within an hour; the highest hour of five weeks was ${formatBytes(usual)}.`,
      factors: [{ name: "bytes sent", before: formatBytes(usual), after: formatBytes(value), weight: 1 }],
    }),
  });
}

/** A third party that stopped answering well; one group per service and host. */
export function outboundFailure(settings: OutboundSettings = outboundDefaults): BehaviourDetector {
  return tallyDetector({
    id: "outbound-failure",
    version: 1,
    family: "outbound",
    level: "low",
    title: "A third party is failing",
    techniques: [],
    owasp: ["API10"],
    spanMs: 10 * MINUTE,
    learnDays: 1,
    newcomerFactor: 1,
    measures: [{ name: "failures", unit: "failed calls", floor: settings.floorFailures, factor: 3, of: (view) => view.sum("failures") }],
    groupsOf: groupsOfCall,
    contribute: ({ record: { document } }) => ({
      sums: { failures: document.outcome === "failure" ? 1 : 0 },
      distinct: { status: document.http?.status === undefined ? undefined : String(document.http.status) },
    }),
    entityOf: (group) => ({ type: "host", value: pairOf(group)[1] }),
    describe: ({ group, view, value, usual }) => ({
      sentence: `${value} of ${view.span.n} calls from ${pairOf(group)[0] || "a service"} to ${pairOf(group)[1]} failed in ten minutes; usually ${atMost(usual)}.`,
      factors: [
        { name: "failures", before: String(usual), after: String(value), weight: 1 },
        ...view
          .top("status", 3)
          .map((status) => ({ name: "status", after: status.value, weight: 0, note: `${Math.round(100 * status.share)} %` })),
      ],
    }),
  });
}
