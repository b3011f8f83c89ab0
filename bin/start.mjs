/**
 * `npm start`: the whole product on one machine. Needs nothing but Node and npm; installs, starts the database, migrates, builds, runs web and
 * workers, says where to sign in, and stops everything in the right order. `npm run dev` does the same with hot reload.
 */
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { checkNode, dependenciesAreStale, installDependencies } from "./launch/dependencies.mjs";
import { openHome, openSecrets, readRuntime, removeRuntime, writeRuntime } from "./launch/home.mjs";
import { bold, dim, fail, Halt, step, tell } from "./launch/say.mjs";

const dev = process.argv.includes("--dev");
// glibc would keep the memory of large bodies for the next ones; so it goes back when they are answered (mallopt(3))
const tidyMemory = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "131072" };
const BEHIND = 5; // what comes in and who looks at pages go first: detection catches up, a refused sender may not
const DEFAULT_PORT = 4600;
const cleanUp = []; // what to stop, in the order in which it was started

try {
  checkNode();
  if (dependenciesAreStale()) await step("Installing the packages", installDependencies);
  await start();
} catch (error) {
  await stopAll().catch(() => {});
  fail(error);
}

async function start() {
  const { generateClient } = await import("./generate.mjs");
  const { build, buildIsStale } = await import("./launch/build.mjs");
  const { openDatabase, prepareDatabase } = await import("./launch/database.mjs");
  const home = openHome();
  const running = readRuntime(home);
  if (running)
    throw new Halt(
      `Vedette is already running at ${running.url} (process ${running.pid}). Stop it with Ctrl-C where it was started, or: kill ${running.pid}`,
    );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);

  const secrets = openSecrets(home);
  const port = await choosePort();
  const database = await step(process.env.DATABASE_URL ? "Connecting to the database" : "Starting PostgreSQL", (progress) =>
    openDatabase({ home, secrets, progress }),
  );
  cleanUp.push(database.stop);
  const environment = environmentOf({ home, secrets, port, database });
  await generateClient();
  const first = await step("Preparing the database", async (progress) => {
    const answer = await prepareDatabase({ database, environment });
    if (answer.applied.length > 0) progress(`applied ${answer.applied.join(", ")}`);
    return answer;
  });
  if (!dev && buildIsStale()) await step("Building the dashboard", build);
  const url = environment.BASE_URL;
  await step("Starting web and worker", () => startProcesses(environment, `${scheme()}://localhost:${port}`));
  writeRuntime(home, { pid: process.pid, url, environment });
  cleanUp.push(async () => removeRuntime(home));
  greet(url, first, home);
}

/** Web and worker get everything they need to know here; nothing else is read from the machine. */
function environmentOf({ home, secrets, port, database }) {
  const { authSecret: AUTH_SECRET, hashKey: HASH_KEY, linkKey: LINK_KEY } = secrets;
  const url = process.env.BASE_URL || `${scheme()}://localhost:${port}`;
  return {
    AUTH_SECRET,
    HASH_KEY,
    LINK_KEY,
    ...process.env,
    ...database.environment,
    NODE_ENV: dev ? "development" : "production",
    VEDETTE_HOME: home,
    PORT: String(port),
    BASE_URL: url,
    AUTH_URL: url,
    AUTH_TRUST_HOST: "true",
    NEXT_TELEMETRY_DISABLED: "1",
  };
}

function scheme() {
  return process.env.TLS_CERT_FILE ? "https" : "http";
}

/** Whether our own web server says that it can take events. It is on this machine: whose name its certificate bears does not matter. */
function isReady(url) {
  const get = url.startsWith("https:") ? https.get : http.get;
  return new Promise((resolve) => {
    const request = get(`${url}/api/ready`, { rejectUnauthorized: false, timeout: 5000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on("error", () => resolve(false)).on("timeout", () => request.destroy());
  });
}

/** The configured port must be free; the default one may give way to another. */
async function choosePort() {
  const { freePort } = await import("./launch/postgres.mjs");
  const wanted = Number(process.env.PORT || DEFAULT_PORT);
  const free = await freePort(wanted, "127.0.0.1");
  if (free === wanted) return wanted;
  if (process.env.PORT)
    throw new Halt(`Port ${wanted} is in use by another program. Set PORT to a free one, for example PORT=${free} npm start`);
  tell(`port ${wanted} is in use, taking ${free}`);
  return free;
}

async function startProcesses(environment, url) {
  const { keepRunning, typescript } = await import("./launch/children.mjs");
  const options = (name, more) => ({ environment, logFile: dev ? null : path.join(environment.VEDETTE_HOME, `${name}.log`), ...more });
  const roomy = "--max-semi-space-size=64"; // MiB: a turn's events and state die young, and copying them costs a fifth of it
  const worker = keepRunning(
    "the worker",
    dev ? watched("workers/main.ts") : [roomy, ...typescript("workers/main.ts")],
    options("worker", { niceness: BEHIND }),
  );
  const web = keepRunning("the web server", typescript("web/main.ts"), options("web", { environment: { ...environment, ...tidyMemory } }));
  cleanUp.push(() => Promise.all([web.stop(), worker.stop()]));
  for (let i = 0; i < 600; i++) {
    // 2 min: a development server compiles first
    if (web.failures > 2 || worker.failures > 2) throw new Halt("A process of Vedette keeps ending; its messages are above.");
    if (await isReady(url)) return;
    await wait(200);
  }
  throw new Halt("The web server did not become ready within two minutes; its messages are above.");
}

function watched(file) {
  return ["--import", "./bin/launch/with-parent.mjs", "node_modules/tsx/dist/cli.mjs", "watch", "--clear-screen=false", file];
}

function greet(url, first, logs) {
  const lines = [`\n${bold("Vedette is ready")}: ${url}`];
  if (first.administrator) {
    lines.push(
      "",
      `  Sign in as   ${bold(first.administrator.email)}`,
      `  Password     ${bold(first.administrator.password)}   (once; you choose your own at first sign-in)`,
    );
  }
  if (first.key) {
    lines.push(
      "",
      "  Send a first event with your first ingest key (shown only now):",
      "",
      `  curl -sS ${url}/api/v1/events \\`,
      `    -H "Authorization: Bearer ${first.key}" -H "Content-Type: application/json" \\`,
      `    -d '{"action":"user.login","outcome":"failure","actor":{"id":"ana"},"source":{"ip":"203.0.113.7"}}'`,
    );
  }
  process.stdout.write(
    `${[...lines, "", dim(dev ? "Changes are picked up while it runs." : `Logs are in ${logs}.`), dim("Ctrl-C stops everything."), ""].join("\n")}\n`,
  );
}

let stopping = false;
async function onSignal() {
  if (stopping) return;
  stopping = true;
  process.stdout.write(`\n${dim("•")} stopping: requests and turns under way are finished first …\n`);
  await stopAll();
  process.stdout.write("Stopped. Nothing acknowledged is lost.\n");
  process.exit(0);
}

/** Last started, first stopped: processes, then the database. */
async function stopAll() {
  for (const stop of cleanUp.splice(0).reverse()) await stop();
}
