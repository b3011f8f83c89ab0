/** Finds or starts the database, prepares it, and says with which environment the product's processes connect. */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { run } from "./dependencies.mjs";
import { typescript } from "./children.mjs";
import { root } from "./home.mjs";
import { startPostgres } from "./postgres.mjs";
import { Halt, tell } from "./say.mjs";

const NAME = "vedette";
const APP = "vedette_app";

/** The server: the one that DATABASE_URL names, or the embedded one. Resolves to `{ ownerUrl, urls, stop() }`. */
export async function openDatabase({ home, secrets, progress }) {
  if (process.env.DATABASE_URL) {
    const ownerUrl = process.env.DATABASE_OWNER_URL || process.env.DATABASE_URL;
    const role = process.env.DATABASE_ROLE ?? APP;
    return {
      ownerUrl,
      environment: { DATABASE_URL: process.env.DATABASE_URL, DATABASE_OWNER_URL: ownerUrl, DATABASE_ROLE: role },
      stop: async () => {},
    };
  }
  const start = (more) => startPostgres({ directory: home, password: secrets.ownerPassword, ...more });
  const server = await start({ progress });
  const appUrl = new URL(server.ownerUrl(NAME));
  appUrl.username = APP;
  appUrl.password = secrets.appPassword;
  const ownerUrl = server.ownerUrl(NAME);
  const environment = { DATABASE_URL: appUrl.href, DATABASE_OWNER_URL: ownerUrl, DATABASE_ROLE: "" };
  return { ownerUrl, appPassword: secrets.appPassword, environment, stop: keepServing(server, start) };
}

const LOOK_MS = 1000;
const PAUSE_MS = 10_000;

/** Starts the server again when it went without being asked to, on the port that web and worker know; they wait for it meanwhile. Returns what stops it. */
function keepServing(first, start) {
  const stopping = new AbortController();
  const pause = (ms) => wait(ms, undefined, { signal: stopping.signal }).catch(() => {}); // cut short by stop()
  let server = first;
  const watch = async () => {
    while (!stopping.signal.aborted) {
      await pause(LOOK_MS);
      if (stopping.signal.aborted || server.isRunning()) continue;
      tell("PostgreSQL ended; starting it again");
      try {
        server = await start({ port: first.port, onlyThatPort: true });
        tell("PostgreSQL runs again; nothing acknowledged is lost");
      } catch (error) {
        tell(`${error.message}\n  Trying again in ${PAUSE_MS / 1000} s.`);
        await pause(PAUSE_MS);
      }
    }
  };
  const watching = watch();
  return async () => {
    stopping.abort();
    await watching;
    await server.stop();
  };
}

/** Creates what is missing, applies migrations and checks durability; resolves to what the first start has to tell. */
export async function prepareDatabase({ database, environment }) {
  const options = { ownerUrl: database.ownerUrl, appPassword: database.appPassword ?? null };
  const marker = `answer-${randomBytes(8).toString("hex")}:`;
  try {
    const said = await run(process.execPath, typescript("bin/prepare.ts", marker), {
      cwd: root,
      env: { ...environment, PREPARE: JSON.stringify(options) },
    });
    return JSON.parse(said.slice(said.lastIndexOf(marker) + marker.length));
  } catch (error) {
    const reason = error.message.split(/^Error: /m)[1];
    throw new Halt(`The database could not be prepared: ${reason || error.message}`);
  }
}
