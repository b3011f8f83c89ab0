/** The client package as its users have it: built, without our tools, in plain Node. */
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";

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
