/** `npm run vedette -- <command>`: the command line. Each command is a file in bin/commands; the ones that need the installation find it running. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { checkNode, dependenciesAreStale, installDependencies } from "./launch/dependencies.mjs";
import { generateClient } from "./generate.mjs";
import { homePath, readRuntime, root } from "./launch/home.mjs";
import { fail } from "./launch/say.mjs";

try {
  checkNode();
  if (dependenciesAreStale()) {
    process.stderr.write("Installing the packages first (about a minute) …\n");
    await installDependencies((text) => process.stderr.write(`  ${text}\n`));
  }
  await generateClient();
  const runtime = readRuntime(homePath());
  const main = path.join(root, "bin", "commands", "main.ts");
  const env = { ...runtime?.environment, ...process.env, VEDETTE_RUNNING: runtime ? "yes" : "" };
  const { status, signal } = spawnSync(process.execPath, ["--import", "tsx", main, ...process.argv.slice(2)], {
    stdio: "inherit",
    env,
    cwd: process.cwd(),
  });
  process.exit(signal ? 130 : (status ?? 1));
} catch (error) {
  fail(error);
}
