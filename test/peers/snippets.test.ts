/**
 * The snippets that onboarding shows, run as they stand by the runtimes and servers that they are for, sending to the real way in. What is not installed is named;
 * with PEERS=required that is a failure. Debian: apt-get install golang-go default-jdk-headless nginx-light caddy python3-requests.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { freePort } from "@/bin/launch/postgres.mjs";
import { snippets } from "@/client/snippets";
import type { EventDocument } from "@/lib/model/event";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { until } from "@/test/support/until";

const run = promisify(execFile);
const database = useDatabase();
let server: IngestServer;
let folder: string;
let place: { url: string; key: string };
beforeAll(async () => {
  server = await startIngestServer();
  place = { url: server.url, key: (await makeKey()).secret };
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-snippet-"));
  fs.chmodSync(folder, 0o777); // nginx writes as another user when started as root
  await database.owner("truncate event, event_id");
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Runs the test where all of these programs are, says so where one is not. */
function withTools(name: string, checks: readonly string[], work: () => Promise<void>): void {
  const missing = checks.filter((check) => {
    try {
      execFileSync("sh", ["-c", check], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0) console.warn(`NOT RUN: ${name}: this does not work here: ${missing.join("; ")}`);
  test.runIf(missing.length === 0 || process.env.PEERS === "required")(name, { timeout: 180_000 }, async () => {
    expect(missing).toEqual([]);
    await work();
  });
}

const code = (id: string): string => snippets.find((one) => one.id === id)?.code(place) ?? "";
const write = (name: string, text: string): string => {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const stored = async (): Promise<EventDocument[]> =>
  (await database.owner("select document from event order by occurred_at, document #>> '{http,path}'")).rows.map((row) => row.document);
const signIn = { action: "user.login", outcome: "failure", actor: { id: "u_42" } };

for (const id of ["curl", "splunk", "cloudevents"])
  withTools(`${id}: the line as it stands`, ["curl --version"], async () => {
    await run("sh", ["-c", code(id)]);
    expect(await stored()).toMatchObject([signIn]);
  });

withTools("plain Node", ["node --version"], async () => {
  await run(process.execPath, [write("record.mjs", code("node"))]);
  expect(await stored()).toMatchObject([{ ...signIn, service: "my-api" }]);
});

const REQUESTS = 'python3 -c "import requests"';
withTools("Python with requests: all of it is sent before the process ends", [REQUESTS], async () => {
  await run("python3", [write("a.py", `${code("python")}\nfor i in range(1200): record({"action": "loop", "metadata": {"i": i}})\n`)]);
  const events = await stored();
  expect(events).toHaveLength(1201);
  expect(events).toContainEqual(expect.objectContaining(signIn));
});

withTools("Python, any ASGI application", [REQUESTS], async () => {
  const driver = `
import asyncio
async def app(scope, receive, send):
    if scope["path"] == "/broken": raise ValueError("broken")
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
async def main():
    wrapped = VedetteMiddleware(app, record)
    async def send(message): pass
    for path, client in [("/a", ("203.0.113.9", 1)), ("/b", None), ("/broken", None)]:
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"q=1", "headers": [(b"host", b"shop.example"), (b"user-agent", b"x/1")], "client": client}
        try: await wrapped(scope, None, send)
        except ValueError: pass
asyncio.run(main())
`;
  await run("python3", [write("a.py", `${code("python")}\n${code("asgi")}\n${driver}`)]);
  const events = (await stored()).filter(({ action }) => action === "http.request");
  expect(events).toHaveLength(3);
  expect(events[0]).toMatchObject({
    service: "my-api",
    outcome: "failure",
    source: { ip: "203.0.113.9", user_agent: "x/1" },
    http: { method: "GET", host: "shop.example", path: "/a", query: "q=1", status: 404, response_bytes: 5 },
  });
  expect(events[2]).toMatchObject({ http: { path: "/broken", status: 500 } });
});

withTools("Go: the middleware around a real server", ["go version"], async () => {
  write("go.mod", "module shop\n\ngo 1.19\n");
  write("vedette/vedette.go", code("go"));
  write(
    "main.go",
    `package main

import (
	"net/http"
	"net/http/httptest"
	"shop/vedette"
	"time"
)

func main() {
	server := httptest.NewServer(vedette.Middleware("shop", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		w.Write([]byte("no"))
	})))
	for i := 0; i < 20; i++ {
		http.Get(server.URL + "/orders?x=1")
	}
	vedette.Flush(20 * time.Second)
}
`,
  );
  await run("go", ["vet", "./..."], {
    cwd: folder,
    env: { ...process.env, GOFLAGS: "-mod=mod", GOCACHE: path.join(os.tmpdir(), "vedette-go") },
  });
  await run("go", ["run", "."], {
    cwd: folder,
    env: { ...process.env, GOFLAGS: "-mod=mod", GOCACHE: path.join(os.tmpdir(), "vedette-go") },
  });
  const events = await stored();
  expect(events).toHaveLength(20);
  expect(events[0]).toMatchObject({
    service: "shop",
    outcome: "failure",
    source: { ip: "127.0.0.1" },
    http: { method: "GET", path: "/orders", query: "x=1", status: 403, response_bytes: 2 },
  });
});

withTools("Java", ["javac -version", "java -version"], async () => {
  write("Vedette.java", code("java"));
  write(
    "Main.java",
    `public class Main {
  public static void main(String[] arguments) throws Exception {
    for (int i = 0; i < 700; i++) Vedette.record("{\\"id\\":\\"j" + i + "\\",\\"action\\":\\"user.login\\",\\"outcome\\":\\"failure\\"}");
    Vedette.flush(20_000);
  }
}
`,
  );
  await run("javac", ["Vedette.java", "Main.java"], { cwd: folder });
  await run("java", ["Main"], { cwd: folder });
  expect(await stored()).toHaveLength(700);
});

/** Runs a web server until its log has as many lines as it was asked, and gives the log's path. */
async function logOf(command: string, args: string[], { port, log, wanted }: { port: number; log: string; wanted: number }): Promise<void> {
  const daemon = spawn(command, args, {
    stdio: "ignore",
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null)) !== null, 20_000);
    const headers = { "user-agent": 'peer/1 "quoted" \u00e9', referer: "https://a.example/?x=1" };
    for (let i = 0; i < wanted; i += 1)
      await fetch(`http://127.0.0.1:${port}/orders/${i}?q=%27or%201=1`, { headers: i % 2 ? headers : {} });
    await until(
      () =>
        fs.existsSync(log) &&
        fs
          .readFileSync(log, "latin1")
          .split("\n")
          .filter((line) => line.includes("/orders/")).length >= wanted,
      20_000,
    );
  } finally {
    daemon.kill("SIGTERM");
    await ended;
  }
}

withTools("nginx: the log that it really writes", ["curl --version", "nginx -v"], async () => {
  const port = await freePort();
  const log = path.join(folder, "access.log");
  const config = write(
    "nginx.conf",
    `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log ${log} combined; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server { listen 127.0.0.1:${port}; location / { return 403 "no"; } } }`,
  );
  await logOf("nginx", ["-c", config], { port, log, wanted: 10 });
  await run("sh", ["-c", code("nginx-once").replace("/var/log/nginx/access.log", log)]);
  const events = (await stored()).filter(({ http }) => http?.path?.startsWith("/orders/"));
  expect(events).toHaveLength(10);
  expect(events.find(({ http }) => http?.path === "/orders/1")).toMatchObject({
    service: "edge",
    outcome: "failure",
    source: { ip: "127.0.0.1", user_agent: expect.stringContaining('peer/1 "quoted"') },
    http: {
      method: "GET",
      query: "q=%27or%201=1",
      status: 403,
      referrer: "https://a.example/?x=1",
    },
  });
});

withTools("Caddy: the log that it really writes", ["curl --version", "caddy version"], async () => {
  const port = await freePort();
  const log = path.join(folder, "access.log");
  const config = write(
    "Caddyfile",
    `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n log {\n  output file ${log}\n  format json\n }\n respond "no" 403\n}\n`,
  );
  await logOf("caddy", ["run", "--config", config, "--adapter", "caddyfile"], { port, log, wanted: 10 });
  await run("sh", ["-c", code("nginx-once").replace("/var/log/nginx/access.log", log).replace("/api/logs/nginx", "/api/logs/caddy")]);
  const events = (await stored()).filter(({ http }) => http?.path?.startsWith("/orders/"));
  expect(events).toHaveLength(10);
  expect(events.find(({ http }) => http?.path === "/orders/1")).toMatchObject({
    service: "edge",
    outcome: "failure",
    source: { ip: "127.0.0.1", user_agent: expect.stringContaining("peer/1") },
    http: { method: "GET", query: "q=%27or%201=1", status: 403, response_bytes: 2, referrer: "https://a.example/?x=1" },
  });
});

for (const [name, check] of [
  ["Fluent Bit", "fluent-bit --version"],
  ["Envoy", "envoy --version"],
  ["Kong", "kong version"],
  ["Traefik", "traefik version"],
] as const)
  try {
    execFileSync("sh", ["-c", check], { stdio: "ignore" });
  } catch {
    console.warn(
      `NOT RUN: ${name} itself: it is not installed (Debian does not package it). Its log format is held by test/unit/log-readers.test.ts.`,
    );
  }
