/** Where an installation lives: its data directory, its secrets, and what is running. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Halt } from "./say.mjs";

/** The checkout this launcher belongs to. */
export const root = path.resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** The data directory: VEDETTE_HOME, else .vedette in the checkout. Created 0700-ish: others may pass through (PostgreSQL runs as another user), not look. */
export function openHome(directory = process.env.VEDETTE_HOME ?? path.join(root, ".vedette")) {
  const home = path.resolve(directory);
  fs.mkdirSync(home, { recursive: true, mode: 0o711 });
  return home;
}

/** The installation's secrets, made on first start. `mode 0600`: only the user who started it may read them. */
export function openSecrets(home) {
  const file = path.join(home, "secrets.json");
  const known = fs.existsSync(file) ? readJson(file) : {};
  const secret = () => randomBytes(32).toString("base64url");
  const secrets = { ownerPassword: secret(), appPassword: secret(), authSecret: secret(), hashKey: secret(), linkKey: secret(), ...known };
  if (Object.keys(secrets).length !== Object.keys(known).length) {
    fs.writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }
  return secrets;
}

const runtimeFile = (home) => path.join(home, "runtime.json");

/** Says to other commands what is running: `{pid, url, environment}`. 0600: the environment holds the database password. */
export function writeRuntime(home, runtime) {
  fs.writeFileSync(runtimeFile(home), `${JSON.stringify(runtime, null, 2)}\n`, { mode: 0o600 });
}

/** What is running in this home, or null. A file left by a killed launcher does not count. */
export function readRuntime(home) {
  if (!fs.existsSync(runtimeFile(home))) return null;
  const runtime = readJson(runtimeFile(home));
  return isAlive(runtime.pid) ? runtime : null;
}

export function removeRuntime(home) {
  fs.rmSync(runtimeFile(home), { force: true });
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw new Halt(`${file} cannot be read (${error.message}). Restore it from a backup, or move it away to start with new secrets.`);
  }
}
