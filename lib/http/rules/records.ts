/** What the rules API takes and returns, as schemas: the handlers use them, the OpenAPI document shows them. */
import { z } from "zod";
import { Entity, Family, Level } from "@/lib/model/alert";
import { BacktestResult, BacktestState } from "@/lib/model/backtest";
import { PLACEHOLDER_VALUES_MOST } from "@/lib/model/placeholder";

const instant = z.iso.datetime();

export const RuleOutput = z.object({
  id: z.string(),
  title: z.string(),
  level: Level,
  family: Family,
  source: z.enum(["built-in", "edited", "custom"]),
  enabled: z.boolean(),
  test_only: z.boolean().describe("It runs, but opens no incident and mails nobody."),
  version: z.number().int(),
  disabled_reason: z.string().nullable().describe("Why Vedette put it out of action."),
  outdated: z.boolean().describe("An edited rule for which Vedette has brought another text since."),
  updated_at: instant.nullable(),
  updated_by: z.string().nullable(),
  yaml: z.string(),
});

export const RuleInput = z
  .strictObject({
    yaml: z.string().min(1).max(200_000).optional().describe("The text, saved as a new version."),
    comment: z.string().max(500).optional(),
    based_on: z.number().int().optional().describe("The version that the change began with; another one by now is a conflict."),
    enabled: z.boolean().optional(),
    test_only: z.boolean().optional().describe("Together with `enabled: true`: it runs, but opens no incident and mails nobody."),
  })
  .refine(({ yaml, enabled }) => yaml !== undefined || enabled !== undefined, "Say yaml, enabled, or both.")
  .refine(({ enabled, test_only: tests }) => tests !== true || enabled === true, "A rule that is only tested is enabled: say so too.");

export const TestAlertOutput = z.object({
  key: z.string(),
  title: z.string(),
  level: Level,
  entity: Entity,
  first_at: instant,
  last_at: instant,
  event_count: z.number().int(),
  sentence: z.string().nullable(),
});

export const TestAlertList = z.object({ data: z.array(TestAlertOutput) });

export const BacktestInput = z.strictObject({
  rule_id: z.string().max(256).optional().describe("The rule that the draft stands for; absent for a new one."),
  yaml: z.string().min(1).max(200_000).optional().describe("The draft. Default: the rule's text."),
  days: z.number().min(1).max(90).optional().describe("The last days. Default: 7."),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});

export const BacktestOutput = z.object({
  id: z.string(),
  rule_id: z.string(),
  state: BacktestState,
  from: instant,
  until: instant,
  read_to: instant.describe("Event time up to which events were read."),
  read: z.number().int(),
  total: z.number().int().nullable(),
  compared_with: z.number().int().nullable().describe("Version of the rule in force; null: there is none."),
  cut: z.string().nullable().describe("Why it ended before the end of the span."),
  error: z.string().nullable(),
  result: BacktestResult.nullable(),
});

export const PlaceholderInput = z.strictObject({
  values: z
    .array(z.string().max(500))
    .max(PLACEHOLDER_VALUES_MOST)
    .describe("`*` and `?` are wildcards. An empty list takes the values away."),
});

export const PlaceholderList = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      values: z.array(z.string()).describe("Empty: rules that name it wait."),
      rules: z.array(z.object({ id: z.string(), title: z.string() })),
    }),
  ),
});

export const ExceptionInput = z.strictObject({
  rule_id: z.string().max(256).nullable().describe("null: every rule."),
  query: z.string().min(1).max(2_000).describe("Events that match are not shown to the rule."),
  reason: z.string().max(500).optional(),
  days: z.number().int().min(1).max(365).optional().describe("Default: 30."),
});

export const ExceptionOutput = z.object({
  id: z.string(),
  rule_id: z.string().nullable(),
  query: z.string(),
  reason: z.string(),
  owner: z.string().nullable(),
  created_at: instant,
  expires_at: instant.nullable(),
  ended_at: instant.nullable(),
  held_back: z.number().int().describe("Events held back so far."),
});

export const ExceptionList = z.object({ data: z.array(ExceptionOutput) });

export const ImportOutput = z.object({
  files: z.number().int(),
  loaded: z.array(z.object({ id: z.string(), title: z.string(), file: z.string(), enabled: z.boolean() })),
  elsewhere: z
    .array(z.object({ id: z.string(), title: z.string(), file: z.string(), logsource: z.string() }))
    .describe("For log sources that not every installation has; switched off."),
  waiting: z
    .array(z.object({ id: z.string(), title: z.string(), file: z.string(), placeholders: z.array(z.string()) }))
    .describe("Taken in; they begin when these placeholders have values."),
  known: z
    .array(z.object({ id: z.string(), title: z.string(), file: z.string(), same: z.boolean() }))
    .describe("Here already; left as they are."),
  refused: z.array(z.object({ file: z.string(), line: z.number().int(), detail: z.string() })),
});
