/** Nothing secret that a client sends is ever kept or told: planted in every place of an event, over every protocol, looked for in everything that leaves or stays. */
import { type ChildProcess, fork } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "@/bin/launch/postgres.mjs";
import { EXPORT_FORMATS, writers } from "@/lib/charts/event-export";
import { takeEvidence } from "@/lib/incidents/evidence";
import { saveWebhookMapping, webhookSecretOf } from "@/lib/ingest/webhook-mappings";
import type { Context } from "@/lib/model/user";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { streamEvents } from "@/lib/store/event-reads";
import { addPerson } from "@/test/support/alerts";
import { type Canary, opaqueCanary, shapedCanaries, textCanaries } from "@/test/support/canaries";
import { useDatabase } from "@/test/support/database";
import { makeKey } from "@/test/support/ingest-server";
import { type MailServer, parseMail, startMailServer } from "@/test/support/mail-server";
import { until } from "@/test/support/until";

const database = useDatabase();
const planted: Canary[] = [];
const children: ChildProcess[] = [];
let mail: MailServer;
let url: string;
let key: { id: string; secret: string };
let logs = "";

type Json = Record<string, unknown>;
const admin = (): Context => ({
  actor: { type: "user", id: "2d5a1c4e-0000-4000-8000-000000000001", name: "Ana", role: "admin" },
  now: new Date(),
});

beforeAll(async () => {
  mail = await startMailServer();
  await addPerson(database, { email: "ada@example.com", name: "Ada" });
  await database.owner(`update notification_route set recipients = '[{"type":"role","role":"admin"}]'`);
  key = await makeKey();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const environment = {
    ...process.env,
    ...database.environment,
    NODE_ENV: "test" as const,
    PORT: String(port),
    LOG_LEVEL: "trace",
    SMTP_URL: mail.url,
    VEDETTE_HOME: process.cwd(),
  };
  const [web] = ["test/support/ingest-process.ts", "workers/main.ts"].map((file) => {
    const child = fork(file, [], { execArgv: ["--import", "tsx"], env: environment, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => (logs += text.toString()));
    children.push(child);
    return child;
  });
  if (web) await once(web, "message");
});
afterAll(async () => {
  for (const child of children) {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }
  await mail.close();
});

const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "x-api-key": key.secret, "content-type": "application/json", ...headers },
    body,
  });
  const text = await response.text();
  expect(response.status, `${path}: ${text.slice(0, 300)}`).toBeLessThan(500);
  return text;
};

/** A text with one secret of every kind, each planted under its own name. */
function plant(seed: string, make: (seed: string) => Canary[], put: (text: string) => Json): Json[] {
  return make(seed).map((canary) => {
    planted.push(canary);
    return put(canary.text);
  });
}

const attack = { action: "user.login", outcome: "failure", service: "shop", actor: { id: "ana" }, source: { ip: "203.0.113.66" } };

