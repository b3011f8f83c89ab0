/** The sentence and the numbers of an alert: what happened, to whom, how much, in which time, against which limit. Plain English, plain text. */
import type { Entity, EntityType, Explanation } from "@/lib/model/alert";
import { canonicalName } from "@/lib/detection/match/fields";
import { formatBytes } from "@/lib/model/format";
import type { Limits } from "@/lib/detection/sigma/rule";
import type { WindowSpec } from "@/lib/detection/correlation/spec";
import type { Episode } from "@/lib/detection/correlation/state";

const nouns: Readonly<Record<EntityType, string>> = {
  ip: "the address",
  network: "the network",
  asn: "the network AS",
  country: "the country",
  actor: "the account",
  session: "the session",
  key: "the key",
  service: "the service",
  route: "the route",
  host: "the host",
  device: "the device",
  agent: "the user agent",
  series: "the series",
};

/** What is counted when a rule counts the values of these fields. */
const counted: Readonly<Record<string, string>> = {
  "actor.id": "account",
  "source.ip": "address",
  "source.network": "network",
  "source.user_agent": "user agent",
  "credential.id": "key",
  "http.path": "path",
  "http.route": "route",
};

/** `10 different accounts`, `10 different values of metadata.tenant`. */
function sayValues(count: number, fields: readonly string[]): string {
  const noun = fields.length === 1 ? counted[canonicalName(fields[0] ?? "")] : undefined;
  if (noun) return `${say(count)} different ${count === 1 ? noun : noun.endsWith("s") ? `${noun}es` : `${noun}s`}`;
  return `${plural(count, "different value")} of ${fields.join(" and ")}`;
}

const SUBJECTS = 3;

/** Titles of rules in quotes; of many only the first, so that the sentence stays one. */
function sayTitles(titles: readonly string[], between: string): string {
  const named = titles.slice(0, titles.length > SUBJECTS + 1 ? SUBJECTS : titles.length).map((title) => `“${title}”`);
  const rest = titles.length - named.length;
  return rest > 0 ? `${named.join(between)} and ${plural(rest, "other rule")}` : named.join(between);
}

const VALUE_MOST = 120; // characters of an entity in a sentence

/** `the address 203.0.113.7`. */
export const nameEntity = ({ type, value }: Entity): string =>
  `${nouns[type]} ${value.length > VALUE_MOST ? `${value.slice(0, VALUE_MOST)}…` : value}`;

/** `3 min 12 s`, `45 s`, `2 d 4 h`: two units at most. */
export function sayDuration(ms: number): string {
  if (ms < 1_000) return ms <= 0 ? "one moment" : `${Math.round(ms)} ms`;
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  let rest = Math.round(ms / 1_000);
  const said: string[] = [];
  for (const [unit, seconds] of units) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0 || said.length === 1) said.push(count > 0 ? `${count} ${unit}` : "");
    if (said.length === 2) break;
  }
  return said.filter(Boolean).join(" ");
}

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
const say = (value: number): string => number.format(value);
const plural = (count: number, one: string): string => `${say(count)} ${count === 1 ? one : `${one}s`}`;

/** What was measured, in the unit that people read: `18.2 MB` for a field of bytes, `1 min 4 s` for one of milliseconds, else the number. */
export function sayMeasured(value: number, spec: Pick<WindowSpec, "type">, valueFields: readonly string[]): string {
  if (spec.type === "absence") return sayDuration(value);
  if (spec.type === "event_count" || spec.type === "value_count" || spec.type === "temporal" || spec.type === "temporal_ordered")
    return say(value);
  const field = canonicalName(valueFields[0] ?? "");
  if (/bytes$/i.test(field)) return formatBytes(value);
  return /(?:_ms|duration)$/i.test(field) ? sayDuration(value) : say(value);
}

/** The limit in words: `6 or more`, `more than 100 and at most 200`. */
export function sayLimits(limits: Limits, sayOne: (value: number) => string = say): string {
  const parts = [
    limits.gte === undefined ? "" : `${sayOne(limits.gte)} or more`,
    limits.gt === undefined ? "" : `more than ${sayOne(limits.gt)}`,
    limits.lte === undefined ? "" : `at most ${sayOne(limits.lte)}`,
    limits.lt === undefined ? "" : `under ${sayOne(limits.lt)}`,
    limits.eq === undefined ? "" : `exactly ${sayOne(limits.eq)}`,
    limits.neq === undefined ? "" : `anything but ${sayOne(limits.neq)}`,
  ];
  return parts.filter(Boolean).join(" and ");
}

