/**
 * `npm run bench -- <suite>`: each suite is a file in bench/ that sets itself up. Figures are JSON lines on standard output, progress on standard error.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { generateClient } from "./generate.mjs";
import { checkNode, dependenciesAreStale, installDependencies } from "./launch/dependencies.mjs";
import { root } from "./launch/home.mjs";
import { fail } from "./launch/say.mjs";

const suites = fs
  .readdirSync(path.join(root, "bench"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3))
  .sort();
const [suite, ...args] = process.argv.slice(2);

if (!suites.includes(suite)) {
  process.stderr.write(`Which suite? ${suites.join(", ")}. For example: npm run --silent bench -- ${suites[0]}\n`);
  process.exit(2);
}
try {
  checkNode();
  if (dependenciesAreStale()) await installDependencies((text) => process.stderr.write(`${text}\n`));
  await generateClient();
  const { status } = spawnSync(process.execPath, ["--import", "tsx", "--expose-gc", path.join(root, "bench", `${suite}.ts`), ...args], {
    stdio: "inherit",
    cwd: root,
  });
  process.exit(status ?? 1);
} catch (error) {
  fail(error);
}