/** Where a secret can stand in an event of our own form: events with every kind in every place. */
function everywhere(door: string): Json[] {
  const place = (name: string, make: (seed: string) => Canary[], put: (text: string) => Json) =>
    plant(`${door} ${name}`, make, (text) => ({ ...attack, ...put(text) }));
  const one = (name: string, put: (text: string) => Json) => place(name, (seed) => [opaqueCanary(seed)], put);
  const http = (more: Json): Json => ({ http: { method: "POST", path: "/x", ...more } });
  return [
    ...place("reason", shapedCanaries, (text) => ({ reason: text })),
    ...place("actor id", shapedCanaries, (text) => ({ actor: { id: text } })),
    ...place("actor name", shapedCanaries, (text) => ({ actor: { id: "ana", name: text } })),
    ...place("service", shapedCanaries, (text) => ({ service: text })),
    ...place("user agent", textCanaries, (text) => ({ source: { ip: "203.0.113.66", user_agent: text } })),
    ...place("device", shapedCanaries, (text) => ({ source: { ip: "203.0.113.66", device_id: text } })),
    ...place("credential id", shapedCanaries, (text) => ({ credential: { type: "api_key", id: text } })),
    ...place("target", textCanaries, (text) => ({ targets: [{ type: "x", id: "1", name: text }] })),
    ...place("path", shapedCanaries, (text) => http({ path: `/reset/${text}/done` })),
    ...place("route", shapedCanaries, (text) => http({ route: `/reset/${text}` })),
    ...place("query", textCanaries, (text) => http({ query: `a=1&x=${text}` })),
    ...place("query, encoded", shapedCanaries, (text) => http({ query: `a=1&x=${encodeURIComponent(text)}` })),
    ...place("referrer", textCanaries, (text) => http({ referrer: `https://a.example/?x=${text}` })),
    ...place("header", textCanaries, (text) => http({ headers: { "x-note": text } })),
    ...place("authorization", shapedCanaries, (text) => http({ headers: { Authorization: text } })),
    ...place("body", textCanaries, (text) => http({ body: text })),
    ...place("body in words", textCanaries, (text) => http({ body: `before ${text} after` })),
    ...place("metadata", textCanaries, (text) => ({ metadata: { note: `before ${text} after`, deep: [{ x: text }] } })),
    ...place("metadata name", shapedCanaries, (text) => ({ metadata: { [text]: 1 } })),
    ...one("session", (text) => ({ session: { id: text } })),
    ...one("named field", (text) => ({ metadata: { deep: { db_password: text } } })),
    ...one("api key header", (text) => http({ headers: { "X-Api-Key": text } })),
    ...one("cookie", (text) => http({ headers: { cookie: `theme=dark; sid=${text}` } })),
    ...one("set-cookie", (text) => http({ headers: { "set-cookie": `sid=${text}; HttpOnly` } })),
    ...one("query name", (text) => http({ query: `reset_token=${text}` })),
    ...one("path name", (text) => http({ path: `/callback?code=${text}` })),
    ...one("form", (text) => http({ body: `user=ana&password=${text}` })),
    ...one("JSON", (text) => http({ body: JSON.stringify({ user: "ana", password: text }) })),
    ...one("log line in metadata", (text) => ({ metadata: { message: `login user=ana password=${text} from 203.0.113.66` } })),
    ...one("address in metadata", (text) => ({ metadata: { url: `https://a.example/cb?access_token=${text}&b=1` } })),
  ];
}

/** The same places by the names of ECS and OpenTelemetry. */
const conventional = (door: string): Json[] => [
  ...["user_agent.original", "message", "url.path", "error.type", "user.name", "labels.note"].flatMap((name) =>
    plant(`${door} ${name}`, shapedCanaries, (text) => ({
      "source.ip": "203.0.113.66",
      "event.action": "user.login",
      "event.outcome": "failure",
      [name]: text,
    })),
  ),
  ...["session.id", "http.request.header.authorization", "labels.password"].flatMap((name) =>
    plant(
      `${door} ${name}`,
      (seed) => [opaqueCanary(seed)],
      (text) => ({ "event.action": "user.login", [name]: text }),
    ),
  ),
  ...plant(
    `${door} url.full`,
    (seed) => [opaqueCanary(seed)],
    (text) => ({ "event.action": "http.request", "url.full": `https://a.example/x?token=${text}` }),
  ),
  ...plant(
    `${door} message pair`,
    (seed) => [opaqueCanary(seed)],
    (text) => ({ "event.action": "app.log", message: `user=ana password=${text}` }),
  ),
];

/** Refused, so that it is shown among the latest refusals. */
const refused = (door: string): Json[] => [
  ...plant(`${door} refused`, textCanaries, (text) => ({ ...attack, no_such_field: text })),
  ...plant(`${door} refused service`, shapedCanaries, (text) => ({ ...attack, service: text, outcome: "x" })),
  ...plant(`${door} refused outcome`, shapedCanaries, (text) => ({ ...attack, outcome: text })),
  ...plant(
    `${door} refused by name`,
    (seed) => [opaqueCanary(seed)],
    (text) => ({ ...attack, password: text }),
  ),
];

const each = async (values: readonly Json[], send: (value: Json) => Promise<unknown>) => {
  for (const value of values) await send(value);
};
const attributesOf = (fields: Json) =>
  Object.entries(fields).map(([name, value]) => ({ key: name, value: { stringValue: String(value) } }));
const now = () => Date.now() / 1000;

