/** `npm run vedette -- <command>`: the command line. Each command is a file in bin/commands; the ones that need the installation find it running. */
import { spawn } from "node:child_process";
import { once } from "node:events";
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
  const withParent = path.join(root, "bin", "launch", "with-parent.mjs");
  const env = { ...runtime?.environment, ...process.env, VEDETTE_RUNNING: runtime ? "yes" : "" };
  const command = spawn(process.execPath, ["--import", withParent, "--import", "tsx", main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"], // the channel ends the command when this process is killed
    env,
    cwd: process.cwd(),
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => command.kill(signal)); // it ends in its own time, then we do
  process.on("SIGINT", () => {}); // the terminal tells the command itself
  const [status, signal] = await once(command, "exit");
  process.exit(signal ? 130 : (status ?? 1));
} catch (error) {
  fail(error);
}
