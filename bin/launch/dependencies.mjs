/** Makes sure that node_modules is what package-lock.json says. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { root } from "./home.mjs";
import { Halt } from "./say.mjs";

const stamp = path.join(root, "node_modules", ".vedette-lock");

const wanted = () =>
  createHash("sha256")
    .update(fs.readFileSync(path.join(root, "package-lock.json")))
    .update(process.versions.modules)
    .digest("hex");

/** Refuses a Node that is too old, by the range in package.json. */
export function checkNode() {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const needs = engines.node
    .match(/(\d+)\.(\d+)/)
    .slice(1)
    .map(Number);
  const has = process.versions.node.split(".").map(Number);
  if (has[0] < needs[0] || (has[0] === needs[0] && has[1] < needs[1])) {
    throw new Halt(
      `Vedette needs Node ${needs.join(".")} or newer; this is ${process.versions.node}. Install a current Node, then run this again.`,
    );
  }
}

/** True when the installed packages belong to another lock file, or are not there. */
export const dependenciesAreStale = () => !fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== wanted();

/** `npm ci`, saying every few seconds that it is alive. */
export async function installDependencies(progress) {
  const started = Date.now();
  const ticker = setInterval(
    () => progress(`still installing, ${Math.round((Date.now() - started) / 1000)} s (about a minute in all)`),
    10_000,
  );
  try {
    await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
  } catch (error) {
    throw new Halt(`npm ci failed: ${error.message}\nCheck the network or the npm registry setting, then run this again.`);
  } finally {
    clearInterval(ticker);
  }
  fs.writeFileSync(stamp, wanted());
}

/** Runs a program to its end; rejects with the last lines that it printed when it fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32", ...options });
    let tail = "";
    let out = "";
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-4000);
    };
    child.stdout.on("data", (chunk) => {
      out += chunk;
      keep(chunk);
      options.onLine?.(String(chunk));
    });
    child.stderr.on("data", keep);
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${command} ended with ${code}\n${tail.trim()}`))));
  });
}