/** Every protocol with its own way to carry them. */
const doors: Record<string, () => Promise<unknown>> = {
  native: async () => {
    await post("/api/v1/events", JSON.stringify([...everywhere("native"), ...refused("native")]));
    await each(refused("single").slice(0, 3), (event) => post("/api/v1/events", JSON.stringify(event)));
  },
  ndjson: () =>
    post(
      "/api/v1/events",
      everywhere("ndjson")
        .map((event) => JSON.stringify(event))
        .join("\n"),
      { "content-type": "application/x-ndjson" },
    ),
  otlp: () =>
    post(
      "/api/otlp/v1/logs",
      JSON.stringify({
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: conventional("otlp").map(({ message, ...rest }) => ({
                  attributes: attributesOf(rest),
                  ...(message === undefined ? {} : { body: { stringValue: message } }),
                })),
              },
            ],
          },
        ],
      }),
    ),
  "otlp protobuf": async () => {
    const exporter = new OTLPLogExporter({ url: `${url}/api/otlp/v1/logs`, headers: { "x-api-key": key.secret } });
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const logger = provider.getLogger("shop");
    for (const { message, ...attributes } of conventional("protobuf"))
      logger.emit({ ...(message === undefined ? {} : { body: String(message) }), attributes: attributes as Record<string, string> });
    await provider.forceFlush();
    await provider.shutdown();
  },
  elastic: () =>
    post(
      "/api/elastic/_bulk",
      [...everywhere("elastic"), ...conventional("elastic ecs"), ...refused("elastic")]
        .map((event) => `{"create":{"_index":"app"}}\n${JSON.stringify(event)}\n`)
        .join(""),
      { "content-type": "application/x-ndjson" },
    ),
  splunk: () =>
    post(
      "/services/collector/event",
      [...everywhere("splunk"), ...conventional("splunk ecs"), ...refused("splunk")]
        .map((event) => JSON.stringify({ time: now(), event }))
        .join("\n"),
    ),
  "splunk raw": () =>
    post(
      "/services/collector/raw",
      plant("splunk raw", textCanaries, (text) => ({ text }))
        .map(({ text }) => String(text).replaceAll("\n", "\\n"))
        .join("\n"),
    ),
  "cloudevents batch": () =>
    post(
      "/api/cloudevents",
      JSON.stringify(
        everywhere("cloudevents").map((data, at) => ({ specversion: "1.0", id: `b${at}`, source: "shop", type: "user.login", data })),
      ),
      { "content-type": "application/cloudevents-batch+json" },
    ),
  "cloudevents binary": () =>
    each(
      plant("binary", shapedCanaries, (text) => ({ text })).filter(({ text }) => !String(text).includes("\n")),
      ({ text }) =>
        post("/api/cloudevents", JSON.stringify({ note: text }), {
          "ce-specversion": "1.0",
          "ce-id": "x",
          "ce-source": "shop",
          "ce-type": "user.login",
          "ce-note": encodeURIComponent(String(text)),
        }),
    ),
  auth0: () =>
    post(
      "/api/webhooks/auth0",
      JSON.stringify(
        plant("auth0", shapedCanaries, (text) => ({
          data: { type: "fp", user_id: "auth0|1", user_agent: text, description: `Wrong ${text}`, ip: "203.0.113.66" },
        })),
      ),
    ),
  okta: () =>
    post(
      "/api/webhooks/okta",
      JSON.stringify({
        data: {
          events: plant("okta", textCanaries, (text) => ({
            eventType: "user.session.start",
            displayMessage: text,
            actor: { id: "00u1", displayName: text },
            client: { userAgent: { rawUserAgent: text } },
            outcome: { result: "FAILURE", reason: text.slice(0, 200) },
            debugContext: { debugData: { requestUri: "/x", url: `/x?${text}` } },
          })),
        },
      }),
    ),
  github: () =>
    each(
      plant("github", textCanaries, (text) => ({ action: "created", comment: { body: text }, sender: { login: "ana" } })),
      (payload) => {
        const body = JSON.stringify(payload);
        const signature = `sha256=${createHmac("sha256", webhookSecretOf(key.id)).update(body).digest("hex")}`;
        return post(`/api/webhooks/github/${key.id}`, body, { "x-github-event": "issue_comment", "x-hub-signature-256": signature });
      },
    ),
  mapping: async () => {
    await saveWebhookMapping(admin(), { name: "idp", yaml: "fields: { action: { value: idp.event }, actor.id: who, http.query: query }" });
    await post(
      "/api/webhooks/custom/idp",
      JSON.stringify(plant("mapping", textCanaries, (text) => ({ who: text.slice(0, 200), query: `x=${text}`, note: text }))),
    );
  },
  nginx: () =>
    post(
      "/api/logs/nginx",
      [
        ...plant("nginx", shapedCanaries, (text) => ({ text })).flatMap(({ text }) => {
          const sent = encodeURI(String(text));
          return [
            `"GET /x?y=${sent} HTTP/1.1" 401 7 "-" "-"`,
            `"GET /${sent} HTTP/1.1" 401 7 "https://a.example/?x=${sent}" "${sent}"`,
            `nonsense ${sent}`,
          ];
        }),
        ...plant(
          "nginx named",
          (seed) => [opaqueCanary(seed)],
          (text) => ({ text }),
        ).map(({ text }) => `"POST /x?access_token=${text} HTTP/1.1" 401 7 "-" "-"`),
      ]
        .map((rest) => (rest.startsWith("nonsense") ? rest : `203.0.113.66 - - [${logTime()}] ${rest}`))
        .join("\n"),
      { "content-type": "text/plain" },
    ),
  caddy: () =>
    post(
      "/api/logs/caddy",
      plant("caddy", shapedCanaries, (text) => ({
        level: "info",
        ts: now(),
        logger: "http.log.access",
        msg: "handled request",
        request: {
          remote_ip: "203.0.113.66",
          method: "GET",
          host: "a.example",
          uri: `/x?t=${text}`,
          headers: { "X-Note": [text], Cookie: [`a=${text}`], "User-Agent": [text] },
        },
        status: 401,
        size: 1,
        duration: 0.1,
      }))
        .map((line) => JSON.stringify(line))
        .join("\n"),
      { "content-type": "text/plain" },
    ),
  "a key that is none, and one in the address": async () => {
    const [wrong, asked] = [opaqueCanary("wrong key"), opaqueCanary("asked key")];
    planted.push(wrong, asked);
    await post(`/api/v1/events?token=${asked.text}`, "{", {});
    await post("/api/v1/events", "{}", { "x-api-key": wrong.text });
    await post("/api/elastic/_bulk", "{}", { "x-api-key": "", authorization: `Bearer ${wrong.text}` });
  },
};

