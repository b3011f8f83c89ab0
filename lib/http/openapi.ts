/** The OpenAPI 3.1 description of our own API, made from the schemas that the handlers use, so that it cannot say something else. */
import { z } from "zod";
import { config } from "@/lib/config";
import { EventInput } from "@/lib/model/event";
import { ListParameters } from "./read/asked";
import { AlertOutput, EventOutput, IncidentOutput, pageOf, ProblemOutput, RiskList, RiskOutput, SessionOutput } from "./read/records";
import { RiskParameters } from "./read/risk";
import { SESSION_HEADER, SessionParameters } from "./read/sessions";
import type { Handler } from "./route";
import { rulePaths } from "./rules/paths";
import {
  BacktestInput,
  BacktestOutput,
  ExceptionInput,
  ExceptionList,
  ExceptionOutput,
  ImportOutput,
  PlaceholderInput,
  PlaceholderList,
  TestAlertList,
  RuleInput,
  RuleOutput,
} from "./rules/records";

type Json = Record<string, unknown>;

const Accepted = z.object({ id: z.string(), status: z.enum(["accepted", "duplicate"]) });
const ItemResult = z.object({
  index: z.number().int().describe("Place in the request, from 0."),
  id: z.string().optional(),
  status: z.enum(["accepted", "duplicate", "rejected"]),
  error: ProblemOutput.optional(),
});
const BatchResult = z.object({
  accepted: z.number().int(),
  duplicates: z.number().int(),
  rejected: z.number().int(),
  results: z.array(ItemResult),
});

const inputs = { EventInput, RuleInput, BacktestInput, ExceptionInput, PlaceholderInput };
const outputs = {
  Accepted,
  BatchResult,
  Event: EventOutput,
  EventPage: pageOf(EventOutput),
  Alert: AlertOutput,
  AlertPage: pageOf(AlertOutput),
  Incident: IncidentOutput,
  IncidentPage: pageOf(IncidentOutput),
  Risk: RiskOutput,
  RiskList,
  Session: SessionOutput,
  SessionPage: pageOf(SessionOutput),
  Rule: RuleOutput,
  RulePage: pageOf(RuleOutput),
  Backtest: BacktestOutput,
  Exception: ExceptionOutput,
  ExceptionList,
  PlaceholderList,
  TestAlertList,
  ImportReport: ImportOutput,
  Problem: ProblemOutput,
};

/** JSON Schema of each, with definitions of their own lifted to the components, where references can find them. */
function schemas(): Json {
  const found: Json = {};
  const add = (name: string, schema: z.ZodType, io: "input" | "output") => {
    const {
      $schema: _,
      $defs,
      ...body
    } = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" }) as Json & { $defs?: Json };
    const lifted = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', `"#/components/schemas/${name}.`));
    found[name] = lifted(body);
    for (const [key, definition] of Object.entries($defs ?? {})) found[`${name}.${key}`] = lifted(definition);
  };
  for (const [name, schema] of Object.entries(inputs)) add(name, schema, "input");
  for (const [name, schema] of Object.entries(outputs)) add(name, schema, "output");
  return found;
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const content = (name: string): Json => ({ "application/json": { schema: ref(name) } });
const problem = (description: string): Json => ({ description, content: { "application/problem+json": { schema: ref("Problem") } } });
const waiting = (description: string): Json => ({
  ...problem(description),
  headers: {
    "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } },
    RateLimit: { description: "What is left of the key's rate and quota (IETF draft).", schema: { type: "string" } },
    "RateLimit-Policy": { description: "The key's limits.", schema: { type: "string" } },
  },
});

const refusals: Json = {
  "401": problem("No key, or one that is not known, expired or revoked."),
  "403": problem("The key may not do this, or not from here."),
  "429": waiting("Too much: the key's rate, its quota, or too many bad keys from this address."),
  "503": waiting("Not now; nothing was done, so that sending again is safe."),
};

/** Parameters of a request, out of the schema that reads them. */
function parameters(of: z.ZodType = ListParameters, limit: Json = { type: "integer", minimum: 1, maximum: 1000, default: 100 }): Json[] {
  const { properties } = z.toJSONSchema(of, { io: "input", target: "draft-2020-12" }) as { properties: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: false,
    description,
    schema: name === "limit" ? limit : schema,
  }));
}

const list = (summary: string, page: string, operationId: string): Json => ({
  get: {
    summary,
    operationId,
    tags: ["Read"],
    security: [{ bearer: [] }, { apiKey: [] }],
    parameters: parameters(),
    responses: {
      "200": { description: "A page, newest first.", content: content(page) },
      "422": problem("The query or a parameter cannot be read; `problems` says where."),
      ...refusals,
    },
  },
});

