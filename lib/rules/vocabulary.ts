/** Every word that a rule may use where words are fixed: what the editor proposes. Taken from the tables that the reader of rules itself uses. */
import { canonicalName } from "@/lib/detection/match/fields";
import { Extension } from "@/lib/detection/sigma/extension";
import { eachMatch } from "@/lib/detection/sigma/expression";
import { CORRELATION_TYPES } from "@/lib/detection/sigma/rule";
import { EntityType, Family, Level } from "@/lib/model/alert";
import { TriageQuestion, triageTexts } from "@/lib/model/triage";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import type { CatalogRule } from "./catalog";

/** A word and what it means. */
export interface Word {
  word: string;
  about?: string;
}

/** Words by the place where they stand: a path of keys (`correlation.type`), or a kind of thing (`field`, `modifier`). */
export type Vocabulary = Record<string, Word[]>;

const words = (all: string): Word[] => all.split(" ").map((word) => ({ word }));

const MODIFIERS: Record<string, string> = {
  contains: "the value stands anywhere in it",
  startswith: "it begins with the value",
  endswith: "it ends with the value",
  all: "every value of the list, not any",
  cased: "capital letters matter",
  re: "a regular expression (linear time)",
  cidr: "inside a network",
  exists: "the field is there: true or false",
  fieldref: "equal to another field",
  neq: "not equal",
  gt: "greater than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
  base64: "also as Base64",
  base64offset: "also as Base64, at any offset",
  utf16: "as UTF-16",
  wide: "as UTF-16, little endian",
  windash: "dashes of every kind",
  expand: "placeholders like %name%",
  minute: "minute of the hour",
  hour: "hour of the day",
  day: "day of the month",
};

const TOP =
  "title id name status description author date references tags logsource detection correlation level falsepositives fields related vedette";

const extensionHelp: Record<string, string> = {
  family: "what kind of attack it is",
  paranoia: "1 quiet to 4 paranoid",
  entity: "whom the alert is about",
  title: "headline, with {count} {entity} {window} …",
  episode: "matches closer together are one alert",
  suppress_by: "one alert for each value of these fields",
  triage: "questions for whoever looks at it",
  decision: "what to do with the entity, and for how long",
  matches: "events that must raise an alert",
  ignores: "events that must not",
  default: "false: off until somebody switches it on",
  alert: "false: serves other rules only",
};

/** Our own names of fields, and every other name that a rule here uses (ECS, OCSF, Sigma's taxonomy), each with ours beside it. */
function fieldWords(rules: readonly CatalogRule[]): Word[] {
  const names = new Set(EVENT_FIELDS.fields.flatMap(({ paths }) => paths.map((path) => path.filter((step) => step !== "*").join("."))));
  for (const { document } of rules) {
    if (document.kind === "detection") eachMatch(document.expression, ({ field }) => field !== undefined && names.add(field));
    else if (document.kind === "correlation") for (const field of [...document.groupBy, ...document.valueFields]) names.add(field);
  }
  return [...names].sort().map((word) => ({ word, ...(canonicalName(word) === word ? {} : { about: canonicalName(word) }) }));
}

/** The words, with the names of the rules that correlations may name: thousands of imported ones that are off would only make the page heavy. */
export function ruleVocabulary(all: readonly CatalogRule[]): Vocabulary {
  const rules = all.filter(({ enabled, source }) => enabled || source !== "custom");
  const fields = fieldWords(rules);
  return {
    "": words(TOP),
    field: fields,
    modifier: Object.entries(MODIFIERS).map(([word, about]) => ({ word, about })),
    level: Level.options.map((word) => ({ word })),
    status: words("stable test experimental deprecated unsupported"),
    logsource: words("category product service"),
    "logsource.category": [
      { word: "api", about: "every event" },
      { word: "authentication", about: "sign-ins and other checks of credentials" },
      { word: "webserver", about: "inbound requests" },
      { word: "proxy", about: "outbound requests" },
    ],
    detection: words("condition timeframe"),
    correlation: words("type rules group-by timespan condition aliases generate"),
    "correlation.type": CORRELATION_TYPES.map((word) => ({ word })),
    "correlation.condition": words("gte gt lte lt eq field"),
    "correlation.condition.field": fields,
    "correlation.group-by": fields,
    "correlation.rules": rules.map(({ id, document }) => ({ word: document.name ?? id, about: document.title })),
    "correlation.generate": words("true false"),
    tags: Array.from({ length: 10 }, (_, n) => ({ word: `owasp.api${n + 1}` })),
    vedette: Object.keys(Extension.shape).map((word) => ({ word, ...(extensionHelp[word] ? { about: extensionHelp[word] } : {}) })),
    "vedette.family": Family.options.map((word) => ({ word })),
    "vedette.entity": [...words("type field"), ...fields],
    "vedette.entity.type": EntityType.options.map((word) => ({ word })),
    "vedette.entity.field": fields,
    "vedette.suppress_by": fields,
    "vedette.decision": words("action for"),
    "vedette.decision.action": words("block throttle challenge"),
    "vedette.triage": TriageQuestion.options.map((word) => ({ word, about: triageTexts[word].question })),
    "vedette.default": words("true false"),
    "vedette.alert": words("true false"),
  };
}
