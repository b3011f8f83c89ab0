/** The client package as its users have it: built, without our tools, in plain Node. */
import { execFile, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "@/bin/launch/postgres.mjs";
import { snippets } from "@/client/snippets";
import type { EventDocument } from "@/lib/model/event";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";
import { until } from "@/test/support/until";

const database = useDatabase();
let server: IngestServer;
beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());

const out = path.resolve("client", "dist");
const built = fs.existsSync(out);
beforeAll(() => void execFileSync(process.execPath, ["node_modules/typescript/lib/tsc.js", "-p", "client"]));
afterAll(() => {
  if (!built) fs.rmSync(out, { recursive: true });
});

test("it builds, has types, needs nothing else, and is imported by its name", () => {
  const { dependencies, exports } = JSON.parse(fs.readFileSync("client/package.json", "utf8"));
  expect(dependencies).toBeUndefined();
  for (const file of Object.values(exports["."]) as string[]) expect(fs.existsSync(path.resolve("client", file)), file).toBe(true);
  const program = 'import * as all from "@vedette/client"; console.log(Object.keys(all).sort().join())';
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: "client", encoding: "utf8" });
  expect(said.trim()).toBe("createClient,expressMiddleware,fastifyPlugin,honoMiddleware,httpListener,nextHandler,recordedFetch");
});

test("npm packs it with nothing but its own files; installed from that file, in another folder, it sends and flushes by itself", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-pack-"));
  try {
    const packed = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: "client", encoding: "utf8" }),
    );
    const [{ filename, files }] = packed as [{ filename: string; files: { path: string }[] }];
    const names = files.map((file) => file.path);
    expect(names).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts"]));
    expect(names.filter((name) => !/^(LICENSE|README\.md|package\.json|dist\/[\w-]+\.(js|d\.ts))$/.test(name))).toEqual([]);
    expect(names.filter((name) => /snippets/.test(name))).toEqual([]);
    fs.writeFileSync(path.join(folder, "package.json"), '{"private":true,"type":"module"}');
    execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${filename}`], { cwd: folder, stdio: "ignore" });
    const program = `import { createClient } from "@vedette/client";
      const client = createClient({ url: process.argv[2], key: process.argv[3], service: "shop", flushAfterMs: 600000 });
      for (let i = 0; i < 1300; i++) client.record({ action: "order.paid", metadata: { i } });`;
    fs.writeFileSync(path.join(folder, "shop.js"), program);
    const { secret } = await makeKey();
    await promisify(execFile)(process.execPath, ["shop.js", server.url, secret], { cwd: folder });
    const { rows } = await database.owner("select count(*)::int as n from event where document->>'service' = 'shop'");
    expect(rows[0].n).toBe(1300);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

/** A folder that has the package and its framework installed, as far as Node's resolution can tell. */
function project(files: Record<string, string>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-app-"));
  fs.mkdirSync(path.join(folder, "node_modules", "@vedette"), { recursive: true });
  fs.symlinkSync(path.resolve("client"), path.join(folder, "node_modules", "@vedette", "client"));
  for (const name of ["express", "fastify"]) fs.symlinkSync(path.resolve("node_modules", name), path.join(folder, "node_modules", name));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

const recorded = async (path: string): Promise<EventDocument[]> =>
  (
    await database.owner("select document from event where document #>> '{http,path}' = $1 or document->>'action' = 'user.login'", [path])
  ).rows.map((row) => row.document);

test.each([
  ["express", "POST", "/login", 401, 2],
  ["fastify", "GET", "/orders/7", 200, 1],
] as const)("the %s snippet, saved as it stands and run, records what it is asked", async (id, method, asked, status, count) => {
  await database.owner("truncate event, event_id");
  const [port, { secret }] = [await freePort(), await makeKey()];
  const code = snippets.find((one) => one.id === id)?.code({ url: server.url, key: secret }) ?? "";
  const folder = project({ "server.mjs": code.replace("3000", String(port)) });
  const app = spawn(process.execPath, ["server.mjs"], { cwd: folder, stdio: "ignore" });
  const ended = new Promise((resolve) => app.once("exit", resolve));
  try {
    const headers = { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" };
    const init: RequestInit = method === "POST" ? { method, headers, body: JSON.stringify({ email: "ana@example.com" }) } : { headers };
    const ask = () => fetch(`http://localhost:${port}${asked}`, init);
    let answered: Response | undefined;
    await until(async () => (answered = await ask().catch(() => undefined)) !== undefined, 20_000);
    expect(answered?.status).toBe(status);
    await until(async () => (await recorded(asked)).length === count, 20_000);
    const events = await recorded(asked);
    expect(events.find(({ action }) => action === "http.request")).toMatchObject({
      service: "my-api",
      source: { ip: "203.0.113.7" },
      http: { method, path: asked, status },
    });
    if (count === 2)
      expect(events.find(({ action }) => action === "user.login")).toMatchObject({
        reason: "bad_password",
        actor: { id: "ana@example.com" },
      });
  } finally {
    app.kill("SIGTERM");
    await ended;
    fs.rmSync(folder, { recursive: true });
  }
});

test("the Next.js snippet is a route handler that answers and records", async () => {
  await database.owner("truncate event, event_id");
  const { secret } = await makeKey();
  const code = snippets.find((one) => one.id === "next")?.code({ url: server.url, key: secret }) ?? "";
  const driver = `import { GET } from "./route.mjs"; console.log(await (await GET(new Request("http://shop.example/api/orders?x=1"))).text());`;
  const folder = project({ "route.mjs": code, "driver.mjs": driver });
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["driver.mjs"], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ ok: true });
    expect(await recorded("/api/orders")).toMatchObject([
      { service: "my-api", outcome: "success", http: { route: "/api/orders", query: "x=1" } },
    ]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
