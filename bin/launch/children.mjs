/** The processes of a running installation: started, watched, started again when they die, stopped together. */
import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./home.mjs";
import { openLogbook } from "./logbook.mjs";
import { tell } from "./say.mjs";

const withParent = pathToFileURL(path.join(root, "bin", "launch", "with-parent.mjs")).href;

/** How to run a TypeScript file of ours: arguments for `process.execPath`. */
export const typescript = (file, ...args) => ["--import", "tsx", "--import", withParent, path.join(root, file), ...args];

/**
 * Keeps one process alive until `stop`; its output goes to `logFile`, or to the terminal without one.
 * `niceness`: how far it stands behind others who want the processor (nice(1)).
 */
export function keepRunning(name, args, { environment, logFile, niceness = 0 }) {
  const logbook = logFile ? openLogbook(logFile) : null;
  let child;
  let stopping = false;
  let failures = 0;
  const start = () => {
    const startedAt = Date.now();
    child = spawn(process.execPath, args, {
      cwd: root,
      env: environment,
      stdio: logbook ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "inherit", "inherit", "ipc"],
    });
    child.once("spawn", () => niceness > 0 && os.setPriority(child.pid, niceness));
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => logbook.write(chunk));
    child.once("exit", (code, signal) => {
      if (stopping) return;
      failures = Date.now() - startedAt > 60_000 ? 0 : failures + 1; // a minute of life forgives what was before
      const pause = Math.min(30, 2 ** failures / 2); // 1, 2, 4 … 30 s
      if (logbook && failures <= 2) process.stderr.write(`${logbook.tail()}\n`);
      tell(`${name} ended (${signal ?? `code ${code}`}); starting it again in ${pause} s`);
      setTimeout(() => !stopping && start(), pause * 1000);
    });
  };
  start();
  return {
    get pid() {
      return child.pid;
    },
    get failures() {
      return failures;
    },
    /** Asks politely, then after 15 s does not ask. */
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const impatience = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await gone;
      clearTimeout(impatience);
    },
  };
}
