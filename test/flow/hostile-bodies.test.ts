/** What is made to exhaust whoever reads it is refused in every protocol: no failure of ours, and nobody else waits for it. */
import net from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { routes } from "@/web/routes";

const database = useDatabase();
let server: IngestServer;
let secret: string;
beforeAll(async () => {
  server = await startIngestServer();
  ({ secret } = await makeKey({ scopes: ["ingest", "read"] }));
});
afterAll(() => server.close());

const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
const deep = nested('{"a":[', "]}", 30_000).replace("[]", "[1]");
const list = (one: string, times: number) => `[${Array(times).fill(one).join(",")}]`;
const records = (logRecords: string, resource = "{}") =>
  `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"logRecords":${logRecords}}]}]}`;

const bodies: Record<string, string> = {
  "deep lists": nested("[", "]", 100_000),
  "deep objects": deep,
  "a deep event": `{"event":${deep},"data":${deep}}`,
  "a deep document after its action": `{"index":{}}\n${deep}\n`,
  "a deep record": records(`[{"body":{"kvlistValue":${deep}},"attributes":${deep}}]`),
  "a list of a million nothings": list("1", 1_000_000),
  "a list of a million events": list('{"event":1}', 1_000_000),
  "a batch of a million records": records(list("{}", 1_000_000)),
  "a million batches": `{"resourceLogs":${list('{"scopeLogs":[{"logRecords":[1]}]}', 100_000)}}`,
  "a million lines": "x\n".repeat(1_000_000),
  "a million operations": '{"index":{}}\n{}\n'.repeat(1_000_000),
  "many millions of empty lines": "\n".repeat(30_000_000),
  "one resource said of ten thousand records": records(
    list("{}", 10_000),
    `{"attributes":[{"key":"a","value":{"stringValue":"${"x".repeat(60_000)}"}}]}`,
  ),
};

const packed = Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, gzipSync(body)]));

const types: Record<string, string[]> = {
  "/api/v1/events": ["application/json", "application/x-ndjson"],
  "/api/logs/{format}": ["application/json", "text/plain"],
  "/api/cloudevents": ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json"],
};
const doors = routes
  .filter(({ method, path }) => method === "POST" && !/^\/api\/v1\/(?:rules|backtests|exceptions)/.test(path))
  .flatMap(({ path }) => (types[path] ?? ["application/json"]).map((type) => ({ path, type })));

test.each(doors)("$path takes them for what they are ($type)", async ({ path, type }) => {
  for (const name of Object.keys(bodies)) {
    const answer = await fetch(server.url + path.replace("{format}", "nginx").replace(/\{\w+\}/g, "x"), {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": type, "content-encoding": "gzip", "ce-specversion": "1.0" },
      body: packed[name] ?? "",
    });
    expect([name, answer.status]).not.toEqual([name, 500]);
    await answer.text();
  }
});

test("a host that is none is nobody's failure", async () => {
  const { port } = new URL(server.url);
  for (const host of ["[", "a b", "::", "%", "a:99999999", "x/y?z", "\\"]) {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(Number(port), "127.0.0.1", () =>
        socket.write(`GET /api/v1/events?limit=1 HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: ${secret}\r\nConnection: close\r\n\r\n`),
      );
      let said = "";
      socket
        .on("data", (part) => (said += part))
        .on("error", reject)
        .on("close", () => resolve(said));
    });
    expect([host, answer.split("\r\n")[0]]).toEqual([host, "HTTP/1.1 200 OK"]);
  }
});

test("nothing of all that was stored as more than it was", async () => {
  expect((await database.owner("select coalesce(max(length(document::text)), 0)::int as longest from event")).rows[0].longest).toBeLessThan(
    20_000,
  );
});
