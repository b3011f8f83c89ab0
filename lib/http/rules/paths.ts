/** The rules API: its routes, and its part of the OpenAPI document. One table for both, so that neither forgets the other. */
import type { Handler, Route } from "@/lib/http/route";
import {
  beginBacktest,
  endBacktest,
  endException,
  giveRules,
  makeException,
  readBacktest,
  readExceptions,
  readPlaceholders,
  readRule,
  readRules,
  readTestAlerts,
  takeRules,
  writePlaceholder,
  writeRule,
} from "./handlers";

interface Entry {
  method: Route["method"];
  path: string;
  handler: Handler;
  id: string;
  summary: string;
  description?: string;
  takes?: string;
  gives: [status: string, schema: string | null, description: string];
  asks?: string[];
}

const entries: readonly Entry[] = [
  {
    method: "GET",
    path: "/api/v1/rules",
    handler: readRules,
    id: "listRules",
    summary: "List rules",
    asks: ["cursor", "limit"],
    gives: ["200", "RulePage", "By id."],
  },
  {
    method: "GET",
    path: "/api/v1/rules/export",
    handler: giveRules,
    id: "exportRules",
    summary: "Export all rules",
    gives: ["200", "zip", "A ZIP archive of YAML files."],
  },
  {
    method: "POST",
    path: "/api/v1/rules/import",
    handler: takeRules,
    id: "importRules",
    summary: "Import Sigma rules",
    description:
      "The body is a YAML file or a ZIP archive. Rules that are here already stay as they are. `dry_run=true` only reports. Needs the scope `rules`.",
    takes: "zip",
    asks: ["dry_run"],
    gives: ["200", "ImportReport", "What became of each rule."],
  },
  {
    method: "GET",
    path: "/api/v1/rules/{id}",
    handler: readRule,
    id: "getRule",
    summary: "Get one rule",
    gives: ["200", "Rule", "The rule."],
  },
  {
    method: "PUT",
    path: "/api/v1/rules/{id}",
    handler: writeRule,
    id: "putRule",
    summary: "Write or switch a rule",
    description: "A text becomes a new version; all its faults come back with line and column. Needs the scope `rules`.",
    takes: "RuleInput",
    gives: ["200", "Rule", "The rule as it is now (201: a new one)."],
  },
  {
    method: "GET",
    path: "/api/v1/rules/{id}/test-alerts",
    handler: readTestAlerts,
    id: "listTestAlerts",
    summary: "What a rule said while only being tested",
    description: "A rule with `test_only` opens no incident and mails nobody; what it says is kept here for five weeks.",
    gives: ["200", "TestAlertList", "The newest 100."],
  },
  {
    method: "GET",
    path: "/api/v1/placeholders",
    handler: readPlaceholders,
    id: "listPlaceholders",
    summary: "List placeholders of Sigma rules",
    gives: ["200", "PlaceholderList", "Those that rules wait for first."],
  },
  {
    method: "PUT",
    path: "/api/v1/placeholders/{id}",
    handler: writePlaceholder,
    id: "putPlaceholder",
    summary: "Give a placeholder its values",
    description:
      "The id is the name between the percent signs. Rules that name it begin with the next turn of detection. Needs the scope `rules`.",
    takes: "PlaceholderInput",
    gives: ["200", "PlaceholderList", "All placeholders as they are now."],
  },
  {
    method: "POST",
    path: "/api/v1/backtests",
    handler: beginBacktest,
    id: "beginBacktest",
    summary: "Run a draft over the past",
    description: "One at a time for each key: a new one stops the one before. Nothing is alerted, nobody is mailed.",
    takes: "BacktestInput",
    gives: ["202", "Backtest", "It waits for a worker; ask again."],
  },
  {
    method: "GET",
    path: "/api/v1/backtests/{id}",
    handler: readBacktest,
    id: "getBacktest",
    summary: "How far a backtest has come",
    gives: ["200", "Backtest", "With what it found so far."],
  },
  {
    method: "DELETE",
    path: "/api/v1/backtests/{id}",
    handler: endBacktest,
    id: "stopBacktest",
    summary: "Stop a backtest",
    gives: ["200", "Backtest", "What it found so far."],
  },
  {
    method: "GET",
    path: "/api/v1/exceptions",
    handler: readExceptions,
    id: "listExceptions",
    summary: "List exceptions",
    gives: ["200", "ExceptionList", "Those that have not ended first."],
  },
  {
    method: "POST",
    path: "/api/v1/exceptions",
    handler: makeException,
    id: "makeException",
    summary: "Make an exception, or preview one",
    description: "`preview=true` only says what it would have hidden in 30 days. Making one needs the scope `rules`.",
    takes: "ExceptionInput",
    asks: ["preview"],
    gives: ["201", "Exception", "The exception."],
  },
  {
    method: "DELETE",
    path: "/api/v1/exceptions/{id}",
    handler: endException,
    id: "endException",
    summary: "End an exception",
    description: "Needs the scope `rules`.",
    gives: ["204", null, "It has ended."],
  },
];

/** The routes, for the web process. */
export const ruleRoutes: readonly Route[] = entries.map(({ method, path, handler }) => ({ method, path, handler }));

type Json = Record<string, unknown>;

const zipContent: Json = { "application/zip": { schema: { type: "string", format: "binary" } } };
const ref = (name: string): Json => ({ "application/json": { schema: { $ref: `#/components/schemas/${name}` } } });

const questions: Record<string, Json> = {
  cursor: {
    name: "cursor",
    in: "query",
    required: false,
    description: "`next_cursor` of the page before.",
    schema: { type: "string", maxLength: 256 },
  },
  limit: {
    name: "limit",
    in: "query",
    required: false,
    description: "Rules a page.",
    schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  },
  dry_run: { name: "dry_run", in: "query", required: false, description: "Only report.", schema: { type: "boolean", default: false } },
  preview: {
    name: "preview",
    in: "query",
    required: false,
    description: "Only say what it would have hidden.",
    schema: { type: "boolean", default: false },
  },
};
const idParameter: Json = { name: "id", in: "path", required: true, schema: { type: "string", maxLength: 256 } };

/** The paths of the OpenAPI document; `answers` are those that every operation may give, `problem` makes one more. */
export function rulePaths(answers: Json, problem: (description: string) => Json): Json {
  const paths: Record<string, Json> = {};
  for (const { method, path, id, summary, description, takes, gives, asks = [] } of entries) {
    const [status, schema, says] = gives;
    const parameters = [...(path.includes("{id}") ? [idParameter] : []), ...asks.map((name) => questions[name])];
    const body =
      takes === undefined
        ? {}
        : {
            requestBody: {
              required: true,
              content: takes === "zip" ? { ...zipContent, "application/yaml": { schema: { type: "string" } } } : ref(takes),
            },
          };
    const content = schema === null ? {} : { content: schema === "zip" ? zipContent : ref(schema) };
    const own: Json = {
      summary,
      operationId: id,
      tags: ["Rules"],
      ...(description ? { description } : {}),
      security: [{ bearer: [] }, { apiKey: [] }],
      ...(parameters.length > 0 ? { parameters } : {}),
      ...body,
      responses: {
        [status]: { description: says, ...content },
        ...(path.includes("{id}") ? { "404": problem("There is no such thing.") } : {}),
        ...(takes ? { "413": problem("The body is too large."), "422": problem("Something in it is wrong; `problems` says where.") } : {}),
        ...answers,
      },
    };
    paths[path] = { ...paths[path], [method.toLowerCase()]: own };
  }
  return paths;
}
