/** The client package inside the frameworks that people use, sending to the real way in. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  createClient,
  expressMiddleware,
  fastifyPlugin,
  honoMiddleware,
  httpListener,
  nextHandler,
  type VedetteClient,
} from "@/client/index";
import type { EventDocument } from "@/lib/model/event";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";

const database = useDatabase();
let server: IngestServer;
let client: VedetteClient;
beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await database.owner("truncate event, event_id");
  const { secret } = await makeKey();
  client = createClient({ url: server.url, key: secret, service: "app", flushOnExit: false });
});

async function serving(listener: RequestListener, use: (url: string) => Promise<void>) {
  const app: Server = createServer(listener);
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(app.address() as AddressInfo).port}`);
  } finally {
    app.closeAllConnections();
    await new Promise((resolve) => app.close(resolve));
  }
}
const call = (url: string, init: RequestInit = {}) =>
  fetch(url, {
    ...init,
    headers: {
      "user-agent": "peer/1",
      authorization: "Bearer top-secret",
      "x-forwarded-for": "198.51.100.9, 203.0.113.7",
      ...init.headers,
    },
  }).then((response) => response.text());
/** What arrived, one who got through before one who failed: two events of one millisecond have no other order. */
const stored = async (): Promise<EventDocument[]> => {
  await client.flush();
  return (await database.owner("select document from event order by document #>> '{http,status}', document #>> '{http,path}'")).rows.map(
    (row) => row.document,
  );
};
const noSecrets = async () => expect(JSON.stringify(await stored())).not.toContain("top-secret");

test("Express: route, caller behind the trusted proxy, sizes, actor, and a thrown error as 500", async () => {
  const app = express();
  app.set("trust proxy", 1);
  app.use(
    expressMiddleware<express.Request>(client, {
      actor: () => ({ id: "u_1" }),
      session: () => "sid-1",
      skip: (req) => req.path === "/health",
    }),
  );
  const orders = express.Router();
  orders.post("/:id", (_, response) => void response.status(201).json({ ok: true }));
  app.use("/orders", orders);
  app.get("/health", (_, response) => void response.send("ok"));
  app.get("/broken", () => {
    throw new Error("broken");
  });
  app.use(((_error, _request, response, _next) => response.status(500).send("sorry")) as express.ErrorRequestHandler);
  await serving(app, async (url) => {
    await call(`${url}/orders/7?a=b`, { method: "POST", body: "hello" });
    await call(`${url}/health`);
    await call(`${url}/broken`);
  });
  const events = await stored();
  expect(events).toHaveLength(2);
  expect(events[0]).toMatchObject({
    action: "http.request",
    outcome: "success",
    service: "app",
    actor: { id: "u_1" },
    source: { ip: "203.0.113.7", user_agent: "peer/1" },
    http: { method: "POST", path: "/orders/7", query: "a=b", route: "/orders/:id", status: 201, request_bytes: 5, response_bytes: 11 },
  });
  expect(events[0]?.session?.id).not.toBe("sid-1");
  expect(events[1]).toMatchObject({ outcome: "failure", http: { path: "/broken", status: 500 } });
  await noSecrets();
});

test("Fastify: every route of the application, with its pattern", async () => {
  const app = Fastify({ trustProxy: "127.0.0.1" });
  await app.register(fastifyPlugin(client, { actor: () => ({ id: "u_2" }) }));
  app.get("/items/:id", async () => ({ ok: true }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  await call(`http://127.0.0.1:${port}/items/9?x=y`);
  await call(`http://127.0.0.1:${port}/nowhere`);
  await app.close();
  const events = await stored();
  expect(events[0]).toMatchObject({
    source: { ip: "203.0.113.7" },
    actor: { id: "u_2" },
    http: { path: "/items/9", query: "x=y", route: "/items/:id", status: 200, response_bytes: 11 },
  });
  expect(events[1]).toMatchObject({ outcome: "failure", http: { path: "/nowhere", status: 404 } });
  await noSecrets();
});

test("Hono: the handler's path, the caller that the platform's proxy saw", async () => {
  const app = new Hono();
  app.use(honoMiddleware(client));
  app.get("/things/:id", (context) => context.json({ ok: true }, 202));
  await app.request("http://shop.example/things/3?q=1", { headers: { "x-forwarded-for": "198.51.100.9, 203.0.113.7" } });
  expect((await stored())[0]).toMatchObject({
    source: { ip: "203.0.113.7" },
    http: { host: "shop.example", path: "/things/3", query: "q=1", route: "/things/:id", status: 202 },
  });
});

test("a Next.js route handler: its answer passes through, an error is recorded and thrown on", async () => {
  const ok = nextHandler(client, { route: "/api/orders" }, async (request) => Response.json({ path: new URL(request.url).pathname }));
  const bad = nextHandler(client, { route: "/api/bad" }, () => {
    throw new Error("bad");
  });
  expect(await (await ok(new Request("http://shop.example/api/orders?x=1"))).json()).toEqual({ path: "/api/orders" });
  await expect(bad(new Request("http://shop.example/api/bad"))).rejects.toThrow("bad");
  expect(await stored()).toMatchObject([
    { outcome: "success", http: { route: "/api/orders", query: "x=1" } },
    { outcome: "failure", http: { status: 500 } },
  ]);
});

test("node:http: chunks are counted, and a caller that leaves early is told apart", async () => {
  const listener = httpListener(client, (request, response) => {
    response.write("ab");
    if (request.url === "/slow") return;
    response.end("cde");
  });
  await serving(listener, async (url) => {
    await call(`${url}/a`);
    const leaving = new AbortController();
    const { body } = await fetch(`${url}/slow`, { signal: leaving.signal });
    await body?.getReader().read();
    leaving.abort();
  });
  const events = await stored();
  expect(events).toMatchObject([
    { source: { ip: "127.0.0.1" }, http: { path: "/a", response_bytes: 5 } },
    { reason: "client_aborted", http: { path: "/slow", response_bytes: 2 } },
  ]);
});
