/** The Sigma documents as the engine holds them: detections (one event), correlations (several), filters (exceptions to detections). */
import type { Level } from "@/lib/model/alert";
import type { Expression } from "./expression";
import type { Extension } from "./extension";

/** What every document says of itself. */
export interface RuleMeta {
  id: string;
  /** The other name by which correlations may refer to it. */
  name?: string;
  title: string;
  status: "stable" | "test" | "experimental" | "deprecated" | "unsupported";
  level: Level;
  description: string;
  author: string;
  date?: string;
  modified?: string;
  tags: readonly string[];
  references: readonly string[];
  falsePositives: readonly string[];
  /** Fields that the author wants an investigator to see. */
  fields: readonly string[];
  extension: Extension;
  /** Names of placeholders in its values. */
  placeholders: readonly string[];
  /** Those of them that have no values here: until they have, the document does not run. */
  missing: readonly string[];
  file: string;
  line: number;
  /** The YAML of this document alone. */
  source: string;
}

export interface Logsource {
  category?: string;
  product?: string;
  service?: string;
}

export interface SigmaDetection extends RuleMeta {
  kind: "detection";
  logsource: Logsource;
  expression: Expression;
}

export const CORRELATION_TYPES = [
  "event_count",
  "value_count",
  "temporal",
  "temporal_ordered",
  "value_sum",
  "value_avg",
  "value_percentile",
  "value_median",
  "new_value",
  "absence",
] as const;
export type CorrelationType = (typeof CORRELATION_TYPES)[number];

/** A number against limits: all that are given must hold. */
export interface Limits {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
  eq?: number;
  neq?: number;
}

export interface SigmaCorrelation extends RuleMeta {
  kind: "correlation";
  type: CorrelationType;
  /** Ids or names of the documents it correlates, in order. */
  rules: readonly string[];
  groupBy: readonly string[];
  timespanMs: number;
  limits: Limits;
  /** `condition.field`: what is counted, added, ranked or new. Several are taken together. */
  valueFields: readonly string[];
  /** 0 to 100, for value_percentile. */
  percentile: number;
  /** alias → (rule → field). */
  aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether the correlated rules also alert on their own. */
  generate: boolean;
}

export interface SigmaFilter extends RuleMeta {
  kind: "filter";
  logsource: Logsource;
  /** Ids or names; `any` reaches every rule of the logsource. */
  rules: readonly string[] | "any";
  expression: Expression;
}

export type SigmaDocument = SigmaDetection | SigmaCorrelation | SigmaFilter;
