/** The client package as its users have it: built, without our tools, in plain Node. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

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