/** The one number of the limits that a chart draws as a line. */
const thresholdOf = (limits: Limits): number | undefined => limits.gte ?? limits.gt ?? limits.lte ?? limits.lt ?? limits.eq ?? limits.neq;

/** What the sentence needs to know of a rule. */
export interface Telling {
  entity: Entity;
  spec: WindowSpec;
  episode: Episode;
  /** Titles of what was matched or correlated. */
  subjects: readonly string[];
  /** Names of the fields that were counted, added or new. */
  valueFields: readonly string[];
  single: boolean;
  /** Values of the group by the rule's own field names, for titles. */
  group: Readonly<Record<string, string>>;
}

/** Explains an episode. */
export function explain(telling: Telling): Explanation {
  const { spec, episode } = telling;
  const threshold = telling.single ? undefined : thresholdOf(spec.limits);
  return {
    sentence: sentenceOf(telling),
    measured: telling.single ? episode.n : episode.pk,
    ...(threshold === undefined ? {} : { threshold }),
    unit: unitOf(telling),
    ...(telling.single ? {} : { windowMs: spec.windowMs }),
    factors: valuesAsFactors(telling),
    matches: episode.m,
  };
}

function unitOf({ spec, valueFields, single }: Telling): string {
  if (single || spec.type === "event_count") return "events";
  if (spec.type === "value_count") return `values of ${valueFields.join(" and ")}`;
  if (spec.type === "temporal" || spec.type === "temporal_ordered") return "kinds of event";
  return spec.type === "absence" ? "ms of silence" : (valueFields[0] ?? "events");
}

function sentenceOf(telling: Telling): string {
  const { spec, episode, entity } = telling;
  const who = nameEntity(entity);
  const what = sayTitles(telling.subjects, ", ");
  const field = telling.valueFields.join(" and ");
  const measured = (value: number) => sayMeasured(value, spec, telling.valueFields);
  const limit = `${sayLimits(spec.limits, measured)} within ${sayDuration(spec.windowMs)}`;
  const time = sayDuration(Math.max(0, (spec.type === "absence" ? episode.z - spec.windowMs : episode.z) - episode.f));
  const spread = episode.n === 1 ? "" : ` within ${time}`;
  if (telling.single) return `${plural(episode.n, "event")} of ${who}${spread} matched ${what}${sayMatch(episode)}.`;
  switch (spec.type) {
    case "event_count":
      return `${plural(episode.n, "event")} of ${what} by ${who}${spread}, at most ${say(episode.pk)} in one window; the rule speaks from ${limit}.`;
    case "value_count":
      return `${sayValues(episode.pk, telling.valueFields)} in ${plural(episode.n, "event")} of ${what} by ${who}${spread}; the rule speaks from ${limit}.`;
    case "temporal":
      return `${who} raised ${what} together${spread}; the rule wants ${limit}.`.replace(/^t/, "T");
    case "temporal_ordered":
      return `${who} raised ${sayTitles(telling.subjects, ", then ")}${spread}; the rule wants this order within ${sayDuration(spec.windowMs)}.`.replace(
        /^t/,
        "T",
      );
    case "new_value":
      return `First time that ${who} shows ${
        Object.keys(episode.v)
          .map((value) => `“${value}”`)
          .slice(0, 5)
          .join(", ") || "a value"
      } as ${field}${learnt(spec)}.`;
    case "absence":
      return `Nothing of ${what} by ${who} for at least ${sayDuration(episode.pk)}, which is when the rule speaks.`;
    default:
      return `The ${rankName(spec)} of ${field} by ${who} reached ${measured(episode.pk)} in ${plural(episode.n, "event")} of ${what}${spread}; the rule speaks from ${limit}.`;
  }
}

const learnt = (spec: WindowSpec): string =>
  spec.learningMs > 0 ? `, after it was watched for at least ${sayDuration(spec.learningMs)}` : "";

const rankName = (spec: WindowSpec): string =>
  ({ value_sum: "sum", value_avg: "average", value_median: "median" })[spec.type as string] ?? `percentile ${spec.percentile}`;

function sayMatch(episode: Episode): string {
  const match = episode.m[0];
  if (!match) return "";
  const text = match.decoded ?? match.excerpt;
  return `: ${match.field} holds “${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}

/** The values behind a count, the most frequent first, so that a person can check them. */
function valuesAsFactors({ episode, valueFields, single }: Telling): Explanation["factors"] {
  if (single) return [];
  const values = Object.entries(episode.v).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return values.slice(0, 10).map(([value, events]) => ({
    name: valueFields.join(" and ") || "value",
    after: value,
    weight: events,
    note: plural(events, "event"),
  }));
}