const ingest: Json = {
  summary: "Send events",
  operationId: "sendEvents",
  tags: ["Send"],
  description:
    "One event, an array, or one a line. An acknowledgement means that they are committed to disk. Events with an `id` may be sent again: the same id with the same content is a duplicate, with another content a conflict, and the first stays.",
  security: [{ bearer: [] }, { apiKey: [] }],
  parameters: [
    {
      name: "results",
      in: "query",
      required: false,
      description: "`errors`: results only of what was not accepted.",
      schema: { type: "string", enum: ["errors"] },
    },
    {
      name: "Content-Encoding",
      in: "header",
      required: false,
      description: "The body may be compressed; zstd where the server runs on Node 22.15 or newer, else 415.",
      schema: { type: "string", enum: ["gzip", "deflate", "br", "zstd"] },
    },
  ],
  requestBody: {
    required: true,
    content: {
      "application/json": { schema: { oneOf: [ref("EventInput"), { type: "array", items: ref("EventInput"), maxItems: 10_000 }] } },
      "application/x-ndjson": { schema: { type: "string", description: "One event a line." } },
    },
  },
  responses: {
    "200": {
      description: "Many events: a result for each. One event: it was a duplicate.",
      content: { "application/json": { schema: { oneOf: [ref("BatchResult"), ref("Accepted")] } } },
    },
    "201": { description: "One event: accepted.", content: content("Accepted") },
    "400": problem("The body is not what its content type says."),
    "409": problem("One event: its id is taken by another content."),
    "413": problem("Larger than 8 MiB as sent, 32 MiB inflated, 10,000 events, or 256 KiB an event."),
    "415": problem("Neither JSON nor NDJSON, or an encoding we do not read."),
    "422": problem("One event: it is not valid; `problems` has everything that is wrong."),
    ...refusals,
  },
};

const sessions: Json = {
  get: {
    summary: "Sessions, and which of them to refuse",
    operationId: "listSessions",
    tags: ["Read"],
    description:
      "Vedette does not hold your sessions: a person who ends one here marks it, and your application refuses it. Poll with `ended_since`, or ask about one session by its own id in the header. From a minute after the end on, every use that is let in alarms as a replay.",
    security: [{ bearer: [] }, { apiKey: [] }],
    parameters: [
      ...(parameters(SessionParameters, { type: "integer", minimum: 1, maximum: 1000, default: 100 }) as Json[]),
      {
        name: SESSION_HEADER,
        in: "header",
        required: false,
        description: "One session by its own id, as your events name it. It is hashed at once and kept nowhere.",
        schema: { type: "string", maxLength: 4096 },
      },
    ],
    responses: {
      "200": { description: "Sessions.", content: content("SessionPage") },
      "422": problem("A parameter cannot be read."),
      ...refusals,
    },
  },
};

/** The document; `server` is the installation's own address. */
export function openApiDocument(server: string): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Vedette",
      version: "1",
      description: "Send audit events of your APIs; read events, alerts and incidents. Readable reference with the query language: /docs.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: server }],
    tags: [{ name: "Send" }, { name: "Read" }, { name: "Rules" }, { name: "Operate" }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths: {
      "/api/v1/events": { post: ingest, ...list("List events", "EventPage", "listEvents") },
      "/api/v1/events/{id}": {
        get: {
          summary: "Get one event",
          operationId: "getEvent",
          tags: ["Read"],
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string", maxLength: 256 } }],
          responses: {
            "200": { description: "The event.", content: content("Event") },
            "404": problem("No such event is kept."),
            ...refusals,
          },
        },
      },
      "/api/v1/alerts": list("List alerts", "AlertPage", "listAlerts"),
      "/api/v1/incidents": list("List incidents", "IncidentPage", "listIncidents"),
      "/api/v1/risk": {
        get: {
          summary: "Risk scores of accounts, keys, addresses and services",
          operationId: "listRisks",
          tags: ["Read"],
          description:
            "0 to 100 over the last 14 days, from the worst alert of each incident that names the entity, its role there, and what people found. Points halve every 3.5 days; each contribution takes its share of what is left to 100.",
          security: [{ bearer: [] }, { apiKey: [] }],
          parameters: parameters(RiskParameters, { type: "integer", minimum: 1, maximum: 100, default: 20 }),
          responses: {
            "200": { description: "The highest scores first, each with its reckoning.", content: content("RiskList") },
            "422": problem("A parameter cannot be read."),
            ...refusals,
          },
        },
      },
      "/api/v1/sessions": sessions,
      ...rulePaths(refusals, problem),
      ...operations,
    },
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "`Authorization: Bearer vdt_…`" },
        apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
      },
      schemas: schemas(),
    },
  };
}

const probe = (summary: string, operationId: string, responses: Json): Json => ({
  get: { summary, operationId, tags: ["Operate"], security: [], responses },
});

const operations: Json = {
  "/api/health": probe("The process runs", "health", {
    "200": { description: "It answers.", content: { "application/json": { schema: { type: "object" } } } },
  }),
  "/api/ready": probe("Events sent now would be stored", "ready", {
    "200": { description: "Yes.", content: { "application/json": { schema: { type: "object" } } } },
    "503": { description: "Not now.", content: { "application/json": { schema: { type: "object" } } } },
  }),
  "/api/metrics": probe("Counters and gauges", "metrics", {
    "200": { description: "Prometheus text.", content: { "text/plain": { schema: { type: "string" } } } },
  }),
};

/** GET /api/v1/openapi.json: for everyone; it tells nothing that the documentation does not. */
export const openApi: Handler = async () =>
  new Response(JSON.stringify(openApiDocument(config().BASE_URL)), {
    headers: { "content-type": "application/openapi+json;version=3.1", "cache-control": "no-cache" },
  });
