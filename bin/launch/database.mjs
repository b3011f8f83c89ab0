/** Finds or starts the database, prepares it, and says with which environment the product's processes connect. */
import { randomBytes } from "node:crypto";
import { run } from "./dependencies.mjs";
import { typescript } from "./children.mjs";
import { root } from "./home.mjs";
import { startPostgres } from "./postgres.mjs";
import { Halt } from "./say.mjs";

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
  const server = await startPostgres({ directory: home, password: secrets.ownerPassword, progress });
  const appUrl = new URL(server.ownerUrl(NAME));
  appUrl.username = APP;
  appUrl.password = secrets.appPassword;
  const ownerUrl = server.ownerUrl(NAME);
  const environment = { DATABASE_URL: appUrl.href, DATABASE_OWNER_URL: ownerUrl, DATABASE_ROLE: "" };
  return { ownerUrl, appPassword: secrets.appPassword, environment, stop: () => server.stop() };
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
