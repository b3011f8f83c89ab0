/**
 * `npm test`: sets up all it needs (packages, database client, a browser, the build), runs every test, and ends with one line "N passed, N failed".
 * Arguments go on to vitest: `npm test -- --project unit`. `--redis` lets the queue work on a Redis that is started for the run, instead of PostgreSQL.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { checkNode, dependenciesAreStale, installDependencies } from "./launch/dependencies.mjs";
import { root } from "./launch/home.mjs";
import { fail, step } from "./launch/say.mjs";

const redis = process.argv.includes("--redis");
const args = process.argv.slice(2).filter((arg) => arg !== "--redis");
const projects = args.flatMap((arg, i) => (arg === "--project" ? [args[i + 1]] : []));
const needsBrowser = projects.length === 0 || projects.includes("browser");

try {
  checkNode();
  if (dependenciesAreStale()) await step("Installing the packages", installDependencies);
  const { generateClient } = await import("./generate.mjs");
  const { build, buildIsStale } = await import("./launch/build.mjs");
  const { findBrowser, installBrowser } = await import("./launch/browser.mjs");
  await generateClient();
  const browser = needsBrowser ? (findBrowser() ?? (await step("Installing a browser", async (progress) => installBrowser(progress)))) : "";
  if (needsBrowser && buildIsStale()) await step("Building the dashboard", build);
  const { startRedis } = await import("./launch/redis.mjs");
  const queue = redis ? await step("Starting Redis", (progress) => startRedis(progress)) : null;
  const { passed, failed, code } = await runTests({ CHROMIUM_PATH: browser, ...(queue ? { TEST_QUEUE_URL: queue.url } : {}) });
  queue?.stop();
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(code !== 0 || failed > 0 || passed === 0 ? 1 : 0);
} catch (error) {
  fail(error);
}

function runTests(environment) {
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "vedette-report-")), "report.json");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const flags = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args];
  const child = spawn(process.execPath, [vitest, ...flags], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => {
      const {
        numPassedTests = 0,
        numFailedTests = 0,
        numFailedTestSuites = 0,
      } = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, "utf8")) : {};
      fs.rmSync(path.dirname(report), { recursive: true, force: true });
      // a file that could not even be loaded has no tests to fail: it counts as one
      resolve({
        passed: numPassedTests,
        failed: Math.max(numFailedTests, numFailedTestSuites > 0 || status !== 0 ? 1 : 0),
        code: status ?? 1,
      });
    });
  });
}
