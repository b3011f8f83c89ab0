/**
 * New context: a person or a key shows up from where, with what, or for what it never did before. One new thing is life (travel, a new phone, a release);
 * several at once are a stranger with somebody's credential.
 */
import type { Detector } from "@/lib/detection/detector";
import type { Factor } from "@/lib/model/alert";
import { actorOf, DAY, deviceOf, isPerson, isPrivateAddress, keyOf, MINUTE, momentOf } from "./subject";
import { each, type Finding, type Moment, timelineDetector } from "./timeline";

type Aspect = "country" | "network" | "device" | "target" | "scope" | "hour";

export interface NewContextSettings {
  /** Points of a value never seen for this person or key, by aspect. */
  person: Record<Aspect, number>;
  key: Record<Aspect, number>;
  /** Points at which it alerts. */
  threshold: number;
  /** The past is believed after this many days with activity. */
  learnDays: number;
  /** A value not seen for this long is new again, days. */
  forgetDays: number;
}

export const newContextDefaults: NewContextSettings = {
  person: { country: 45, network: 15, device: 45, target: 10, scope: 10, hour: 10 },
  // A key lives in a machine: its network and its program change with a release, rarely both.
  key: { country: 45, network: 45, device: 45, target: 15, scope: 30, hour: 0 },
  threshold: 90,
  learnDays: 7,
  forgetDays: 90,
};

interface Sight extends Moment {
  values: Partial<Record<Aspect, string>>;
  sensitive?: string;
}
interface Habits {
  days: number;
  lastDay: number;
  seen: Partial<Record<Aspect, Record<string, number>>>;
}

const VALUE_LIMIT = 48; // per aspect; the longest unseen goes first
const SENSITIVE = /(?:export|download|role|permission|grant|invite|key|token|password|mfa|sso|webhook|delete)/i;

function learn(habits: Habits, sight: Sight): Habits {
  const day = Math.floor(sight.t / DAY);
  const seen: Habits["seen"] = { ...habits.seen };
  for (const [aspect, value] of Object.entries(sight.values) as [Aspect, string][]) {
    const values = { ...seen[aspect], [value]: sight.t };
    const names = Object.keys(values);
    if (names.length > VALUE_LIMIT) delete values[names.reduce((a, b) => ((values[a] ?? 0) <= (values[b] ?? 0) ? a : b))];
    seen[aspect] = values;
  }
  return { days: habits.days + (habits.lastDay === day ? 0 : 1), lastDay: day, seen };
}

/** What is new about this sight, with its weight; an aspect of which nothing is known yet says nothing. */
function newsOf(habits: Habits, sight: Sight, weights: Record<Aspect, number>, forgetMs: number): Factor[] {
  return (Object.entries(sight.values) as [Aspect, string][]).flatMap(([aspect, value]) => {
    const known = habits.seen[aspect];
    if (!known || (known[value] ?? Number.NEGATIVE_INFINITY) > sight.t - forgetMs) return [];
    const usual = Object.entries(known).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return [
      {
        name: aspect,
        before: usual
          .slice(0, 4)
          .map(([name]) => name)
          .join(", "),
        after: value,
        weight: weights[aspect],
        note: `never seen in ${habits.days} active days`,
      },
    ];
  });
}

function finding(group: string, sight: Sight, factors: Factor[], score: number, settings: NewContextSettings): Finding {
  const [kind, ...rest] = group.split(":");
  const value = rest.join(":");
  const isKey = kind === "key";
  return {
    family: isKey ? "key_abuse" : "new_context",
    level: sight.sensitive || score >= 1.5 * settings.threshold ? "high" : "medium",
    title: isKey ? "API key used by a stranger" : "Sign of a stranger in a known account",
    entity: { type: isKey ? "key" : "actor", value },
    strength: score + (sight.sensitive ? 50 : 0),
    evidence: [sight.id],
    sourceIps: sight.ip ? [sight.ip] : [],
    related: sight.ip ? [{ type: "ip", value: sight.ip, role: "attacker", events: sight.n }] : [],
    explanation: {
      sentence:
        `${isKey ? "The key" : ""} ${value} appeared with ${factors.map((factor) => `a new ${factor.name} (${factor.after})`).join(", ")}${sight.sensitive ? ` and did ${sight.sensitive}` : ""}.`.trim(),
      measured: score,
      threshold: settings.threshold,
      unit: "points",
      factors: sight.sensitive ? [...factors, { name: "done next", after: sight.sensitive, weight: 0 }] : factors,
    },
  };
}

/** The detector, one group per person and one per key. */
export function newContext(settings: NewContextSettings = newContextDefaults): Detector {
  const forgetMs = settings.forgetDays * DAY;
  return timelineDetector<Sight, Habits>({
    id: "new-context",
    version: 1,
    techniques: ["T1078", "T1528", "T1552"],
    owasp: ["API2"],
    episodeMs: DAY,
    groupsOf({ record: { document } }) {
      if (document.outcome !== "success" || document.direction !== "inbound" || !document.source) return [];
      const key = keyOf(document);
      if (key) return [`key:${key}`];
      return isPerson(document) ? [`actor:${actorOf(document)}`] : [];
    },
    observe: each((event) => {
      const { document } = event.record;
      const { source } = document;
      if (!source || (source.ip && isPrivateAddress(source.ip))) return undefined;
      const device = deviceOf(document);
      const values: Sight["values"] = {};
      if (source.geo?.country) values.country = source.geo.country;
      if (source.geo?.asn !== undefined) values.network = `AS${source.geo.asn}`;
      if (device) values.device = `${device.family}${device.system ? ` on ${device.system}` : ""}`;
      if (document.targets?.[0]?.type) values.target = document.targets[0].type;
      if (keyOf(document)) {
        if (document.credential?.scopes?.length) values.scope = [...document.credential.scopes].sort().join(" ").slice(0, 128);
      } else values.hour = String(Math.floor((event.record.occurredAt % DAY) / (DAY / 8)) * 3); // eighths of a day, UTC
      return { ...momentOf(event), values, ...(SENSITIVE.test(document.action) ? { sensitive: document.action } : {}) };
    }),
    keyOf: (sight) => `${Math.floor(sight.t / (10 * MINUTE))}|${sight.ip ?? ""}|${JSON.stringify(sight.values)}|${sight.sensitive ?? ""}`,
    emptyBaseline: () => ({ days: 0, lastDay: -1, seen: {} }),
    learn,
    judge({ group, baseline, moment }) {
      if (baseline.days < settings.learnDays) return undefined;
      const factors = newsOf(baseline, moment, group.startsWith("key:") ? settings.key : settings.person, forgetMs);
      const score = factors.reduce((sum, factor) => sum + factor.weight, 0);
      return score >= settings.threshold ? finding(group, moment, factors, score, settings) : undefined;
    },
  });
}
