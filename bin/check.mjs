/** `npm run check`: format, lint with the architecture's table, types, dead code. All of them run; the first line of each that fails is enough to find it. */
import { spawnSync } from "node:child_process";
import { checkNode, dependenciesAreStale, installDependencies } from "./launch/dependencies.mjs";
import { generateClient } from "./generate.mjs";
import { root } from "./launch/home.mjs";
import { fail, Halt, step } from "./launch/say.mjs";

const checks = [
  ["Format", "biome", ["format", "."]],
  ["Lint and architecture", "oxlint", ["-c", "oxlint.config.mjs"]],
  ["Types", "tsc", ["--noEmit", "-p", "."]],
  ["Dead code", "knip", []],
];

try {
  checkNode();
  if (dependenciesAreStale()) await step("Installing the packages", installDependencies);
  await generateClient();
  let red = 0;
  for (const [name, command, args] of checks) {
    const started = Date.now();
    const { status, stdout, stderr } = spawnSync("npx", ["--no-install", command, ...args], {
      cwd: root,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    process.stdout.write(`${status === 0 ? "✓" : "✗"} ${name} ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    if (status !== 0) {
      red++;
      process.stdout.write(`${stdout}${stderr}\n`);
    }
  }
  if (red > 0) throw new Halt(`${red} of ${checks.length} checks failed.`);
} catch (error) {
  fail(error);
}
