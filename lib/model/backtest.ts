/** A backtest: what a draft of a rule would have said about the past, beside the rule in force. What the worker writes, the page and the API show. */
import { z } from "zod";
import { Entity } from "./alert";

/** One alert in a backtest's lists. */
export const BacktestAlert = z.object({
  title: z.string(),
  entity: Entity,
  /** Event time, ms. */
  firstAt: z.number(),
  lastAt: z.number(),
  events: z.number(),
  sentence: z.string(),
  /** Ids of the first of its events. */
  evidence: z.array(z.string()).default([]),
  /** Number and verdict of the incident that the alert is in as it was really raised, when it was. */
  incident: z.number().optional(),
  verdict: z.string().optional(),
});
export type BacktestAlert = z.infer<typeof BacktestAlert>;

/** What one text leads to: alerts, the incidents that they form among themselves, and the first mails about these by the routes as they stand. */
export const BacktestSide = z.object({ alerts: z.number(), incidents: z.number(), mails: z.number() });
export type BacktestSide = z.infer<typeof BacktestSide>;

/** Two texts over the same events. */
export const BacktestResult = z.object({
  draft: BacktestSide,
  live: BacktestSide,
  /** Alerts only the draft raises, and alerts only the rule in force raises. The lists hold the first 20 of each, those that were judged true first. */
  fresh: z.number(),
  gone: z.number(),
  freshList: z.array(BacktestAlert),
  goneList: z.array(BacktestAlert),
  /** How many of those gone were raised in their time and judged true. */
  lost: z.number(),
  /** Alerts by hour or day (start, ms): in both, only in the draft, only in the rule in force. Empty ones too. */
  barMs: z.number(),
  bars: z.array(z.object({ at: z.number(), same: z.number(), fresh: z.number(), gone: z.number() })),
  entities: z.array(z.object({ entity: Entity, alerts: z.number() })),
  /**
   * How high the groups of the draft came: rising values with the number of groups that had at most so much in one window. Each stands for `oneOf` groups.
   * Absent for rules that count nothing.
   */
  peaks: z.object({ oneOf: z.number(), counts: z.array(z.tuple([z.number(), z.number()])) }).optional(),
  /** Some of the events behind the draft's alerts, behind new ones first. */
  events: z.array(z.object({ id: z.string(), at: z.number(), title: z.string(), sentence: z.string() })),
});
export type BacktestResult = z.infer<typeof BacktestResult>;

/** `waiting` for a worker, `running`, then one of the ends. A stopped one keeps what it found. */
export const BacktestState = z.enum(["waiting", "running", "done", "failed", "stopped"]);

/** What the task carries. */
export const BacktestDetails = z.object({
  ruleId: z.string(),
  yaml: z.string(),
  /** Version of the rule that it was compared with; null for a rule that does not exist yet. */
  comparedWith: z.number().nullable(),
  personId: z.string(),
  from: z.number(),
  until: z.number(),
  /** Event time up to which events were read. */
  readTo: z.number(),
  /** It ran over sample data, because nothing else was there. */
  samples: z.boolean().default(false),
  attempts: z.number().default(0),
  /** Why it ended before the end of the span. */
  cut: z.string().optional(),
  result: BacktestResult.nullable().default(null),
});
export type BacktestDetails = z.infer<typeof BacktestDetails>;

/** A backtest as its owner sees it. */
export interface Backtest extends Omit<BacktestDetails, "personId" | "attempts"> {
  id: string;
  state: z.infer<typeof BacktestState>;
  read: number;
  total: number | null;
  startedAt: number;
  finishedAt: number | null;
  error: string | null;
}
