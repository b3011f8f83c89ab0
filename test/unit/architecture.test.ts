import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Each row is a sin, planted in a copy of the tree, and the word by which the linter must name it. */
const planted: [file: string, code: string, says: RegExp][] = [
  ["lib/detection/planted.ts", 'import "@/lib/store/db";', /lib\/detection may import/],
  ["lib/detection/planted-io.ts", 'import "node:fs";', /is pure/],
  ["lib/detection/planted-clock.ts", "export const now = () => Date.now();", /Time is an argument/],
  ["lib/model/planted.ts", 'import "@/lib/query/parse";', /lib\/model may import nothing/],
  ["lib/store/planted.ts", 'import "@/lib/incidents/group";', /lib\/store may import/],
  ["lib/incidents/planted.ts", 'import "pg";', /Not a door/],
  ["lib/notify/planted.ts", 'import "nodemailer";', /Not a door/],
  ["lib/ingest/planted.ts", 'import "bullmq";', /Not a door/],
  ["lib/ingest/planted-up.ts", 'import "../store/db";', /Across folders/],
  ["lib/rules/planted.ts", "export const home = process.env.HOME;", /Settings come from/],
  ["app/planted.tsx", 'import "@/workers/main";', /never import each other/],
  ["workers/planted.ts", 'import "@/app/layout";', /never import each other/],
  ["app/planted-html.tsx", "export const A = () => <p dangerouslySetInnerHTML={{ __html: '' }} />;", /no-danger/],
];

describe("the architecture's table", () => {
  let copy: string;
  let said: { filename: string; code: string; message: string; help?: string }[];
  beforeAll(() => {
    copy = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-planted-"));
    fs.copyFileSync("oxlint.config.mjs", path.join(copy, "oxlint.config.mjs"));
    fs.symlinkSync(path.resolve("node_modules"), path.join(copy, "node_modules"));
    for (const [file, code] of planted) {
      fs.mkdirSync(path.join(copy, path.dirname(file)), { recursive: true });
      fs.writeFileSync(path.join(copy, file), `${code}\n`);
    }
    fs.writeFileSync(path.join(copy, "lib/model/innocent.ts"), "export const one = 1;\n");
    const { stdout } = spawnSync("npx", ["--no-install", "oxlint", "-c", "oxlint.config.mjs", "--format=json"], {
      cwd: copy,
      encoding: "utf8",
    });
    said = JSON.parse(stdout).diagnostics;
  });
  afterAll(() => fs.rmSync(copy, { recursive: true, force: true }));

  it.each(planted)("names the sin in %s", (file, _code, says) => {
    const lines = said.filter(({ filename }) => filename === file).map(({ code, message, help }) => `${code} ${message} ${help}`);
    expect(lines.join("\n")).toMatch(says);
  });

  it("says nothing of an innocent file", () => {
    expect(said.map(({ filename }) => filename)).not.toContain("lib/model/innocent.ts");
  });
});