function logTime(): string {
  return new Date().toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, "$1/$2/$3:$4 +0000");
}

/** Every row of every table as text, those of the queue too. */
async function databaseText(): Promise<string> {
  const tables = await database.owner(
    "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'",
  );
  const rows: string[] = [];
  for (const { name } of tables.rows)
    for (const { row } of (await database.owner(`select row_to_json(t)::text as row from ${name} t`)).rows) rows.push(`${name} ${row}`);
  return rows.join("\n");
}

async function exportText(): Promise<string> {
  const filter = { from: Date.now() - 86_400_000, to: Date.now() + 60_000, query: parseQuery("", EVENT_FIELDS) };
  let text = "";
  for await (const page of streamEvents(filter, 10_000))
    for (const format of EXPORT_FORMATS) text += page.map(({ document }) => writers[format].line(document)).join("\n");
  return text;
}

/** The canaries that stand in a text: as they are, as JSON writes them, as an address does, decoded from quoted-printable. */
function seenIn(text: string): string[] {
  return planted.filter(({ needle }) => text.includes(needle) || text.includes(encodeURIComponent(needle))).map(({ name }) => name);
}

test("secrets in every place over every protocol are nowhere afterwards", { timeout: 300_000 }, async () => {
  for (const send of Object.values(doors)) await send();
  planted.push({ name: "the sender's own key", text: key.secret, needle: key.secret });
  expect(planted.length).toBeGreaterThan(2000);
  expect(new Set(planted.map(({ needle }) => needle)).size).toBe(planted.length);

  const count = async (table: string) => Number((await database.owner(`select count(*) as n from ${table}`)).rows[0].n);
  await until(
    async () => (await count("batch where detected_at is null and failure is null")) === 0 && (await count("rejection")) > 10,
    60_000,
  );
  await until(() => mail.arrived.length > 0, 60_000);
  expect(await count("event")).toBeGreaterThan(1500);
  expect(await count("incident")).toBeGreaterThan(0);

  expect(seenIn(await databaseText())).toEqual([]);
  expect(logs).toContain("worker is ready");
  expect(seenIn(logs)).toEqual([]);
  const mails = await Promise.all(mail.arrived.map(parseMail));
  expect(seenIn(mails.map(({ subject, text, html }) => [subject, text, html].join("\n")).join("\n"))).toEqual([]);
  const numbers = (await database.owner("select number from incident")).rows;
  for (const { number } of numbers) {
    const parts: Buffer[] = [];
    for await (const part of (await takeEvidence(admin(), { number })).bytes) parts.push(part);
    expect(seenIn(Buffer.concat(parts).toString("utf8"))).toEqual([]);
  }
  const exported = await exportText();
  expect(exported.length).toBeGreaterThan(100_000);
  expect(seenIn(exported)).toEqual([]);
});
